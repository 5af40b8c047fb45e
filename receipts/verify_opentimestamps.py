"""Verify an OpenTimestamps proof that somebody brought, with the file it is about.

1  the proof is well formed, and every operation in it can be carried out
8  the file has the digest that the proof begins with
16  what would still have to be looked up: never passed, as no block header is here
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from integrity.digest import CHUNK_BYTES
from integrity.errors import MalformedError
from integrity.opentimestamps import (
    Attestation,
    AttestationKind,
    DetachedProof,
    parse_opentimestamps,
)
from receipts.checks import (
    CONTAINER,
    ORIGINAL,
    TIME,
    Check,
    Report,
    Words,
    failed,
    indeterminate,
    passed,
)
from receipts.log_checks import refused

# A digest that still binds one file: of the others two files can be made with one.
_STRONG = "sha256"
_ROOT_BYTES = 32


def verify_opentimestamps(data: bytes, subject: str, file: Path | None) -> Report:
    """Check a `.ots` proof; bad input is an answer, not an exception.

    Args:
        data: the proof.
        subject: what a person calls it.
        file: the file that it is about, if any.

    Raises:
        OSError: `file` cannot be read.
    """
    return Report.of(_verify(data, subject, file))


def _verify(data: bytes, subject: str, file: Path | None) -> Iterator[Check]:
    try:
        proof = parse_opentimestamps(data)
    except MalformedError as error:
        yield refused(CONTAINER, subject, error)
        return
    yield passed(CONTAINER, subject, Words("格式完整", "well formed"))
    yield _file_check(proof, subject, file)
    for attestation in proof.attestations:
        yield _time_check(attestation, subject)


def _file_check(proof: DetachedProof, subject: str, file: Path | None) -> Check:
    named = f"{proof.algorithm} {proof.digest.hex()}"
    if file is None:
        reason = Words(f"没有给出文件（{named}）", f"no file was given ({named})")
        return indeterminate(ORIGINAL, subject, reason)
    if proof.algorithm not in hashlib.algorithms_available:
        reason = Words(
            f"这里没有 {proof.algorithm} 函数", f"{proof.algorithm} is not known here"
        )
        return indeterminate(ORIGINAL, file.name, reason)
    if _digest(file, proof.algorithm) != proof.digest:
        reason = Words("字节与证明所指的不同", "its bytes are not those of the proof")
        return failed(ORIGINAL, file.name, reason)
    if proof.algorithm != _STRONG:
        reason = Words(
            f"{proof.algorithm} 摘要相同，但这种摘要可以伪造",
            f"its {proof.algorithm} digest is that of the proof, but two files can be"
            " made with one such digest",
        )
        return indeterminate(ORIGINAL, file.name, reason)
    reason = Words(f"摘要相同（{named}）", f"the same digest ({named})")
    return passed(ORIGINAL, file.name, reason)


def _digest(file: Path, algorithm: str) -> bytes:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.digest()


def _time_check(attestation: Attestation, subject: str) -> Check:
    commitment = attestation.commitment
    in_header = attestation.height is not None and commitment is not None
    if in_header and len(commitment or b"") != _ROOT_BYTES:
        reason = Words("所指的值不可能是默克尔根", "its value cannot be a Merkle root")
        return failed(TIME, subject, reason)
    return indeterminate(TIME, subject, _to_look_up(attestation))


def _to_look_up(attestation: Attestation) -> Words:
    root, height = attestation.root_text(), attestation.height
    if attestation.kind is AttestationKind.PENDING:
        return Words(
            f"尚未完成：须向日历服务 {attestation.address} 取得其余部分",
            f"not complete: the rest is with the calendar {attestation.address}",
        )
    if attestation.kind is AttestationKind.UNKNOWN:
        return Words(
            f"这里不认识的证明方式（{attestation.tag}）",
            f"a kind of attestation that is not known here ({attestation.tag})",
        )
    chain = attestation.kind.value.capitalize()
    return Words(
        f"须查 {chain} 第 {height} 号区块的区块头："
        f"其默克尔根应为 {root or '（无法算出）'}",
        f"look up the header of {chain} block {height}: its Merkle root must be"
        f" {root or '(not computable here)'}, and its time is the time proved",
    )
