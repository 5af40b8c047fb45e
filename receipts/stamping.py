"""Stamping: ask, verify, keep the files twice, log it; later again where it failed.

Asking happens outside every transaction, so that a slow authority holds up nobody.
The answers of one round are recorded in one transaction, each as an event of its own
whose subjects are what was stamped and the three files that prove it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.access import exhibit_for
from intake.errors import Refused
from intake.services import SYSTEM, Services, now
from intake.tables import Exhibit
from integrity.digest import Digests, digest_bytes
from integrity.statement import Actor, Subject
from integrity.store import sql_log
from integrity.store.db import writing
from receipts.stamp_events import bytes_of, facts_of, keep, subjects_of, tools_of
from receipts.stamp_projection import EXHIBIT_STAMPED, LOG_STAMPED
from receipts.stamp_state import remember
from receipts.stamp_tables import StampRequest
from receipts.stamp_times import Target, closing_target, due_target, may_ask
from receipts.time_authority import (
    Authority,
    Trouble,
    authorities,
    obtain,
)

REQUESTS_A_ROUND = 20
# States in which there are no bytes any more that could be stamped.
WITHOUT_ORIGINAL = {"erased"}


@dataclass(frozen=True, slots=True)
class Round:
    """What came of asking: the leaves that log a stamp, and who gave none."""

    leaves: tuple[int, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    def __add__(self, other: Round) -> Round:
        return Round(self.leaves + other.leaves, self.troubles + other.troubles)


def stamp_log(services: Services) -> Round:
    """Have the newest checkpoint stamped by every authority, now.

    Raises:
        Refused: no authority is set, there is no checkpoint, or none gave a stamp.
    """
    asked = _required(services)
    with services.log.session() as session:
        newest = sql_log.latest_checkpoint(session)
    if newest is None:
        raise Refused("stamp_nothing")
    _require_log(services)
    target = Target(newest.size, newest.note)
    return _some(_stamp_checkpoint(services, asked, target))


def stamp_exhibit(services: Services, actor: Actor, key: str) -> Round:
    """Have one exhibit stamped by every authority, now.

    The wish is kept: whoever gives no stamp now is asked again by `stamp_due`.

    Raises:
        Refused, NotFound: no authority, no such exhibit, or none gave a stamp.
    """
    asked = _required(services)
    with services.log.session() as session:
        exhibit = exhibit_for(session, None, key)
    if exhibit.state in WITHOUT_ORIGINAL:
        raise Refused("exhibit_state", exhibit=exhibit.id, state=exhibit.state)
    _require_log(services)
    with writing(services.log.engine) as session:
        for authority in asked:
            session.merge(_request(exhibit.id, authority.service, actor))
    return _some(_stamp_exhibit(services, asked, exhibit, actor))


def stamp_due(services: Services, at: dt.datetime | None = None) -> Round:
    """Everything that is due at `at` (default: now), as the scheduler asks for it.

    Raises:
        SigningRefused, StoreUnavailable, StoreIdentityError: no stamp could be logged,
            so nobody was asked.
    """
    moment = at or now()
    ready = _ready(services, moment)
    if not ready:
        return Round()
    done = _due_checkpoints(services, ready, moment)
    failed = {trouble.service for trouble in done.troubles}
    left = [each for each in ready if each.service not in failed]
    return done + _due_requests(services, left, moment)


def _require_log(services: Services) -> None:
    """Find out what would keep a stamp from being logged before one is asked for."""
    with services.log.transaction():
        pass


def _required(services: Services) -> tuple[Authority, ...]:
    asked = authorities(services.settings)
    if not asked:
        raise Refused("tsa_none")
    return asked


def _some(done: Round) -> Round:
    if not done.leaves and done.troubles:
        raise Refused("tsa_failed", reason="; ".join(map(str, done.troubles)))
    return done


def _ready(services: Services, at: dt.datetime) -> list[Authority]:
    with services.log.session() as session:
        return [
            each
            for each in authorities(services.settings)
            if may_ask(session, each.service, at)
        ]


def _due_checkpoints(
    services: Services, ready: Sequence[Authority], at: dt.datetime
) -> Round:
    every = dt.timedelta(hours=services.settings.stamp_hours)
    origins = services.log.keys.trusted.origins()
    ends = [origin.end for origin in origins if origin.end is not None]
    targets: dict[Target, list[Authority]] = {}
    with services.log.session() as session:
        for authority in ready:
            name = authority.service
            target = closing_target(session, name, at, ends) or due_target(
                session, name, at, every
            )
            if target is not None:
                targets.setdefault(target, []).append(authority)
    done = Round()
    if targets:
        _require_log(services)
    for target, asked in targets.items():
        done += _stamp_checkpoint(services, asked, target, at)
    return done


def _due_requests(
    services: Services, ready: Sequence[Authority], at: dt.datetime
) -> Round:
    by_service = {authority.service: authority for authority in ready}
    with services.log.session() as session:
        waiting = select(StampRequest).where(StampRequest.service.in_(by_service))
        requests = session.scalars(
            waiting.order_by(StampRequest.asked_at).limit(REQUESTS_A_ROUND)
        ).all()
        exhibits = {each.exhibit_id: session.get(Exhibit, each.exhibit_id)
                    for each in requests}  # fmt: skip
    done = Round()
    if requests:
        _require_log(services)
    for request in requests:
        failed = {trouble.service for trouble in done.troubles}
        exhibit = exhibits[request.exhibit_id]
        if exhibit is None or exhibit.state in WITHOUT_ORIGINAL:
            _forget(services, request.exhibit_id, [request.service])
        elif request.service not in failed:
            actor = Actor(request.login, request.actor_name, request.actor_role)
            asked = [by_service[request.service]]
            done += _stamp_exhibit(services, asked, exhibit, actor, at)
    return done


def _stamp_checkpoint(
    services: Services,
    asked: Sequence[Authority],
    target: Target,
    at: dt.datetime | None = None,
) -> Round:
    digests = digest_bytes(target.note)
    obtained, troubles = obtain(services.settings, asked, digests.sha256)
    stamped = Subject("checkpoint", digests)
    keep(services.log.stores, [target.note, *bytes_of(obtained)] if obtained else [])
    leaves = []
    if obtained:
        with services.log.transaction() as tx:
            for one in obtained:
                facts = {"size": target.size} | facts_of(one)
                facts["bytes"]["checkpoint"] = len(target.note)
                subjects = (stamped, *subjects_of(one))
                leaf = tx.record(LOG_STAMPED, SYSTEM, facts, subjects, tools_of(one))
                leaves.append(leaf)
    remember(services.log.engine, obtained, troubles, at or now())
    return Round(tuple(leaves), tuple(troubles))


def _stamp_exhibit(
    services: Services,
    asked: Sequence[Authority],
    exhibit: Exhibit,
    actor: Actor,
    at: dt.datetime | None = None,
) -> Round:
    obtained, troubles = obtain(services.settings, asked, exhibit.sha256)
    stamped = Subject(exhibit.id, Digests(exhibit.sha256, exhibit.sm3))
    keep(services.log.stores, bytes_of(obtained))
    leaves = []
    if obtained:
        with services.log.transaction() as tx:
            _require_original(tx.session, exhibit.id)
            for one in obtained:
                about = {"exhibit": exhibit.id, "matter": exhibit.matter_id}
                subjects = (stamped, *subjects_of(one))
                leaf = tx.record(
                    EXHIBIT_STAMPED,
                    actor,
                    about | facts_of(one),
                    subjects,
                    tools_of(one),
                )
                leaves.append(leaf)
        _forget(services, exhibit.id, [one.authority.service for one in obtained])
    remember(services.log.engine, obtained, troubles, at or now())
    return Round(tuple(leaves), tuple(troubles))


def _require_original(session: Session, exhibit_id: str) -> None:
    """It may have been erased while the authorities were asked."""
    exhibit = session.get_one(Exhibit, exhibit_id)
    if exhibit.state in WITHOUT_ORIGINAL:
        raise Refused("exhibit_state", exhibit=exhibit_id, state=exhibit.state)


def _request(exhibit_id: str, service: str, actor: Actor) -> StampRequest:
    return StampRequest(
        exhibit_id=exhibit_id,
        service=service,
        login=actor.login,
        actor_name=actor.name,
        actor_role=actor.role,
        asked_at=now(),
    )


def _forget(services: Services, exhibit_id: str, names: Sequence[str]) -> None:
    with writing(services.log.engine) as session:
        for service in names:
            request = session.get(StampRequest, (exhibit_id, service))
            if request is not None:
                session.delete(request)
