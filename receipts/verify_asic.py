"""Verify a signed container (ASiC-E, ASiC-S) that somebody brought.

     1  the container is a ZIP of its kind, within bounds
     2  its names are safe, and its signatures and manifests name every data object
     3  each data object has the digests that are stated for it
    14  the signature: never passed. XML signatures are over C14N 1.x, which nothing
        here computes, and whom to trust is not known here
    16  a time stamp over the object or a manifest: as far as its chain came along

So no container passes; what was altered fails, and the rest is for a program with
the list of trusted authorities.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from asn1crypto import core  # type: ignore[import-untyped]  # no types

from integrity.canonical import time_text
from integrity.errors import IntegrityError, MalformedError, VerificationError
from integrity.timestamp import chain_of, judge
from integrity.timestamp_token import read_response
from receipts.asic import AsicContainer, Reference
from receipts.checks import (
    CHECKSUMS,
    CONTAINER,
    NAMES,
    SEAL,
    TIME,
    Check,
    Report,
    Words,
    failed,
    indeterminate,
    passed,
)
from receipts.log_checks import refused

_STRONG = frozenset({"sha256", "sha384", "sha512"})


def verify_asic(path: Path) -> Report:
    """Check a container; bad input is an answer, not an exception.

    Raises:
        OSError: the file cannot be read.
    """
    return Report.of(_verify(path))


def _verify(path: Path) -> Iterator[Check]:
    with path.open("rb") as stream:
        try:
            container = AsicContainer(stream)
        except MalformedError as error:
            yield refused(CONTAINER, path.name, error)
            return
        kind = "ASiC-S" if container.simple else "ASiC-E"
        yield passed(CONTAINER, path.name, Words(f"{kind} 容器", f"{kind} container"))
        try:
            container.check_names()
        except MalformedError as error:
            yield refused(NAMES, path.name, error)
            return
        try:
            references = container.references()
        except MalformedError as error:
            yield refused(SEAL, path.name, error)
            return
        yield from _check_content(container, references, path.name)


def _check_content(
    container: AsicContainer, references: tuple[Reference, ...], subject: str
) -> Iterator[Check]:
    yield from _check_covered(container, references, subject)
    for reference in references:
        yield _digest_check(container, reference)
    for name in (*container.signatures, *container.manifests):
        yield indeterminate(SEAL, name, _not_judged())
    for name in container.tokens:
        yield _time_check(container, name)
    if not references and not container.tokens:
        reason = Words("没有签名，也没有时间戳", "neither signature nor time stamp")
        yield indeterminate(SEAL, subject, reason)


def _check_covered(
    container: AsicContainer, references: tuple[Reference, ...], subject: str
) -> Iterator[Check]:
    """With signatures there, a file that none of them names came from elsewhere."""
    named = {reference.name for reference in references}
    loose = [name for name in container.objects if name not in named]
    if not references or not loose:
        yield passed(NAMES, subject, Words("文件名安全", "the names are safe"))
    for name in loose if references else ():
        reason = Words("没有任何签名涉及这个文件", "no signature covers this file")
        yield failed(NAMES, name, reason)


def _digest_check(container: AsicContainer, reference: Reference) -> Check:
    subject = f"{reference.source}: {reference.name}"
    if reference.algorithm is None:
        reason = Words(
            "摘要方式不在此处所认之列", "its digest is of a kind that is not read here"
        )
        return indeterminate(CHECKSUMS, subject, reason)
    try:
        found = container.digest(reference.name, reference.algorithm)
    except MalformedError as error:
        return refused(CHECKSUMS, subject, error)
    if found != reference.digest:
        reason = Words("摘要与签名所载不同", "its digest is another than signed")
        return failed(CHECKSUMS, subject, reason)
    return passed(CHECKSUMS, subject, Words("摘要相同", "the digest is the same"))


def _not_judged() -> Words:
    return Words(
        "签名本身未判断：须用备有信任列表的程序核验",
        "the signature itself was not judged: that takes a program with the list of"
        " trusted authorities",
    )


def _time_check(container: AsicContainer, name: str) -> Check:
    """A token is over the one object of an ASiC-S, or over one of the manifests."""
    try:
        response = _as_response(container.meta(name))
        token = read_response(response)
        about = _about(container, token.algorithm, token.imprint)
    except IntegrityError as error:
        return refused(TIME, name, error)
    try:
        chain = chain_of(response, (), ())
    except IntegrityError:
        reason = Words(
            f"是关于 {about} 的时间戳，但没有带来可以核对的证书链",
            f"it is about {about}, but no chain that can be followed came along",
        )
        return indeterminate(TIME, name, reason)
    try:
        stamp = judge(None, response, chain, token.imprint)
    except IntegrityError as error:
        return refused(TIME, name, error)
    moment = time_text(stamp.time.replace(microsecond=0))
    reason = Words(
        f"{about} 在 {moment} 已存在；"
        f"根证书 {stamp.root}（{stamp.root_sha256}）须另行核对",
        f"{about} existed at {moment}; whether to trust the root {stamp.root}"
        f" ({stamp.root_sha256}) is for you to say",
    )
    return indeterminate(TIME, name, reason)


def _as_response(token: bytes) -> bytes:
    """The bare token as a granted TimeStampResp (RFC 3161, 2.4.2)."""
    status = b"\x30\x03\x02\x01\x00"
    return bytes(core.Sequence(contents=status + token).dump())


def _about(container: AsicContainer, algorithm: str, imprint: bytes) -> str:
    if algorithm not in _STRONG:
        raise VerificationError(TIME.number, "its digest is not of SHA-2")
    stamped = container.objects if container.simple else container.manifests
    for name in stamped:
        if container.digest(name, algorithm) == imprint:
            return name
    raise VerificationError(TIME.number, "it is about other bytes")
