"""Submissions to witnesses, and the witness that judges them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity import merkle
from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.cosignature import cosignatures
from integrity.errors import MalformedError, StoreConflict, StoreUnavailable
from integrity.keys import Ed25519Signer, create_key_file
from integrity.note import MAX_NOTE_BYTES, VerifierKey, add_signature_lines
from integrity.store.witness_home import WitnessHome, WitnessRefusal
from integrity.witness import (
    MAX_PROOF_LINES,
    MAX_SUBMISSION_BYTES,
    Submission,
    parse_size,
    parse_submission,
    size_text,
)

NOW = dt.datetime(2026, 3, 2, 8, 30, tzinfo=dt.UTC)
ORIGIN = "log.example.cn/2026"


class Tree:
    """A growing log with its signer."""

    def __init__(self, folder: Path, salt: bytes = b"") -> None:
        self.signer: Ed25519Signer = create_key_file(folder / "log.key", ORIGIN)
        self.key = VerifierKey.ed25519(ORIGIN, self.signer.public_key)
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._size = 0
        self._salt = salt

    def grow(self, size: int) -> None:
        while self._size < size:
            leaf = merkle.leaf_hash(self._salt + b"%d" % self._size)
            for level, index, value in merkle.new_nodes(self._size, leaf, self.read):
                self._nodes[level, index] = value
            self._size += 1

    def read(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    def note(self, size: int) -> bytes:
        self.grow(size)
        root = merkle.root_at(size, self.read)
        return sign_checkpoint(Checkpoint(ORIGIN, size, root), self.signer)

    def submission(self, old: int, size: int) -> bytes:
        note = self.note(size)
        proof = merkle.consistency_proof(old, size, self.read) if 0 < old < size else []
        return Submission(old, tuple(proof), note).serialise()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture
def witness(tmp_path: Path, tree: Tree) -> WitnessHome:
    home = WitnessHome.create(tmp_path / "witness", "witness.example.cn")
    home.watch(tree.key.text())
    return home


def _refusal(witness: WitnessHome, body: bytes) -> WitnessRefusal:
    with pytest.raises(WitnessRefusal) as refusal:
        witness.add_checkpoint(body, NOW)
    return refusal.value


def test_growth_is_cosigned(witness: WitnessHome, tree: Tree) -> None:
    """Each checkpoint that extends the last gets a cosignature that verifies."""
    for old, size in ((0, 3), (3, 3), (3, 10), (10, 64)):
        note = tree.note(size)
        line = witness.add_checkpoint(tree.submission(old, size), NOW)
        (found,) = cosignatures(add_signature_lines(note, [line]), [witness.key])
        assert found.time == NOW


def test_another_history_is_not_cosigned(
    witness: WitnessHome, tree: Tree, tmp_path: Path
) -> None:
    """A second history, signed by the firm's own key, is refused at any size."""
    witness.add_checkpoint(tree.submission(0, 7), NOW)
    (tmp_path / "other").mkdir()
    other = Tree(tmp_path / "other", b"other")
    other.signer = tree.signer
    assert _refusal(witness, other.submission(7, 9)).status == 422
    same_size = Submission(7, (), other.note(7)).serialise()
    assert _refusal(witness, same_size).status == 409
    seen = witness.seen(ORIGIN)
    assert seen is not None
    assert seen.size == 7


def test_old_size_must_be_the_last_one(witness: WitnessHome, tree: Tree) -> None:
    """Another old size is answered with the one the witness knows."""
    witness.add_checkpoint(tree.submission(0, 4), NOW)
    refusal = _refusal(witness, tree.submission(0, 6))
    assert refusal.status == 409
    assert refusal.body == b"4\n"
    assert _refusal(witness, tree.submission(6, 5)).status == 400


def test_roll_back_is_refused(witness: WitnessHome, tree: Tree) -> None:
    """A checkpoint smaller than the last one is never cosigned again."""
    witness.add_checkpoint(tree.submission(0, 9), NOW)
    assert _refusal(witness, tree.submission(0, 4)).status == 409


def test_from_nothing_there_is_no_proof(witness: WitnessHome, tree: Tree) -> None:
    """The first submission carries an empty proof, as the specification demands."""
    body = Submission(0, (bytes(32),), tree.note(2)).serialise()
    assert _refusal(witness, body).status == 422


def test_unknown_log_and_unknown_key(
    witness: WitnessHome, tree: Tree, tmp_path: Path
) -> None:
    """An origin that is not watched is not found; a stranger's key is forbidden."""
    (tmp_path / "x").mkdir()
    stranger = Tree(tmp_path / "x")
    assert _refusal(witness, stranger.submission(0, 2)).status == 403
    note = tree.note(2).replace(ORIGIN.encode(), b"log.example.cn/2027")
    assert _refusal(witness, Submission(0, (), note).serialise()).status == 404


