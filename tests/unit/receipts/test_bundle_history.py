"""What the events of a bundle say about its exhibits, and what contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest

from integrity.digest import digest_bytes
from integrity.errors import MalformedError
from integrity.statement import Event, Subject
from receipts.bundle_history import Exhibit, exhibits_of, founding_facts
from tests.bundle_factory import CLERK, START

AA, BB, MATTER = "e0000000000aa", "e0000000000bb", "m0123456789ab"
DATA, OTHER = digest_bytes(b"data"), digest_bytes(b"other")


def event(kind: str, *subjects: Subject, **facts: Any) -> Event:
    """An event of this kind."""
    return Event(kind, CLERK, START, facts, subjects, {}, "0" * 64)


def received(exhibit: str = AA, **changed: Any) -> Event:
    """An exhibit of 4 bytes came in."""
    facts = {"exhibit": exhibit, "matter": MATTER, "size": 4, "original_name": "a.pdf"}
    facts = {name: v for name, v in (facts | changed).items() if v is not None}
    return event("exhibit.received", Subject(exhibit, DATA), **facts)


def named(name: str, exhibit: str = AA, kind: str = "exhibit.read") -> Event:
    """An event that gives a name."""
    return event(kind, exhibit=exhibit, name=name)


def told(*events: Event) -> tuple[Exhibit, ...]:
    """The exhibits of events with the numbers 1, 2 and so on."""
    return exhibits_of(dict(enumerate(events, 1)))


def refused(*events: Event) -> str:
    """What is refused of such events, and why."""
    with pytest.raises(MalformedError) as refusal:
        told(*events)
    return str(refusal.value)


def test_an_exhibit_is_what_its_receipt_says() -> None:
    """Matter, digests, size and name as they came in; unnamed, it goes by its id."""
    first = received()
    (exhibit,) = told(first)
    assert exhibit == Exhibit(AA, MATTER, DATA, 4, "a.pdf", AA, ((1, first),))
    assert exhibit.received == (1, first)
    assert not exhibit.withdrawn


def test_events_of_another_kind_are_of_no_exhibit() -> None:
    """Even if they name one; and those before and after it are read in their order."""
    noise = event("user.added", exhibit=AA)
    (exhibit,) = told(noise, received(), noise, named("x.pdf"), noise)
    assert [leaf for leaf, _ in exhibit.events] == [2, 4]
    assert exhibits_of({9: named("x.pdf"), 4: received()})[0].received[0] == 4


@pytest.mark.parametrize("kind", ["exhibit.read", "exhibit.unreadable"])
def test_the_newest_naming_event_gives_the_name(kind: str) -> None:
    """Whatever its kind; an event that names nothing changes nothing."""
    checked = event("exhibit.checked", exhibit=AA, name="no.pdf")
    reviewed = named("new.pdf", kind="exhibit.reviewed")
    (exhibit,) = told(received(), named("old.pdf", kind=kind), reviewed, checked)
    assert exhibit.name == "new.pdf"
    (exhibit,) = told(received(), reviewed, named("old.pdf", kind=kind), checked)
    assert exhibit.name == "old.pdf"


def test_exhibits_are_told_by_their_names() -> None:
    """Sorted by the legal name, not by id nor by when they came in."""
    names = [e.name for e in told(received(), received(BB), named("z.pdf"))]
    assert names == [BB, "z.pdf"]
    names = [e.name for e in told(received(BB), received(), named("z.pdf", BB))]
    assert names == [AA, "z.pdf"]


def test_a_withdrawn_exhibit_is_told_and_an_erased_one_is_not() -> None:
    """Of what was erased nothing is left to tell, not even its receipt."""
    (exhibit,) = told(received(), event("exhibit.withdrawn", exhibit=AA), named("a"))
    assert exhibit.withdrawn
    erased = event("exhibit.erased", exhibit=AA)
    (exhibit,) = told(erased, received(BB))
    assert exhibit.exhibit == BB
    assert told(received(), erased) == ()


def test_an_exhibit_is_received_once_and_first() -> None:
    """Each of these says what is wrong and of which exhibit."""
    for found in (refused(named("x.pdf")), refused(received(), received())):
        assert AA in found
        assert "not received exactly once" in found
    assert "does not begin with receipt" in refused(named("x.pdf"), received())


@pytest.mark.parametrize(
    "subjects",
    [
        (),
        (Subject(BB, DATA),),
        (Subject(AA, DATA), Subject(AA, DATA)),
        (Subject(AA, DATA), Subject(BB, DATA)),
    ],
)
def test_a_receipt_is_about_its_exhibit_alone(subjects: tuple[Subject, ...]) -> None:
    """One subject, and that one."""
    facts = received().facts
    assert "another subject" in refused(event("exhibit.received", *subjects, **facts))


@pytest.mark.parametrize("size", ["4", True, -1, 4.0, None])
def test_a_size_is_a_number_of_bytes(size: object) -> None:
    """An empty file has none; less is no size."""
    assert "not a number of bytes" in refused(received(size=size))
    assert told(received(size=0))[0].size == 0


@pytest.mark.parametrize("fact", ["exhibit", "matter", "original_name"])
@pytest.mark.parametrize("value", [None, "", 7])
def test_a_receipt_has_its_facts(fact: str, value: object) -> None:
    """Missing, empty or no text: the leaf, the kind and the fact are named."""
    facts = {name: v for name, v in received().facts.items() if name != fact}
    facts |= {} if value is None else {fact: value}
    found = refused(event("exhibit.received", Subject(AA, DATA), **facts))
    assert "event 1" in found
    assert f"exhibit.received has no {fact}" in found


def test_a_naming_event_has_a_name() -> None:
    """The newest is the one that must have one."""
    nameless = event("exhibit.read", exhibit=AA)
    found = refused(received(), named("x.pdf"), nameless)
    assert "event 3" in found
    assert "exhibit.read has no name" in found
    assert told(received(), nameless, named("x.pdf"))[0].name == "x.pdf"


def test_later_events_do_not_contradict_the_receipt() -> None:
    """Matter and bytes stay; other subjects of an event may be anything."""
    moved = event("exhibit.checked", exhibit=AA, matter="m999")
    assert "event 2" in refused(received(), moved)
    assert f"{AA} is in another matter" in refused(received(), moved)
    same = event("exhibit.checked", Subject(AA, DATA), exhibit=AA, matter=MATTER)
    other = event("exhibit.checked", Subject("query", OTHER), exhibit=AA)
    changed = event("exhibit.checked", Subject(AA, OTHER), exhibit=AA)
    assert len(told(received(), same, other)) == 1
    found = refused(received(), same, changed)
    assert "event 3" in found
    assert f"{AA} has other bytes" in found


def test_no_two_exhibits_have_one_name() -> None:
    """The other one is named."""
    found = refused(received(), received(BB), named("x.pdf"), named("x.pdf", BB))
    assert f"history of {BB}" in found
    assert f"{AA} has the same name x.pdf" in found


def test_the_founding_facts_are_those_of_leaf_0_alone() -> None:
    """Nothing else may claim to be it, and it is there."""
    founding = event("firm.initialised", firm="x")
    assert founding_facts({0: founding, 1: received()}) == {"firm": "x"}
    for events in ({}, {0: received()}, {1: founding}, {0: founding, 1: founding}):
        with pytest.raises(MalformedError):
            founding_facts(events)
