"""Checks 8, 9 and 10 of a bundle: originals, legal names, and that events belong.

Everything is computed from the statements that passed checks 6 and 7. A statement
that did not pass is missing here, so an exhibit may look unreceived or unnamed:
such follow-on answers are "could not check", the failure itself is reported once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from integrity.checkpoint import Checkpoint
from integrity.errors import MalformedError
from integrity.policy import Role, TrustedKeys
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_container_checks import BUNDLE
from receipts.bundle_files import BundleFiles, Measured
from receipts.bundle_history import Exhibit, exhibits_of, founding_facts
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
from receipts.log_checks import refused


def event_checks(
    files: BundleFiles,
    measured: Mapping[str, Measured],
    events: Mapping[int, Event],
    checkpoint: Checkpoint,
    trusted: TrustedKeys,
) -> Iterator[Check]:
    """Checks 8, 9 and 10.

    Args:
        files: the bundle.
        measured: every file of it, measured.
        events: leaf number -> event, of the statements that passed.
        checkpoint: the one that passed.
        trusted: the keys by which they passed.
    """
    complete = len(events) == sum(n.startswith("statements/") for n in measured)
    if not complete:
        reason = Words("有声明未通过检查 6", "a statement did not pass check 6")
        yield indeterminate(HISTORY, BUNDLE, reason)
    try:
        exhibits = exhibits_of(events)
        founding = founding_facts(events)
    except MalformedError as error:
        if complete:
            yield refused(HISTORY, error.what, error)
        return
    if complete:
        yield from _belonging(files, exhibits, founding, checkpoint, trusted)
        yield from _name_checks(exhibits, measured)
    yield from _original_checks(exhibits, measured)


def founding_faults(
    founding: Mapping[str, object], checkpoint: Checkpoint, trusted: TrustedKeys
) -> Iterator[Words]:
    """What in leaf 0 is not of this log and these keys."""
    if founding.get("origin") != checkpoint.origin:
        yield Words("0 号事件属于另一日志", "event 0 is of another log")
    stated = founding.get("keys")
    stated = stated if isinstance(stated, dict) else {}
    for role in Role:
        known = {e.key.text() for e in trusted.entries if e.role is role}
        if stated.get(role.value) not in known:
            yield Words(
                f"0 号事件所写的 {role.value} 公钥不在公钥文件中",
                f"the {role.value} key stated in event 0 is not among the keys",
            )


def _belonging(
    files: BundleFiles,
    exhibits: tuple[Exhibit, ...],
    founding: Mapping[str, object],
    checkpoint: Checkpoint,
    trusted: TrustedKeys,
) -> Iterator[Check]:
    faults = [(BUNDLE, w) for w in founding_faults(founding, checkpoint, trusted)]
    faults += [
        (layout.BAG_INFO, words) for words in _info_faults(files, exhibits, founding)
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


def _info_faults(
    files: BundleFiles, exhibits: tuple[Exhibit, ...], founding: Mapping[str, object]
) -> Iterator[Words]:
    try:
        info = layout.parse_bag_info(files.tag(layout.BAG_INFO))
    except MalformedError:
        return  # reported by check 1
    if info.organization != founding.get("firm"):
        yield Words("所写单位不是 0 号事件中的单位", "the firm is not that of event 0")
    if {info.matter} != {exhibit.matter for exhibit in exhibits}:
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
