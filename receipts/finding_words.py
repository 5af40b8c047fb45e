"""What `custody fsck` found, in words: what it means, and what to do about it."""

from __future__ import annotations

from types import MappingProxyType

from receipts.checks import Language, Words

# Of what the other copies can bring back.
_MEND_ZH = "请先查明原因，再运行 custody fsck --repair"
_MEND_EN = "find out why, then run custody fsck --repair"

FINDINGS = MappingProxyType(
    {
        "store": Words(
            "这不是当初设置的存储位置，或无法访问；请检查磁盘和挂载。",
            "This is not the store that was set up, or it cannot be reached; check the"
            " disk and its mount.",
        ),
        "statement_missing": Words(
            f"此处缺少这条日志的签名陈述；{_MEND_ZH}，由另一份副本补回。",
            f"The signed statement of this entry is missing here; {_MEND_EN}: another"
            " copy brings it back.",
        ),
        "statement_altered": Words(
            f"此处的签名陈述与已签署的检查点不符；{_MEND_ZH}，由另一份副本修复。",
            "The signed statement here is not the one of the signed checkpoint;"
            f" {_MEND_EN}: another copy mends it.",
        ),
        "statement_rule": Words(
            "这条日志的签名密钥或签名人不符合当时的规则；无法自动修复，请由负责人查明。",
            "The keys or persons that signed this entry are not those that the rule"
            " wanted; nothing mends that: have a person in charge look into it.",
        ),
        "statement_foreign": Words(
            f"陈述文件夹里有不属于日志的文件；{_MEND_ZH}，它会移到 aside 并保留。",
            f"Among the statements lies a file that is none of them; {_MEND_EN}: it is"
            " moved to the folder aside and kept.",
        ),
        "log_foreign": Words(
            f"日志文件夹里有不属于日志的文件；{_MEND_ZH}，它会移到 aside 并保留。",
            "In the folder of the log lies a file that is not of the log;"
            f" {_MEND_EN}: it is moved to the folder aside and kept.",
        ),
        "log_shorter": Words(
            "数据库比存储中的日志短，可能放回了旧的数据库；请接回原来的数据库，"
            "无法找回的，用 custody restore 由第二份副本重建。",
            "The database is shorter than the log in the stores, as after an old backup"
            " was put back; put the right database back, or rebuild it with custody"
            " restore from the second copy.",
        ),
        "other_history": Words(
            "这个已签署的检查点属于另一份历史：同一密钥签过两种内容。请勿修复或删除，"
            "保留全部副本，并由负责人查明。",
            "This signed checkpoint is of another history: one key has signed two."
            " Mend and delete nothing, keep every copy, and have a person in charge"
            " look into it.",
        ),
        "erasure_open": Words(
            "依法删除尚未完成，此处仍有内容；请运行 custody fsck --repair 完成删除。",
            "An erasure under the law is not complete, something is still here; run"
            " custody fsck --repair to complete it.",
        ),
        "leaf_row": Words(
            f"数据库里有一行编号不属于任何日志条目；{_MEND_ZH}，将其去除。",
            "The database has a row whose number is that of no entry;"
            f" {_MEND_EN}: it is removed.",
        ),
        "leaf_text": Words(
            f"此条并未依法删除，数据库却另存了删除后才有的摘要行；{_MEND_ZH}，将其去除。",
            "The database has the digest lines of an erased entry beside one that was"
            f" not erased; {_MEND_EN}: they are removed.",
        ),
        "tree_node": Words(
            f"数据库中的树节点与各条陈述算出的不符；{_MEND_ZH}，重新计算。",
            "A node of the tree in the database is not that of the statements;"
            f" {_MEND_EN}: it is computed again.",
        ),
        "checkpoint_missing": Words(
            f"此处缺少最新的检查点；请检查该磁盘，{_MEND_ZH}，由其他副本补回。",
            "The newest checkpoint is missing here; check the disk,"
            f" {_MEND_EN}: another copy brings it back.",
        ),
        "checkpoint_altered": Words(
            f"此处的检查点不是本所密钥签署的；{_MEND_ZH}，由其他副本修复。",
            "The checkpoint here is not one that our key signed;"
            f" {_MEND_EN}: another copy mends it.",
        ),
        "checkpoint_older": Words(
            "此处的检查点比已发布的旧，可能放回了旧的副本；请接回原来的副本，"
            "无法找回的，运行 custody fsck --repair 补齐。",
            "The checkpoint here is older than one that was published, as after an old"
            " copy was put back; put the right copy back, or run custody fsck --repair"
            " to complete this one.",
        ),
        "checkpoint_row": Words(
            f"数据库中这个大小的检查点不属于本日志的历史；{_MEND_ZH}，将其去除。",
            "The checkpoint that the database keeps for this size is not of this"
            f" history; {_MEND_EN}: it is removed.",
        ),
        "checkpoint_row_missing": Words(
            f"这个已发布的检查点在存储中还有，数据库里没有了；{_MEND_ZH}，由存储补回。",
            "A store still holds this published checkpoint, the database has lost it;"
            f" {_MEND_EN}: it is kept again from there.",
        ),
        "checkpoint_lines": Words(
            "此处检查点的签名行有多余或缺失（正文未变）；"
            f"{_MEND_ZH}：补回已登记密钥的签名行，去除其他的。",
            "Signature lines of this checkpoint are too many or too few here (its text"
            f" is as it was); {_MEND_EN}: lines of listed keys are brought back, others"
            " are taken off.",
        ),
        "log_continued": Words(
            "新日志的首条与上一个日志的最后检查点不符；无法自动修复，请由负责人查明。",
            "The first entry of a log does not fit the last checkpoint of the one"
            " before; nothing mends that: have a person in charge look into it.",
        ),
        "frozen_missing": Words(
            f"此处缺少已封存日志的最后检查点；{_MEND_ZH}，由其他副本补回。",
            f"The last checkpoint of a closed log is missing here; {_MEND_EN}: another"
            " copy brings it back.",
        ),
        "frozen_altered": Words(
            f"此处已封存日志的最后检查点被改动；{_MEND_ZH}，由其他副本修复。",
            f"The last checkpoint of a closed log was altered here; {_MEND_EN}: another"
            " copy mends it.",
        ),
        "frozen_cosignatures": Words(
            "此处已封存日志的最后检查点缺少其他副本上的见证签名；"
            "请运行 custody fsck --repair 补齐。",
            "The last checkpoint of a closed log lacks witnesses' lines here that"
            " another copy has; run custody fsck --repair to complete it.",
        ),
        "frozen_foreign": Words(
            "存放各日志最后检查点的文件夹里有不属于那里的东西；"
            f"{_MEND_ZH}，它会移到 aside 并保留。",
            "Among the last checkpoints of closed logs lies something that is none;"
            f" {_MEND_EN}: it is moved to the folder aside and kept.",
        ),
        "public_keys": Words(
            "此处的公钥清单与日志不符；若在数据目录（home），请放回原来的 keys/trust，"
            "否则运行 custody fsck --repair。",
            "The list of public keys here is not the one to which the log leads; in the"
            " home folder put the right keys/trust back, elsewhere run custody fsck"
            " --repair.",
        ),
        "key_change_row": Words(
            f"数据库对密钥变更的登记与日志不符；{_MEND_ZH}。",
            f"What the database notes of changes of keys is not what the log says;"
            f" {_MEND_EN}.",
        ),
        "replay": Words(
            "从这一条起日志无法重放，其后的登记未能比对；请先处理以上各项，再次检查。",
            "From this entry on the log cannot be replayed, so rows were not compared;"
            " settle what stands above and check again.",
        ),
        "row": Words(
            f"数据库的这一登记与日志不符；{_MEND_ZH}，按日志重写。",
            "This row of the database is not what the log says;"
            f" {_MEND_EN}: it is written again from the log.",
        ),
        "blob_missing": Words(
            f"此处缺少这个文件；{_MEND_ZH}，由另一份副本补回。",
            f"This file is missing here; {_MEND_EN}: the other copy brings it back.",
        ),
        "blob_altered": Words(
            f"此处的文件与登记的摘要不符；{_MEND_ZH}，由另一份副本修复。",
            f"This file does not have its digest here; {_MEND_EN}: the other copy mends"
            " it.",
        ),
        "blob_unreadable": Words(
            f"此处的文件无法读取；请检查该磁盘，{_MEND_ZH}，由另一份副本补回。",
            f"This file cannot be read here; check the disk, {_MEND_EN}: the other copy"
            " brings it back.",
        ),
    }
)


def finding_words(finding: str, lang: Language) -> str:
    """What a finding means and what to do, one sentence."""
    return FINDINGS[finding].in_language(lang)
