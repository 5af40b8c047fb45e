"""What a log sends to a witness, and what a witness answers (c2sp.org/tlog-witness).

A witness sees sizes, root hashes and salted digests, never a statement: it can say
that a log only grew, and nothing about what is in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from integrity.canonical import base64_text, parse_base64
from integrity.errors import MalformedError
from integrity.merkle import HASH_BYTES, MAX_TREE_SIZE
from integrity.note import MAX_NOTE_BYTES

ADD_CHECKPOINT = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"  # of the answer 409: the size the witness knows
MAX_PROOF_LINES = 63
MAX_SUBMISSION_BYTES = MAX_NOTE_BYTES + 45 * MAX_PROOF_LINES + 64

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Submission:
    """A checkpoint for a witness: the size it knew, the proof from there, the note.

    Raises:
        MalformedError: a value that no submission can carry.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.old_size <= MAX_TREE_SIZE:
            raise MalformedError("submission", "its old size is out of range")
        if len(self.proof) > MAX_PROOF_LINES:
            raise MalformedError("submission", f"over {MAX_PROOF_LINES} proof lines")
        if any(len(value) != HASH_BYTES for value in self.proof):
            raise MalformedError("submission", f"a hash is not {HASH_BYTES} bytes")
        if not 0 < len(self.checkpoint) <= MAX_NOTE_BYTES:
            raise MalformedError("submission", "its checkpoint has no fitting length")

    def serialise(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old_size}", *map(base64_text, self.proof), ""]
        return "".join(f"{line}\n" for line in lines).encode("ascii") + self.checkpoint


def parse_submission(body: bytes) -> Submission:
    """The submission whose `serialise()` is exactly `body`.

    Raises:
        MalformedError: anything else.
    """
    if len(body) > MAX_SUBMISSION_BYTES:
        raise MalformedError("submission", f"over {MAX_SUBMISSION_BYTES} bytes")
    head, blank, checkpoint = body.partition(b"\n\n")
    if not blank:
        raise MalformedError("submission", "no empty line ends its proof")
    try:
        first, *claimed_hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("submission", "its proof is not ASCII") from error
    old = _OLD.fullmatch(first)
    if old is None:
        raise MalformedError("submission", "it does not begin with an old size")
    if len(claimed_hashes) > MAX_PROOF_LINES:
        raise MalformedError("submission", f"over {MAX_PROOF_LINES} proof lines")
    proof = tuple(parse_base64("submission", line) for line in claimed_hashes)
    return Submission(int(old[1]), proof, checkpoint)


def size_text(size: int) -> bytes:
    """Body of the answer 409: the size of the last checkpoint that was cosigned."""
    return b"%d\n" % size


def parse_size(body: bytes) -> int:
    """The size in an answer 409.

    Raises:
        MalformedError: it holds no size.
    """
    match = _SIZE.fullmatch(body)
    if match is None or int(match[1]) > MAX_TREE_SIZE:
        raise MalformedError("answer of a witness", "it is not a size")
    return int(match[1])
