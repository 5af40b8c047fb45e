"""Sentences about events and states, in the language of the request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, url_for

from intake.tables import Exhibit
from web.formats import date_text, size_text, time_text, type_text
from web.language import has_words, t
from web.reads.history import Step
from web.reads.matter import ExhibitLine
from web.reads.receipt import state_of

QUOTED = 200


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event as a sentence, with its place in the log."""

    leaf: int
    time: str
    sentence: str


def init_wording(app: Flask) -> None:
    """Give templates the sentences of this module."""
    app.jinja_env.globals.update(
        reason=reason_text, finding=finding_text, receipt_state=state_of
    )


def history_sentences(steps: Iterable[Step]) -> list[HistoryLine]:
    """What happened, newest first."""
    lines = [HistoryLine(s.leaf, time_text(s.time), _sentence(s)) for s in steps]
    return lines[::-1]


def reason_text(exhibit: Exhibit) -> str:
    """Why a file could not be read, in plain words."""
    return _or_code("reason", exhibit.reason or "")


def finding_text(code: str) -> str:
    """What was noticed in a readable file, in plain words."""
    return _or_code("finding", code)


def status_line(line: ExhibitLine) -> dict[str, object]:
    """What a row of the table shows, for a page that waits."""
    exhibit = line.exhibit
    return {
        "exhibit": exhibit.id,
        "state": exhibit.state,
        "state_text": t(f"state-{exhibit.state}"),
        "name": exhibit.name,
        "type": type_text(exhibit.type),
        "date": date_text(exhibit.date),
        "reason": reason_text(exhibit) if exhibit.state == "unreadable" else "",
        "thumbnail": url_for("evidence.thumbnail", key=exhibit.id)
        if line.thumbnail
        else None,
    }


def _or_code(family: str, code: str) -> str:
    key = f"{family}-{code}"
    return t(key) if has_words(key) else t(f"{family}-other", code=code)


def _sentence(step: Step) -> str:
    """The sentence of an event, and what it changed."""
    who = t("actor-service") if step.login == "system" else step.actor_name
    key = "event-" + step.kind.replace(".", "-")
    if step.kind == "exhibit.read" and not step.facts.get("engine"):
        key += "-direct"
    if not has_words(key):
        return t("event-other", who=who, kind=step.kind)
    told = t(key, who=who, **_facts(step))
    changes = [] if step.kind == "exhibit.received" else list(_changes(step))
    return t("event-with-changes", told=told, changes="".join(changes))


def _facts(step: Step) -> dict[str, object]:
    """The facts of an event that sentences may use; absent ones are empty."""
    facts = step.facts
    reason = str(facts.get("reason", ""))
    if step.kind == "exhibit.unreadable":
        reason = _or_code("reason", reason)
    pages = facts.get("pages")
    return {
        "original": str(facts.get("original_name", "")),
        "size": size_text(int(facts.get("size", 0))),
        "via": str(facts.get("via", "")),
        "engine": str(facts.get("engine") or ""),
        "pages": "—" if pages is None else pages,
        "paper": _paper(facts.get("paper")),
        "agrees": _agrees(facts),
        "reason": reason[:QUOTED],
        "number": str(facts.get("number", "")),
        "to": str(facts.get("counterparty", "")),
        "signer": str(facts.get("signer_name", "")),
        "authority": str(facts.get("authority", "")),
        "text": str(facts.get("text", ""))[:QUOTED],
    }


def _agrees(facts: dict[str, Any]) -> str:
    """What the event says of both counts; a half that its person signed: nothing."""
    if "agrees" not in facts:
        return "own"
    return {True: "yes", False: "no"}.get(facts["agrees"], "first")


def _changes(step: Step) -> Iterator[str]:
    printers: dict[str, Callable[[str], str]] = {
        "name": str, "type": type_text, "date": date_text,
    }  # fmt: skip
    for what, (old, new) in step.changed.items():
        if new is None:
            continue
        printed = printers[what](new)
        if old is None:
            yield t(f"change-{what}-first", new=printed)
        else:
            yield t(f"change-{what}", old=printers[what](old), new=printed)


def _paper(paper: object) -> str:
    return t(f"paper-{paper}") if paper in ("original", "copy", "electronic") else "—"
