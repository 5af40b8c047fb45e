"""Receiving a file: bytes durable twice, event logged, then acknowledged.

The order is the promise (docs, "order of writes"): compare with the digest the
sender computed → blob into both stores → event, leaf and rows in one transaction
→ published checkpoint → return. Only then is the reading asked for.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.errors import IntakeError, Refused
from intake.identify import identify
from intake.ids import new_id
from intake.services import Services
from intake.signatures import EXECUTABLE, SCRIPT
from intake.spool import Spooled
from intake.tables import Exhibit
from integrity.statement import Actor, Subject

NAME_LIMIT = 400
# Not evidence on paper, and a danger to whoever opens a bundle: kept only packed.
PROGRAMS = (EXECUTABLE, SCRIPT)
VIA = ("web", "console", "archive", "mail", "api")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class UploadClaims:
    """What the sender says about a file; nothing of it is proven."""

    claimed_name: str
    claimed_sha256: str | None = None
    via: str = "web"
    parent_id: str | None = None
    member: int | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """An acknowledged file."""

    exhibit_id: str
    leaf: int
    sha256: str
    sm3: str
    size: int
    duplicate_of: str | None


def receive_file(
    services: Services,
    actor: Actor,
    matter_id: str,
    spooled: Spooled,
    claims: UploadClaims,
) -> Received:
    """Take a spooled file into custody; on return it is safe.

    The caller has checked that the actor may add to the matter.

    Raises:
        Refused: the digest claimed by the sender is another one.
        StoreUnavailable, SigningRefused: nothing is acknowledged.
    """
    compare_claimed(spooled, claims)
    media_type = identify(spooled.path, claims.claimed_name).media_type
    if media_type in PROGRAMS:
        raise Refused("program_refused", name=clean_name(claims.claimed_name))
    services.log.stores.keep_file(spooled.path, spooled.digests.sha256)
    exhibit_id = new_id("e")
    facts = _facts(exhibit_id, matter_id, spooled, claims, media_type)
    with services.log.transaction() as tx:
        services.log.stores.require(spooled.digests.sha256)
        duplicate_of = first_with(tx.session, matter_id, spooled.digests.sha256)
        facts["duplicate_of"] = duplicate_of
        subject = Subject(exhibit_id, spooled.digests)
        leaf = tx.record("exhibit.received", actor, facts, (subject,))
    ask_for_reading(services, exhibit_id)
    digests = spooled.digests
    return Received(
        exhibit_id, leaf, digests.sha256, digests.sm3, spooled.size, duplicate_of
    )


def compare_claimed(spooled: Spooled, claims: UploadClaims) -> None:
    """Refuse bytes that are not the ones the sender hashed."""
    claimed = claims.claimed_sha256
    if claimed and claimed.lower() != spooled.digests.sha256:
        raise Refused("digest_differs", name=claims.claimed_name)


def first_with(session: Session, matter_id: str, sha256: str) -> str | None:
    """The first exhibit of the matter with these bytes, or None.

    Only inside one matter: elsewhere the answer would tell what others hold.
    """
    query = (
        select(Exhibit.id)
        .where(Exhibit.matter_id == matter_id, Exhibit.sha256 == sha256)
        .order_by(Exhibit.leaf)
        .limit(1)
    )
    return session.scalar(query)


def ask_for_reading(services: Services, exhibit_id: str) -> None:
    """Wake a worker; if nobody can be woken the sweep will find the row."""
    try:
        services.queue.enqueue_reading(exhibit_id)
    except IntakeError as error:
        log.warning("queue.down", exhibit=exhibit_id, code=error.code)


def clean_name(claimed_name: str) -> str:
    """A file name as data for people: no control or direction characters."""
    last = claimed_name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C")
    return unicodedata.normalize("NFC", kept).strip()[:NAME_LIMIT] or "unnamed"


def _facts(
    exhibit_id: str,
    matter_id: str,
    spooled: Spooled,
    claims: UploadClaims,
    media_type: str,
) -> dict[str, Any]:
    return {
        "exhibit": exhibit_id,
        "matter": matter_id,
        "original_name": clean_name(claims.claimed_name),
        "size": spooled.size,
        "media_type": media_type,
        "via": claims.via,
        "parent": claims.parent_id,
        "member": claims.member,
        "claimed_sha256": claims.claimed_sha256,
    }
