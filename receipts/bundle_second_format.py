"""The checks of a bundle of the second format, from the keys on, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from integrity.policy import TrustedKeys
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_container_checks import BUNDLE
from receipts.bundle_event_checks import Told, event_checks
from receipts.bundle_files import Measured, TagReader
from receipts.checks import KEYS, Check, Result, Words, failed
from receipts.erasure_checks import check_erasure
from receipts.key_checks import judge_keys, read_keys
from receipts.key_history_checks import check_key_history
from receipts.log_checks import (
    Entry,
    check_checkpoint,
    check_inclusion,
    check_statement,
)
from receipts.origin_checks import Heads, check_frozen
from receipts.person_checks import PersonChecks
from receipts.seal_checks import check_seals
from receipts.time_checks import check_times
from receipts.witness_checks import check_witnesses


@dataclass(frozen=True, slots=True)
class Given:
    """A bundle whose container, names and lists are judged, and the caller's keys."""

    files: TagReader
    contents: layout.Contents
    measured: Mapping[str, Measured]
    policy: TrustedKeys | None
    fingerprint: str | None


def second_format(given: Given) -> Iterator[Check]:
    """Checks 4 19 6 17 5 18 7 10 20 8 9 16 14."""
    files = given.files
    own, check = read_keys(files.tag(layout.KEYS))
    if own is None:
        yield check
        return
    leaves = given.contents.leaves
    statements = ((n, files.tag(layout.statement_name(n))) for n in leaves)
    stages, history = check_key_history(own, statements)
    trusted, check = judge_keys(own, given.policy, given.fingerprint, stages=stages)
    yield check
    yield from policy_faults(files.tag(layout.POLICY), own)
    yield history
    events: dict[int, Event] = {}
    persons = PersonChecks(trusted)
    for entry in entries_of(files, given.contents):
        event, check = check_statement(entry, trusted.statement_keys(entry.leaf))
        yield check
        if event is not None:
            events[entry.leaf] = event
            persons.take(entry, event)
    yield from persons.answers(BUNDLE)
    head, check = check_checkpoint(
        files.tag(layout.CHECKPOINT), trusted, layout.CHECKPOINT
    )
    yield check
    if head is None:
        return
    heads, checks = check_frozen(head, trusted, leaves, partial(entry_of, files))
    yield from checks
    yield check_witnesses(head, trusted, layout.CHECKPOINT, own)
    yield from _under_the_checkpoints(given, heads, trusted, events)


def _under_the_checkpoints(
    given: Given, heads: Heads, trusted: TrustedKeys, events: Mapping[int, Event]
) -> Iterator[Check]:
    files, contents = given.files, given.contents
    for entry in entries_of(files, contents):
        yield check_inclusion(entry, heads.of(entry.leaf))
    complete = len(events) == len(contents.leaves)
    told = Told(events, heads, trusted, complete, layout.SECOND)
    history, originals, names = event_checks(files, given.measured, told)
    yield from history
    yield from check_erasure(events, frozenset(contents.leaves), BUNDLE)
    yield from originals
    yield from names
    for _, check in check_times(files.tag, contents, events, BUNDLE):
        yield check
    covered, founding = heads.newest.covered, founding_certificate(events)
    yield from check_seals(files.tag, trusted, covered, founding)


def founding_certificate(events: Mapping[int, Event]) -> str | None:
    """The certificate that leaf 0 names, hex SHA-256."""
    keys: Any = events[0].facts.get("keys") if 0 in events else None
    found = keys.get("pdf_certificate_sha256") if isinstance(keys, dict) else None
    return found if isinstance(found, str) else None


def entries_of(files: TagReader, contents: layout.Contents) -> Iterator[Entry]:
    """Every statement with its proof, in the order of the log."""
    for leaf in contents.leaves:
        yield entry_of(files, leaf)


def entry_of(files: TagReader, leaf: int) -> Entry:
    """One statement with its proof."""
    statement, proof = layout.statement_name(leaf), layout.proof_name(leaf)
    return Entry(leaf, files.tag(statement), files.tag(proof), statement, proof)


def policy_faults(policy: bytes, own: TrustedKeys) -> Iterator[Check]:
    """trust/policy says of the log keys nothing but what trust/keys says."""
    if policy != own.log_policy():
        reason = Words("与 trust/keys 不一致", "it does not agree with trust/keys")
        yield failed(KEYS, layout.POLICY, reason)


def has_failed(checks: Iterable[Check]) -> bool:
    """Whether one of them failed."""
    return any(check.result is Result.FAILED for check in checks)
