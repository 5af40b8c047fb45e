"""Checkpoints (c2sp.org/tlog-checkpoint): the signed head of a log's tree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from integrity.canonical import base64_text, parse_base64
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Signer
from integrity.merkle import HASH_BYTES, MAX_TREE_SIZE
from integrity.note import VerifierKey, open_note, sign_note

MAX_ORIGIN_CHARACTERS = 256  # an origin is the address of a log without scheme
MAX_EXTENSION_LINES = 16  # ours have none; the specification advises against them
MAX_CHECKPOINT_CHARACTERS = 16 << 10  # origin, two numbers and those lines

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, number of leaves, and root hash (32 raw bytes).

    `extensions` are opaque further lines of other people's checkpoints.

    Raises:
        MalformedError: a value that no checkpoint text can carry.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < len(self.origin) <= MAX_ORIGIN_CHARACTERS:
            reason = f"its origin is not 1 to {MAX_ORIGIN_CHARACTERS} characters"
            raise MalformedError("checkpoint", reason)
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise MalformedError("checkpoint", "its size is out of range")
        if len(self.root) != HASH_BYTES:
            raise MalformedError("checkpoint", f"its root is not {HASH_BYTES} bytes")
        if len(self.extensions) > MAX_EXTENSION_LINES:
            reason = f"more than {MAX_EXTENSION_LINES} extension lines"
            raise MalformedError("checkpoint", reason)
        if not all(self.extensions):
            raise MalformedError("checkpoint", "an extension line is empty")
        if any(_CONTROL.search(line) for line in (self.origin, *self.extensions)):
            raise MalformedError("checkpoint", "it holds a control character")

    def text(self) -> str:
        """The note text: one line each, a newline at the end."""
        lines = [self.origin, str(self.size), base64_text(self.root), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint whose `text()` is exactly `text`.

    Raises:
        MalformedError: anything else.
    """
    if len(text) > MAX_CHECKPOINT_CHARACTERS:
        reason = f"longer than {MAX_CHECKPOINT_CHARACTERS} characters"
        raise MalformedError("checkpoint", reason)
    if not text.endswith("\n"):
        raise MalformedError("checkpoint", "it does not end in a newline")
    match text[:-1].split("\n"):
        case [origin, claimed_size, claimed_root, *extensions]:
            pass
        case _:
            raise MalformedError("checkpoint", "it has fewer than three lines")
    if not _DECIMAL.fullmatch(claimed_size):
        raise MalformedError("checkpoint", "its size is not a decimal number")
    root = parse_base64("checkpoint root", claimed_root)
    return Checkpoint(origin, int(claimed_size), root, tuple(extensions))


def claimed_checkpoint(note: bytes) -> Checkpoint:
    """The checkpoint a note carries; its signature is not checked here.

    Raises:
        MalformedError: not a checkpoint.
    """
    text, _, _ = note.partition(b"\n\n")
    try:
        return parse_checkpoint(text.decode("utf-8") + "\n")
    except UnicodeDecodeError as error:
        raise MalformedError("checkpoint", "it is not UTF-8") from error


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The checkpoint as a signed note.

    Raises:
        MalformedError: the signer's name is not a key name.
        SigningRefused: the signer refuses.
    """
    return sign_note(checkpoint.text(), [signer])


def open_checkpoint(
    note: bytes, keys: Sequence[VerifierKey], origin: str
) -> Checkpoint:
    """The checkpoint in `note`, of the log `origin`, signed by one of its `keys`.

    Raises:
        MalformedError: not a note, or its text is no checkpoint.
        VerificationError: the signature fails, or it is another log's checkpoint.
    """
    checkpoint = parse_checkpoint(open_note(note, keys).text)
    if checkpoint.origin != origin:
        raise VerificationError("checkpoint origin", "it is of another log")
    return checkpoint
