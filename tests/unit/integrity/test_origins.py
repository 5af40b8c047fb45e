"""The logs of a firm follow from its log keys; leaf 0 of each holds the one before."""

from __future__ import annotations

import dataclasses
import datetime as dt
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.errors import MalformedError, VerificationError
from integrity.key_change import check_change
from integrity.merkle import EMPTY_ROOT
from integrity.origins import (
    LOG_CONTINUED,
    Origin,
    check_continued,
    continued_facts,
    origins_of,
)
from integrity.policy import Role, TrustedKey, TrustedKeys, parse_trusted_keys
from integrity.statement import Event
from integrity.vkey import VerifierKey
from tests.bundle_factory import START
from tests.log_factory import ACTOR, signer
from tests.rolling import continued

A, B, C = "firm.example/log", "firm.example/log/2026", "firm.example/log/2027"
ROOT = bytes(range(32))
LATER = START + dt.timedelta(days=1)


def line(
    number: int, name: str, from_size: int, to_size: int | None = None
) -> TrustedKey:
    """A log key."""
    key = VerifierKey.ed25519(name, signer(number).public_key)
    return TrustedKey(Role.LOG, key, from_size, to_size, START, None)


WRITER = TrustedKey(
    Role.STATEMENT, VerifierKey.ed25519(A, signer(9).public_key), 0, None, START, None
)
THREE = (
    line(1, A, 0, 40),
    line(2, A, 41, 100),
    line(3, B, 101, 250),
    line(4, C, 251),
)
KEYS = TrustedKeys((*THREE[:2], WRITER, *THREE[2:]))
ORIGINS = (Origin(A, 0, 100), Origin(B, 100, 250), Origin(C, 250, None))


def test_logs_follow_from_the_keys() -> None:
    """A new name begins a log where its first key counts, less one; a new key none."""
    assert origins_of(THREE) == ORIGINS
    assert KEYS.origins() == ORIGINS
    assert origins_of(THREE[:1]) == (Origin(A, 0, None),)
    assert origins_of(()) == ()
    assert parse_trusted_keys(KEYS.serialise()).origins() == ORIGINS
    assert TrustedKeys(KEYS.entries) == KEYS


@pytest.mark.parametrize(
    ("entry", "origin"), [(0, 0), (99, 0), (100, 1), (249, 1), (250, 2), (10**9, 2)]
)
def test_entry_lies_in_one_log(entry: int, origin: int) -> None:
    """Before its end in the old log, from it on in the new one."""
    found = KEYS.origin_at(entry)
    assert found == ORIGINS[origin]
    assert [one.holds(entry) for one in ORIGINS].count(True) == 1
    assert found.first + found.leaf(entry) == entry
    assert KEYS.origin_covering(entry + 1) == found


def test_sizes_and_numbers_at_an_end() -> None:
    """The frozen checkpoint covers an end; what is recorded there comes one later."""
    assert KEYS.origin_covering(0) == ORIGINS[0]
    numbers = [KEYS.next_entry(size) for size in (0, 99, 100, 101, 250)]
    assert numbers == [0, 99, 101, 101, 251]
    assert KEYS.origin_named(B) == ORIGINS[1]
    with pytest.raises(VerificationError, match="of another log"):
        KEYS.origin_named("firm.example/other")
    shortest = TrustedKeys((line(1, A, 0, 1), line(3, B, 2)))
    covering = [shortest.origin_covering(size).name for size in (0, 1, 2)]
    assert covering == [A, A, B]


