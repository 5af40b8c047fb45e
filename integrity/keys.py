"""Ed25519 keys (RFC 8032): who signs, where the private key lies, who checks."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from integrity.errors import (
    MalformedError,
    SigningRefused,
    StoreConflict,
    StoreUnavailable,
)

PUBLIC_KEY_BYTES = 32  # RFC 8032, section 5.1.5
SIGNATURE_BYTES = 64  # RFC 8032, section 5.1.6
# A PKCS #8 Ed25519 key in PEM is 119 bytes; the rest is room for comments.
MAX_KEY_FILE_BYTES = 4096


class Signer(Protocol):
    """Something that holds an Ed25519 private key: a file, an agent, a token.

    `sign` returns the 64-byte signature of exactly `message`; it may be called
    from several threads, and raises SigningRefused when it will not sign.
    """

    @property
    def name(self) -> str:
        """Name of the key, as it appears in notes."""
        ...

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of `message`."""
        ...


class Ed25519Signer:
    """A signer whose private key is in this process's memory."""

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self.name = name
        self._private_key = private_key
        self.public_key = private_key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """See Signer."""
        return self._private_key.sign(message)


class NamedSigner:
    """A signer under another name: one key file is opened before its log is known."""

    def __init__(self, signer: Signer, name: str) -> None:
        self.name = name
        self.public_key = signer.public_key
        self.sign = signer.sign


def key_id(public_key: bytes) -> str:
    """Name of a statement key: hex SHA-256 of the 32 raw bytes of the public key."""
    return hashlib.sha256(public_key).hexdigest()


def signature_verifies(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is the key's Ed25519 signature of `message`.

    A key or signature of the wrong length verifies nothing.
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def create_key_file(path: Path, name: str) -> Ed25519Signer:
    """Make a private key and keep it at `path`: PKCS #8 PEM, mode 0600.

    The file appears whole or not at all and never replaces another one.

    Raises:
        StoreConflict: there is a file at `path` already.
        StoreUnavailable: the folder cannot be written.
    """
    private_key = Ed25519PrivateKey.generate()
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        _write_new_private_file(path, pem)
    except FileExistsError as error:
        raise StoreConflict(f"key file {path}", "there is a key already") from error
    except OSError as error:
        raise StoreUnavailable(f"key file {path}", _words(error)) from error
    return Ed25519Signer(name, private_key)


def load_key_file(path: Path, name: str) -> Ed25519Signer:
    """The signer whose private key lies at `path`.

    Raises:
        SigningRefused: group or others may read or write the file, so the key
            may be in other hands.
        StoreUnavailable: the file cannot be read.
        MalformedError: it holds no Ed25519 private key.
    """
    try:
        pem = _read_private_file(path)
    except OSError as error:
        raise StoreUnavailable(f"key file {path}", _words(error)) from error
    try:
        private_key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise MalformedError("key file", "not a PKCS #8 private key") from error
    if not isinstance(private_key, Ed25519PrivateKey):
        raise MalformedError("key file", "not an Ed25519 key")
    return Ed25519Signer(name, private_key)


def _write_new_private_file(path: Path, content: bytes) -> None:
    """Temp file in the same folder, fsync, link (never over a file), fsync folder."""
    temp = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(temp, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temp.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_private_file(path: Path) -> bytes:
    with path.open("rb") as stream:
        # Asked of the open file, so that the answer is about what is read.
        if stat.S_IMODE(os.fstat(stream.fileno()).st_mode) & 0o077:
            raise SigningRefused(f"{path} can be reached by others (want mode 0600)")
        content = stream.read(MAX_KEY_FILE_BYTES + 1)
    if len(content) > MAX_KEY_FILE_BYTES:
        raise MalformedError("key file", f"longer than {MAX_KEY_FILE_BYTES} bytes")
    return content


def _words(error: OSError) -> str:
    return error.strerror or "input/output error"
