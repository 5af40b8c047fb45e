"""Verify an evidence bundle, offline, from nothing but its bytes and trusted keys.

The numbers are those of `receipts.checks`; they are done in this order:

     1  the ZIP is canonical, its content whole; bagit.txt and bag-info.txt as due
     2  exactly the names a bundle of its format has
     3  the three lists equal the digests of the files
     4  whose keys these are: the caller's own, or their fingerprint is stated
    19  leaf 0 and the changes of keys lead to exactly these keys
     6  every statement is signed by a statement key that counts for its leaf
    17  what a rule gives to two persons is signed by two
     5  the checkpoint is signed by a log key valid at its size
    18  outside witnesses cosigned it, as many as the rule asks for
     7  every leaf, rebuilt from its statement, is under that checkpoint
    10  the events belong to this log, these keys, one matter and these exhibits
    20  what was erased is named, and nothing of it is here
     8  every original has the digests of its statement of receipt
     9  every original carries the newest legal name the events give
    16  time stamps hold, judged at their own time
    14  both seals over the list of files hold

A bundle of the first format has no 14, 16, 19 and 20, and 17 and 18 only where the
keys that the caller gives want them. Where 1 or 2 fails, nothing after
it can be relied on, and it is not done; without a checkpoint that passed, nothing
after 5 is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from integrity.errors import MalformedError
from integrity.policy import Role, TrustedKeys
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_container_checks import (
    checksum_checks,
    container_checks,
    names_checks,
)
from receipts.bundle_event_checks import Told, event_checks
from receipts.bundle_files import BundleFiles, Measured
from receipts.bundle_second_format import (
    Given,
    entries_of,
    has_failed,
    policy_faults,
    second_format,
)
from receipts.canonical_zip import open_canonical
from receipts.checks import (
    CONTAINER,
    KEYS,
    STATEMENT,
    Check,
    Report,
    Words,
    failed,
)
from receipts.key_checks import judge_keys, read_keys
from receipts.log_checks import (
    Entry,
    check_checkpoint,
    check_inclusion,
    check_statement,
    refused,
)
from receipts.origin_checks import Heads
from receipts.person_checks import has_persons, unsigned_acts
from receipts.witness_checks import check_witnesses

FIRST_ROLES = frozenset({Role.LOG, Role.STATEMENT})
"""What trust/keys of the first format names."""


def verify_bundle(
    path: Path, policy: TrustedKeys | None, fingerprint: str | None = None
) -> Report:
    """Check the bundle at `path`; bad input is an answer, not an exception.

    Args:
        path: the ZIP.
        policy: keys the caller trusts, or None to use the bundle's own: then check
            4 is indeterminate at best.
        fingerprint: hex SHA-256 of trust/keys as the caller read it on a paper of
            the firm; an independent source for check 4 in place of `policy`.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        with open_canonical(path) as archive:
            return Report.of(_verify(BundleFiles(archive), policy, fingerprint))
    except MalformedError as error:
        return Report.of([refused(CONTAINER, error.what, error)])


def _verify(
    files: BundleFiles, policy: TrustedKeys | None, fingerprint: str | None
) -> Iterator[Check]:
    measured = files.measure()
    container = list(container_checks(files, measured))
    yield from container
    if has_failed(container):
        return
    info = files.tag(layout.BAG_INFO) if layout.BAG_INFO in measured else None
    version = layout.format_of(info)
    contents, faults = layout.sort_out(files.names, version)
    yield from names_checks(len(files.names), faults)
    if faults:
        return
    yield from checksum_checks(files, measured)
    if version == layout.FIRST:
        yield from _first_format(files, contents, measured, policy, fingerprint)
        return
    given = Given(files, contents, measured, policy, fingerprint)
    yield from second_format(given)


def _first_format(
    files: BundleFiles,
    contents: layout.Contents,
    measured: dict[str, Measured],
    policy: TrustedKeys | None,
    fingerprint: str | None,
) -> Iterator[Check]:
    own, check = read_keys(files.tag(layout.KEYS))
    if own is None or not _of_the_first_format(own):
        reason = Words(
            "第一种格式的公钥文件只有一个日志的公钥与声明公钥",
            "in a bundle of the first format it names statement keys and those of one"
            " log only",
        )
        yield check if own is None else failed(KEYS, layout.KEYS, reason)
        return
    trusted, check = judge_keys(own, policy, fingerprint)
    yield check
    yield from policy_faults(files.tag(layout.POLICY), own)
    events: dict[int, Event] = {}
    for entry in entries_of(files, contents):
        event, check = _single_signature(entry, trusted)
        yield check
        if event is not None:
            events[entry.leaf] = event
    # Somebody who gives keys that know of persons and witnesses wants them asked for.
    yield from unsigned_acts(events, trusted, layout.statement_name)
    head, check = check_checkpoint(
        files.tag(layout.CHECKPOINT), trusted, layout.CHECKPOINT
    )
    yield check
    if head is None:
        return
    if trusted.witnesses_needed(head.covered):
        yield check_witnesses(head, trusted, layout.CHECKPOINT)
    for entry in entries_of(files, contents):
        yield check_inclusion(entry, head)
    complete = len(events) == len(contents.leaves)
    heads = Heads(head, {}, trusted.origins())
    told = Told(events, heads, trusted, complete, layout.FIRST)
    for checks in event_checks(files, measured, told):
        yield from checks


def _of_the_first_format(own: TrustedKeys) -> bool:
    """Whether a key list may be of the first format.

    Otherwise a bundle of the second format could be stripped of its seals and of what
    they cover, and be taken for one of the first.
    """
    known = all(entry.role in FIRST_ROLES for entry in own.entries)
    return known and len(own.origins()) <= 1


def _single_signature(entry: Entry, trusted: TrustedKeys) -> tuple[Event | None, Check]:
    """Check 6 of the first format, in which the service alone signs."""
    event, check = check_statement(entry, trusted.statement_keys(entry.leaf))
    if event is not None and has_persons(entry.envelope):
        reason = Words("声明应有一个签名", "it has more than one signature")
        return None, failed(STATEMENT, entry.statement_subject, reason)
    return event, check
