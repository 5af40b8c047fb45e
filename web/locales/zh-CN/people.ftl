people-link = { $login } 的一次性链接（仅此一次显示）
people-link-what = 两天内有效，用于设置密码。请当面或通过可信渠道交给本人。
people-ready = 可登录
people-not-ready = 尚未设置密码
people-new-link = 新链接
people-add = 添加人员
people-name = 姓名
