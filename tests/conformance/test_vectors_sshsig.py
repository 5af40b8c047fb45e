"""Signature files of SSH: the vectors of OpenSSH, and `ssh-keygen` as the judge."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from integrity.ssh_key import public_line
from integrity.sshsig import (
    SshSignature,
    allowed_signers,
    sign_sshsig,
    verify_sshsig,
)
from tests.bundle_factory import signer
from tests.ssh_devices import EcdsaDevice, Ed25519Device

VECTORS = "vectors/sshsig/regress/unittests/sshsig/testdata"
INPUTS = {"namespace", "signed-data"}
PURPOSE = "custody-bundle"
MESSAGE = b"tag manifest\n"

pytestmark = pytest.mark.tool("ssh-keygen")


def _run(*command: str, stdin: bytes = b"") -> int:
    done = subprocess.run(
        ["ssh-keygen", *command], input=stdin, capture_output=True, check=False
    )
    return done.returncode


def _key_in(file: Path) -> bytes:
    """The key of a `.pub` file: type, base64 and, if any, a comment."""
    return base64.b64decode(file.read_text().split()[1])


def _judge(folder: Path, allowed: bytes, signature: bytes, message: bytes) -> int:
    """Exit code of `ssh-keygen -Y verify`."""
    (folder / "allowed").write_bytes(allowed)
    (folder / "file.sig").write_bytes(signature)
    return _run(
        *("-Y", "verify", "-n", PURPOSE, "-I", "custody"),
        *("-f", str(folder / "allowed"), "-s", str(folder / "file.sig")),
        stdin=message,
    )


def test_vectors_of_openssh(shared: Path) -> None:
    """Every signature of the folder verifies, of whatever type its key is."""
    folder = shared / VECTORS
    names = {path.stem for path in folder.glob("*.sig")}
    assert {path.name for path in folder.iterdir()} == INPUTS | {
        f"{name}.{kind}" for name in names for kind in ("pub", "sig")
    }
    namespace = (folder / "namespace").read_text()
    message = (folder / "signed-data").read_bytes()
    assert names
    for name in names:
        key = _key_in(folder / f"{name}.pub")
        data = (folder / f"{name}.sig").read_bytes()
        assert verify_sshsig(data, message, namespace, key).serialise() == data, name


def test_ssh_keygen_verifies_what_we_sign(tmp_path: Path) -> None:
    """`ssh-keygen -Y verify` accepts our file, for its message and purpose only."""
    ours = signer("statement", 1)
    signature = sign_sshsig(MESSAGE, ours, PURPOSE)
    allowed = allowed_signers("custody", PURPOSE, ours.public_key)
    assert _judge(tmp_path, allowed, signature, MESSAGE) == 0
    assert _judge(tmp_path, allowed, signature, MESSAGE + b"x") != 0
    other = allowed_signers("custody", "file", ours.public_key)
    assert _judge(tmp_path, other, signature, MESSAGE) != 0
    stranger = allowed_signers("custody", PURPOSE, signer("s", 2).public_key)
    assert _judge(tmp_path, stranger, signature, MESSAGE) != 0


@pytest.mark.parametrize(
    "options",
    [
        ("-t", "ed25519"),
        ("-t", "rsa", "-b", "2048"),
        ("-t", "ecdsa", "-b", "256"),
        ("-t", "ecdsa", "-b", "384"),
        ("-t", "ecdsa", "-b", "521"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_we_verify_what_ssh_keygen_signs(
    tmp_path: Path, options: tuple[str, ...], digest: str
) -> None:
    """A file signed by ssh-keygen verifies, and its bytes are our own spelling."""
    key = tmp_path / "key"
    file = tmp_path / "file"
    file.write_bytes(MESSAGE)
    assert _run("-q", *options, "-N", "", "-f", str(key)) == 0
    signing = ("-q", "-Y", "sign", "-n", PURPOSE, "-O", f"hashalg={digest}")
    assert _run(*signing, "-f", str(key), str(file)) == 0
    data = (tmp_path / "file.sig").read_bytes()
    blob = _key_in(tmp_path / "key.pub")
    signature = verify_sshsig(data, MESSAGE, PURPOSE, blob)
    assert signature.serialise() == data
    assert signature.hash_algorithm == digest


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "browser"])
def test_devices_are_judged_as_ssh_keygen_does(tmp_path: Path, kind: str) -> None:
    """Security keys in software: both say yes, and both say no to another message."""
    device = Ed25519Device() if kind == "ed25519" else EcdsaDevice()
    signed = _signed_data(MESSAGE)
    if isinstance(device, EcdsaDevice) and kind == "browser":
        value = device.web_signature(signed)
    else:
        value = device.signature(signed)
    file = SshSignature(device.blob, PURPOSE, "sha512", value).serialise()
    allowed = f"custody {public_line(device.blob)}\n".encode()
    assert _judge(tmp_path, allowed, file, MESSAGE) == 0
    assert _judge(tmp_path, allowed, file, b"other") != 0
    verify_sshsig(file, MESSAGE, PURPOSE, device.blob)


def _signed_data(message: bytes) -> bytes:
    """What a signature for `message` covers, by an independent way: ask our signer."""
    seen = list[bytes]()

    class Recorder:
        name = "recorder"
        public_key = bytes(32)

        def sign(self, data: bytes) -> bytes:
            seen.append(data)
            return bytes(64)

    sign_sshsig(message, Recorder(), PURPOSE)
    return seen[0]
