"""SSH keys of every type OpenSSH has today: what verifies, and what does not.

`ssh-keygen` judges in tests/conformance; here are our own refusals.
"""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from integrity.errors import MalformedError
from integrity.ssh_key import (
    MAX_PUBLIC_KEY_BYTES,
    MAX_SIGNATURE_BYTES,
    ed25519_blob,
    ed25519_signature,
    public_line,
    ssh_signature_verifies,
)
from integrity.ssh_wire import wire_string
from tests.bundle_factory import signer
from tests.ssh_devices import EcdsaDevice, Ed25519Device, mpint, strings

SIGNER = signer("custody", 1)
KEY = ed25519_blob(SIGNER.public_key)
MESSAGE = b"what is signed"
SIGNATURE = ed25519_signature(SIGNER.sign(MESSAGE))
DEVICE = EcdsaDevice()


def test_ed25519() -> None:
    """The signature holds for its key and message only."""
    assert ssh_signature_verifies(KEY, SIGNATURE, MESSAGE)
    assert not ssh_signature_verifies(KEY, SIGNATURE, b"other")
    other = ed25519_blob(signer("custody", 2).public_key)
    assert not ssh_signature_verifies(other, SIGNATURE, MESSAGE)


def test_public_line() -> None:
    """A line names the type of its key before the key itself."""
    kind, encoded = public_line(KEY).split(" ")
    assert (kind, base64.b64decode(encoded)) == ("ssh-ed25519", KEY)
    assert public_line(wire_string(b"\xff")) == "\ufffd AAAAAf8="
    with pytest.raises(MalformedError, match="ends too early"):
        public_line(b"")


def test_bounds() -> None:
    """Key and value up to their bounds are looked at, longer ones are not."""
    for key, value in (
        (KEY + bytes(MAX_PUBLIC_KEY_BYTES - len(KEY)), SIGNATURE),
        (KEY, SIGNATURE + bytes(MAX_SIGNATURE_BYTES - len(SIGNATURE))),
    ):
        with pytest.raises(MalformedError, match="bytes follow"):
            ssh_signature_verifies(key, value, MESSAGE)
        longer = (key + b"\0", value) if len(key) > len(KEY) else (key, value + b"\0")
        with pytest.raises(MalformedError, match="too long"):
            ssh_signature_verifies(*longer, MESSAGE)


