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
from integrity.policy import TrustedKeys
from receipts import bundle_layout as layout
from receipts.bundle_container_checks import (
    checksum_checks,
    container_checks,
    names_checks,
)
from receipts.bundle_files import BundleFiles
from receipts.bundle_first_format import first_format
from receipts.bundle_second_format import Given, has_failed, second_format
from receipts.canonical_zip import open_canonical
from receipts.checks import CONTAINER, Check, Report
from receipts.log_checks import refused


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
    given = Given(files, contents, measured, policy, fingerprint)
    if version == layout.FIRST:
        yield from first_format(given)
    else:
        yield from second_format(given)
