"""SSHSIG: a file signed with an SSH key (OpenSSH, PROTOCOL.sshsig).

The form is that of `ssh-keygen -Y sign`: base64 in lines of 70 characters between two
marks. `ssh-keygen -Y verify` checks it; so the seal of a bundle needs nothing of ours.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from integrity.canonical import base64_text, parse_base64
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Signer
from integrity.ssh_key import (
    ed25519_blob,
    ed25519_signature,
    public_line,
    ssh_signature_verifies,
)
from integrity.ssh_wire import WireReader, wire_string

MAX_ARMORED_BYTES = 32 << 10  # the longest key and signature, in base64
MAX_NAMESPACE_CHARACTERS = 128

_MAGIC = b"SSHSIG"
_VERSION = 1
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\n"
_COLUMNS = 70
_HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_NAMESPACE = re.compile(r"[!-~]+")  # printable, and no space in allowed_signers
_CHECK = "SSH signature"


@dataclass(frozen=True, slots=True)
class SshSignature:
    """What a signature file holds; that it verifies is not checked.

    `public_key` and `signature` are in the wire form of SSH (ssh_key.py).

    Raises:
        MalformedError: a namespace that is empty, too long or holds a space, or a
            digest other than sha256 and sha512.
    """

    public_key: bytes
    namespace: str
    hash_algorithm: str
    signature: bytes

    def __post_init__(self) -> None:
        if len(self.namespace) > MAX_NAMESPACE_CHARACTERS or not _NAMESPACE.fullmatch(
            self.namespace
        ):
            raise MalformedError("SSH signature", "its namespace has no fitting form")
        if self.hash_algorithm not in _HASHES:
            raise MalformedError("SSH signature", "its digest is unknown")

    def serialise(self) -> bytes:
        """The file, as `ssh-keygen` writes it."""
        blob = _MAGIC + _VERSION.to_bytes(4, "big")
        for part in (
            self.public_key,
            self.namespace.encode("ascii"),
            b"",  # reserved; no signature covers it, so nothing may stand in it
            self.hash_algorithm.encode("ascii"),
            self.signature,
        ):
            blob += wire_string(part)
        text = base64_text(blob)
        lines = [text[at : at + _COLUMNS] for at in range(0, len(text), _COLUMNS)]
        return "".join([_BEGIN, *(f"{line}\n" for line in lines), _END]).encode("ascii")


def parse_sshsig(data: bytes) -> SshSignature:
    """The signature whose `serialise()` is exactly `data`.

    Raises:
        MalformedError: anything else.
    """
    if len(data) > MAX_ARMORED_BYTES:
        raise MalformedError("SSH signature", f"longer than {MAX_ARMORED_BYTES} bytes")
    text = data.decode("ascii", "replace")
    if not text.startswith(_BEGIN) or not text.endswith(f"\n{_END}"):
        raise MalformedError("SSH signature", "it is not between its two marks")
    encoded = text.removeprefix(_BEGIN).removesuffix(_END).replace("\n", "")
    signature = _parse_blob(parse_base64("SSH signature", encoded))
    if signature.serialise() != data:
        raise MalformedError("SSH signature", "its lines are not of 70 characters")
    return signature


def sign_sshsig(message: bytes, signer: Signer, namespace: str) -> bytes:
    """The signature file for `message`, with SHA-512, as `ssh-keygen -Y sign` does.

    Raises:
        MalformedError: a namespace that no signature can carry.
        SigningRefused: the signer refuses.
    """
    unsigned = SshSignature(ed25519_blob(signer.public_key), namespace, "sha512", b"")
    signature = signer.sign(_signed_data(unsigned, message))
    return SshSignature(
        unsigned.public_key,
        namespace,
        unsigned.hash_algorithm,
        ed25519_signature(signature),
    ).serialise()


def verify_sshsig(
    data: bytes, message: bytes, namespace: str, public_key: bytes
) -> SshSignature:
    """Check that the file `data` is the signature of `message` by `public_key`.

    Args:
        data: the signature file.
        message: the bytes that are said to be signed.
        namespace: what the signature must have been made for.
        public_key: in the wire form of SSH (`ssh_key.ed25519_blob`).

    Raises:
        MalformedError: the file is not in its one form.
        VerificationError: it is by another key, for another purpose, or not of this
            message.
    """
    claimed = parse_sshsig(data)
    if claimed.public_key != public_key:
        raise VerificationError(_CHECK, "it is by another key")
    if claimed.namespace != namespace:
        raise VerificationError(_CHECK, "it was made for another purpose")
    signed = _signed_data(claimed, message)
    if not ssh_signature_verifies(public_key, claimed.signature, signed):
        raise VerificationError(_CHECK, "the signature does not match")
    return claimed


def allowed_signers(principal: str, namespace: str, public_key: bytes) -> bytes:
    """One line of an `allowed_signers` file (ssh-keygen(1)) for an Ed25519 key.

    Args:
        principal: who signs, as given to `ssh-keygen -I`.
        namespace: what the key may sign.
        public_key: the 32 raw bytes.
    """
    key = public_line(ed25519_blob(public_key))
    return f'{principal} namespaces="{namespace}" {key}\n'.encode("ascii")


def _signed_data(signature: SshSignature, message: bytes) -> bytes:
    digest = _HASHES[signature.hash_algorithm](message).digest()
    parts = (signature.namespace.encode("ascii"), b"")
    return (
        _MAGIC
        + b"".join(map(wire_string, parts))
        + wire_string(signature.hash_algorithm.encode("ascii"))
        + wire_string(digest)
    )


def _parse_blob(blob: bytes) -> SshSignature:
    reader = WireReader(blob)
    if reader.take(len(_MAGIC)) != _MAGIC or reader.uint32() != _VERSION:
        raise MalformedError("SSH signature", "it is of another kind or version")
    public_key, namespace, reserved = (reader.string() for _ in range(3))
    hash_algorithm, signature = reader.string(), reader.string()
    reader.end()
    if reserved:
        raise MalformedError("SSH signature", "its reserved field is not empty")
    try:
        names = namespace.decode("ascii"), hash_algorithm.decode("ascii")
    except UnicodeDecodeError as error:
        raise MalformedError("SSH signature", "its names are not ASCII") from error
    return SshSignature(public_key, *names, signature)