def test_a_closed_key_is_believed_no_longer(
    witness: WitnessHome, tree: Tree, tmp_path: Path
) -> None:
    """Once a key is taken off, its checkpoints are refused; the log stays known."""
    witness.add_checkpoint(tree.submission(0, 4), NOW)
    witness.unwatch(tree.key.text())
    assert _refusal(witness, tree.submission(4, 6)).status == 404
    with pytest.raises(MalformedError):
        witness.unwatch(tree.key.text())
    (tmp_path / "next").mkdir()
    signer = create_key_file(tmp_path / "next" / "log.key", ORIGIN)
    witness.watch(VerifierKey.ed25519(ORIGIN, signer.public_key).text())
    tree.signer = signer
    assert witness.add_checkpoint(tree.submission(4, 6), NOW)


def test_rubbish_is_a_bad_request(witness: WitnessHome) -> None:
    """Bytes that are no submission are refused with a reason, not a trace."""
    for body in (b"", b"old 0\n\n", b"old 00\n\nx\n\n", b"\xff", b"old 1\n\n\xff\n\n"):
        assert _refusal(witness, body).status == 400


def test_memory_survives_a_restart(
    witness: WitnessHome, tree: Tree, tmp_path: Path
) -> None:
    """What was cosigned is known to a witness that was opened anew."""
    witness.add_checkpoint(tree.submission(0, 5), NOW)
    again = WitnessHome(tmp_path / "witness")
    assert again.key == witness.key
    assert _refusal(again, tree.submission(0, 5)).body == b"5\n"


def test_a_key_is_never_replaced(witness: WitnessHome, tmp_path: Path) -> None:
    """Setting up a witness where one stands is refused; where none is, said."""
    with pytest.raises(StoreConflict):
        WitnessHome.create(tmp_path / "witness", "another.example.cn")
    with pytest.raises(StoreUnavailable):
        WitnessHome(tmp_path / "nothing")
    with pytest.raises(MalformedError):
        witness.watch("not a key")


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_PROOF_LINES),
    st.binary(min_size=1, max_size=200),
)
def test_submissions_come_back(old: int, proof: list[bytes], note: bytes) -> None:
    """What is serialised parses to the same value, whatever the note holds."""
    given_ = Submission(old, tuple(proof), note)
    assert parse_submission(given_.serialise()) == given_


@given(st.binary(max_size=300))
def test_submissions_have_one_form(body: bytes) -> None:
    """Whatever parses serialises to the same bytes; the rest is malformed."""
    try:
        parsed = parse_submission(body)
    except MalformedError:
        return
    assert parsed.serialise() == body


def test_bounds() -> None:
    """63 proof lines and no more; a size with no leading zero and its newline."""
    hashes = (bytes(32),) * MAX_PROOF_LINES
    body = Submission(1, hashes, b"x").serialise()
    assert parse_submission(body).proof == hashes
    with pytest.raises(MalformedError):
        Submission(1, (*hashes, bytes(32)), b"x")
    with pytest.raises(MalformedError):
        parse_submission(body.replace(b"old 1\n", b"old 1\n" + b"A" * 43 + b"=\n"))
    for size in (0, 17, merkle.MAX_TREE_SIZE):
        assert parse_size(size_text(size)) == size
    for wrong in (b"17", b"017\n", b"-1\n", b"9223372036854775808\n", b""):
        with pytest.raises(MalformedError):
            parse_size(wrong)


def test_bounds_of_a_submission() -> None:
    """Old size, hashes and note at their bounds come back; one more is malformed."""
    largest = Submission(merkle.MAX_TREE_SIZE, (), b"x" * MAX_NOTE_BYTES)
    assert parse_submission(largest.serialise()) == largest
    assert Submission(0, (bytes(32),), b"x").old_size == 0
    for old, proof, note in (
        (-1, (), b"x"),
        (merkle.MAX_TREE_SIZE + 1, (), b"x"),
        (0, (bytes(31),), b"x"),
        (0, (bytes(33),), b"x"),
        (0, (), b""),
        (0, (), b"x" * (MAX_NOTE_BYTES + 1)),
    ):
        with pytest.raises(MalformedError):
            Submission(old, proof, note)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"old 0\n\n" + b"x" * (MAX_NOTE_BYTES + 1), "fitting length"),
        (b"x" * MAX_SUBMISSION_BYTES, "no empty line"),
        (b"x" * (MAX_SUBMISSION_BYTES + 1), f"over {MAX_SUBMISSION_BYTES} bytes"),
        (b"old 0\n\xff\n\nx", "not ASCII"),
        (b"old 0\n" + b"\n".join([b"AA=="] * 64) + b"\n\nx", "over 63 proof lines"),
        (b"old 0\nAA==\n\nx", "a hash is not 32 bytes"),
        (b"old 9223372036854775808\n\nx", "out of range"),
        (b"new 0\n\nx", "does not begin with an old size"),
    ],
)
def test_each_refusal_of_a_submission_has_its_reason(body: bytes, reason: str) -> None:
    """Whatever is wrong with a body is said, and nothing of it is used."""
    with pytest.raises(MalformedError, match=reason):
        parse_submission(body)
