"""What REPORT.pdf says of this bundle: each sentence with the check that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from integrity.origins import Origin
from integrity.timestamp import Stamp
from receipts.checks import (
    CHECKPOINT,
    CHECKSUMS,
    CONTAINER,
    ERASURE,
    HISTORY,
    INCLUSION,
    KEY_HISTORY,
    KEYS,
    LEGAL_NAME,
    NAMES,
    ORIGINAL,
    SEAL,
    STATEMENT,
    TIME,
    TWO_PERSONS,
    WITNESSES,
    CheckKind,
    Words,
)
from receipts.paper_data import local_time
from receipts.time_checks import whole_second_after

if TYPE_CHECKING:
    from receipts.report import ReportFacts

ORDER: tuple[CheckKind, ...] = (
    CONTAINER,
    NAMES,
    CHECKSUMS,
    KEYS,
    KEY_HISTORY,
    STATEMENT,
    TWO_PERSONS,
    CHECKPOINT,
    WITNESSES,
    INCLUSION,
    HISTORY,
    ERASURE,
    ORIGINAL,
    LEGAL_NAME,
    TIME,
    SEAL,
)
"""The checks of a bundle in the order in which the verifiers do them."""

Sentence = tuple[CheckKind, Words]


def statements(facts: ReportFacts) -> Iterator[Sentence]:
    """The sentences, in the order of the report."""
    yield from _times(facts)
    yield _witnesses(facts)
    yield _persons(facts)
    yield _key_history(facts)
    if len(facts.logs) > 1:
        yield _logs(facts.logs)
    if facts.erasures:
        yield (
            ERASURE,
            Words(
                f"所选证据中有 {len(facts.erasures)} 项已依法删除，见文末；"
                "包内没有其任何内容。",
                f"{len(facts.erasures)} of the chosen exhibits were erased under the"
                " law (see the end); nothing of them is here.",
            ),
        )
    yield (
        SEAL,
        Words(
            "文件清单由本所服务密钥以两种通用格式签名（CMS、SSH），本说明亦经签名。",
            "The list of files is sealed by the firm's service in two common forms"
            " (CMS, SSH); this report is signed as well.",
        ),
    )


def _times(facts: ReportFacts) -> Iterator[Sentence]:
    before, after = facts.times.existed_before, facts.times.logged_after
    if before is None:
        yield (
            TIME,
            Words(
                "在此以前已存在：无时间戳，本包不证明。",
                "Existed before: there is no time stamp, and nothing is shown.",
            ),
        )
    else:
        when = local_time(whole_second_after(before.time))
        yield (
            TIME,
            Words(
                f"在此以前已存在：{when}（全部事件；{_whose(before)}）。",
                f"Existed before: {when} (all events; {_whose(before)}).",
            ),
        )
    if after is None or after.leaf is None:
        yield (
            TIME,
            Words(
                "在此以后登记：入库之前无时间戳，本包不证明。",
                "Logged after: no time stamp precedes receipt, and nothing is shown.",
            ),
        )
    else:
        when, leaf = local_time(after.stamp.time), after.leaf
        yield (
            TIME,
            Words(
                f"在此以后登记：{when}（第 {leaf} 号以后的事件；"
                f"{_whose(after.stamp)}）。",
                f"Logged after: {when} (events after {leaf}; {_whose(after.stamp)}).",
            ),
        )


def _whose(stamp: Stamp) -> str:
    return f"{stamp.authority}; root SHA-256 {stamp.root_sha256}"


def _witnesses(facts: ReportFacts) -> Sentence:
    outside = facts.outside
    if not outside.wanted and not outside.witnesses:
        return WITNESSES, Words(
            "没有外部见证：如本所另有一套日志，不会由本包显现。",
            "Without witnesses: a second history, if the firm kept one, would not show"
            " here.",
        )
    names = ", ".join(each.key.name for each in outside.witnesses) or "-"
    return WITNESSES, Words(
        f"检查点由 {len(outside.witnesses)} 个外部见证人共同签名"
        f"（规则要求 {outside.wanted} 个）：{names}。",
        f"{len(outside.witnesses)} outside witnesses cosigned the checkpoint"
        f" ({outside.wanted} asked for): {names}.",
    )


def _persons(facts: ReportFacts) -> Sentence:
    outside = facts.outside
    if not outside.ruled and not outside.signed:
        return TWO_PERSONS, Words(
            "没有双人签名规则：声明中的人名仅来自系统登录。",
            "No rule of two was in force: names in statements come from sign-in only.",
        )
    return TWO_PERSONS, Words(
        "规则要求双人的事项由两人以个人密钥签名；"
        f"本包有 {outside.signed} 项带个人签名。",
        "Acts that the rule gives to two are signed with the keys of two persons;"
        f" {outside.signed} acts here carry persons' signatures.",
    )


def _key_history(facts: ReportFacts) -> Sentence:
    changes = facts.outside.key_changes
    if not changes:
        return KEY_HISTORY, Words(
            "随附的事件中没有密钥变更；请与较新的纸质文书比对公钥指纹。",
            "No change of keys came along; compare the fingerprint with a newer paper.",
        )
    numbers = ", ".join(map(str, changes))
    return KEY_HISTORY, Words(
        f"公钥变更 {len(changes)} 次（事件 {numbers}），变更前的指纹仍可核对。",
        f"Changes of keys: {len(changes)} (events {numbers}); a fingerprint from before"
        " a change still leads here.",
    )


def _logs(logs: Sequence[Origin]) -> Sentence:
    *closed, newest = logs
    zh = [f"{log.name}（第 {log.first} 至 {(log.end or 0) - 1} 号）" for log in closed]
    en = [f"{log.name} (events {log.first} to {(log.end or 0) - 1})" for log in closed]
    return HISTORY, Words(
        f"事件在 {len(logs)} 个相继的日志中：{'、'.join(zh)}、"
        f"{newest.name}（第 {newest.first} 号起）；前一日志封存时的检查点"
        "载于后一日志的首个事件，检查点所写的数目只计本日志。",
        f"The events are in {len(logs)} logs, one after the other: {', '.join(en)},"
        f" {newest.name} (from event {newest.first} on). The first event of each later"
        " log holds the last checkpoint of the one before; a checkpoint counts within"
        " its own log.",
    )
