"""Keys in a real PKCS #11 token, SoftHSM: Ed25519 by EdDSA, and P-256."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from intake.key_reference import KeyPlace, KeyUnavailable, parse_reference
from intake.key_sources import create_signer, destroy_private_key, open_signer
from integrity.errors import SigningRefused
from integrity.keys import signature_verifies
from receipts.pdf_key import P256_ORDER, make_pdf_key, open_pdf_key
from tests.key_devices import PIN, Token, configure_soft_token, soft_token

pytestmark = pytest.mark.tool("softhsm2-util")
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    """A token of this module."""
    folder = tmp_path_factory.mktemp("token")
    patch = pytest.MonkeyPatch()
    patch.setenv("SOFTHSM2_CONF", str(configure_soft_token(folder)))
    return soft_token(folder, "module-token")


@pytest.fixture
def place(tmp_path: Path) -> KeyPlace:
    """A keys folder and the PIN."""
    return KeyPlace(tmp_path, pin=PIN)


def test_a_token_makes_a_key_and_signs_with_it(token: Token, place: KeyPlace) -> None:
    """The Ed25519 signature verifies, and the key is the same when opened again."""
    reference = parse_reference(token.reference("log-a"))
    signer = create_signer(reference, place, "log")
    assert signature_verifies(signer.public_key, signer.sign(b"x"), b"x")
    again = create_signer(reference, place, "log")
    assert again.public_key == signer.public_key
    assert open_signer(reference, place, "log").sign(b"x") == signer.sign(b"x")


def test_the_private_half_cannot_leave(token: Token, place: KeyPlace) -> None:
    """It is made sensitive and not extractable."""
    import pkcs11  # noqa: PLC0415

    create_signer(parse_reference(token.reference("log-s")), place, "log")
    library = pkcs11.lib(token.module)
    with library.get_token(token_label=token.label).open(user_pin=PIN) as session:
        kind = pkcs11.ObjectClass.PRIVATE_KEY
        key = session.get_key(object_class=kind, label="log-s")
        assert key[pkcs11.Attribute.SENSITIVE] is True
        assert key[pkcs11.Attribute.EXTRACTABLE] is False


def test_a_key_is_found_without_the_pin_and_signs_only_with_it(
    token: Token, place: KeyPlace
) -> None:
    """Commands that look need no PIN; a signature without one is refused in words."""
    reference = parse_reference(token.reference("log-b"))
    create_signer(reference, place, "log")
    signer = open_signer(reference, KeyPlace(place.folder), "log")
    with pytest.raises(KeyUnavailable) as caught:
        signer.sign(b"x")
    assert caught.value.code == "key_pin_missing"


def test_a_wrong_pin_is_tried_once(token: Token, place: KeyPlace) -> None:
    """After one refusal the process does not ask again, so the token stays open."""
    reference = parse_reference(token.reference("log-c"))
    create_signer(reference, place, "log")
    signer = open_signer(reference, KeyPlace(place.folder, pin="999999"), "log")
    for _ in range(20):
        with pytest.raises(KeyUnavailable) as caught:
            signer.sign(b"x")
        assert caught.value.code == "key_pin_wrong"
    assert open_signer(reference, place, "log").sign(b"x")


def test_a_pin_comes_from_the_file_that_the_reference_names(
    token: Token, tmp_path: Path
) -> None:
    """pin-source of RFC 7512."""
    (tmp_path / "pin").write_text(f"{PIN}\n")
    text = f"{token.reference('log-d')}&pin-source=file:{tmp_path}/pin"
    signer = create_signer(parse_reference(text), KeyPlace(tmp_path), "log")
    assert signature_verifies(signer.public_key, signer.sign(b"x"), b"x")


def test_absent_library_token_and_key_are_told_apart(
    token: Token, place: KeyPlace
) -> None:
    """Each is a sentence of its own, none a stack trace."""
    good = token.reference("none")
    for text, code in (
        (good.replace(token.module, "/nonexistent.so"), "key_token_absent"),
        (good.replace(token.label, "other"), "key_token_absent"),
        (good, "key_token_lacks"),
    ):
        with pytest.raises(KeyUnavailable) as caught:
            open_signer(parse_reference(text), place, "log")
        assert caught.value.code == code


def test_a_destroyed_key_is_gone(token: Token, place: KeyPlace) -> None:
    """Private and public object are deleted; twice does no harm."""
    reference = parse_reference(token.reference("log-e"))
    signer = create_signer(reference, place, "log")
    assert destroy_private_key(reference, place) is True
    assert destroy_private_key(reference, place) is True
    with pytest.raises(KeyUnavailable):
        open_signer(reference, place, "log")
    with pytest.raises(KeyUnavailable):
        signer.sign(b"x")


def test_a_pdf_key_in_a_token_seals_like_one_in_a_file(
    token: Token, place: KeyPlace
) -> None:
    """P-256 with its certificate in the keys folder; the lower s; nothing exported."""
    reference = parse_reference(token.reference("pdf-a"))
    key = make_pdf_key(reference, place, "示例律师事务所", AT)
    assert open_pdf_key(reference, place).certificate == key.certificate
    for number in range(8):
        message = f"message {number}".encode()
        signature = key.sign(message)
        public = key.certificate.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
        assert decode_dss_signature(signature)[1] <= P256_ORDER // 2
    with pytest.raises(SigningRefused):
        key.private_key.private_numbers()
    with pytest.raises(SigningRefused, match="SHA-256 only"):
        key.private_key.sign(b"x", ec.ECDSA(hashes.SHA384()))


def test_a_forked_process_signs_too(token: Token, tmp_path: Path) -> None:
    """A library that was loaded before a fork is loaded anew in the child."""
    code = f"""
import os, sys
from pathlib import Path
from intake.key_reference import KeyPlace, parse_reference
from intake.key_sources import create_signer
place = KeyPlace(Path({str(tmp_path)!r}), pin={PIN!r})
signer = create_signer(parse_reference({token.reference("log-f")!r}), place, "log")
one = signer.sign(b"x")
child = os.fork()
if child == 0:
    os._exit(0 if signer.sign(b"x") == one else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
