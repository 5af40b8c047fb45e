"""Checks 5, 6 and 7 of one entry, in a first log and in one after it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from integrity.errors import IntegrityError
from integrity.policy import TrustedKeys, parse_trusted_keys
from integrity.proof import parse_proof
from receipts.checks import STATEMENT, Check, Result
from receipts.log_checks import (
    Entry,
    Head,
    because,
    check_checkpoint,
    check_inclusion,
    check_statement,
    claimed_entry,
    refused,
)
from tests import bundle_samples as made

S, P, C = "the statement", "the proof", "the checkpoint"
FIRST, LATER = 3, 9  # an entry of the first log, and one of the log after it
LOG = made.rolled().log
TRUSTED = parse_trusted_keys(LOG.trust())


def note_of(entry: int) -> bytes:
    """The last checkpoint of the log in which an entry is."""
    return LOG.checkpoint(covered=LOG.tree_of(entry).end)


def entry_of(leaf: int) -> Entry:
    """An entry with its proof."""
    proof = LOG.prove(leaf, note_of(leaf))
    return Entry(leaf, LOG.envelopes[leaf], proof, S, P)


def head_of(leaf: int) -> Head:
    """The checkpoint of its log, judged."""
    head, _ = check_checkpoint(note_of(leaf), TRUSTED, C)
    assert isinstance(head, Head)
    return head


def of(check: Check, number: int, subject: str, result: Result) -> Check:
    """The check, which is this one, of this subject, with this answer."""
    assert (check.number, check.subject, check.result) == (number, subject, result)
    assert check.reason_zh
    return check


def test_a_refusal_is_a_failure_that_says_why() -> None:
    """In either language the words of the proof machine are there."""
    error = IntegrityError("it is so")
    words = because(error)
    assert words.en == str(error)
    assert str(error) in words.zh
    check = of(refused(STATEMENT, S, error), 6, S, Result.FAILED)
    assert (check.reason, check.reason_zh) == (words.en, words.zh)


@pytest.mark.parametrize("leaf", [FIRST, LATER])
def test_a_statement_by_a_key_of_its_leaf_passes(leaf: int) -> None:
    """The answer names entry and kind, and the event comes with it."""
    event, check = check_statement(entry_of(leaf), TRUSTED.statement_keys(leaf))
    assert event is not None
    assert event.kind == LOG.events[leaf]["kind"]
    of(check, 6, S, Result.PASSED)
    for reason in (check.reason, check.reason_zh):
        assert str(leaf) in reason
        assert event.kind in reason


def test_a_statement_by_another_key_fails() -> None:
    """There is no event then."""
    event, check = check_statement(entry_of(FIRST), {})
    assert event is None
    of(check, 6, S, Result.FAILED)


@pytest.mark.parametrize(("leaf", "first", "size"), [(FIRST, 0, 8), (LATER, 8, 5)])
def test_a_checkpoint_is_of_one_log(leaf: int, first: int, size: int) -> None:
    """It is counted within its log, and what it covers through all of them."""
    head, check = check_checkpoint(note_of(leaf), TRUSTED, C)
    of(check, 5, C, Result.PASSED)
    for reason in (check.reason, check.reason_zh):
        assert LOG.tree_of(leaf).origin in reason
        assert f" {size}" in reason
    assert head is not None
    assert head.note == note_of(leaf)
    assert head.origin == TRUSTED.origin_at(leaf)
    assert (head.checkpoint.size, head.origin.first) == (size, first)
    assert head.covered == first + size


def strange() -> made.Log:
    """A log of the same name with another key."""
    log = made.Log()
    log.lines[0] = made.Line("log", made.Ed(made.ORIGIN, 88).vkey())
    return log


@pytest.mark.parametrize(
    ("note", "trusted"),
    [
        (b"garbage", TRUSTED),
        (note_of(FIRST), parse_trusted_keys(strange().trust())),
        (note_of(LATER), parse_trusted_keys(made.Log().trust())),
    ],
    ids=["no note", "another key", "another log"],
)
def test_a_checkpoint_that_is_not_of_the_firm_fails(
    note: bytes, trusted: TrustedKeys
) -> None:
    """Nothing can be under it."""
    head, check = check_checkpoint(note, trusted, C)
    assert head is None
    of(check, 5, C, Result.FAILED)


def signed(size: int) -> bytes:
    """A checkpoint of the first log that says it has this size, with a signature."""
    root = made.b64(bytes(32) if size else hashlib.sha256().digest())
    text = f"{made.ORIGIN}\n{size}\n{root}\n"
    return made.signed_note(text, made.Ed(made.ORIGIN, 1)).encode()


def test_a_checkpoint_of_nothing_fails_in_words_of_ours() -> None:
    """Size 0 vouches for no event, whoever signed it; size 1 does."""
    trusted = parse_trusted_keys(made.Log().trust())
    head, check = check_checkpoint(signed(0), trusted, C)
    assert head is None
    of(check, 5, C, Result.FAILED)
    assert (check.reason, check.reason_zh) == (
        "the checkpoint covers no event",
        "检查点不含任何事件",
    )
    head, check = check_checkpoint(signed(1), trusted, C)
    assert head is not None
    of(check, 5, C, Result.PASSED)


def test_which_entry_a_proof_claims_goes_by_its_log() -> None:
    """Of a log that is not the firm's it is the leaf as it stands."""
    alone = parse_trusted_keys(made.Log().trust())
    for leaf, elsewhere in ((FIRST, FIRST), (LATER, LATER - 8)):
        proof = parse_proof(entry_of(leaf).proof)
        assert claimed_entry(proof, TRUSTED) == leaf
        assert claimed_entry(proof, alone) == elsewhere


