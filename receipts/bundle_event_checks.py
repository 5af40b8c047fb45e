"""Checks 10, 8 and 9 of a bundle: that events belong, originals, and legal names.

Everything is computed from the statements that passed checks 6 and 7. A statement
that did not pass is missing here, so an exhibit may look unreceived or unnamed:
such follow-on answers are "could not check", the failure itself is reported once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from integrity.errors import MalformedError
from integrity.key_history import KEYS_CHANGED
from integrity.origins import LOG_CONTINUED
from integrity.policy import Role, TrustedKeys
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_container_checks import BUNDLE
from receipts.bundle_files import Measured, TagReader
from receipts.bundle_history import (
    FIRM_INITIALISED,
    RECEIVED,
    Exhibit,
    exhibits_of,
    founding_facts,
)
from receipts.checks import (
    HISTORY,
    LEGAL_NAME,
    ORIGINAL,
    Check,
    Words,
    failed,
    indeterminate,
    passed,
)
from receipts.erasure_checks import erasures_of
from receipts.log_checks import refused
from receipts.origin_checks import Heads, continued_faults
from receipts.time_checks import LOG_STAMPED


@dataclass(frozen=True, slots=True)
class Told:
    """What the statements that passed tell.

    `complete`: every statement of the bundle passed check 6.
    """

    events: Mapping[int, Event]
    heads: Heads
    trusted: TrustedKeys
    complete: bool
    version: int


def event_checks(
    files: TagReader, measured: Mapping[str, Measured], told: Told
) -> tuple[list[Check], list[Check], list[Check]]:
    """Checks 10, 8 and 9, each with its answers.

    Args:
        files: the bundle.
        measured: every file of it, measured.
        told: what the statements that passed tell.
    """
    history, originals, names = list[Check](), list[Check](), list[Check]()
    if not told.complete:
        reason = Words("有声明未通过检查 6", "a statement did not pass check 6")
        history.append(indeterminate(HISTORY, BUNDLE, reason))
    try:
        exhibits = exhibits_of(told.events)
        founding = founding_facts(told.events)
    except MalformedError as error:
        if told.complete:
            history.append(refused(HISTORY, error.what, error))
        return history, originals, names
    if told.complete:
        history += _belonging(files, exhibits, founding, told)
        names += _name_checks(exhibits, measured)
    originals += _original_checks(exhibits, measured)
    return history, originals, names


def founding_faults(
    founding: Mapping[str, object], trusted: TrustedKeys
) -> Iterator[Words]:
    """What in leaf 0 is not of the first log and the keys that are listed."""
    if founding.get("origin") not in {log.name for log in trusted.origins()[:1]}:
        yield Words("0 号事件属于另一日志", "event 0 is of another log")
    stated = founding.get("keys")
    stated = stated if isinstance(stated, dict) else {}
    for role in (Role.LOG, Role.STATEMENT):
        known = {e.key.text() for e in trusted.keys(role)}
        if stated.get(role.value) not in known:
            yield Words(
                f"0 号事件所写的 {role.value} 公钥不在公钥文件中",
                f"the {role.value} key stated in event 0 is not among the keys",
            )


def _belonging(
    files: TagReader,
    exhibits: tuple[Exhibit, ...],
    founding: Mapping[str, object],
    told: Told,
) -> Iterator[Check]:
    faults = [(BUNDLE, words) for words in founding_faults(founding, told.trusted)]
    faults += [(BUNDLE, words) for words in continued_faults(told.events, told.heads)]
    matters = {exhibit.matter for exhibit in exhibits}
    if told.version == layout.SECOND:
        matters |= _erased_matters(told.events)
        faults += [(BUNDLE, words) for words in stranger_faults(told.events)]
    faults += [
        (layout.BAG_INFO, words) for words in _info_faults(files, matters, founding)
    ]
    for subject, words in faults:
        yield failed(HISTORY, subject, words)
    if not faults:
        count = sum(len(exhibit.events) for exhibit in exhibits)
        reason = Words(
            f"{len(exhibits)} 项证据共 {count} 个事件，同一案件，自入库开始",
            f"{len(exhibits)} exhibits, {count} events, one matter, from receipt on",
        )
        yield passed(HISTORY, BUNDLE, reason)


def stranger_faults(events: Mapping[int, Event]) -> Iterator[Words]:
    """Events that have no business in a bundle of the second format."""
    received = [leaf for leaf, event in events.items() if event.kind == RECEIVED]
    first = min(received, default=None)
    stamps = [leaf for leaf, event in events.items() if event.kind == LOG_STAMPED]
    for leaf, event in sorted(events.items()):
        if event.kind == LOG_STAMPED:
            strange = len(stamps) > 1 or (first is not None and leaf > first)
        else:
            known = {FIRM_INITIALISED, KEYS_CHANGED, LOG_CONTINUED}
            strange = not event.kind.startswith("exhibit.") and event.kind not in known
        if strange:
            yield Words(
                f"第 {leaf} 号事件（{event.kind}）不应在此",
                f"event {leaf}, {event.kind}, does not belong here",
            )


def _erased_matters(events: Mapping[int, Event]) -> set[str]:
    try:
        return {erasure.matter for erasure in erasures_of(events)}
    except MalformedError:
        return set()  # reported by check 20


def _info_faults(
    files: TagReader, matters: set[str], founding: Mapping[str, object]
) -> Iterator[Words]:
    info = layout.parse_bag_info(files.tag(layout.BAG_INFO))  # check 1 has read it
    if info.organization != founding.get("firm"):
        yield Words("所写单位不是 0 号事件中的单位", "the firm is not that of event 0")
    if {info.matter} != matters:
        yield Words(
            "所写案件不是证据所属案件", "the matter is not that of the exhibits"
        )


def _original_checks(
    exhibits: tuple[Exhibit, ...], measured: Mapping[str, Measured]
) -> Iterator[Check]:
    by_path = {layout.DATA + exhibit.name: exhibit for exhibit in exhibits}
    for path, file in measured.items():
        exhibit = by_path.get(path)
        if exhibit is not None:
            yield _original_check(path, file, exhibit)
        elif path.startswith(layout.DATA):
            reason = Words(
                "没有事件说明它的字节应当如何", "no event says what its bytes must be"
            )
            yield indeterminate(ORIGINAL, path, reason)


def _original_check(path: str, file: Measured, exhibit: Exhibit) -> Check:
    leaf, _ = exhibit.received
    if (file.digests, file.size) != (exhibit.digests, exhibit.size):
        reason = Words(
            f"字节与入库时（第 {leaf} 号事件）登记的不同",
            f"the bytes are not those recorded at receipt (event {leaf})",
        )
        return failed(ORIGINAL, path, reason)
    reason = Words(
        f"SHA-256、SM3 与字节数同入库时（第 {leaf} 号事件）登记的一致",
        f"SHA-256, SM3 and size are those recorded at receipt (event {leaf})",
    )
    return passed(ORIGINAL, path, reason)


def _name_checks(
    exhibits: tuple[Exhibit, ...], measured: Mapping[str, Measured]
) -> Iterator[Check]:
    due = {layout.DATA + exhibit.name: exhibit for exhibit in exhibits}
    there = {name for name in measured if name.startswith(layout.DATA)}
    for path in sorted(there - due.keys()):
        reason = Words("没有事件给过这个文件名", "no event gave this as newest name")
        yield failed(LEGAL_NAME, path, reason)
    for path, exhibit in due.items():
        if path in there:
            reason = Words(
                f"是证据 {exhibit.exhibit} 最近一次所给的名称",
                f"the newest name of exhibit {exhibit.exhibit}",
            )
            yield passed(LEGAL_NAME, path, reason)
        else:
            reason = Words(
                f"证据 {exhibit.exhibit} 应以此名在包中，但没有",
                f"exhibit {exhibit.exhibit} should be here under this name",
            )
            yield failed(LEGAL_NAME, path, reason)
