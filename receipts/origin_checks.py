"""Checks 5 and 10 where the firm's log is several, one after the other.

The checkpoint of a bundle is of one log. The entries of an earlier one are proved under
that log's last, frozen checkpoint, and leaf 0 of the log after it, `log.continued`,
holds the same: so whoever vouches for the newest checkpoint vouches for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from integrity.errors import IntegrityError
from integrity.origins import LOG_CONTINUED, Origin, check_continued
from integrity.policy import TrustedKeys
from integrity.proof import parse_proof
from integrity.statement import Event
from receipts.checks import CHECKPOINT, Check, Words, failed, passed
from receipts.log_checks import Entry, Head, because, check_checkpoint


@dataclass(frozen=True, slots=True)
class Heads:
    """The checkpoint of a bundle, and by their first entries those of earlier logs.

    An earlier log whose checkpoint did not pass check 5 has none.
    """

    newest: Head
    frozen: Mapping[int, Head]
    origins: tuple[Origin, ...]

    def of(self, entry: int) -> Head | None:
        """The checkpoint under which an entry must be; None where it did not pass."""
        if entry >= self.newest.origin.first:
            return self.newest
        holding = next(origin for origin in self.origins if origin.holds(entry))
        return self.frozen.get(holding.first)


def check_frozen(
    newest: Head,
    trusted: TrustedKeys,
    leaves: Sequence[int],
    entry_of: Callable[[int], Entry],
) -> tuple[Heads, list[Check]]:
    """Check 5 for each earlier log, by the proof of the first of its entries here.

    A proof that cannot be read there is left to check 7.

    Args:
        newest: the checkpoint of the bundle, which passed.
        trusted: the keys to judge by.
        leaves: the entries of the bundle, in order.
        entry_of: gives one of them.
    """
    origins = trusted.origins()
    frozen, checks = dict[int, Head](), list[Check]()
    for origin in origins[: origins.index(newest.origin)]:
        first = next((leaf for leaf in leaves if origin.holds(leaf)), None)
        if first is None:
            continue
        entry = entry_of(first)
        try:
            note = parse_proof(entry.proof).checkpoint
        except IntegrityError:
            continue
        head, check = _check_one(note, origin, trusted, entry.proof_subject)
        checks.append(check)
        if head is not None:
            frozen[origin.first] = head
    return Heads(newest, frozen, origins), checks


def _check_one(
    note: bytes, origin: Origin, trusted: TrustedKeys, subject: str
) -> tuple[Head | None, Check]:
    head, check = check_checkpoint(note, trusted, subject)
    if head is None:
        return None, check
    if (head.origin, head.covered) != (origin, origin.end):
        fault = Words(
            f"不是日志 {origin.name} 的末次检查点",
            f"it is not the last checkpoint of log {origin.name}",
        )
        return None, failed(CHECKPOINT, subject, fault)
    size = head.checkpoint.size
    reason = Words(
        f"日志 {origin.name} 已封存，共 {size} 条，签名有效",
        f"log {origin.name}, closed at size {size}: the signature holds",
    )
    return head, passed(CHECKPOINT, subject, reason)


def continued_faults(events: Mapping[int, Event], heads: Heads) -> Iterator[Words]:
    """What of the links between the logs, up to the checkpoint, does not hold."""
    begun = set[int]()
    for before, origin in pairwise(heads.origins):
        if origin.first < heads.newest.covered:
            begun.add(origin.first)
            yield from _link_faults(events, heads, before, origin)
    for leaf, event in sorted(events.items()):
        if event.kind == LOG_CONTINUED and leaf not in begun:
            yield Words(
                f"第 {leaf} 号事件不是一个日志的开头",
                f"no log begins with event {leaf}, {LOG_CONTINUED}",
            )


def _link_faults(
    events: Mapping[int, Event], heads: Heads, before: Origin, origin: Origin
) -> Iterator[Words]:
    event = events.get(origin.first)
    if event is None:
        yield Words(
            f"缺日志 {origin.name} 的首个事件（第 {origin.first} 号）",
            f"event {origin.first}, with which log {origin.name} begins, is missing",
        )
        return
    try:
        stated = check_continued(event, origin.first, heads.origins)
    except IntegrityError as error:
        yield because(error)
        return
    held = heads.frozen.get(before.first)
    if held is not None and held.checkpoint.root != stated.root:
        yield Words(
            f"日志 {before.name} 的检查点不是第 {origin.first} 号事件所载的",
            f"the checkpoint of log {before.name} is not the one in event"
            f" {origin.first}",
        )
