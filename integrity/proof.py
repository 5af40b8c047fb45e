"""Proofs of one leaf (c2sp.org/tlog-proof): index, path and checkpoint in a text.

The `extra` line of ours carries the statement's envelope, so that the proof and
the original are all a verifier needs. The line itself is covered by nothing: a
verifier computes the leaf from it and thereby checks it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from integrity.canonical import base64_text, parse_base64
from integrity.checkpoint import Checkpoint, open_checkpoint
from integrity.envelope import MAX_ENVELOPE_BYTES
from integrity.errors import MalformedError
from integrity.merkle import (
    HASH_BYTES,
    MAX_PROOF_HASHES,
    MAX_TREE_SIZE,
    leaf_hash,
    verify_inclusion,
)
from integrity.note import MAX_NOTE_BYTES, VerifierKey
from integrity.policy import TrustedKeys

HEADER = "c2sp.org/tlog-proof@v1"
MAX_EXTRA_BYTES = MAX_ENVELOPE_BYTES  # the envelope is all we put there
# Base64 of the extra data, a note, a path of 45 characters a line, the rest.
MAX_PROOF_BYTES = (
    4 * (MAX_EXTRA_BYTES + 2) // 3 + MAX_NOTE_BYTES + 45 * MAX_PROOF_HASHES + 256
)

_EXTRA = "extra "
_INDEX = "index "
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Proof:
    """Leaf number in its log, path from its sibling up, checkpoint note, extra bytes.

    Raises:
        MalformedError: a value that no proof can carry.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index < MAX_TREE_SIZE:
            raise MalformedError("proof", "its index is out of range")
        if len(self.hashes) > MAX_PROOF_HASHES:
            raise MalformedError("proof", f"more than {MAX_PROOF_HASHES} hashes")
        if any(len(value) != HASH_BYTES for value in self.hashes):
            raise MalformedError("proof", f"a hash is not {HASH_BYTES} bytes")
        if not 0 < len(self.checkpoint) <= MAX_NOTE_BYTES:
            reason = f"its checkpoint is not 1 to {MAX_NOTE_BYTES} bytes"
            raise MalformedError("proof", reason)
        if len(self.extra) > MAX_EXTRA_BYTES:
            reason = f"its extra data is longer than {MAX_EXTRA_BYTES} bytes"
            raise MalformedError("proof", reason)

    def serialise(self) -> bytes:
        """The content of a `.tlog-proof` file."""
        extra = [_EXTRA + base64_text(self.extra)] if self.extra else []
        index = f"{_INDEX}{self.index}"
        lines = [HEADER, *extra, index, *map(base64_text, self.hashes)]
        return "\n".join(lines).encode("ascii") + b"\n\n" + self.checkpoint


def parse_proof(data: bytes) -> Proof:
    """The proof whose `serialise()` is exactly `data`.

    Only its form is checked; `verify_proof` says whether it proves something.

    Raises:
        MalformedError: anything else.
    """
    if len(data) > MAX_PROOF_BYTES:
        raise MalformedError("proof", f"longer than {MAX_PROOF_BYTES} bytes")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank:
        raise MalformedError("proof", "no blank line stands before its checkpoint")
    lines = _lines(head)
    extra = _take_extra(lines)
    index = _take_index(lines)
    if len(lines) > MAX_PROOF_HASHES:
        raise MalformedError("proof", f"more than {MAX_PROOF_HASHES} hashes")
    hashes = tuple(parse_base64("proof hash", line) for line in lines)
    return Proof(index, hashes, checkpoint, extra)


def verify_proof(
    proof: Proof, leaf_data: bytes, keys: Sequence[VerifierKey], origin: str
) -> Checkpoint:
    """The checkpoint under which `leaf_data` is leaf number `proof.index`.

    Checks, in this order: the checkpoint's signature by one of `keys`, its origin,
    and the path from the hash of `leaf_data` to its root. Whether the key was
    valid at that size and date is the caller's question (policy.py).

    Raises:
        MalformedError: the checkpoint is not in its one form.
        VerificationError: one of the checks fails.
    """
    checkpoint = open_checkpoint(proof.checkpoint, keys, origin)
    _verify_path(proof, leaf_data, checkpoint)
    return checkpoint


def proven_entry(proof: Proof, leaf_data: bytes, trusted: TrustedKeys) -> int:
    """The number of the entry that `leaf_data` is, of all logs of the firm.

    Raises:
        MalformedError: the checkpoint is not in its one form.
        VerificationError: it is not of one of the firm's logs, or the path from the
            leaf does not lead to its root.
    """
    checkpoint = trusted.open_checkpoint(proof.checkpoint)
    _verify_path(proof, leaf_data, checkpoint)
    return trusted.origin_named(checkpoint.origin).first + proof.index


def _verify_path(proof: Proof, leaf_data: bytes, checkpoint: Checkpoint) -> None:
    verify_inclusion(
        proof.index,
        checkpoint.size,
        leaf_hash(leaf_data),
        proof.hashes,
        checkpoint.root,
    )


def _lines(head: bytes) -> list[str]:
    try:
        header, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError(
            "proof", "it is not ASCII before its checkpoint"
        ) from error
    if header != HEADER:
        raise MalformedError("proof", f"its first line is not {HEADER}")
    return lines


def _take_extra(lines: list[str]) -> bytes:
    if not lines or not lines[0].startswith(_EXTRA):
        return b""
    encoded = lines.pop(0).removeprefix(_EXTRA)
    if not encoded:
        raise MalformedError("proof", "its extra line is empty")
    return parse_base64("proof extra data", encoded)


def _take_index(lines: list[str]) -> int:
    if not lines or not lines[0].startswith(_INDEX):
        raise MalformedError("proof", "it has no index line")
    claimed = lines.pop(0).removeprefix(_INDEX)
    if not _DECIMAL.fullmatch(claimed):
        raise MalformedError("proof", "its index is not a decimal number")
    return int(claimed)
