"""Key files that appear whole, stay private, and signatures that verify."""

from __future__ import annotations

import os
import subprocess
import tracemalloc
from pathlib import Path
from typing import NoReturn

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.errors import (
    MalformedError,
    SigningRefused,
    StoreConflict,
    StoreUnavailable,
)
from integrity.keys import (
    MAX_KEY_FILE_BYTES,
    Ed25519Signer,
    NamedSigner,
    create_key_file,
    key_id,
    load_key_file,
    signature_verifies,
)

# RFC 8032, section 7.1, TEST 1
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex(
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
)
SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
    "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
)


def test_rfc_8032_signature() -> None:
    """A signer makes the signature that RFC 8032 prints."""
    signer = Ed25519Signer("k", Ed25519PrivateKey.from_private_bytes(SEED))
    assert (signer.name, signer.public_key) == ("k", PUBLIC)
    assert signer.sign(b"") == SIGNATURE


def test_a_key_signs_under_another_name() -> None:
    """Only the name is another: key and signatures are those of the signer."""
    signer = Ed25519Signer("k", Ed25519PrivateKey.from_private_bytes(SEED))
    renamed = NamedSigner(signer, "example.com/log")
    assert (renamed.name, renamed.public_key) == ("example.com/log", PUBLIC)
    assert renamed.sign(b"") == SIGNATURE


def test_signature_verifies_only_as_a_whole() -> None:
    """Another message, key, signature or length verifies nothing."""
    assert signature_verifies(PUBLIC, SIGNATURE, b"")
    assert not signature_verifies(PUBLIC, SIGNATURE, b"x")
    assert not signature_verifies(PUBLIC[::-1], SIGNATURE, b"")
    assert not signature_verifies(PUBLIC, SIGNATURE[::-1], b"")
    assert not signature_verifies(PUBLIC[:-1], SIGNATURE, b"")
    assert not signature_verifies(PUBLIC, SIGNATURE + b"\0", b"")


def test_key_id_is_sha256_of_the_raw_key() -> None:
    """Statements name a key by the hex SHA-256 of its 32 bytes."""
    assert key_id(PUBLIC) == (
        "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9"
    )


def test_created_key_loads_again(tmp_path: Path) -> None:
    """A created key is private, alone in its folder, and signs after loading."""
    path = tmp_path / "log.pem"
    created = create_key_file(path, "example.com/log")
    loaded = load_key_file(path, "example.com/log")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert (loaded.name, loaded.public_key) == ("example.com/log", created.public_key)
    assert signature_verifies(created.public_key, loaded.sign(b"m"), b"m")


def test_openssl_reads_the_key_file(tmp_path: Path) -> None:
    """`openssl pkey` finds the same public key in the file."""
    path = tmp_path / "log.pem"
    signer = create_key_file(path, "log")
    command = ["openssl", "pkey", "-in", str(path), "-pubout", "-outform", "DER"]
    done = subprocess.run(command, check=True, capture_output=True)
    assert done.stdout.endswith(signer.public_key)


def test_existing_file_is_never_replaced(tmp_path: Path) -> None:
    """A second key at the same place is refused and the first one stays."""
    path = tmp_path / "log.pem"
    create_key_file(path, "log")
    before = path.read_bytes()
    with pytest.raises(StoreConflict, match="there is a key already"):
        create_key_file(path, "log")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A missing folder is named as the reason."""
    with pytest.raises(StoreUnavailable, match="No such file"):
        create_key_file(tmp_path / "absent" / "log.pem", "log")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610])
def test_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    """Any right of group or others means that the key may be in other hands."""
    path = tmp_path / "log.pem"
    create_key_file(path, "log")
    path.chmod(mode)
    with pytest.raises(SigningRefused, match="can be reached by others"):
        load_key_file(path, "log")


def test_missing_key_file(tmp_path: Path) -> None:
    """A key file that is not there is unavailable."""
    with pytest.raises(StoreUnavailable, match="No such file"):
        load_key_file(tmp_path / "absent.pem", "log")


def test_key_file_bound(tmp_path: Path) -> None:
    """Comments may fill the file up to its bound, not beyond."""
    path = tmp_path / "log.pem"
    signer = create_key_file(path, "log")
    padding = b"#" * (MAX_KEY_FILE_BYTES - len(path.read_bytes()) - 1) + b"\n"
    path.write_bytes(padding + path.read_bytes())
    assert load_key_file(path, "log").public_key == signer.public_key
    path.write_bytes(b"#" + path.read_bytes())
    with pytest.raises(MalformedError, match="longer than"):
        load_key_file(path, "log")


def test_large_key_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    """Whatever lies there, no more of it than the bound is held in memory."""
    path = _private(tmp_path / "k.pem", b"")
    os.truncate(path, 1 << 24)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedError, match="longer than"):
            load_key_file(path, "log")
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


def test_store_that_fails_without_words(tmp_path: Path) -> None:
    """A failure that the system has no words for is an input/output error."""

    class Broken(type(tmp_path)):
        def open(self, *_args: object, **_more: object) -> NoReturn:
            raise OSError

    with pytest.raises(StoreUnavailable, match="not available: input/output error"):
        load_key_file(Broken(tmp_path / "k.pem"), "log")


def test_file_without_private_key(tmp_path: Path) -> None:
    """Bytes that are no private key are malformed."""
    with pytest.raises(MalformedError, match="not a PKCS #8"):
        load_key_file(_private(tmp_path / "k.pem", b"nothing"), "log")


def test_encrypted_key_file(tmp_path: Path) -> None:
    """A key with a pass phrase is not one of ours."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with pytest.raises(MalformedError, match="not a PKCS #8"):
        load_key_file(_private(tmp_path / "k.pem", pem), "log")


def test_key_of_another_algorithm(tmp_path: Path) -> None:
    """An elliptic-curve key of another kind is refused, not used."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(MalformedError, match="not an Ed25519 key"):
        load_key_file(_private(tmp_path / "k.pem", pem), "log")


def _private(path: Path, content: bytes) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(content)
    return path
