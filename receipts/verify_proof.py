"""Verify a single `.tlog-proof`, with the file it is about where that is at hand.

The numbers are those of `receipts.checks`:

     1  the proof is in its one form and carries a statement
     4  the keys are the caller's own: a proof brings none along
     6  the statement is signed by a statement key that counts for its leaf
    17  where persons signed it, or a rule wants them to: their signatures hold
     5  the checkpoint is signed by a log key valid at its size
    18  where a rule wants outside witnesses: they cosigned it
     7  the leaf, rebuilt from the statement, is under that checkpoint
     8  the file is what the statement is about

Without keys, 5, 6, 7 and 8 can still fail, but never pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from integrity.canonical import parse_base64, parse_canonical
from integrity.checkpoint import claimed_checkpoint
from integrity.digest import Digests, digest_file
from integrity.errors import IntegrityError, MalformedError, VerificationError
from integrity.merkle import leaf_hash, verify_inclusion
from integrity.policy import TrustedKeys
from integrity.proof import Proof, parse_proof
from integrity.shape import read_array, read_object
from integrity.statement import Event, leaf_text
from receipts.checks import (
    CHECKPOINT,
    CONTAINER,
    INCLUSION,
    KEYS,
    ORIGINAL,
    STATEMENT,
    Check,
    CheckKind,
    Report,
    Words,
    failed,
    indeterminate,
    passed,
)
from receipts.log_checks import (
    Entry,
    check_checkpoint,
    check_inclusion,
    check_statement,
    claimed_entry,
    refused,
)
from receipts.person_checks import check_person_of
from receipts.witness_checks import check_witnesses

MAX_SUBJECTS = 1000
_NO_KEYS = Words(
    "没有给出公钥（--policy），无法核对签名",
    "no keys were given (--policy), so signatures cannot be checked",
)


def verify_proof_file(
    data: bytes, subject: str, file: Path | None, policy: TrustedKeys | None
) -> Report:
    """Check a proof; bad input is an answer, not an exception.

    Args:
        data: the `.tlog-proof`.
        subject: what a person calls it.
        file: the original, receipt or bundle that the statement is about, if any.
        policy: the keys the caller trusts, if any.

    Raises:
        OSError: `file` cannot be read.
    """
    return Report.of(_verify(data, subject, file, policy))


def _verify(
    data: bytes, subject: str, file: Path | None, policy: TrustedKeys | None
) -> Iterator[Check]:
    try:
        proof = parse_proof(data)
    except MalformedError as error:
        yield refused(CONTAINER, subject, error)
        return
    if not proof.extra:
        reason = Words("没有所附声明，无从核对", "it carries no statement to check")
        yield indeterminate(CONTAINER, subject, reason)
        return
    yield passed(CONTAINER, subject, Words("格式完整且唯一", "in its one form"))
    if policy is None:
        yield from _without_keys(proof, subject, file)
        return
    reason = Words(
        f"由核验人给出（指纹 {policy.fingerprint()}）",
        f"given by the caller (fingerprint {policy.fingerprint()})",
    )
    yield passed(KEYS, subject, reason)
    number = claimed_entry(proof, policy)
    entry = Entry(number, proof.extra, data, subject, subject)
    yield from _with_keys(entry, proof, file, policy)


def _with_keys(
    entry: Entry, proof: Proof, file: Path | None, policy: TrustedKeys
) -> Iterator[Check]:
    event, check = check_statement(entry, policy.statement_keys(entry.leaf))
    yield check
    if event is not None:
        yield from check_person_of(entry, event, policy)
    head, check = check_checkpoint(proof.checkpoint, policy, entry.proof_subject)
    yield check
    if head is not None:
        if policy.witnesses_needed(head.covered):
            yield check_witnesses(head, policy, entry.proof_subject)
        yield check_inclusion(entry, head)
    if file is not None and event is not None:
        yield _file_check(file, event)


def _file_check(file: Path, event: Event) -> Check:
    digests, _ = digest_file(file)
    for subject in event.subjects:
        if subject.digests == digests:
            reason = Words(
                f"是 {event.kind} 事件所指的 {subject.name}，字节相同",
                f"it is {subject.name} of the event {event.kind}, the same bytes",
            )
            return passed(ORIGINAL, file.name, reason)
    return failed(ORIGINAL, file.name, _other_bytes(event.kind))


def _other_bytes(kind: str) -> Words:
    return Words(
        f"字节与 {kind} 事件所登记的不同",
        f"its bytes are not those that the event {kind} is about",
    )


def _without_keys(proof: Proof, subject: str, file: Path | None) -> Iterator[Check]:
    """What can be refused, though nothing can be confirmed."""
    yield indeterminate(KEYS, subject, _NO_KEYS)
    yield _unless(STATEMENT, subject, lambda: _claimed_digests(proof))
    yield _unless(CHECKPOINT, subject, lambda: _claimed_head(proof))
    yield _unless(INCLUSION, subject, lambda: _follow_path(proof))
    if file is not None:
        digests, _ = digest_file(file)
        yield _unless(ORIGINAL, file.name, lambda: _compare(digests, proof))


def _unless(kind: CheckKind, subject: str, refuse: Callable[[], object]) -> Check:
    try:
        refuse()
    except IntegrityError as error:
        return refused(kind, subject, error)
    return indeterminate(kind, subject, _NO_KEYS)


def _claimed_digests(proof: Proof) -> tuple[Digests, ...]:
    """The subjects of a statement whose signature nobody has checked."""
    what = "statement"
    envelope = parse_canonical(proof.extra)
    if not isinstance(envelope, dict) or not isinstance(envelope.get("payload"), str):
        raise MalformedError(what, "it is no envelope")
    statement = parse_canonical(parse_base64(what, envelope["payload"]))
    if not isinstance(statement, dict):
        raise MalformedError(what, "it is no object")
    subjects = read_array(what, statement.get("subject"), MAX_SUBJECTS)
    return tuple(_claimed_digest(subject) for subject in subjects)


def _claimed_digest(claimed: object) -> Digests:
    subject = read_object("statement", claimed, "name", "digest")
    digest = read_object("statement", subject["digest"], "sha256", "sm3")
    return Digests(**digest)


def _claimed_head(proof: Proof) -> None:
    if claimed_checkpoint(proof.checkpoint).size == 0:
        raise VerificationError("checkpoint", "it covers no event")


def _follow_path(proof: Proof) -> None:
    head = claimed_checkpoint(proof.checkpoint)
    leaf = leaf_hash(leaf_text(proof.extra))
    verify_inclusion(proof.index, head.size, leaf, proof.hashes, head.root)


def _compare(digests: Digests, proof: Proof) -> None:
    if digests not in _claimed_digests(proof):
        reason = "the bytes are not those that the statement is about"
        raise VerificationError(ORIGINAL.number, reason)
