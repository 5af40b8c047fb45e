"""Jobs of the queue: ids in, events out. Every job may be run again at any time.

A job that is asked for twice, comes late or was finished by another worker finds no
lease to take and does nothing; its result is recorded in one transaction that checks
that it is still due.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import structlog
from sqlalchemy import select

from intake.errors import Refused
from intake.learning import with_learned
from intake.reading import (
    Derivative,
    Finding,
    Member,
    Reading,
    Unreadable,
    UnreadableReason,
)
from intake.readings import (
    LEASE,
    MAX_ATTEMPTS,
    KeptDerivative,
    Lease,
    attempts,
    extend_lease,
    give_back,
    record_reading,
    record_unreadable,
    take_lease,
)
from intake.receive import UploadClaims, clean_name, receive_file
from intake.search_follow import keep_up
from intake.services import SYSTEM, Services
from intake.settings import ENGINES, Settings
from intake.spool import spooled
from intake.tables import Exhibit
from intake.zone import ZONE
from integrity.digest import digest_file
from integrity.errors import CustodyError
from receipts.opening import open_services
from workers.reading.limits import Limits
from workers.reading.propose import MAIL
from workers.reading.service import read_file

# What an archive of 2,000 refused members may say about itself.
MAX_FINDINGS = 50

log = structlog.get_logger()


def read_exhibit(exhibit_id: str) -> None:
    """RQ entry point: read one exhibit in the home of this process."""
    services = open_services(Settings.from_env(os.environ))
    process_exhibit(services, exhibit_id)


def process_exhibit(services: Services, exhibit_id: str) -> None:
    """Read an exhibit if that is due, and record what came of it."""
    lease = take_lease(services, exhibit_id)
    if lease is None:
        return
    log.info("reading.begin", exhibit=exhibit_id)
    if attempts(services, exhibit_id) > MAX_ATTEMPTS:
        why = Unreadable(UnreadableReason.KILLED_READER, "")
        record_unreadable(services, lease, why)
        return
    try:
        with _work_folder(services) as work, _kept_alive(services, lease):
            _read_and_record(services, lease, work)
    except (CustodyError, OSError) as error:
        # A full disk or a store that is away says nothing about the file.
        log.warning("reading.put_off", exhibit=exhibit_id, error=type(error).__name__)
        with contextlib.suppress(CustodyError):
            give_back(services, lease)
        return
    keep_up(services)
    log.info("reading.end", exhibit=exhibit_id)


def _read_and_record(services: Services, lease: Lease, work: Path) -> None:
    exhibit = lease.exhibit
    original = work / "original"
    output = work / "output"
    output.mkdir()
    _copy_blob(services, exhibit.sha256, original)
    try:
        reading = read_file(
            original,
            exhibit.original_name,
            engine=_engine(services, exhibit),
            types=services.types,
            received_on=exhibit.received_at.astimezone(ZONE).date(),
            work=output,
            limits=Limits(),
            depth=_depth(services, exhibit),
        )
    except Unreadable as why:
        log.info("reading.unreadable", exhibit=exhibit.id, reason=why.reason.value)
        record_unreadable(services, lease, why)
        return
    kept = [_keep(services, output, made) for made in reading.derivatives]
    left_out = _receive_members(services, exhibit, reading, output)
    findings = (*reading.findings, *left_out)
    reading = with_learned(services, replace(reading, findings=findings))
    record_reading(services, lease, reading, kept)


def _engine(services: Services, exhibit: Exhibit) -> str:
    """The engine that was asked for with this reading, else the firm's."""
    asked_for = exhibit.engine
    return asked_for if asked_for in ENGINES else services.settings.ocr_engine


def _depth(services: Services, exhibit: Exhibit) -> int:
    """In how many archives or messages the exhibit was packed."""
    depth = 0
    with services.log.session() as session:
        parent_id = exhibit.parent_id
        while parent_id is not None:
            depth += 1
            parent = session.get(Exhibit, parent_id)
            parent_id = None if parent is None else parent.parent_id
    return depth


def _copy_blob(services: Services, sha256: str, target: Path) -> None:
    with services.log.stores.open_blob(sha256) as source, target.open("wb") as copy:
        while chunk := source.read(1 << 20):
            copy.write(chunk)


def _keep(services: Services, output: Path, made: Derivative) -> KeptDerivative:
    digests, size = digest_file(output / made.path)
    services.log.stores.keep_file(output / made.path, digests.sha256)
    return KeptDerivative(made, digests, size)


def _receive_members(
    services: Services, parent: Exhibit, reading: Reading, output: Path
) -> list[Finding]:
    """Take what was packed inside as exhibits of their own; repeatable.

    A member that is refused (empty, a program) is named in a finding of its parent,
    which keeps it inside.
    """
    left_out = []
    with services.log.session() as session:
        query = select(Exhibit.member).where(Exhibit.parent_id == parent.id)
        already = set(session.scalars(query))
    for number, member in enumerate(reading.members, start=1):
        if number in already:
            continue
        try:
            _receive_member(services, parent, number, member, output)
        except Refused as refusal:
            log.info("member.refused", exhibit=parent.id, code=refusal.code)
            detail = f"{clean_name(member.claimed_name)} ({refusal.code})"
            left_out.append(Finding("MEMBER_REFUSED", detail[:500]))
    return left_out[:MAX_FINDINGS]


def _receive_member(
    services: Services, parent: Exhibit, number: int, member: Member, output: Path
) -> None:
    via = "mail" if parent.media_type in MAIL else "archive"
    claims = UploadClaims(
        member.claimed_name, via=via, parent_id=parent.id, member=number
    )
    limit = services.settings.max_upload_bytes
    with (
        (output / member.path).open("rb") as stream,
        spooled(stream, services.spool, member.claimed_name, limit) as file,
    ):
        receive_file(services, SYSTEM, parent.matter_id, file, claims)


@contextmanager
def _work_folder(services: Services) -> Iterator[Path]:
    base = services.settings.home / "work"
    base.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        yield Path(folder)


@contextmanager
def _kept_alive(services: Services, lease: Lease) -> Iterator[None]:
    """Extend the lease from a thread while the block runs."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(LEASE.total_seconds() / 3):
            extend_lease(services, lease)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
