"""Export the evidence bundle of a matter: collect, write, log what was handed out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import exhibit_for, matter_for
from intake.errors import IntakeError, Refused
from intake.services import Services, now
from intake.tables import Exhibit, Matter
from integrity.digest import Digests
from integrity.statement import Actor, Subject
from receipts.bundle_proofs import collect_proofs
from receipts.bundle_writer import (
    BundleDetails,
    BundleItem,
    BundleSeals,
    WrittenBundle,
    write_bundle,
)
from receipts.key_settling import current_pdf_key
from receipts.witnesses import gather_for_paper

SOFTWARE = "Custody 0.1.0"
ERASED_STATE = "erased"


def export_bundle(
    services: Services,
    actor: Actor,
    login: str | None,
    matter_key: str,
    exhibit_keys: Sequence[str],
    out: Path,
) -> tuple[WrittenBundle, int]:
    """Write the bundle of the named exhibits (none named: all that are in use).

    An exhibit that was erased under the law is in it by its erasing event alone.

    Returns:
        The finished file, and how many exhibits it is about.

    Raises:
        NotFound, Refused: unknown matter or exhibit, none to export, `out` exists.
        VerificationError: something would not verify; no bundle was left behind.
    """
    require_new(out)
    gather_for_paper(services)
    with services.log.session() as session:
        matter = matter_for(session, login, matter_key)
        exhibits = _chosen(session, login, matter, exhibit_keys)
        proofs = collect_proofs(services, session, [exhibit.id for exhibit in exhibits])
    held = [exhibit for exhibit in exhibits if exhibit.state != ERASED_STATE]
    try:
        bundle = write_bundle(
            out,
            items=[_item(services, exhibit) for exhibit in held],
            events=proofs.events,
            keys=proofs.keys,
            checkpoint=proofs.checkpoint,
            details=BundleDetails(matter.number, matter.title, now(), SOFTWARE),
            seals=BundleSeals(
                current_pdf_key(services),
                services.log.keys.statement_signer(proofs.size),
            ),
            stamps=proofs.stamps,
        )
    except OSError as error:
        reason = error.strerror or "error"
        raise IntakeError("file_unreadable", path=str(out), reason=reason) from error
    _record(services, actor, matter, exhibits, bundle)
    return bundle, len(exhibits)


def require_new(out: Path) -> None:
    """Refuse a place that is taken or whose folder does not exist."""
    if out.exists():
        raise Refused("out_exists", path=str(out))
    if not out.parent.is_dir():
        raise Refused("file_missing", path=str(out.parent))


def _chosen(
    session: Session, login: str | None, matter: Matter, keys: Sequence[str]
) -> list[Exhibit]:
    if keys:
        found = {e.id: e for e in (exhibit_for(session, login, key) for key in keys)}
        for exhibit in found.values():
            if exhibit.matter_id != matter.id:
                raise Refused(
                    "receipt_matter", exhibit=exhibit.id, matter=matter.number
                )
            if exhibit.state == "withdrawn":
                raise Refused("exhibit_state", exhibit=exhibit.id, state=exhibit.state)
        return list(found.values())
    query = select(Exhibit).where(
        Exhibit.matter_id == matter.id, Exhibit.state != "withdrawn"
    )
    exhibits = list(session.scalars(query.order_by(Exhibit.leaf)))
    if not exhibits:
        raise Refused("receipt_empty")
    return exhibits


def _item(services: Services, exhibit: Exhibit) -> BundleItem:
    digests = Digests(exhibit.sha256, exhibit.sm3)
    stream = partial(services.log.stores.open_blob, exhibit.sha256)
    name = exhibit.name or exhibit.id
    return BundleItem(exhibit.id, name, exhibit.size, digests, stream)


def _record(
    services: Services,
    actor: Actor,
    matter: Matter,
    exhibits: Sequence[Exhibit],
    bundle: WrittenBundle,
) -> None:
    facts = {"matter": matter.id, "exhibits": [exhibit.id for exhibit in exhibits]}
    with services.log.transaction() as tx:
        subject = Subject(bundle.path.name[:255], bundle.digests)
        tx.record("bundle.exported", actor, facts, (subject,))