def test_types_must_fit() -> None:
    """An unknown type, DSA, RSA with SHA-1, or another key's type verify nothing."""
    for key_type, value_type in (
        (b"ssh-dss", b"ssh-dss"),
        (b"ssh-rsa", b"ssh-rsa"),
        (b"ssh-ed25519", b"rsa-sha2-512"),
        (b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp384"),
        (b"sk-ssh-ed25519@openssh.com", b"ssh-ed25519"),
    ):
        key, value = wire_string(key_type), wire_string(value_type)
        assert not ssh_signature_verifies(key, value, MESSAGE)


RSA = rsa.generate_private_key(65537, 2048)
SHORT_RSA = rsa.generate_private_key(65537, 1024)  # too short on purpose


def _rsa_key(key: rsa.RSAPrivateKey, exponent: int = 65537) -> bytes:
    modulus = key.public_key().public_numbers().n
    return wire_string(b"ssh-rsa") + mpint(exponent) + mpint(modulus)


def _rsa_value(key: rsa.RSAPrivateKey, algorithm: hashes.HashAlgorithm) -> bytes:
    name = b"rsa-sha2-256" if algorithm.digest_size == 32 else b"rsa-sha2-512"
    return strings(name, key.sign(MESSAGE, padding.PKCS1v15(), algorithm))


def test_rsa() -> None:
    """RSA holds with either digest, from 2048 bits on, for a possible exponent."""
    for algorithm in (hashes.SHA256(), hashes.SHA512()):
        value = _rsa_value(RSA, algorithm)
        assert ssh_signature_verifies(_rsa_key(RSA), value, MESSAGE)
        assert not ssh_signature_verifies(_rsa_key(RSA), value, b"other")
        assert not ssh_signature_verifies(_rsa_key(RSA, 1), value, MESSAGE)
        short = _rsa_value(SHORT_RSA, algorithm)
        assert not ssh_signature_verifies(_rsa_key(SHORT_RSA), short, MESSAGE)
    huge = wire_string(b"ssh-rsa") + mpint(65537) + mpint((1 << 16384) + 1)
    assert not ssh_signature_verifies(huge, value, MESSAGE)


@pytest.mark.parametrize(("bits", "holds"), [(16384, True), (16385, False)])
def test_longest_rsa(bits: int, *, holds: bool) -> None:
    """A key of 16384 bits is looked at, and none that is longer.

    Nobody waits for such a key to be found. But cubing any number gives a multiple of
    some modulus plus the padded digest, and of that modulus the number is a signature.
    """
    size = (bits + 7) // 8
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    end = b"\0" + prefix + hashlib.sha256(MESSAGE).digest()
    padded = int.from_bytes(b"\0\1" + b"\xff" * (size - 2 - len(end)) + end)
    number = _cube_root((1 << bits) - 1)
    number -= (number + padded + 1) % 2  # so that the modulus is odd
    modulus = number**3 - padded
    assert modulus.bit_length() == bits
    key = wire_string(b"ssh-rsa") + mpint(3) + mpint(modulus)
    value = strings(b"rsa-sha2-256", number.to_bytes(size))
    assert pow(number, 3, modulus) == padded
    assert ssh_signature_verifies(key, value, MESSAGE) is holds


def _cube_root(number: int) -> int:
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


@pytest.mark.parametrize(
    ("curve", "name", "algorithm"),
    [
        (ec.SECP256R1(), b"nistp256", hashes.SHA256()),
        (ec.SECP384R1(), b"nistp384", hashes.SHA384()),
        (ec.SECP521R1(), b"nistp521", hashes.SHA512()),
    ],
    ids=["256", "384", "521"],
)
def test_ecdsa(
    curve: ec.EllipticCurve, name: bytes, algorithm: hashes.HashAlgorithm
) -> None:
    """Each curve holds with its own digest, for its key and message only."""
    device = EcdsaDevice(curve=curve)
    kind = b"ecdsa-sha2-" + name
    value = wire_string(kind) + wire_string(device.numbers(MESSAGE, algorithm))
    key = strings(kind, name, device.point)
    assert ssh_signature_verifies(key, value, MESSAGE)
    assert not ssh_signature_verifies(key, value, b"other")
    off_curve = strings(kind, name, b"\4" + bytes(len(device.point) - 1))
    assert not ssh_signature_verifies(off_curve, value, MESSAGE)
    with pytest.raises(MalformedError, match="another curve"):
        ssh_signature_verifies(strings(kind, b"x", device.point), value, MESSAGE)


def test_security_devices() -> None:
    """A device signs its site, flags and counter along with the message."""
    for device in (Ed25519Device(), DEVICE):
        value = device.signature(MESSAGE)
        assert ssh_signature_verifies(device.blob, value, MESSAGE)
        assert not ssh_signature_verifies(device.blob, value, b"other")
        counted = value[:-1] + b"\x09"
        assert not ssh_signature_verifies(device.blob, counted, MESSAGE)
        with pytest.raises(MalformedError, match="ends too early"):
            ssh_signature_verifies(device.blob, value[:-1], MESSAGE)


@pytest.mark.parametrize(
    ("wrong", "holds"),
    [
        ({}, True),
        ({"flags": 0x81, "extensions": b"\xa0"}, True),
        ({"flags": 0x81}, False),
        ({"extensions": b"\xa0"}, False),
        ({"flags": 0x41}, False),
        ({"origin": b'https://a"b'}, False),
        ({"stated_origin": b"https://other"}, False),
        ({"asked": b"other"}, False),
        ({"kind": b"webauthn.create"}, False),
    ],
)
def test_device_in_a_browser(wrong: dict[str, bytes | int], *, holds: bool) -> None:
    """Through a browser the device signs what was asked there, and no more."""
    value = DEVICE.web_signature(MESSAGE, **wrong)  # type: ignore[arg-type]
    assert ssh_signature_verifies(DEVICE.blob, value, MESSAGE) is holds


@pytest.mark.parametrize("message", [b"", b"x", b"xy", b"xyz", b"\0\0\x17"])
def test_device_in_a_browser_signs_any_message(message: bytes) -> None:
    """Whatever its base64 ends in: two, one or no mark of padding, or an X."""
    value = DEVICE.web_signature(message)
    assert ssh_signature_verifies(DEVICE.blob, value, message)
    assert not ssh_signature_verifies(DEVICE.blob, value, message + b"0")


def test_every_byte_of_a_browser_answer_counts() -> None:
    """No changed byte of the value still verifies."""
    value = DEVICE.web_signature(MESSAGE)
    for at in range(len(value)):
        changed = value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
        try:
            assert not ssh_signature_verifies(DEVICE.blob, changed, MESSAGE), at
        except MalformedError:
            continue


def test_challenge_is_base64url() -> None:
    """The helper of these tests asks as browsers do: without padding."""
    asked = base64.urlsafe_b64encode(MESSAGE).rstrip(b"=")
    assert asked in DEVICE.web_signature(MESSAGE)
    assert hashlib.sha256(DEVICE.application).digest_size == 32
