"""Learning from the firm's own corrections of types, on its own machine.

When a review gives another type than the reading proposed, the paper is kept as an
example: counts of hashed pairs of characters of its first page, no text. A later
paper that resembles examples gets their type as a candidate: first among those that
a person must choose from, and proposed only when three or more examples agree and
none that resembles as much says otherwise. What the rules are sure of stays.

The examples are a working table: they can be looked at and forgotten at any time, and
go with an exhibit that is erased. Types in the log do not change by that.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import structlog
from sqlalchemy import Delete, delete, select
from sqlalchemy.orm import Session

from intake.errors import Refused
from intake.evidence_types import AUTO_CONFIDENCE
from intake.read_text import read_pages
from intake.reading import Candidate, Reading
from intake.services import Services, now
from intake.tables import Derivative, Exhibit, LearnedExample
from intake.text_normal import normalise
from integrity.errors import CustodyError
from integrity.store.db import writing

ALIKE: Final = 0.40
"""Likeness from which two papers count as of one sort. On the made-up papers of seeds
1 to 3, 97 % of pairs from one form are as much alike, none of pairs of two types."""
ENOUGH: Final = 3  # examples that agree, to propose without asking
LIFT: Final = {1: 0.60, 2: 0.75}
LEARNED: Final = 0.92  # from ENOUGH examples on
MOST_EXAMPLES: Final = 2_000  # compared with each paper, the newest
MOST_CANDIDATES: Final = 3
HEAD_WORDS, BODY_WORDS, MOST_CHARACTERS = 60, 3_000, 12_000
BUCKETS: Final = 1 << 16
NAMED: Final = 5  # examples that a rule names

Features = dict[str, int]
_WORD = re.compile("[\u3400-\u9fff]|[a-z]{2,40}")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Neighbour:
    exhibit_id: str
    type: str
    likeness: float


def features(text: str) -> Features:
    """Counts of hashed pairs of a first page; its head counts apart.

    Pairs of Chinese characters or of words; numbers are left out.
    """
    plain = normalise(text[:MOST_CHARACTERS])
    words = _WORD.findall(plain.casefold())
    head, body = words[:HEAD_WORDS], words[:BODY_WORDS]
    found = Counter(f"h{_bucket(pair)}" for pair in _pairs(head))
    found.update(f"b{_bucket(pair)}" for pair in _pairs(body))
    return dict(found)


def likeness(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """0 to 1: the mean of how alike two heads and two bodies are."""
    return (_cosine(one, other, "h") + _cosine(one, other, "b")) / 2


def learn(services: Services, exhibit_id: str) -> None:
    """Keep a reviewed exhibit as an example if its type was corrected.

    A review that confirms the proposal after all takes the example back. Never
    raises for what the stores cannot give: a review does not depend on it.
    """
    try:
        with services.log.session() as session:
            exhibit = session.get_one(Exhibit, exhibit_id)
            known = exhibit.type and exhibit.type != services.types.fallback.code
            corrected = known and exhibit.type != _proposed(services, exhibit)
            made = _text_of(session, exhibit_id) if corrected else None
        text = "" if made is None else _first_page(services, made)
        with writing(services.log.engine) as session:
            session.execute(_of(exhibit_id))
            if text and exhibit.type:
                session.add(_example(exhibit, features(text)))
    except (CustodyError, OSError) as error:
        log.warning("learning.left_out", exhibit=exhibit_id, error=type(error).__name__)


def with_learned(services: Services, reading: Reading) -> Reading:
    """The reading with the types that the firm's corrections suggest."""
    text = reading.page_texts[0] if reading.page_texts else ""
    if not text.strip() or not reading.types:
        return reading
    near = _neighbours(services, features(text))
    suggested = _suggestion(near)
    if suggested is None:
        return reading
    return replace(reading, types=_joined(reading.types, suggested))


def examples(services: Services) -> list[LearnedExample]:
    """All examples, the newest first."""
    with services.log.session() as session:
        query = select(LearnedExample).order_by(LearnedExample.learned_at.desc())
        return list(session.scalars(query))


def forget(services: Services, exhibit_id: str) -> None:
    """Forget one example.

    Raises:
        Refused: `learned_unknown`.
    """
    with writing(services.log.engine) as session:
        if session.get(LearnedExample, exhibit_id) is None:
            raise Refused("learned_unknown", exhibit=exhibit_id[:40])
        session.execute(_of(exhibit_id))


