"""A custody event, and the in-toto Statement v1 that is the payload of its envelope.

The payload is canonical JSON: one event has one payload, and nothing else is one.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from integrity.canonical import (
    canonical_json,
    parse_canonical,
    parse_time,
    time_text,
)
from integrity.digest import Digests
from integrity.errors import MalformedError
from integrity.shape import read_array, read_object, read_text

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:custody:event:v1"

MAX_SUBJECTS = 1000  # one upload, paper or bundle names far fewer
MAX_TOOLS = 64  # programs that took part in one event

_KIND = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")
_SALT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Subject:
    """A byte string the event is about: its name at the time, and its digests."""

    name: str
    digests: Digests


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: sign-in name, name as printed, and role at the time."""

    login: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Event:
    """One custody event.

    `time` is kept in UTC with whole seconds, as it is written, so an event equals
    the one that is opened from its envelope. `facts` holds JSON values without
    floats; `salt` is 256 random bits as 64 lower-case hex digits.

    Raises:
        MalformedError: `time` has no time zone.
    """

    kind: str
    actor: Actor
    time: dt.datetime
    facts: dict[str, Any]
    subjects: tuple[Subject, ...]
    tools: dict[str, str]
    salt: str

    def __post_init__(self) -> None:
        if self.time.tzinfo is None:
            raise MalformedError("statement", "its time has no time zone")
        whole = self.time.astimezone(dt.UTC).replace(microsecond=0)
        object.__setattr__(self, "time", whole)


def prepare(event: Event) -> bytes:
    """The payload of `event`: what every signature of its statement covers.

    Raises:
        MalformedError: the event cannot be written so that `event_of` reads it (a
            float in the facts, a name too long …).
    """
    _refuse_floats(event.facts)  # RFC 8785 prints 1.0 as 1, so it would pass below
    payload = canonical_json(_statement(event))
    # What we sign must open again, for ever: judge it with the reader's own rules.
    event_of(payload)
    return payload


def event_of(payload: bytes) -> Event:
    """The event whose payload is exactly `payload`; no signature is looked at.

    Raises:
        MalformedError: it is not a statement of ours in its one form.
    """
    fields = read_object(
        "statement",
        parse_canonical(payload),
        *("_type", "subject", "predicateType", "predicate"),
    )
    if fields["_type"] != STATEMENT_TYPE:
        raise MalformedError("statement", f"its type is not {STATEMENT_TYPE}")
    if fields["predicateType"] != PREDICATE_TYPE:
        raise MalformedError("statement", f"its predicate is not {PREDICATE_TYPE}")
    predicate = read_object(
        "statement",
        fields["predicate"],
        *("kind", "actor", "time", "facts", "tools", "salt"),
    )
    subjects = read_array("statement", fields["subject"], MAX_SUBJECTS)
    return Event(
        kind=_matching(_KIND, "kind", predicate["kind"]),
        actor=_actor(predicate["actor"]),
        time=parse_time("statement", read_text("statement", predicate["time"])),
        facts=_facts(predicate["facts"]),
        subjects=tuple(_subject(subject) for subject in subjects),
        tools=_tools(predicate["tools"]),
        salt=_matching(_SALT, "salt", predicate["salt"]),
    )


def _statement(event: Event) -> dict[str, Any]:
    actor = event.actor
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": subject.name, "digest": subject.digests.as_dict()}
            for subject in event.subjects
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "kind": event.kind,
            "actor": {"login": actor.login, "name": actor.name, "role": actor.role},
            "time": time_text(event.time),
            "facts": event.facts,
            "tools": event.tools,
            "salt": event.salt,
        },
    }


def _subject(claimed: object) -> Subject:
    fields = read_object("statement", claimed, "digest", "name")
    digest = read_object("statement", fields["digest"], "sha256", "sm3")
    sha256 = read_text("statement", digest["sha256"])
    sm3 = read_text("statement", digest["sm3"])
    return Subject(read_text("statement", fields["name"]), Digests(sha256, sm3))


def _actor(claimed: object) -> Actor:
    fields = read_object("statement", claimed, "login", "name", "role")
    return Actor(
        **{name: read_text("statement", text) for name, text in fields.items()}
    )


def _facts(claimed: object) -> dict[str, Any]:
    if not isinstance(claimed, dict):
        raise MalformedError("statement", "its facts are not an object")
    _refuse_floats(claimed)
    return claimed


def _refuse_floats(facts: dict[str, Any]) -> None:
    """Programs print floats differently; a ratio is written in per-mille."""
    pending: list[object] = [facts]
    while pending:
        value = pending.pop()
        if isinstance(value, float):
            raise MalformedError("statement", "its facts hold a float")
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, (list, tuple)):
            pending.extend(value)


def _tools(claimed: object) -> dict[str, str]:
    if not isinstance(claimed, dict) or len(claimed) > MAX_TOOLS:
        reason = f"its tools are not an object of at most {MAX_TOOLS}"
        raise MalformedError("statement", reason)
    return {
        read_text("statement", name): read_text("statement", version)
        for name, version in claimed.items()
    }


def _matching(pattern: re.Pattern[str], field: str, claimed: object) -> str:
    text = read_text("statement", claimed)
    if not pattern.fullmatch(text):
        raise MalformedError("statement", f"its {field} has the wrong form")
    return text