def test_nothing_is_held_without_a_log() -> None:
    """A file without log keys has no log, and says so when it is asked."""
    bare = TrustedKeys((WRITER,))
    assert bare.origins() == ()
    with pytest.raises(MalformedError, match="no log is listed"):
        bare.origin_at(0)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((line(1, A, 0, 9), line(2, B, 10, 19), line(3, A, 20)), "is not closed"),
        ((line(1, A, 0, 9), line(2, B, 10), line(3, A, 5)), "is not closed"),
        ((line(1, A, 0, 9), line(2, B, 10), line(3, A, 5, 10)), "is not closed"),
        ((line(1, A, 0, 8), line(2, B, 10), line(3, A, 5, 8)), "no key signs the last"),
        ((line(1, A, 0, 9), line(2, B, 10), line(3, B, 9)), "before the log"),
        (
            (line(1, A, 0, 9), line(2, B, 10, 19), line(3, C, 20), line(4, B, 9, 19)),
            "before the log",
        ),
        ((line(1, A, 0, 9), line(2, B, 1)), "begins too early"),
        ((line(1, A, 0, 9), line(2, B, 10, 19), line(3, C, 10)), "begins too early"),
        ((line(1, A, 0), line(2, B, 10)), "is not closed"),
        ((line(1, A, 0, 10), line(2, B, 10)), "is not closed"),
        ((line(1, A, 0), line(2, A, 5, 9), line(3, B, 10)), "is not closed"),
        ((line(1, A, 0, 8), line(2, B, 10)), "no key signs the last checkpoint"),
    ],
)
def test_keys_that_are_no_sequence_of_logs(
    lines: tuple[TrustedKey, ...], reason: str
) -> None:
    """Each way of not following one another has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        TrustedKeys((*lines, WRITER))


def test_further_keys_of_a_log() -> None:
    """Its own log has them from its second size on; a closing one to its end."""
    further = TrustedKeys((line(1, A, 0, 9), line(2, B, 10, 10), line(3, B, 10)))
    assert further.origins() == (Origin(A, 0, 9), Origin(B, 9, None))
    lost = TrustedKeys(
        (line(1, A, 0, 3), line(2, B, 10, 19), line(3, A, 5, 9), line(4, C, 20))
    )
    assert lost.origins() == (Origin(A, 0, 9), Origin(B, 9, 19), Origin(C, 19, None))
    assert parse_trusted_keys(lost.serialise()).origins() == lost.origins()
    assert lost.log_keys(4, None) == ()
    assert [key.name for key in lost.log_keys(9, None)] == [A]
    again = (line(1, A, 0, 9), line(2, B, 10, 12), line(3, C, 20), line(4, B, 14, 19))
    assert TrustedKeys(again).origins() == lost.origins()


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=6))
def test_any_sequence_of_lengths(lengths: list[int]) -> None:
    """Logs of whatever lengths cover every entry once."""
    lines, first = list[TrustedKey](), 0
    for number, length in enumerate(lengths):
        begin = first + 1 if first else 0
        lines.append(line(number + 1, f"log{number}", begin, first + length))
        first += length
    lines[-1] = dataclasses.replace(lines[-1], to_size=None)
    origins = origins_of(lines)
    assert [one.first for one in origins] == [
        sum(lengths[:number]) for number in range(len(lengths))
    ]
    assert [one.end for one in origins[:-1]] == [one.first for one in origins[1:]]


# -- checkpoints of several logs -----------------------------------------------


@pytest.mark.parametrize(
    ("number", "name", "size", "covered"),
    [
        (1, A, 40, 40),
        (2, A, 100, 100),
        (3, B, 1, 101),
        (3, B, 150, 250),
        (4, C, 7, 257),
    ],
)
def test_checkpoint_counts_from_its_own_first_entry(
    number: int, name: str, size: int, covered: int
) -> None:
    """Its size is of its own log; its key is judged by the entries of all."""
    checkpoint = Checkpoint(name, size, ROOT)
    note = sign_checkpoint(checkpoint, signer(number, name))
    assert KEYS.open_checkpoint(note) == checkpoint
    assert KEYS.covered(checkpoint) == covered


@pytest.mark.parametrize(
    ("number", "name", "size"),
    [
        (1, A, 41),  # beyond that key
        (2, A, 101),  # beyond the end of that log
        (3, A, 101),  # a key of the next log, under the old name
        (2, B, 1),  # a key of the log before
        (3, B, 0),  # the empty tree: that entry is covered by the log before
        (3, B, 151),  # beyond the end
        (4, B, 151),
        (1, "firm.example/other", 7),
    ],
)
def test_checkpoint_by_another_key_or_beyond_the_end(
    number: int, name: str, size: int
) -> None:
    """Neither the key of another log nor a size that is not this log's is good."""
    note = sign_checkpoint(Checkpoint(name, size, ROOT), signer(number, name))
    with pytest.raises(VerificationError):
        KEYS.open_checkpoint(note)


def test_checkpoint_at_a_time() -> None:
    """Where a time is proved, the key must count at that time too."""
    ended = dataclasses.replace(line(1, A, 0), to_time=LATER)
    trusted = TrustedKeys((ended, WRITER))
    checkpoint = Checkpoint(A, 7, ROOT)
    note = sign_checkpoint(checkpoint, signer(1, A))
    assert trusted.open_checkpoint(note, LATER) == checkpoint
    assert trusted.open_checkpoint(note) == checkpoint
    with pytest.raises(VerificationError):
        trusted.open_checkpoint(note, LATER + dt.timedelta(seconds=1))