def forget_all(services: Services) -> int:
    """Forget every example; returns how many there were."""
    with writing(services.log.engine) as session:
        known = list(session.scalars(select(LearnedExample.exhibit_id)))
        session.execute(delete(LearnedExample))
    return len(known)


def forget_erased_examples(services: Services) -> None:
    """Remove what was learned from exhibits that are erased."""
    with writing(services.log.engine) as session:
        erased = select(Exhibit.id).where(Exhibit.state == "erased")
        session.execute(
            delete(LearnedExample).where(LearnedExample.exhibit_id.in_(erased))
        )


def _of(exhibit_id: str) -> Delete:
    return delete(LearnedExample).where(LearnedExample.exhibit_id == exhibit_id)


def _proposed(services: Services, exhibit: Exhibit) -> str:
    """The type that the reading put into the name."""
    best = exhibit.type_candidates[0] if exhibit.type_candidates else None
    if best is None or best["confidence"] < round(AUTO_CONFIDENCE * 1000):
        return services.types.fallback.code
    return str(best["value"])


def _example(exhibit: Exhibit, counts: Features) -> LearnedExample:
    best = exhibit.type_candidates[0]["value"] if exhibit.type_candidates else ""
    return LearnedExample(
        exhibit_id=exhibit.id,
        type=exhibit.type,
        proposed=best,
        features=counts,
        learned_at=now(),
    )


def _text_of(session: Session, exhibit_id: str) -> Derivative | None:
    query = select(Derivative).where(
        Derivative.exhibit_id == exhibit_id,
        Derivative.role == "text",
        Derivative.media_type == "application/json",
    )
    return session.scalar(query)


def _first_page(services: Services, made: Derivative) -> str:
    pages = read_pages(services.log.stores, made.sha256)
    return pages[0].text if pages else ""


def _neighbours(services: Services, counts: Features) -> list[_Neighbour]:
    listed = {each.code for each in services.types.all}
    with services.log.session() as session:
        query = select(LearnedExample).order_by(LearnedExample.learned_at.desc())
        rows = session.scalars(query.limit(MOST_EXAMPLES))
        known = [each for each in rows if each.type in listed]
    near = (
        _Neighbour(e.exhibit_id, e.type, likeness(counts, e.features)) for e in known
    )
    alike = [each for each in near if each.likeness >= ALIKE]
    return sorted(alike, key=lambda each: (-each.likeness, each.exhibit_id))


def _suggestion(near: Sequence[_Neighbour]) -> Candidate | None:
    """The type of the nearest example, as sure as the number that agree allows."""
    if not near:
        return None
    agree = [each for each in near if each.type == near[0].type]
    differ = len(near) - len(agree)
    count = max(len(agree) - differ, 1)
    certainty = LEARNED if count >= ENOUGH else LIFT[count]
    named = ", ".join(each.exhibit_id for each in agree[:NAMED])
    word = "paper" if len(agree) == 1 else "papers"
    rule = f"like {len(agree)} {word} you corrected: {named}"
    return Candidate(near[0].type, certainty, "", None, rule[:200])


def _joined(rules: tuple[Candidate, ...], learned: Candidate) -> tuple[Candidate, ...]:
    """The candidates with the learned one among them, the surest first.

    With few examples it does not displace what the rules propose by themselves.
    """
    best = rules[0]
    if best.value == learned.value:
        surer = max(best.confidence, learned.confidence)
        return (replace(best, confidence=surer, rule=learned.rule), *rules[1:])
    others = [each for each in rules if each.value != learned.value]
    if learned.confidence < AUTO_CONFIDENCE <= best.confidence:
        rest = round(min(learned.confidence, 1 - best.confidence), 3)
        return (best, replace(learned, confidence=rest), *others[1:])[:MOST_CANDIDATES]
    room = round(1 - learned.confidence, 3)
    lower = [replace(each, confidence=min(each.confidence, room)) for each in others]
    return (learned, *lower)[:MOST_CANDIDATES]


def _pairs(words: Sequence[str]) -> list[str]:
    return [f"{one} {other}" for one, other in pairwise(words)]


def _bucket(pair: str) -> int:
    return zlib.crc32(pair.encode()) % BUCKETS


def _cosine(one: Mapping[str, int], other: Mapping[str, int], part: str) -> float:
    # Roots of the counts: a word that a table repeats in each row says little more.
    dot = sum(
        math.sqrt(n * other.get(key, 0)) for key, n in one.items() if key[0] == part
    )
    sizes = [
        sum(n for key, n in each.items() if key[0] == part) for each in (one, other)
    ]
    return dot / math.sqrt(sizes[0] * sizes[1]) if all(sizes) else 0.0
