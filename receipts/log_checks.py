"""Checks 5, 6 and 7: checkpoint, statement, inclusion. Shared by all verifiers.

The three build on each other, and inclusion alone would prove nothing: it counts
only under a checkpoint signed by a key that was valid at that size.

A checkpoint and a proof count the leaves of their own log (integrity/origins.py); all
else goes by the number of an entry, which runs through all the firm's logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrity.checkpoint import Checkpoint, claimed_checkpoint
from integrity.errors import IntegrityError
from integrity.merkle import leaf_hash, verify_inclusion
from integrity.origins import Origin
from integrity.policy import TrustedKeys
from integrity.proof import Proof, parse_proof
from integrity.statement import Event, leaf_text, open_statement
from receipts.checks import (
    CHECKPOINT,
    INCLUSION,
    STATEMENT,
    Check,
    CheckKind,
    Words,
    failed,
    passed,
)

_NO_HEAD = Words(
    "所在日志的检查点未通过检查 5", "the checkpoint of its log does not pass check 5"
)

_EMPTY = Words("检查点不含任何事件", "the checkpoint covers no event")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as handed out: entry number, envelope, and proof file bytes.

    `statement_subject` and `proof_subject` are what a person calls the two files.
    """

    leaf: int
    envelope: bytes
    proof: bytes
    statement_subject: str
    proof_subject: str


def because(error: IntegrityError) -> Words:
    """The refusal of the proof machine as a reason."""
    return Words(f"不符合要求（{error}）", str(error))


def refused(kind: CheckKind, subject: str, error: IntegrityError) -> Check:
    """The check failed for the reason the proof machine gave."""
    return failed(kind, subject, because(error))


def check_statement(
    entry: Entry, keys: Mapping[str, bytes]
) -> tuple[Event | None, Check]:
    """Check 6 for one entry; the event only where it passed."""
    subject = entry.statement_subject
    try:
        event = open_statement(entry.envelope, keys)
    except IntegrityError as error:
        return None, refused(STATEMENT, subject, error)
    reason = Words(
        f"第 {entry.leaf} 号事件 {event.kind}，签名有效",
        f"event {entry.leaf}, {event.kind}: the signature holds",
    )
    return event, passed(STATEMENT, subject, reason)


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint that passed check 5, and the log that it is of."""

    note: bytes
    checkpoint: Checkpoint
    origin: Origin

    @property
    def covered(self) -> int:
        """Number of entries, of all logs, up to its end."""
        return self.origin.covered(self.checkpoint)


def check_checkpoint(
    note: bytes, trusted: TrustedKeys, subject: str
) -> tuple[Head | None, Check]:
    """Check 5: signed by a key of its log that was valid at this size.

    No trusted time is known for a checkpoint without a time stamp, so the key is
    judged by the size alone, never by today's clock nor by a time that the log
    itself states.

    Args:
        note: the signed checkpoint.
        trusted: the keys to judge by.
        subject: what a person calls the checkpoint.
    """
    try:
        if claimed_checkpoint(note).size == 0:
            # Every empty tree has this root, so it vouches for no history.
            return None, failed(CHECKPOINT, subject, _EMPTY)
        checkpoint = trusted.open_checkpoint(note)
        origin = trusted.origin_named(checkpoint.origin)
    except IntegrityError as error:
        return None, refused(CHECKPOINT, subject, error)
    reason = Words(
        f"日志 {checkpoint.origin} 共 {checkpoint.size} 条，签名有效",
        f"log {checkpoint.origin} of size {checkpoint.size}: the signature holds",
    )
    return Head(note, checkpoint, origin), passed(CHECKPOINT, subject, reason)


def claimed_entry(proof: Proof, trusted: TrustedKeys) -> int:
    """Which entry a proof says it is about, by the log that its checkpoint names.

    Of a log that is not the firm's, where check 5 fails, its leaf number as it stands.
    """
    try:
        claimed = claimed_checkpoint(proof.checkpoint)
        return trusted.origin_named(claimed.origin).first + proof.index
    except IntegrityError:
        return proof.index


def check_inclusion(entry: Entry, head: Head | None) -> Check:
    """Check 7: the leaf rebuilt from the envelope is in the log of `head`.

    `head` is None where the checkpoint of the entry's log did not pass check 5.
    """
    try:
        proof = parse_proof(entry.proof)
        if head is None:
            return failed(INCLUSION, entry.proof_subject, _NO_HEAD)
        fault = _mismatch(entry, proof, head)
        if fault is not None:
            return failed(INCLUSION, entry.proof_subject, fault)
        # The proof's checkpoint is that of `head`, byte for byte, which check 5 has
        # verified; only the way from the leaf to its root is left to check.
        leaf = leaf_hash(leaf_text(entry.envelope))
        size, root = head.checkpoint.size, head.checkpoint.root
        verify_inclusion(proof.index, size, leaf, proof.hashes, root)
    except IntegrityError as error:
        return refused(INCLUSION, entry.proof_subject, error)
    reason = Words(
        f"第 {entry.leaf} 号叶子在检查点所指的日志中",
        f"leaf {entry.leaf} is in the log of the checkpoint",
    )
    return passed(INCLUSION, entry.proof_subject, reason)


def _mismatch(entry: Entry, proof: Proof, head: Head) -> Words | None:
    """What the proof says of itself against what it is the proof of."""
    if proof.checkpoint != head.note:
        return Words("所附检查点不是同一个", "it carries another checkpoint")
    claimed = head.origin.first + proof.index
    if claimed != entry.leaf:
        return Words(
            f"证明写的是第 {claimed} 号，不是第 {entry.leaf} 号",
            f"it is the proof of leaf {claimed}, not {entry.leaf}",
        )
    if proof.extra != entry.envelope:
        return Words("所附声明不是同一份", "it carries another statement")
    return None
