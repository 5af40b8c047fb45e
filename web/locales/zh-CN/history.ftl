actor-service = 系统
event-other = { $who }：{ $kind }
event-with-changes = { $told }{ $changes }
event-exhibit-received = { $who } 收入“{ $original }”（{ $size }）。
event-exhibit-read = { $who } 完成读取：{ $pages } 页，引擎 { $engine }。
event-exhibit-read-direct = { $who } 完成读取：{ $pages } 页，文字取自文件本身。
event-exhibit-unreadable = { $who } 未能读取：{ $reason }
event-exhibit-reread = { $who } 要求重新读取。
event-exhibit-reviewed = { $who } 审阅并确认。
event-exhibit-checked = { $who } 核查：{ $pages } 页，{ $paper }。{ $agrees ->
    [yes] 两人结果一致。
    [no] 与前一人结果不一致，重新开放核查。
    [own] 由本人密钥签名。
   *[first] 等待第二人。
  }
event-exhibit-stamped = { $who } 为此项证据取得时间戳（{ $authority }）。
event-exhibit-withdrawn = { $who } 撤回此项证据，原因：{ $reason }。
event-receipt-issued = { $who } 出具确认书 { $number }，相对方 { $to }。
event-receipt-sealed = { $who } 完成确认书签章。
event-receipt-viewed = { $who } 查看了确认书所列扫描件。
event-receipt-confirmed = { $who } 签收确认，署名 { $signer }。
event-receipt-objected = { $who } 提出异议：“{ $text }”。
event-receipt-voided = { $who } 作废确认书，原因：{ $reason }。
change-name-first = 命名为 { $new }。
change-name = 名称由 { $old } 改为 { $new }。
change-type-first = 类型：{ $new }。
change-type = 类型由 { $old } 改为 { $new }。
change-date-first = 日期：{ $new }。
change-date = 日期由 { $old } 改为 { $new }。
event-exhibit-erased = { $who } 依法删除此项证据，原因：{ $reason }。
