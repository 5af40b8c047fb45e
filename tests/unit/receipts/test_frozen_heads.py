"""The checkpoints of closed logs, and the links between the logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from integrity.policy import parse_trusted_keys
from integrity.statement import Event, open_statement
from receipts.checks import Check, Result
from receipts.log_checks import Entry, Head, check_checkpoint
from receipts.origin_checks import Heads, check_frozen, continued_faults
from tests import bundle_samples as made

# Entries 0 to 7, 8 to 12, and 13 to 16.
LOG = made.rolled().log
TRUSTED = parse_trusted_keys(LOG.trust())
FIRST, SECOND, THIRD = TRUSTED.origins()
EVENTS = {
    leaf: open_statement(envelope, TRUSTED.statement_keys(leaf))
    for leaf, envelope in enumerate(LOG.envelopes)
}


def note_of(entry: int) -> bytes:
    """The last checkpoint of the log in which an entry is."""
    return LOG.checkpoint(covered=LOG.tree_of(entry).end)


def head_at(covered: int | None = None) -> Head:
    """A checkpoint that passes check 5."""
    head, _ = check_checkpoint(LOG.checkpoint(covered=covered), TRUSTED, "checkpoint")
    assert head is not None
    return head


def entry_of(leaf: int, note: bytes | None = None) -> Entry:
    """An entry with its proof, by default under the last checkpoint of its log."""
    proof = LOG.prove(leaf, note or note_of(leaf))
    return Entry(leaf, LOG.envelopes[leaf], proof, f"statement {leaf}", f"proof {leaf}")


def frozen(
    leaves: Sequence[int],
    newest: Head | None = None,
    entry: Callable[[int], Entry] = entry_of,
) -> tuple[Heads, list[Check]]:
    """Check 5 of the closed logs."""
    heads, checks = check_frozen(newest or head_at(), TRUSTED, leaves, entry)
    assert all(check.number == 5 and check.reason_zh for check in checks)
    return heads, checks


def test_each_closed_log_is_judged_by_its_first_entry_here() -> None:
    """Its name and size are told; the newest log is not closed."""
    heads, checks = frozen([0, 3, 9, 10, 14])
    assert [(c.result, c.subject) for c in checks] == [
        (Result.PASSED, "proof 0"),
        (Result.PASSED, "proof 9"),
    ]
    for check, origin, size in zip(checks, (FIRST, SECOND), (8, 5), strict=True):
        for reason in (check.reason, check.reason_zh):
            assert origin.name in reason
            assert f" {size}" in reason
    assert {first: head.note for first, head in heads.frozen.items()} == {
        0: note_of(0),
        8: note_of(8),
    }
    assert (heads.newest.note, heads.origins) == (head_at().note, TRUSTED.origins())


def test_a_log_without_entries_here_is_passed_over() -> None:
    """The one after it is judged all the same."""
    heads, checks = frozen([9, 14])
    assert [check.subject for check in checks] == ["proof 9"]
    assert list(heads.frozen) == [8]


def test_a_proof_that_cannot_be_read_is_left_to_check_7() -> None:
    """Its log has no checkpoint then, and the one after it is judged."""

    def entry(leaf: int) -> Entry:
        found = entry_of(leaf)
        return replace(found, proof=b"garbage") if leaf == 0 else found

    heads, checks = frozen([0, 3, 9, 14], entry=entry)
    assert [check.subject for check in checks] == ["proof 9"]
    assert list(heads.frozen) == [8]


def test_only_the_logs_before_that_of_the_checkpoint_are_closed() -> None:
    """Under the end of the second log only the first is."""
    heads, checks = frozen([0, 9, 14], head_at(13))
    assert [check.subject for check in checks] == ["proof 0"]
    assert list(heads.frozen) == [0]
    assert frozen([0, 9, 14], head_at(8))[1] == []


@pytest.mark.parametrize(
    ("leaf", "note"),
    [
        (0, LOG.checkpoint(covered=7)),
        (9, LOG.checkpoint(covered=12)),
        (0, note_of(13)),
    ],
    ids=["earlier", "earlier of the second", "of another log"],
)
def test_a_checkpoint_that_is_not_the_last_of_its_log_fails(
    leaf: int, note: bytes
) -> None:
    """It holds, and is not the one that the next log continues."""

    def entry(number: int) -> Entry:
        found = entry_of(number)
        if number != leaf:
            return found
        before, checkpoint = found.proof.split(b"\n\n", 1)
        assert checkpoint == note_of(leaf)
        return replace(found, proof=before + b"\n\n" + note)

    heads, checks = frozen([0, 9, 14], entry=entry)
    (bad,) = (check for check in checks if check.result is Result.FAILED)
    assert bad.subject == f"proof {leaf}"
    name = TRUSTED.origin_at(leaf).name
    assert bad.reason == f"it is not the last checkpoint of log {name}"
    assert name in bad.reason_zh
    assert list(heads.frozen) == ([8] if leaf == 0 else [0])


def test_a_checkpoint_that_nobody_signed_fails() -> None:
    """Its log has none."""

    def entry(leaf: int) -> Entry:
        found = entry_of(leaf)
        return replace(found, proof=found.proof.replace(b"\n8\n", b"\n7\n", 1))

    heads, checks = frozen([0, 14], entry=entry)
    assert [(c.result, c.subject) for c in checks] == [(Result.FAILED, "proof 0")]
    assert heads.frozen == {}


def test_an_entry_is_under_the_checkpoint_of_its_own_log() -> None:
    """From the first entry of the newest on that is the newest, whatever is frozen."""
    heads, _ = frozen([0, 9, 14])
    for leaf, note in ((0, 0), (7, 0), (8, 8), (12, 8), (13, 13), (99, 13)):
        head = heads.of(leaf)
        assert head is not None
        assert head.note == note_of(note)
    without, _ = frozen([9, 14])
    assert without.of(7) is None


def faults(
    events: dict[int, Event],
    newest: Head | None = None,
    kept: Sequence[int] = (0, 9),
) -> list[str]:
    """What of the links does not hold."""
    heads, _ = frozen([*kept, 14], newest)
    found = list(continued_faults(events, heads))
    assert all(words.zh for words in found)
    return [words.en for words in found]


def without(*leaves: int) -> dict[int, Event]:
    """All events but these."""
    return {leaf: event for leaf, event in EVENTS.items() if leaf not in leaves}


def missing(leaf: int, name: str) -> str:
    """The fault that a log has no beginning."""
    return f"event {leaf}, with which log {name} begins, is missing"


def test_each_log_begins_with_the_end_of_the_one_before_it() -> None:
    """A beginning that is not here is missed, each by itself."""
    assert faults(EVENTS) == []
    second, third = made.LATER_ORIGINS
    assert faults(without(8)) == [missing(8, second)]
    assert faults(without(13)) == [missing(13, third)]
    assert faults(without(8, 13)) == [missing(8, second), missing(13, third)]


def test_a_log_that_begins_after_the_checkpoint_is_not_asked_for() -> None:
    """Its beginning is covered only from the next entry on."""
    early = {leaf: event for leaf, event in EVENTS.items() if leaf < 13}
    assert faults(early, head_at(13)) == []
    assert faults(early, head_at(14)) == [missing(13, made.LATER_ORIGINS[1])]
    late = "no log begins with event 13, log.continued"
    assert faults(EVENTS, head_at(13)) == [late]


def test_no_log_begins_elsewhere() -> None:
    """Each such event is told by its number, in their order."""
    events = {3: EVENTS[13], 2: EVENTS[8], **without(2, 3)}
    words = "no log begins with event {}, log.continued"
    assert faults(events) == [words.format(2), words.format(3)]


def test_what_begins_a_log_tells_of_the_one_before_it() -> None:
    """An event that tells of another link is refused, and the others are looked at."""
    swapped = {**EVENTS, 8: EVENTS[13], 13: EVENTS[8]}
    first, second = faults(swapped)
    assert "event 8 begins another log" in first
    assert "event 13 begins another log" in second
    assert len(faults({**EVENTS, 8: EVENTS[1]})) == 1


@pytest.mark.parametrize("entry", [8, 13])
def test_the_checkpoint_that_a_log_continues_is_the_frozen_one(
    entry: int,
) -> None:
    """The root in the event is that of the checkpoint of the bundle."""
    event = EVENTS[entry]
    lines = event.facts["previous"].split("\n")
    lines[2] = made.b64(bytes(32))
    forked = replace(event, facts={**event.facts, "previous": "\n".join(lines)})
    (found,) = faults({**EVENTS, entry: forked})
    before = TRUSTED.origin_at(entry - 1)
    assert (
        found == f"the checkpoint of log {before.name} is not the one in event {entry}"
    )
    # Where that checkpoint did not pass, there is nothing to compare it with.
    kept = [leaf for leaf in (0, 9) if TRUSTED.origin_at(leaf) != before]
    assert faults({**EVENTS, entry: forked}, kept=kept) == []