# -- leaf 0 of each later log --------------------------------------------------


def event(kind: str = LOG_CONTINUED, **facts: Any) -> Event:
    """The first event of the second log, with some facts changed."""
    good = continued_facts(ORIGINS[1], Checkpoint(A, 100, ROOT))
    return Event(kind, ACTOR, START, good | facts, (), {}, "00")


def test_first_entry_of_a_log() -> None:
    """It says which log it begins, with which entry, and the frozen checkpoint."""
    frozen = Checkpoint(A, 100, ROOT)
    assert check_continued(event(), 100, ORIGINS) == frozen
    later = Checkpoint(B, 150, ROOT)
    facts = continued_facts(ORIGINS[2], later)
    assert check_continued(event(**facts), 250, ORIGINS) == later
    assert facts == {"first": 250, "origin": C, "previous": later.text()}


@pytest.mark.parametrize(
    ("changes", "entry", "reason"),
    [
        ({}, 99, "no log begins"),
        ({}, 0, "no log begins"),
        ({}, 250, "begins another log"),
        ({"kind": "test.happened"}, 100, "begins another log"),
        ({"first": 99}, 100, "begins another log"),
        ({"origin": C}, 100, "begins another log"),
        ({"previous": Checkpoint(A, 99, ROOT).text()}, 100, "follows another log"),
        ({"previous": Checkpoint(B, 100, ROOT).text()}, 100, "follows another log"),
        ({"previous": f"{Checkpoint(A, 100, ROOT).text()}x\n"}, 100, "another log"),
    ],
)
def test_first_entry_that_tells_of_something_else(
    changes: dict[str, Any], entry: int, reason: str
) -> None:
    """Each fact is what the keys say."""
    with pytest.raises(VerificationError, match=reason):
        check_continued(event(**changes), entry, ORIGINS)


@pytest.mark.parametrize(
    "changes", [{"more": 1}, {"previous": 7}, {"previous": "x"}, {"previous": ""}]
)
def test_first_entry_of_another_form(changes: dict[str, Any]) -> None:
    """Other facts, or a checkpoint that is none, are refused as malformed."""
    with pytest.raises(MalformedError):
        check_continued(event(**changes), 100, ORIGINS)


# -- the change that begins a log ----------------------------------------------

OPEN = TrustedKeys((line(1, A, 0), WRITER))
LEAF = 40


@pytest.mark.parametrize("first", [LEAF + 1, LEAF + 2, LEAF + 500])
def test_log_is_begun_by_a_change_of_keys(first: int) -> None:
    """From the next entry on, or any later one; the old key signs up to there."""
    after = continued(OPEN, first, B, signer(3).public_key)
    check_change(OPEN, after, LEAF)
    assert after.origins() == (Origin(A, 0, first), Origin(B, first, None))
    assert [key.name for key in after.log_keys(first, None)] == [A]
    assert [key.name for key in after.log_keys(first + 1, None)] == [B]


@pytest.mark.parametrize("compromised", [False, True])
def test_log_is_not_begun_with_an_entry_that_is_there(compromised: bool) -> None:  # noqa: FBT001
    """The change itself lies in the old log, so nothing before it changes its place."""
    after = continued(OPEN, LEAF, B, signer(3).public_key)
    with pytest.raises(VerificationError):
        check_change(OPEN, after, LEAF, compromised=compromised)


def test_end_of_a_log_is_not_moved() -> None:
    """Once announced, an end stays, whether it was reached or not."""
    before = continued(OPEN, 60, B, signer(3).public_key)
    for first in (50, 70):
        after = continued(OPEN, first, B, signer(3).public_key)
        with pytest.raises(VerificationError):
            check_change(before, after, LEAF)


def test_nothing_vouches_for_an_empty_log() -> None:
    """Every empty tree has one root: its checkpoint would fit any history."""
    for number, name in ((1, A), (3, B), (4, C)):
        empty = sign_checkpoint(Checkpoint(name, 0, EMPTY_ROOT), signer(number, name))
        with pytest.raises(VerificationError, match="it covers no event"):
            KEYS.open_checkpoint(empty)


