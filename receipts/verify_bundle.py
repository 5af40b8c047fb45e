"""Verify an evidence bundle, offline, from nothing but its bytes and trusted keys.

The numbers are those of `receipts.checks`:

     1  the ZIP is canonical, its content whole; bagit.txt and bag-info.txt as due
     2  exactly the names a bundle has
     3  the three lists equal the digests of the files
     4  the keys are the caller's own, not the bundle's
     5  the checkpoint is signed by a log key valid at its size
     6  every statement is signed by a statement key
     7  every leaf, rebuilt from its statement, is under that checkpoint
     8  every original has the digests of its statement of receipt
     9  every original carries the newest legal name the events give
    10  the events belong to this log, these keys, one matter and these exhibits

Where 1 or 2 fails, nothing after it can be relied on, and it is not done. Not
checked, because nothing in this version of a bundle signs them: the wording of
REPORT.pdf, VERIFY.txt and verify.py. Whoever doubts them takes their own copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from integrity.errors import MalformedError
from integrity.policy import TrustedKeys, parse_trusted_keys
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_container_checks import (
    checksum_checks,
    container_checks,
    names_checks,
)
from receipts.bundle_event_checks import event_checks
from receipts.bundle_files import BundleFiles, Measured
from receipts.canonical_zip import open_canonical
from receipts.checks import CONTAINER, KEYS, Check, Report, Words, failed
from receipts.key_checks import check_keys
from receipts.log_checks import (
    Entry,
    check_checkpoint,
    check_inclusion,
    check_statement,
    refused,
)


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
    contents, faults = layout.sort_out(files.names)
    yield from names_checks(len(files.names), faults)
    if faults:
        return
    measured = files.measure()
    yield from container_checks(files, measured)
    yield from checksum_checks(files, measured)
    trusted, check = check_keys(files.tag(layout.KEYS), policy, fingerprint)
    yield check
    if trusted is None:
        return
    yield from _policy_check(files)
    yield from _log_checks(files, contents, measured, trusted)


def _log_checks(
    files: BundleFiles,
    contents: layout.Contents,
    measured: dict[str, Measured],
    trusted: TrustedKeys,
) -> Iterator[Check]:
    events: dict[int, Event] = {}
    for entry in _entries(files, contents):
        event, check = check_statement(entry, trusted.statement_keys())
        yield check
        if event is not None:
            events[entry.leaf] = event
    head, check = check_checkpoint(
        files.tag(layout.CHECKPOINT), trusted, layout.CHECKPOINT
    )
    yield check
    if head is None:
        return
    for entry in _entries(files, contents):
        yield check_inclusion(entry, head)
    yield from event_checks(files, measured, events, head.checkpoint, trusted)


def _entries(files: BundleFiles, contents: layout.Contents) -> Iterator[Entry]:
    for leaf in contents.leaves:
        statement, proof = layout.statement_name(leaf), layout.proof_name(leaf)
        yield Entry(leaf, files.tag(statement), files.tag(proof), statement, proof)


def _policy_check(files: BundleFiles) -> Iterator[Check]:
    """trust/policy says of the log keys nothing but what trust/keys says."""
    own = parse_trusted_keys(files.tag(layout.KEYS))
    if files.tag(layout.POLICY) != own.log_policy():
        reason = Words("与 trust/keys 不一致", "it does not agree with trust/keys")
        yield failed(KEYS, layout.POLICY, reason)
