"""The logs of one firm, one after the other: each is a tree with an origin of its own.

A firm closes its log, usually once a year, and goes on in a new one. Entries are
numbered through, so an entry keeps its number for ever; the log it lies in, and which
leaf it is there, follow from `trust/keys`: a log key with a new name begins a new log.
The old key signs the last, frozen checkpoint of `first` entries, the new one counts
for the next size; leaf 0 of the new log, an event `log.continued`, holds the frozen
checkpoint. So whoever knows the newest checkpoint knows every one before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from integrity.checkpoint import Checkpoint, parse_checkpoint
from integrity.errors import MalformedError, VerificationError
from integrity.shape import read_object, read_text
from integrity.statement import Event
from integrity.trust_entry import TrustedKey

LOG_CONTINUED = "log.continued"

_CHECK = "log origins"


@dataclass(frozen=True, slots=True)
class Origin:
    """One log: its name, its first entry, and the first entry of the next log.

    `end` is None while no next log is announced.
    """

    name: str
    first: int
    end: int | None

    def holds(self, entry: int) -> bool:
        """Whether this entry is a leaf of this log."""
        return self.first <= entry and (self.end is None or entry < self.end)

    def leaf(self, entry: int) -> int:
        """Which leaf of this log an entry is."""
        return entry - self.first

    def covered(self, checkpoint: Checkpoint) -> int:
        """Number of entries, of all logs, up to the end of a checkpoint of this one."""
        return self.first + checkpoint.size


def origins_of(log_keys: Iterable[TrustedKey]) -> tuple[Origin, ...]:
    """The logs that the lines of log keys, in file order, begin.

    A log begins with the first line of its name. Later lines of that name are further
    keys of it, after those of the next log too: whoever loses the key of a log whose
    end is announced needs another one for its rest.

    Raises:
        MalformedError: a key counts for a size at or before the first entry of its
            log, or beyond the end; or nobody signs the last checkpoint of a log.
    """
    lines, found = tuple(log_keys), list[Origin]()
    for line in lines:
        name, first = line.key.name, line.from_size - 1
        if not found:
            found.append(Origin(name, 0, None))
        elif all(origin.name != name for origin in found):
            if first <= found[-1].first:
                raise _bad(f"the log {name} begins too early")
            found[-1] = Origin(found[-1].name, found[-1].first, first)
            found.append(Origin(name, first, None))
    for origin in found:
        _check_keys(origin, [line for line in lines if line.key.name == origin.name])
    return tuple(found)


def _check_keys(origin: Origin, lines: list[TrustedKey]) -> None:
    """What the lines of the keys of one log must be together."""
    # A key that counts for no entry of a later log would sign an empty one, and an
    # empty tree says nothing of the log before it.
    if origin.first and any(line.from_size <= origin.first for line in lines):
        raise _bad(f"a key counts before the log {origin.name} begins")
    if origin.end is None:
        return
    ends = [line.to_size for line in lines]
    if any(end is None or end > origin.end for end in ends):
        raise _bad(f"the log {origin.name} is not closed")
    if origin.end not in ends:
        raise _bad(f"no key signs the last checkpoint of {origin.name}")


def continued_facts(origin: Origin, frozen: Checkpoint) -> dict[str, Any]:
    """The facts of leaf 0 of `origin`, which follows the log of `frozen`."""
    return {
        "first": origin.first,
        "origin": origin.name,
        "previous": frozen.text(),
    }


def check_continued(
    event: Event, entry: int, origins: tuple[Origin, ...]
) -> Checkpoint:
    """The frozen checkpoint of the log before the one that begins at `entry`.

    Its root is as the event says; that the tree before has this root, and that a log
    key signed it, is for the caller to check.

    Raises:
        MalformedError: facts of another form.
        VerificationError: no log begins there, or the event tells it otherwise.
    """
    facts = read_object("log.continued", event.facts, "first", "origin", "previous")
    frozen = parse_checkpoint(read_text("log.continued", facts["previous"]))
    begun = [pair for pair in pairwise(origins) if pair[1].first == entry]
    if not begun:
        raise VerificationError(_CHECK, f"no log begins with event {entry}")
    before, origin = begun[0]
    told = event.kind, facts["origin"], facts["first"]
    if told != (LOG_CONTINUED, origin.name, entry):
        raise VerificationError(_CHECK, f"event {entry} begins another log")
    due = Checkpoint(before.name, before.leaf(entry), frozen.root)
    if frozen != due:
        raise VerificationError(_CHECK, f"event {entry} follows another log")
    return frozen


def _bad(reason: str) -> MalformedError:
    return MalformedError("trusted keys", reason)
