"""What the events of a bundle say about its exhibits.

Pure reading of verified events: which exhibits there are, which bytes each was
received as, and which legal name the newest naming event gave it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrity.digest import Digests
from integrity.errors import MalformedError
from integrity.statement import Event

FIRM_INITIALISED = "firm.initialised"
RECEIVED = "exhibit.received"
NAMING_KINDS = frozenset({"exhibit.read", "exhibit.unreadable", "exhibit.reviewed"})
WITHDRAWN = "exhibit.withdrawn"
ERASED = "exhibit.erased"
_EXHIBIT_KIND = "exhibit."


@dataclass(frozen=True, slots=True)
class Exhibit:
    """An exhibit as its events in the bundle tell it.

    `events` holds (leaf, event) in the order of the log. `name` is the legal name;
    an exhibit that no event has named yet goes by its id.
    """

    exhibit: str
    matter: str
    digests: Digests
    size: int
    original_name: str
    name: str
    events: tuple[tuple[int, Event], ...]

    @property
    def received(self) -> tuple[int, Event]:
        """Leaf and event of its receipt."""
        return self.events[0]

    @property
    def withdrawn(self) -> bool:
        """Whether one of the events withdraws it."""
        return any(event.kind == WITHDRAWN for _, event in self.events)


def exhibits_of(events: Mapping[int, Event]) -> tuple[Exhibit, ...]:
    """The exhibits that `events` (leaf number -> event) are about, by legal name.

    Without those that were erased (erasure_checks.py): nothing of them is left to tell.

    Raises:
        MalformedError: an event without its facts, an exhibit that was not received
            exactly once and first, or one whose bytes, matter or name contradict.
    """
    grouped: dict[str, list[tuple[int, Event]]] = {}
    for leaf, event in sorted(events.items()):
        if event.kind.startswith(_EXHIBIT_KIND):
            grouped.setdefault(_text(leaf, event, "exhibit"), []).append((leaf, event))
    exhibits = [
        _exhibit(exhibit, history)
        for exhibit, history in grouped.items()
        if not any(event.kind == ERASED for _, event in history)
    ]
    _refuse_shared_names(exhibits)
    return tuple(sorted(exhibits, key=lambda exhibit: exhibit.name))


def founding_facts(events: Mapping[int, Event]) -> dict[str, Any]:
    """Facts of leaf 0, with which the log was begun.

    Raises:
        MalformedError: leaf 0 is another event, or another leaf claims to be it.
    """
    founders = [leaf for leaf, e in events.items() if e.kind == FIRM_INITIALISED]
    if founders != [0]:
        raise MalformedError("history", f"{FIRM_INITIALISED} is not exactly leaf 0")
    return events[0].facts


def _exhibit(exhibit: str, history: list[tuple[int, Event]]) -> Exhibit:
    leaf, received = history[0]
    if [event.kind for _, event in history].count(RECEIVED) != 1:
        raise MalformedError(f"history of {exhibit}", "not received exactly once")
    if received.kind != RECEIVED:
        raise MalformedError(f"history of {exhibit}", "it does not begin with receipt")
    if len(received.subjects) != 1 or received.subjects[0].name != exhibit:
        raise MalformedError(f"history of {exhibit}", "its receipt has another subject")
    digests = received.subjects[0].digests
    matter = _text(leaf, received, "matter")
    size = received.facts.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise MalformedError(f"event {leaf}", "its size is not a number of bytes")
    _refuse_contradictions(exhibit, matter, digests, history)
    original_name = _text(leaf, received, "original_name")
    name = _newest_name(exhibit, history)
    return Exhibit(exhibit, matter, digests, size, original_name, name, tuple(history))


def _newest_name(exhibit: str, history: list[tuple[int, Event]]) -> str:
    naming = [(leaf, e) for leaf, e in history if e.kind in NAMING_KINDS]
    return _text(*naming[-1], "name") if naming else exhibit


def _refuse_contradictions(
    exhibit: str, matter: str, digests: Digests, history: list[tuple[int, Event]]
) -> None:
    for leaf, event in history:
        if event.facts.get("matter", matter) != matter:
            raise MalformedError(f"event {leaf}", f"{exhibit} is in another matter")
        for subject in event.subjects:
            if subject.name == exhibit and subject.digests != digests:
                raise MalformedError(f"event {leaf}", f"{exhibit} has other bytes")


def _refuse_shared_names(exhibits: list[Exhibit]) -> None:
    owners: dict[str, str] = {}
    for exhibit in exhibits:
        other = owners.setdefault(exhibit.name, exhibit.exhibit)
        if other != exhibit.exhibit:
            reason = f"{other} has the same name {exhibit.name}"
            raise MalformedError(f"history of {exhibit.exhibit}", reason)


def _text(leaf: int, event: Event, fact: str) -> str:
    value = event.facts.get(fact)
    if not isinstance(value, str) or not value:
        raise MalformedError(f"event {leaf}", f"{event.kind} has no {fact}")
    return value
