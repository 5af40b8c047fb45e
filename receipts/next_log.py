"""The next log: what it may be called, when it may be announced, what it will mean.

A firm closes its log, usually once a year, and goes on in a new one, whose name is
that of its first log, a slash, and one segment (integrity/origins.py has the model).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from intake.errors import Refused
from intake.services import today
from integrity.key_change import KEYS_CHANGED, read_facts
from integrity.origins import Origin
from integrity.policy import TrustedKeys
from integrity.statement import Event

_SEGMENT = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
# Names that the files of the first log have where later logs have their folders.
_TAKEN = frozenset({"checkpoint", "tile"})
_YEAR = re.compile(r"[1-9][0-9]{3}")


@dataclass(frozen=True, slots=True)
class NextLog:
    """What a change of keys announces: which log closes, and which one follows."""

    closing: Origin
    opening: Origin

    @property
    def last(self) -> int:
        """The last entry of the log that closes."""
        return self.opening.first - 1

    def zh(self) -> str:
        """What will happen, in Chinese."""
        return (
            f"第 {self.last} 号事件之后，日志 {self.closing.name} 封存；"
            f"从第 {self.opening.first} 号起记入新日志 {self.opening.name}。"
            "编号连续不变，已出具的材料照常可以核验"
        )

    def en(self) -> str:
        """The same in English."""
        return (
            f"After event {self.last} the log {self.closing.name} is closed; from event"
            f" {self.opening.first} on everything goes into the new log"
            f" {self.opening.name}. Numbering goes on, and what was handed out before"
            " verifies as it did"
        )


def announced_by(before: TrustedKeys, after: TrustedKeys) -> NextLog | None:
    """The next log that the change from `before` to `after` announces, if it does."""
    origins = after.origins()
    if len(origins) <= len(before.origins()):
        return None
    return NextLog(*origins[-2:])


def announced_in(before: TrustedKeys, event: Event) -> NextLog | None:
    """As `announced_by`, of any event; one that is no change of keys announces none.

    Raises:
        MalformedError: a change of keys whose facts have another form.
    """
    if event.kind != KEYS_CHANGED:
        return None
    return announced_by(before, read_facts(event.facts).trust)


def segment_of(origins: Sequence[Origin], origin: Origin) -> str:
    """The part of a log's name by which it is found below the first; "" for that."""
    return origin.name.removeprefix(origins[0].name).removeprefix("/")


def next_origin(trusted: TrustedKeys, segment: str = "") -> str:
    """The name of the log that follows the open one.

    Args:
        trusted: the keys in force.
        segment: how it differs from the first; "" for the year after that of the
            open log, or the present one where the open log has none.

    Raises:
        Refused: no such segment, or a log has had it.
    """
    origins = trusted.origins()
    chosen = segment or _next_year(segment_of(origins, origins[-1]))
    if not _SEGMENT.fullmatch(chosen) or chosen in _TAKEN:
        raise Refused("log_name", name=chosen[:80])
    if chosen in {segment_of(origins, origin) for origin in origins}:
        raise Refused("log_name_used", name=chosen)
    return f"{origins[0].name}/{chosen}"


def closing_log(trusted: TrustedKeys, size: int) -> Origin | None:
    """The log whose end is announced and not so near that no other key could sign it.

    A change of keys at the next event brings a key that signs two entries later.
    """
    leaf = trusted.next_entry(size)
    origin = trusted.origin_at(leaf)
    return None if origin.end is None or origin.end < leaf + 2 else origin


def require_begun(trusted: TrustedKeys, size: int) -> None:
    """Refuse to change the key of a log of which there is no entry yet.

    Args:
        trusted: the keys in force.
        size: number of entries in all logs.

    Raises:
        Refused: the open log is only announced, or empty.
    """
    first, *later = trusted.origins()
    if later and size <= later[-1].first:
        raise Refused("log_announced", log=later[-1].name, first=later[-1].first)
    if size <= first.first:
        raise Refused("log_empty", log=first.name)


def _next_year(segment: str) -> str:
    return str(int(segment) + 1 if _YEAR.fullmatch(segment) else today().year)
