"""Signature files of SSH: one form, made for one purpose, of one message."""

from __future__ import annotations

import base64
import dataclasses
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import MalformedError, VerificationError
from integrity.ssh_key import ed25519_blob, ed25519_signature
from integrity.ssh_wire import wire_string
from integrity.sshsig import (
    MAX_ARMORED_BYTES,
    MAX_NAMESPACE_CHARACTERS,
    SshSignature,
    allowed_signers,
    parse_sshsig,
    sign_sshsig,
    verify_sshsig,
)
from tests.bundle_factory import signer

SIGNER = signer("custody", 1)
KEY = ed25519_blob(SIGNER.public_key)
MESSAGE = b"the tag manifest"
PURPOSE = "custody-bundle"
FILE = sign_sshsig(MESSAGE, SIGNER, PURPOSE)
PARSED = parse_sshsig(FILE)

signatures = st.builds(
    SshSignature,
    st.binary(max_size=60),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=9),
    st.sampled_from(["sha256", "sha512"]),
    st.binary(max_size=90),
)


@given(signatures)
def test_file_round_trip(signature: SshSignature) -> None:
    """A signature is read back from its file."""
    assert parse_sshsig(signature.serialise()) == signature


@given(st.integers(0, 8 * len(FILE) - 1))
def test_flipped_bit_is_refused(bit: int) -> None:
    """No single changed bit of a signature file leaves it valid."""
    changed = (int.from_bytes(FILE, "big") ^ (1 << bit)).to_bytes(len(FILE))
    with pytest.raises((MalformedError, VerificationError)):
        verify_sshsig(changed, MESSAGE, PURPOSE, KEY)


def test_file_is_that_of_ssh_keygen() -> None:
    """Marks, lines of 70 characters, a newline at the end; SHA-512."""
    first, *lines, last = FILE.decode().splitlines()
    assert first == "-----BEGIN SSH SIGNATURE-----"
    assert last == "-----END SSH SIGNATURE-----"
    assert {len(line) for line in lines[:-1]} == {70}
    assert FILE.endswith(b"-----END SSH SIGNATURE-----\n")
    assert (PARSED.namespace, PARSED.hash_algorithm) == (PURPOSE, "sha512")


def test_signature_that_holds() -> None:
    """What was signed verifies, and is handed back."""
    assert verify_sshsig(FILE, MESSAGE, PURPOSE, KEY) == PARSED


def test_signature_that_does_not_hold() -> None:
    """Another key, purpose or message each have their own reason."""
    other = ed25519_blob(signer("custody", 2).public_key)
    with pytest.raises(VerificationError, match="by another key"):
        verify_sshsig(FILE, MESSAGE, PURPOSE, other)
    with pytest.raises(VerificationError, match="another purpose"):
        verify_sshsig(FILE, MESSAGE, "file", KEY)
    with pytest.raises(VerificationError, match="does not match"):
        verify_sshsig(FILE, b"other", PURPOSE, KEY)


def test_purpose_and_digest_are_signed() -> None:
    """Neither can be exchanged for another one under the same signature."""
    for change in ({"namespace": "file"}, {"hash_algorithm": "sha256"}):
        changed = dataclasses.replace(PARSED, **change)
        with pytest.raises(VerificationError, match="does not match"):
            verify_sshsig(changed.serialise(), MESSAGE, changed.namespace, KEY)


def test_bare_signature_is_none() -> None:
    """A signature over the message itself, made for SSH or us, is not one of a file."""
    bare = ed25519_signature(SIGNER.sign(MESSAGE))
    changed = dataclasses.replace(PARSED, signature=bare)
    with pytest.raises(VerificationError, match="does not match"):
        verify_sshsig(changed.serialise(), MESSAGE, PURPOSE, KEY)


@pytest.mark.parametrize(
    ("namespace", "digest", "reason"),
    [
        ("", "sha512", "namespace"),
        ("a b", "sha512", "namespace"),
        ("a\n", "sha512", "namespace"),
        ("证据", "sha512", "namespace"),
        ("n" * (MAX_NAMESPACE_CHARACTERS + 1), "sha512", "namespace"),
        ("file", "sha1", "digest is unknown"),
        ("file", "", "digest is unknown"),
    ],
)
def test_names_that_no_signature_can_carry(
    namespace: str, digest: str, reason: str
) -> None:
    """A purpose is a printable word, a digest one of two."""
    with pytest.raises(MalformedError, match=reason):
        SshSignature(KEY, namespace, digest, b"")


def test_namespace_bound() -> None:
    """A purpose of the bound's length is signed, a longer one is not."""
    longest = "n" * MAX_NAMESPACE_CHARACTERS
    verify_sshsig(sign_sshsig(MESSAGE, SIGNER, longest), MESSAGE, longest, KEY)
    with pytest.raises(MalformedError, match="namespace"):
        sign_sshsig(MESSAGE, SIGNER, longest + "n")


def _file(blob: bytes, columns: int = 70) -> bytes:
    lines = "\n".join(textwrap.wrap(base64.b64encode(blob).decode(), columns))
    begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
    return f"{begin}\n{lines}\n{end}\n".encode()


def _blob(
    magic: bytes = b"SSHSIG",
    version: int = 1,
    reserved: bytes = b"",
    namespace: bytes = b"custody-bundle",
) -> bytes:
    parts = (KEY, namespace, reserved, b"sha512", PARSED.signature)
    return magic + version.to_bytes(4, "big") + b"".join(map(wire_string, parts))


def test_parts_of_the_file() -> None:
    """The parts put together by hand are our file."""
    assert _file(_blob()) == FILE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "between its two marks"),
        (FILE[:-1], "between its two marks"),
        (FILE + b"\n", "between its two marks"),
        (b"\n" + FILE, "between its two marks"),
        (FILE.replace(b"\n", b"\r\n"), "between its two marks"),
        (FILE.replace(b"AAAA", b"AA\nAA", 1), "lines are not of 70"),
        (_file(_blob(), 76), "lines are not of 70"),
        (FILE.replace(b"\n", b"\n\n", 1), "lines are not of 70"),
        (FILE.replace(b"AAAA", b"AA!A", 1), "not base64"),
        (FILE.replace(b"AAAA", b"AA\xffA", 1), "not base64"),
        (_file(b""), "ends too early|two marks"),
        (_file(_blob(magic=b"SSHSIH")), "another kind or version"),
        (_file(_blob(version=2)), "another kind or version"),
        (_file(_blob(reserved=b"x")), "reserved field"),
        (_file(_blob(namespace=b"")), "namespace"),
        (_file(_blob(namespace=b"\xff")), "not ASCII"),
        (_file(_blob() + b"\0"), "bytes follow"),
        (_file(_blob()[:-1]), "ends too early"),
    ],
)
def test_other_file_is_refused(data: bytes, reason: str) -> None:
    """Each way of not being a signature file has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_sshsig(data)


def test_length_bound() -> None:
    """A file of the bound's length is looked at, a longer one is not."""
    with pytest.raises(MalformedError, match="two marks"):
        parse_sshsig(b"x" * MAX_ARMORED_BYTES)
    with pytest.raises(MalformedError, match="longer than"):
        parse_sshsig(b"x" * (MAX_ARMORED_BYTES + 1))


def test_allowed_signers() -> None:
    """The line that `ssh-keygen -f` reads names who, for what, and the key."""
    encoded = base64.b64encode(KEY).decode()
    assert allowed_signers("custody", PURPOSE, SIGNER.public_key).decode() == (
        f'custody namespaces="custody-bundle" ssh-ed25519 {encoded}\n'
    )
