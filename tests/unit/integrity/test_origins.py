"""The logs of a firm follow from its log keys; leaf 0 of each holds the one before."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.errors import MalformedError, VerificationError
from integrity.key_change import check_change
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
        ((line(1, A, 0, 9), line(2, B, 10, 19), line(3, A, 20)), "comes twice"),
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