@pytest.mark.parametrize("leaf", [FIRST, LATER])
def test_an_entry_is_under_the_checkpoint_of_its_log(leaf: int) -> None:
    """The answer names the entry, by its number through all logs."""
    check = check_inclusion(entry_of(leaf), head_of(leaf))
    of(check, 7, P, Result.PASSED)
    assert f"leaf {leaf} " in check.reason
    assert str(leaf) in check.reason_zh


def test_without_a_checkpoint_nothing_is_included() -> None:
    """It says that check 5 is why; a proof that cannot be read is told first."""
    check = of(check_inclusion(entry_of(FIRST), None), 7, P, Result.FAILED)
    assert "check 5" in check.reason
    garbled = replace(entry_of(FIRST), proof=b"garbage")
    for head in (None, head_of(FIRST)):
        check = of(check_inclusion(garbled, head), 7, P, Result.FAILED)
        assert "check 5" not in check.reason


def as_another(entry: Entry) -> Entry:
    """The proof says another number than the entry has."""
    return replace(entry, leaf=entry.leaf + 1)


def with_other_envelope(entry: Entry) -> Entry:
    """The proof carries another statement."""
    return replace(entry, envelope=LOG.envelopes[entry.leaf - 1])


def with_other_path(entry: Entry) -> Entry:
    """The way leads to another root."""
    proof = parse_proof(entry.proof)
    return replace(entry, proof=replace(proof, hashes=proof.hashes[::-1]).serialise())


@pytest.mark.parametrize("leaf", [FIRST, LATER])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (as_another, "it is the proof of leaf {0}, not {1}"),
        (with_other_envelope, "it carries another statement"),
        (with_other_path, None),
    ],
)
def test_a_proof_of_something_else_fails(
    leaf: int, change: Callable[[Entry], Entry], reason: str | None
) -> None:
    """Number, statement and way are compared, each by itself."""
    check = check_inclusion(change(entry_of(leaf)), head_of(leaf))
    of(check, 7, P, Result.FAILED)
    if reason is not None:
        assert check.reason == reason.format(leaf, leaf + 1)


def test_a_proof_under_another_checkpoint_fails() -> None:
    """Even one that holds: it is not the checkpoint that check 5 was about."""
    check = check_inclusion(entry_of(FIRST), head_of(LATER))
    assert of(check, 7, P, Result.FAILED).reason == "it carries another checkpoint"
    earlier = LOG.prove(FIRST, LOG.checkpoint(covered=FIRST + 1))
    check = check_inclusion(replace(entry_of(FIRST), proof=earlier), head_of(FIRST))
    assert of(check, 7, P, Result.FAILED).reason == "it carries another checkpoint"
