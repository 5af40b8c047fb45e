"""Checkpoints: one text for a tree head, of one log, signed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from integrity.checkpoint import (
    MAX_CHECKPOINT_CHARACTERS,
    MAX_EXTENSION_LINES,
    MAX_ORIGIN_CHARACTERS,
    Checkpoint,
    claimed_checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Ed25519Signer
from integrity.merkle import EMPTY_ROOT, MAX_TREE_SIZE
from integrity.note import VerifierKey, sign_note

ORIGIN = "firm.example/custody"
SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"l" * 32))
KEY = VerifierKey.ed25519(ORIGIN, SIGNER.public_key)
ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
GOLDEN = (
    "firm.example/custody\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
    "— firm.example/custody "
    "fHt2bdN92MU+oLe6EaK6M9tq67MZG6zEEUg7c/Hyvz9Md+ksYX23uBhLMau0"
    "W7AXvPA8Wwv3ErAiueeQz40igHaYgwM=\n"
)

lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
checkpoints = st.builds(
    Checkpoint,
    lines,
    st.integers(0, MAX_TREE_SIZE),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=3).map(tuple),
)


@given(checkpoints)
def test_checkpoint_round_trip(checkpoint: Checkpoint) -> None:
    """A checkpoint is read back from its text, unsigned and signed."""
    assert parse_checkpoint(checkpoint.text()) == checkpoint
    note = sign_checkpoint(checkpoint, SIGNER)
    assert open_checkpoint(note, [KEY], checkpoint.origin) == checkpoint


@given(checkpoints)
def test_what_a_note_claims_is_read_without_a_key(checkpoint: Checkpoint) -> None:
    """The text before the first blank line counts, whatever stands behind it."""
    note = sign_checkpoint(checkpoint, SIGNER)
    assert claimed_checkpoint(note) == checkpoint
    assert claimed_checkpoint(note + b"\n\n\xff") == checkpoint


def test_a_claim_that_is_no_text_is_refused() -> None:
    """Bytes that are not UTF-8 claim nothing."""
    with pytest.raises(MalformedError, match="not UTF-8"):
        claimed_checkpoint(b"\xff\n\n")


@given(st.text(max_size=60) | lines.map(lambda line: f"{line}\n7\n{ROOT}\n{line}\n"))
def test_whatever_parses_has_this_text(text: str) -> None:
    """Every text that parses is the one text of its checkpoint."""
    try:
        checkpoint = parse_checkpoint(text)
    except MalformedError:
        return
    assert checkpoint.text() == text


def test_golden_checkpoint() -> None:
    """The first release signed these bytes; every later one must open them."""
    checkpoint = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert sign_checkpoint(checkpoint, SIGNER) == GOLDEN.encode()
    assert open_checkpoint(GOLDEN.encode(), [KEY], ORIGIN) == checkpoint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "end in a newline"),
        (f"o\n1\n{ROOT}", "end in a newline"),
        ("\n", "fewer than three lines"),
        ("o\n1\n", "fewer than three lines"),
        (f"o\n01\n{ROOT}\n", "not a decimal"),
        (f"o\n+1\n{ROOT}\n", "not a decimal"),
        (f"o\n-1\n{ROOT}\n", "not a decimal"),
        (f"o\n1 \n{ROOT}\n", "not a decimal"),
        (f"o\n１\n{ROOT}\n", "not a decimal"),
        (f"o\n\n{ROOT}\n", "not a decimal"),
        (f"o\n{10**19}\n{ROOT}\n", "not a decimal"),
        (f"o\n{MAX_TREE_SIZE + 1}\n{ROOT}\n", "size is out of range"),
        ("o\n1\n\n", "root is not 32 bytes"),
        ("o\n1\nAA==\n", "root is not 32 bytes"),
        (f"o\n1\n{ROOT[:-1]}\n", "not base64"),
        (f"o\n1\n{ROOT[:-2]}V=\n", "canonical form"),
        (f"o\n1\n{ROOT}\n\n", "extension line is empty"),
        (f"o\n1\n{ROOT}\nx\n\n", "extension line is empty"),
        (f"\n1\n{ROOT}\n", "origin is not 1 to"),
        (f"o\r\n1\n{ROOT}\n", "control character"),
        (f"o\n1\n{ROOT}\nx\ty\n", "control character"),
    ],
)
def test_other_text_is_refused(text: str, reason: str) -> None:
    """Each way of not being a checkpoint has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (("", 0, EMPTY_ROOT), "origin is not 1 to"),
        (("a\nb", 0, EMPTY_ROOT), "control character"),
        (("o", -1, EMPTY_ROOT), "size is out of range"),
        (("o", 0, b""), "root is not 32 bytes"),
        (("o", 0, EMPTY_ROOT, ("",)), "extension line is empty"),
        (("o", 0, EMPTY_ROOT, ("a\nb",)), "control character"),
    ],
)
def test_value_that_no_text_can_carry(
    values: tuple[str, int, bytes], reason: str
) -> None:
    """A checkpoint that would not be read back cannot be made."""
    with pytest.raises(MalformedError, match=reason):
        Checkpoint(*values)


def test_bounds() -> None:
    """Origin, size, extension lines and text up to their bounds, and not beyond."""
    longest = "o" * MAX_ORIGIN_CHARACTERS
    most = Checkpoint(longest, MAX_TREE_SIZE, EMPTY_ROOT, ("x",) * MAX_EXTENSION_LINES)
    assert parse_checkpoint(most.text()) == most
    with pytest.raises(MalformedError, match="origin is not 1 to"):
        parse_checkpoint("o" + most.text())
    with pytest.raises(MalformedError, match="extension lines"):
        parse_checkpoint(most.text() + "x\n")
    room = MAX_CHECKPOINT_CHARACTERS - len(f"o\n1\n{ROOT}\n\n")
    full = f"o\n1\n{ROOT}\n{'x' * room}\n"
    assert parse_checkpoint(full).text() == full
    with pytest.raises(MalformedError, match="longer than"):
        parse_checkpoint(full + "\n")


def test_checkpoint_of_another_log_is_refused() -> None:
    """The same key may serve another log; its checkpoint is not ours."""
    note = sign_checkpoint(Checkpoint("other.example", 0, EMPTY_ROOT), SIGNER)
    with pytest.raises(VerificationError, match="origin failed: it is of another log"):
        open_checkpoint(note, [KEY], ORIGIN)


def test_signature_comes_before_the_text() -> None:
    """A text nobody signed is not read; a signed one that is no checkpoint fails."""
    note = sign_note("no checkpoint\n", [SIGNER])
    with pytest.raises(VerificationError, match="none is by a key we know"):
        open_checkpoint(note, [], ORIGIN)
    with pytest.raises(MalformedError, match="fewer than three lines"):
        open_checkpoint(note, [KEY], ORIGIN)
