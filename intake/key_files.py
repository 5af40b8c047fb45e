"""Private keys in files: PKCS #8 PEM, mode 0600, plain or encrypted.

Encrypted means PBES2 (RFC 8018): PBKDF2 with HMAC-SHA-256 and AES-256 in CBC mode,
as `openssl pkcs8` reads and writes it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from asn1crypto import algos, core, pem  # type: ignore[import-untyped]  # no types
from asn1crypto.keys import (  # type: ignore[import-untyped]  # no types
    EncryptedPrivateKeyInfo,
)
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from intake.key_reference import KeyUnavailable
from integrity.errors import MalformedError, SigningRefused, StoreUnavailable
from integrity.keys import Ed25519Signer
from integrity.store.durable import sync_directory, write_durably

MAX_BYTES = 64 * 1024  # a key with its certificate in PEM is below 4 kB
# What OWASP asks for this function; a try costs a thief a fifth of a second.
ROUNDS = 600_000
LEFT_OVER = ".plain-"  # a plain key on its way out
PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey


def read_private_file(path: Path) -> bytes:
    """The bytes of a private file.

    Raises:
        KeyUnavailable: there is none.
        SigningRefused: group or others can reach it.
        StoreUnavailable: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            # Asked of the open file, so that the answer is about what is read.
            mode = os.fstat(stream.fileno()).st_mode
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise KeyUnavailable("key_file_absent", f"file:{path.name}") from error
    except OSError as error:
        raise StoreUnavailable(str(path), error.strerror or "error") from error
    if stat.S_IMODE(mode) & 0o077:
        raise SigningRefused(f"{path} can be read by others (want mode 0600)")
    if len(content) > MAX_BYTES:
        raise MalformedError("key file", f"longer than {MAX_BYTES} bytes")
    return content


def is_encrypted(content: bytes) -> bool:
    """Whether the first private key in a PEM file is encrypted."""
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in content


def decode_private_key(
    content: bytes, passphrase: bytes | None, where: str
) -> PrivateKey:
    """The Ed25519 or elliptic-curve private key in a PEM file.

    Raises:
        KeyUnavailable: it is encrypted, and the passphrase is missing or wrong.
        MalformedError: it is no such key.
    """
    secret = passphrase if is_encrypted(content) else None
    if secret is None and is_encrypted(content):
        raise KeyUnavailable("key_passphrase_missing", where)
    try:
        key = serialization.load_pem_private_key(content, password=secret)
    except (ValueError, TypeError) as error:
        if secret is not None:
            raise KeyUnavailable("key_passphrase_wrong", where) from error
        raise MalformedError("key file", "not a PKCS #8 private key") from error
    if not isinstance(key, Ed25519PrivateKey | EllipticCurvePrivateKey):
        raise MalformedError("key file", "not an Ed25519 or P-256 key")
    return key


def encode_private_key(key: PrivateKey, passphrase: bytes | None) -> bytes:
    """The PEM text of a private key, encrypted if there is a passphrase."""
    plain = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    if passphrase is None:
        return bytes(pem.armor("PRIVATE KEY", plain))
    return bytes(pem.armor("ENCRYPTED PRIVATE KEY", _encrypted(plain, passphrase)))


def write_new_private_file(path: Path, content: bytes) -> None:
    """Write a private file whole, mode 0600, never over another one.

    Raises:
        FileExistsError: there is one.
        StoreUnavailable: the folder cannot be written.
    """
    write_durably(path, [content], mode=0o600, replace=False)


def load_file_signer(path: Path, name: str, passphrase: bytes | None) -> Ed25519Signer:
    """The signer called `name` whose Ed25519 key is in the file.

    Raises:
        KeyUnavailable, SigningRefused, StoreUnavailable, MalformedError: see
            `read_private_file` and `decode_private_key`.
    """
    key = decode_private_key(read_private_file(path), passphrase, f"file:{path.name}")
    if not isinstance(key, Ed25519PrivateKey):
        raise MalformedError("key file", "not an Ed25519 key")
    return Ed25519Signer(name, key)


def create_file_signer(
    path: Path, name: str, passphrase: bytes | None
) -> Ed25519Signer:
    """A new Ed25519 key, kept in the file.

    Raises:
        FileExistsError, StoreUnavailable: see `write_new_private_file`.
    """
    key = Ed25519PrivateKey.generate()
    write_new_private_file(path, encode_private_key(key, passphrase))
    return Ed25519Signer(name, key)


def encrypt_file(path: Path, passphrase: bytes) -> bool:
    """Encrypt the private key in the file; False when it is encrypted already.

    What follows the key, as the certificate of a PDF key, stays as it is. The plain
    file is overwritten after the encrypted one is durable.
    """
    content = read_private_file(path)
    if is_encrypted(content):
        return False
    key = decode_private_key(content, None, f"file:{path.name}")
    end = b"-----END PRIVATE KEY-----\n"
    _, found, rest = content.partition(end)
    # A second name for the old bytes, so that they can be overwritten when the
    # encrypted file is durable; whatever happens, `path` is always a whole key.
    aside = path.with_name(f"{LEFT_OVER}{secrets.token_hex(8)}")
    aside.hardlink_to(path)
    sealed = encode_private_key(key, passphrase) + (rest if found else b"")
    write_durably(path, [sealed], mode=0o600)
    destroy_file(aside)
    return True


def destroy_file(path: Path) -> None:
    """Overwrite a private file, then remove it; nothing happens when it is gone.

    On flash and copy-on-write disks the old blocks may outlive the overwriting:
    whoever fears that keeps keys encrypted or in a token.
    """
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b") as stream:
            stream.write(os.urandom(os.fstat(stream.fileno()).st_size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
        sync_directory(path.parent)


def _encrypted(plain: bytes, passphrase: bytes) -> bytes:
    """EncryptedPrivateKeyInfo (RFC 5958) by PBES2 (RFC 8018, appendix A.4)."""
    salt, vector = os.urandom(16), os.urandom(16)
    derive = PBKDF2HMAC(hashes.SHA256(), length=32, salt=salt, iterations=ROUNDS)
    padder = padding.PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    cipher = Cipher(algorithms.AES(derive.derive(passphrase)), modes.CBC(vector))
    encryptor = cipher.encryptor()
    sealed = encryptor.update(padded) + encryptor.finalize()
    kdf = {
        "algorithm": "pbkdf2",
        "parameters": algos.Pbkdf2Params(
            {
                "salt": algos.Pbkdf2Salt("specified", core.OctetString(salt)),
                "iteration_count": ROUNDS,
                "prf": {"algorithm": "sha256", "parameters": core.Null()},
            }
        ),
    }
    scheme = {"algorithm": "aes256_cbc", "parameters": core.OctetString(vector)}
    info = EncryptedPrivateKeyInfo(
        {
            "encryption_algorithm": {
                "algorithm": "pbes2",
                "parameters": {
                    "key_derivation_func": kdf,
                    "encryption_scheme": scheme,
                },
            },
            "encrypted_data": sealed,
        }
    )
    return bytes(info.dump())
