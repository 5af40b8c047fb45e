"""Check 20: what was erased under the law is named, and nothing of it is here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from integrity.digest import Digests
from integrity.errors import IntegrityError, MalformedError, VerificationError
from integrity.shape import read_object
from integrity.statement import Event
from receipts.bundle_history import ERASED
from receipts.checks import ERASURE, Check, Words, passed
from receipts.log_checks import refused

MAX_ERASED_LEAVES = 10_000  # events of one exhibit: a page opened is no event
_CHECK = "erasure"


@dataclass(frozen=True, slots=True)
class Erasure:
    """An exhibit that was erased: by which event, on which ground.

    `leaves` are the numbers of the events whose statements are gone.
    """

    exhibit: str
    matter: str
    reason: str
    legal_basis: str
    leaf: int
    event: Event
    leaves: tuple[int, ...]


def erasures_of(events: Mapping[int, Event]) -> tuple[Erasure, ...]:
    """The erasures among `events` (leaf number to event), in the log's order.

    Raises:
        MalformedError: one does not name exhibit, matter, reason, ground and leaves.
    """
    found = sorted(leaf for leaf, event in events.items() if event.kind == ERASED)
    return tuple(_erasure(leaf, events[leaf]) for leaf in found)


def check_erasure(
    events: Mapping[int, Event], present: Collection[int], subject: str
) -> Iterator[Check]:
    """Check 20.

    Args:
        events: leaf number to event of the statements that passed check 6.
        present: every leaf that has a statement in the bundle.
        subject: what a person calls the whole.
    """
    try:
        erasures = erasures_of(events)
        for erasure in erasures:
            _refuse_remains(erasure, events, present)
    except IntegrityError as error:
        yield refused(ERASURE, subject, error)
        return
    if not erasures:
        reason = Words("没有删除事件", "nothing was erased")
        yield passed(ERASURE, subject, reason)
    for erasure in erasures:
        yield passed(ERASURE, erasure.exhibit, _words(erasure))


def _erasure(leaf: int, event: Event) -> Erasure:
    values = {}
    for name in ("exhibit", "matter", "reason", "legal_basis"):
        value = event.facts.get(name)
        if not isinstance(value, str) or not value:
            raise MalformedError(f"event {leaf}", f"{event.kind} has no {name}")
        values[name] = value
    leaves = _erased_leaves(leaf, event.facts.get("leaves"))
    return Erasure(**values, leaf=leaf, event=event, leaves=leaves)


def _erased_leaves(leaf: int, claimed: object) -> tuple[int, ...]:
    """The leaves named, each with both digests of its statement."""
    what = f"event {leaf}"
    if not isinstance(claimed, list) or not 1 <= len(claimed) <= MAX_ERASED_LEAVES:
        raise MalformedError(what, "it names no leaves")
    found = set()
    for item in claimed:
        fields = read_object(what, item, "leaf", "sha256", "sm3")
        number = fields["leaf"]
        if type(number) is not int or not 0 <= number < leaf or number in found:
            raise MalformedError(what, "it names a leaf twice, or none before it")
        if not isinstance(fields["sha256"], str) or not isinstance(fields["sm3"], str):
            raise MalformedError(what, "it names a leaf without its digests")
        Digests(fields["sha256"], fields["sm3"])
        found.add(number)
    return tuple(sorted(found))


def _refuse_remains(
    erasure: Erasure, events: Mapping[int, Event], present: Collection[int]
) -> None:
    for leaf in erasure.leaves:
        if leaf in present:
            reason = f"statement {leaf} was erased and is here"
            raise VerificationError(_CHECK, reason)
    for leaf, event in events.items():
        if leaf != erasure.leaf and event.facts.get("exhibit") == erasure.exhibit:
            reason = f"event {leaf} is about {erasure.exhibit}, which was erased"
            raise VerificationError(_CHECK, reason)


def _words(erasure: Erasure) -> Words:
    time, who = erasure.event.time.date(), erasure.event.actor.name
    return Words(
        f"已依法删除（第 {erasure.leaf} 号事件，{time}，由 {who}；"
        f"依据：{erasure.legal_basis}），包内没有它的内容",
        f"erased on {time} by {who} (event {erasure.leaf}; {erasure.legal_basis}),"
        " and nothing of it is here",
    )
