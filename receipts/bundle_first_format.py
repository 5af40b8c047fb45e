"""The checks of a bundle of the first format, which has no seals, in their order.

A firm that seals its bundles gives out none of this format. So where the keys that the
caller gives say that it did at that size, the bundle was stripped of its seals.
"""

from __future__ import annotations

from collections.abc import Iterator

from integrity.checkpoint import claimed_checkpoint
from integrity.errors import IntegrityError
from integrity.policy import CertificateEntry, Role, TrustedKeys
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_event_checks import Told, event_checks
from receipts.bundle_second_format import Given, entries_of, policy_faults
from receipts.checks import KEYS, STATEMENT, Check, Words, failed
from receipts.key_checks import judge_keys, read_keys
from receipts.log_checks import (
    Entry,
    check_checkpoint,
    check_inclusion,
    check_statement,
)
from receipts.origin_checks import Heads
from receipts.person_checks import has_persons, unsigned_acts
from receipts.witness_checks import check_witnesses

FIRST_ROLES = frozenset({Role.LOG, Role.STATEMENT})
"""What trust/keys of the first format names."""

_OTHER_ROLES = Words(
    "第一种格式的公钥文件只有一个日志的公钥与声明公钥",
    "in a bundle of the first format it names statement keys and those of one log only",
)
_LATER_LOG = Words(
    "第一种格式的文件包只属于第一个日志",
    "a bundle of the first format is of the first log",
)
_SEALED_THEN = Words(
    "当时的文件包应有封签，第一种格式没有",
    "at that size the firm sealed its bundles, and the first format has no seal",
)


def first_format(given: Given) -> Iterator[Check]:
    """Checks 4 6 5 7 10 8 9; 17 and 18 where the caller's keys want them."""
    files = given.files
    own, check = read_keys(files.tag(layout.KEYS))
    if own is None or not _of_the_first_format(own):
        yield check if own is None else failed(KEYS, layout.KEYS, _OTHER_ROLES)
        return
    trusted, check = judge_keys(own, given.policy, given.fingerprint)
    yield check
    note = files.tag(layout.CHECKPOINT)
    yield from _stripped(note, trusted)
    yield from policy_faults(files.tag(layout.POLICY), own)
    events: dict[int, Event] = {}
    for entry in entries_of(files, given.contents):
        event, check = _single_signature(entry, trusted)
        yield check
        if event is not None:
            events[entry.leaf] = event
    # Somebody who gives keys that know of persons and witnesses wants them asked for.
    yield from unsigned_acts(events, trusted, layout.statement_name)
    head, check = check_checkpoint(note, trusted, layout.CHECKPOINT)
    yield check
    if head is None:
        return
    if trusted.witnesses_needed(head.covered):
        yield check_witnesses(head, trusted, layout.CHECKPOINT)
    for entry in entries_of(files, given.contents):
        yield check_inclusion(entry, head)
    complete = len(events) == len(given.contents.leaves)
    heads = Heads(head, {}, trusted.origins())
    told = Told(events, heads, trusted, complete, layout.FIRST)
    for checks in event_checks(files, given.measured, told):
        yield from checks


def _of_the_first_format(own: TrustedKeys) -> bool:
    """Whether a key list may be of the first format.

    Otherwise a bundle of the second format could be stripped of its seals and of what
    they cover, and be taken for one of the first.
    """
    known = all(entry.role in FIRST_ROLES for entry in own.entries)
    return known and len(own.origins()) <= 1


def _stripped(note: bytes, trusted: TrustedKeys) -> Iterator[Check]:
    """What the keys given know of the firm's bundles at the size that is claimed.

    The list in a stripped bundle is a matter of who stripped it; the caller's is not.
    """
    try:
        claimed = claimed_checkpoint(note)
    except IntegrityError:
        return  # check 5 says so
    origins = trusted.origins()
    if len(origins) > 1 and claimed.origin != origins[0].name:
        yield failed(KEYS, layout.KEYS, _LATER_LOG)
    elif any(
        isinstance(entry, CertificateEntry) and entry.covers_leaf(claimed.size)
        for entry in trusted.entries
    ):
        yield failed(KEYS, layout.KEYS, _SEALED_THEN)


def _single_signature(entry: Entry, trusted: TrustedKeys) -> tuple[Event | None, Check]:
    """Check 6 of the first format, in which the service alone signs."""
    event, check = check_statement(entry, trusted.statement_keys(entry.leaf))
    if event is not None and has_persons(entry.envelope):
        reason = Words("声明应有一个签名", "it has more than one signature")
        return None, failed(STATEMENT, entry.statement_subject, reason)
    return event, check
