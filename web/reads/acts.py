"""What a statement says that somebody is asked to sign, line by line.

Everything comes from the payload itself; names that a reader knows the things by
(the number of a matter, the name of an exhibit) are added from our tables and said
to be so by their label.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from intake.tables import Exhibit, Matter
from integrity.keys import key_id
from integrity.policy import (
    RuleEntry,
    TrustedKey,
    TrustEntry,
    TwoPersons,
    parse_trusted_keys,
)
from integrity.statement import Event
from receipts.next_log import announced_in
from receipts.tables import Receipt
from web.context import services
from web.formats import time_text
from web.language import has_words, t

FIRST = ("number", "pages", "paper", "condition", "reason", "legal_basis", "note")
LEFT_OUT = ("before", "leaves")  # digests, and what is counted instead


@dataclass(frozen=True, slots=True)
class Told:
    """One line: what it is, and its value as it stands in the payload."""

    label: str
    value: str


def kind_text(kind: str) -> str:
    """An act in a few words: `作废交接确认书`."""
    key = "signing-kind-" + kind.replace(".", "-")
    return t(key) if has_words(key) else kind


def told_by(session: Session, event: Event) -> list[Told]:
    """The payload in plain words, in the order in which a reader asks."""
    who = f"{event.actor.name} ({event.actor.login})"
    lines = [Told(t("signing-what"), kind_text(event.kind))]
    lines += _next_log(event)
    lines += _things(session, event)
    for key in sorted(event.facts, key=_place):
        lines += _fact(key, event.facts[key])
    lines.append(Told(t("signing-stated-by"), who))
    lines.append(Told(t("signing-stated-at"), time_text(event.time)))
    return lines


def _place(key: str) -> tuple[int, str]:
    """What a reader asks first comes first."""
    return (FIRST.index(key) if key in FIRST else len(FIRST)), key


def _next_log(event: Event) -> Iterator[Told]:
    """Where the log closes and which one follows, if the act announces one."""
    coming = announced_in(services().log.keys.trusted, event)
    if coming is None:
        return
    closing, opening = coming.closing.name, coming.opening.name
    closes = t("signing-log-closes", name=closing, last=str(coming.last))
    begins = t("signing-log-begins", name=opening, first=str(coming.opening.first))
    yield Told(t("signing-next-log"), closes)
    yield Told(t("signing-next-log"), begins)


def _things(session: Session, event: Event) -> Iterator[Told]:
    facts = event.facts
    matter = session.get(Matter, str(facts.get("matter")))
    if matter is not None:
        named = f"{matter.number} {matter.title}"
        yield Told(t("signing-matter"), f"{named} ({matter.id})")
    receipt = session.get(Receipt, str(facts.get("receipt")))
    if receipt is not None:
        named = f"{receipt.number} · {receipt.counterparty}"
        yield Told(t("receipt"), f"{named} ({receipt.id})")
    exhibit = session.get(Exhibit, str(facts.get("exhibit")))
    if exhibit is not None:
        named = exhibit.name or exhibit.original_name
        yield Told(t("signing-exhibit"), f"{named} ({exhibit.id})")


def _fact(key: str, value: Any) -> Iterator[Told]:
    if key in ("matter", "receipt", "exhibit", *LEFT_OUT):
        return
    if key == "trust":
        yield from _lines(str(value))
        return
    label = f"signing-fact-{key}"
    yield Told(t(label) if has_words(label) else key, _value(key, value))


def _lines(trust: str) -> Iterator[Told]:
    """Lines of the firm's keys that the change adds, and those that it closes."""
    before = services().log.keys.trusted.entries
    known = {(e.role, e.what(), e.from_size) for e in before}
    for entry in parse_trusted_keys(trust.encode()).entries:
        if entry in before:
            continue
        closed = (entry.role, entry.what(), entry.from_size) in known
        label = "signing-fact-trust-closed" if closed else "signing-fact-trust-added"
        yield Told(t(label), _line(entry, closed=closed))


def _line(entry: TrustEntry, *, closed: bool) -> str:
    """A line of the firm's keys in words: whose key or what rule, and from when."""
    what = entry.what()
    if isinstance(entry, TrustedKey):
        what = f"{entry.key.name} ({key_id(entry.key.public_key)})"
    if isinstance(entry, RuleEntry) and isinstance(entry.rule, TwoPersons):
        between = t("signing-between")
        what = between.join(kind_text(kind) for kind in entry.rule.kinds)
    role = t(f"signing-role-{entry.role.value}")
    if closed:
        return t("signing-line-ends", role=role, what=what, size=entry.to_size or 0)
    return t("signing-line-begins", role=role, what=what, size=entry.from_size)


def _value(key: str, value: Any) -> str:
    if key in ("paper", "reason") and isinstance(value, str):
        worded = f"{'paper' if key == 'paper' else 'signing-reason'}-{value}"
        return t(worded) if has_words(worded) else value
    if value is None or value == "":
        return "—"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