# -- a change of keys while the next log is announced ---------------------------

# Recorded at leaf 42: the log ends at 100, where B begins.
ANNOUNCED = TrustedKeys((*THREE[:2], WRITER, line(3, B, 101)))


def changed(*more: TrustedKey, ends: dict[int, int] | None = None) -> TrustedKeys:
    """The announced keys with other ends, by place, and more lines."""
    entries = list(ANNOUNCED.entries)
    for place, end in (ends or {}).items():
        entries[place] = dataclasses.replace(entries[place], to_size=end)
    return TrustedKeys((*entries, *more))


@pytest.mark.parametrize("compromised", [False, True])
def test_successor_for_the_rest_of_a_closing_log(*, compromised: bool) -> None:
    """A lost key has one from the second size after the change on, to the very end."""
    after = changed(line(5, A, 44, 100))
    check_change(ANNOUNCED, after, 42, compromised=compromised)
    last = changed(line(5, A, 100, 100))
    check_change(ANNOUNCED, last, 98, compromised=compromised)


@pytest.mark.parametrize(
    ("leaf", "new", "reason"),
    [
        (42, line(5, A, 43, 100), "begins before 44"),
        (42, line(5, A, 44, 99), "has an end, or another"),
        (42, line(5, B, 102, 110), "has an end, or another"),
        (100, line(5, A, 100, 100), "begins before 102"),
        (42, dataclasses.replace(line(5, A, 44, 100), to_time=LATER), "has an end"),
    ],
)
def test_no_other_line_is_new_and_has_an_end(
    leaf: int, new: TrustedKey, reason: str
) -> None:
    """Not before its change, to the end and no other, and no line of another log."""
    with pytest.raises(VerificationError, match=reason):
        check_change(ANNOUNCED, changed(new), leaf)


def test_successor_is_for_a_log_whose_end_was_announced_before() -> None:
    """The change that announces the next log brings none for the one that closes."""
    before = TrustedKeys((line(1, A, 0), WRITER))
    after = TrustedKeys((line(1, A, 0, 9), WRITER, line(2, A, 7, 9), line(3, B, 10)))
    with pytest.raises(VerificationError, match="has an end"):
        check_change(before, after, 3)


@pytest.mark.parametrize(
    ("end", "leaf", "compromised", "reason"),
    [
        (45, 42, True, None),
        (43, 42, True, None),
        (41, 42, True, None),
        (45, 42, False, "was changed"),
        (50, 100, True, "was changed"),
        (101, 42, True, "is not closed"),
    ],
)
def test_end_that_is_not_reached_moves_back(
    end: int, leaf: int, *, compromised: bool, reason: str | None
) -> None:
    """Of a log key in other hands only, only to earlier, only while it is ahead."""
    if reason == "is not closed":
        with pytest.raises(MalformedError, match=reason):
            changed(line(5, A, 44, 100), ends={1: end})
        return
    new = line(5, A, 44, 100) if leaf < 100 else line(5, B, 102)
    after = changed(line(6, A, 60, 100), new, ends={1: end})
    before = changed(line(6, A, 60, 100))
    if reason is None:
        check_change(before, after, leaf, compromised=compromised)
        return
    with pytest.raises(VerificationError, match=reason):
        check_change(before, after, leaf, compromised=compromised)


def test_end_moves_back_within_one_log_too() -> None:
    """Rotated with a margin, and stolen before the margin is over."""
    before = TrustedKeys((line(1, A, 0, 50), WRITER, line(2, A, 51)))
    for end, good in ((10, True), (49, True), (51, False), (None, False)):
        entries = (line(1, A, 0, end), WRITER, line(2, A, 51))
        with ExitStack() as stack:
            if not good:
                stack.enter_context(
                    pytest.raises(VerificationError, match="was changed")
                )
            check_change(before, TrustedKeys(entries), 20, compromised=True)


def test_end_of_another_line_never_moves() -> None:
    """A statement key that has its end keeps it, reached or not, for every reason."""
    ended = dataclasses.replace(WRITER, to_size=60)
    further = dataclasses.replace(line(8, A, 60), role=Role.STATEMENT)
    before = TrustedKeys((line(1, A, 0), ended, further))
    sooner = dataclasses.replace(ended, to_size=50)
    with pytest.raises(VerificationError, match="was changed"):
        check_change(
            before, TrustedKeys((line(1, A, 0), sooner, further)), 20, compromised=True
        )
