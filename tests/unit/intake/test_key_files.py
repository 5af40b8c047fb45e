"""Private key files: encrypted as other tools do it, and destroyed for good."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from intake.key_files import (
    LEFT_OVER,
    MAX_BYTES,
    create_file_signer,
    decode_private_key,
    destroy_file,
    encode_private_key,
    encrypt_file,
    is_encrypted,
    load_file_signer,
    read_private_file,
)
from intake.key_reference import KeyUnavailable
from integrity.errors import MalformedError, SigningRefused

SECRET = "口令 secret".encode()


def test_an_encrypted_key_signs_after_it_is_read_again(tmp_path: Path) -> None:
    """With the passphrase the file gives the key that was made, and nothing plain."""
    made = create_file_signer(tmp_path / "log.key", "log", SECRET)
    again = load_file_signer(tmp_path / "log.key", "log", SECRET)
    assert again.public_key == made.public_key
    assert again.sign(b"x") == made.sign(b"x")
    assert is_encrypted((tmp_path / "log.key").read_bytes())
    assert (tmp_path / "log.key").stat().st_mode & 0o777 == 0o600


def test_openssl_reads_an_encrypted_key(tmp_path: Path) -> None:
    """It is PKCS #8 with PBES2: openssl prints the same public key."""
    made = create_file_signer(tmp_path / "log.key", "log", b"secret")
    words = ["openssl", "pkey", "-in", str(tmp_path / "log.key"), "-passin"]
    shown = subprocess.run(
        [*words, "pass:secret", "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    )
    assert shown.stdout.endswith(made.public_key)


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [(None, "key_passphrase_missing"), (b"other", "key_passphrase_wrong")],
)
def test_without_the_passphrase_it_says_so(
    tmp_path: Path, passphrase: bytes | None, code: str
) -> None:
    """A missing and a wrong passphrase are two different sentences."""
    create_file_signer(tmp_path / "log.key", "log", SECRET)
    with pytest.raises(KeyUnavailable) as caught:
        load_file_signer(tmp_path / "log.key", "log", passphrase)
    assert caught.value.code == code
    assert caught.value.facts["where"] == "file:log.key"


def test_a_plain_key_needs_no_passphrase(tmp_path: Path) -> None:
    """A passphrase that is set does not hinder a file that is still plain."""
    made = create_file_signer(tmp_path / "log.key", "log", None)
    found = load_file_signer(tmp_path / "log.key", "log", SECRET)
    assert found.public_key == made.public_key


def test_encrypting_keeps_key_and_certificate_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    """`encrypt_file` changes the key's form only; a second call does nothing."""
    path = tmp_path / "pdf.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    rest = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    path.write_bytes(encode_private_key(key, None) + rest)
    path.chmod(0o600)
    assert encrypt_file(path, SECRET) is True
    found = decode_private_key(path.read_bytes(), SECRET, "file:pdf.pem")
    assert found.public_key() == key.public_key()
    assert path.read_bytes().endswith(rest)
    assert encrypt_file(path, SECRET) is False
    assert [each.name for each in tmp_path.iterdir()] == ["pdf.pem"]


def test_a_destroyed_key_is_overwritten_first(tmp_path: Path) -> None:
    """What another name of the same file shows is not the key any more."""
    path, other = tmp_path / "log.key", tmp_path / "other"
    create_file_signer(path, "log", None)
    other.hardlink_to(path)
    before = other.read_bytes()
    destroy_file(path)
    assert not path.exists()
    assert other.read_bytes() != before
    assert b"PRIVATE KEY" not in other.read_bytes()
    destroy_file(path)  # nothing is there: nothing happens


def test_a_plain_copy_is_overwritten_by_encrypting(tmp_path: Path) -> None:
    """The old bytes are gone from the disk blocks that held them."""
    path, other = tmp_path / "log.key", tmp_path / "other"
    create_file_signer(path, "log", None)
    other.hardlink_to(path)
    encrypt_file(path, SECRET)
    assert b"PRIVATE KEY" not in other.read_bytes()
    assert not list(tmp_path.glob(f"{LEFT_OVER}*"))


def test_files_that_are_no_private_key_are_refused(tmp_path: Path) -> None:
    """Open to others, too long, no key, a key of another kind: each in words."""
    path = tmp_path / "x"
    with pytest.raises(KeyUnavailable) as absent:
        read_private_file(path)
    assert absent.value.code == "key_file_absent"
    path.write_bytes(b"x" * (MAX_BYTES + 1))
    path.chmod(0o600)
    with pytest.raises(MalformedError, match="longer"):
        read_private_file(path)
    path.write_bytes(b"x" * MAX_BYTES)
    assert len(read_private_file(path)) == MAX_BYTES
    path.chmod(0o640)
    with pytest.raises(SigningRefused, match="read by others"):
        read_private_file(path)
    with pytest.raises(MalformedError, match="not a PKCS #8"):
        decode_private_key(b"x", None, "file:x")
    other = rsa.generate_private_key(65537, 2048)
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(MalformedError, match="not an Ed25519 or P-256"):
        decode_private_key(pem, None, "file:x")
    path.write_bytes(encode_private_key(ec.generate_private_key(ec.SECP256R1()), None))
    path.chmod(0o600)
    with pytest.raises(MalformedError, match="not an Ed25519 key"):
        load_file_signer(path, "log", None)
