"""Keys in PKCS #11 tokens: Ed25519 by EdDSA, and P-256 for PDFs.

A token is logged in to at the first signature, not when it is found: commands that
only look must not need the PIN. A PIN that was refused is not tried again by the same
process, because tokens lock themselves after a few wrong ones.

Not solved here: a library that hangs, and one that is not safe to load.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pkcs11
from asn1crypto import core  # type: ignore[import-untyped]  # no types
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ecdsa_signature, encode_named_curve_parameters

from intake.key_reference import KeyPlace, KeyUnavailable, TokenReference
from integrity.digest import digest_bytes
from integrity.errors import SigningRefused
from integrity.keys import PUBLIC_KEY_BYTES, signature_verifies

ED25519_OID = "1.3.101.112"  # RFC 8410
P256_OID = "1.2.840.10045.3.1.7"  # RFC 5480
P256_POINT_BYTES = 65

Template: TypeAlias = dict[Attribute, Any]

_WRONG_PIN = (
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinExpired,
)
# A process has one login a token, so one conversation at a time.
_lock = threading.RLock()
_refused_pins: dict[tuple[str, str], str] = {}
_process = os.getpid()


class TokenSigner:
    """An Ed25519 signer whose private key never leaves its token."""

    def __init__(self, reference: TokenReference, place: KeyPlace, name: str) -> None:
        """Raises KeyUnavailable: no such token or key."""
        self.name = name
        self._reference = reference
        self._place = place
        point = _public_point(reference, place, KeyType.EC_EDWARDS)
        self.public_key = point[-PUBLIC_KEY_BYTES:]
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            raise KeyUnavailable("key_token_lacks", reference.text())

    def sign(self, message: bytes) -> bytes:
        """See Signer."""
        with _logged_in(self._reference, self._place) as session:
            key = _object(session, self._reference, ObjectClass.PRIVATE_KEY)
            signature = bytes(key.sign(message, mechanism=Mechanism.EDDSA))
        # What another device signed for us is looked at before it is used.
        if not signature_verifies(self.public_key, signature, message):
            raise KeyUnavailable(
                "key_token_failed", self._reference.text(), reason="wrong signature"
            )
        return signature


class TokenP256Key(ec.EllipticCurvePrivateKey):
    """A P-256 key in a token, for everything that signs with a key of `cryptography`.

    It signs with ECDSA and SHA-256 and can do nothing else.
    """

    def __init__(self, reference: TokenReference, place: KeyPlace) -> None:
        """Raises KeyUnavailable: no such token or key."""
        self._reference = reference
        self._place = place
        point = _public_point(reference, place, KeyType.EC)[-P256_POINT_BYTES:]
        try:
            self._public = ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), point
            )
        except ValueError as error:
            raise KeyUnavailable("key_token_lacks", reference.text()) from error

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return ec.SECP256R1()

    @property
    def key_size(self) -> int:
        """256 bits."""
        return self.curve.key_size

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half."""
        return self._public

    def sign(
        self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm
    ) -> bytes:
        """The DER signature of `data` by ECDSA with SHA-256."""
        if getattr(signature_algorithm.algorithm, "name", "") != "sha256":
            raise SigningRefused("the token's key signs with SHA-256 only")
        digest = bytes.fromhex(digest_bytes(bytes(data)).sha256)
        with _logged_in(self._reference, self._place) as session:
            key = _object(session, self._reference, ObjectClass.PRIVATE_KEY)
            raw = bytes(key.sign(digest, mechanism=Mechanism.ECDSA))
        signature = bytes(encode_ecdsa_signature(raw))
        self._public.verify(signature, bytes(data), signature_algorithm)
        return signature

    def exchange(self, *_: Any) -> bytes:
        """Refused."""
        raise SigningRefused("a token's key does not exchange keys")

    def private_numbers(self) -> ec.EllipticCurvePrivateNumbers:
        """Refused."""
        raise SigningRefused("a token's key does not leave it")

    def private_bytes(self, *_: Any, **__: Any) -> bytes:
        """Refused."""
        raise SigningRefused("a token's key does not leave it")

    def __copy__(self) -> TokenP256Key:
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> TokenP256Key:
        return self


def create_token_key(
    reference: TokenReference, place: KeyPlace, key_type: KeyType
) -> None:
    """Make a key pair in the token, unless one with this name is there.

    The private half is marked so that the token never gives it out.
    """
    curve = ED25519_OID if key_type is KeyType.EC_EDWARDS else P256_OID
    mechanism = (
        Mechanism.EC_EDWARDS_KEY_PAIR_GEN
        if key_type is KeyType.EC_EDWARDS
        else Mechanism.EC_KEY_PAIR_GEN
    )
    with _logged_in(reference, place, rw=True) as session:
        if _find(session, reference, ObjectClass.PRIVATE_KEY):
            return
        parameters = session.create_domain_parameters(
            key_type,
            {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)},
            local=True,
        )
        parameters.generate_keypair(
            mechanism=mechanism,
            store=True,
            label=reference.object,
            id=reference.id,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )


def destroy_token_key(reference: TokenReference, place: KeyPlace) -> None:
    """Delete the key pair from the token; nothing happens when it is gone."""
    with _logged_in(reference, place, rw=True) as session:
        for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
            for found in _find(session, reference, kind):
                found.destroy()


def _public_point(
    reference: TokenReference, place: KeyPlace, key_type: KeyType
) -> bytes:
    """The public key object's point, taken out of its wrapping.

    PKCS #11 2.40 wraps it in an OCTET STRING; some tokens give the bytes as they are.
    """
    with _session(reference, place) as session:
        found = _find(session, reference, ObjectClass.PUBLIC_KEY)
        keys = [key for key in found if key[Attribute.KEY_TYPE] is key_type]
        if len(keys) != 1:
            raise KeyUnavailable("key_token_lacks", reference.text())
        point = bytes(keys[0][Attribute.EC_POINT])
    try:
        wrapped = core.load(point, strict=True)
    except ValueError:
        return point
    return bytes(wrapped.native) if isinstance(wrapped, core.OctetString) else point


@contextmanager
def _logged_in(
    reference: TokenReference, place: KeyPlace, *, rw: bool = False
) -> Iterator[Any]:
    pin = _pin(reference, place)
    key = (reference.text(), pin)
    if key in _refused_pins:
        raise KeyUnavailable(_refused_pins[key], reference.text())
    try:
        with _session(reference, place, pin=pin, rw=rw) as session:
            yield session
    except KeyUnavailable as error:
        if error.code in {"key_pin_wrong", "key_pin_locked"}:
            _refused_pins[key] = error.code
        raise


@contextmanager
def _session(
    reference: TokenReference, _place: KeyPlace, *, pin: str = "", rw: bool = False
) -> Iterator[Any]:
    """One conversation with the token; every failure of it is a KeyUnavailable."""
    where = reference.text()
    with _lock:
        try:
            token = _token(reference)
            with token.open(rw=rw, **({"user_pin": pin} if pin else {})) as session:
                yield session
        except pkcs11.PinLocked as error:
            raise KeyUnavailable("key_pin_locked", where) from error
        except _WRONG_PIN as error:
            raise KeyUnavailable("key_pin_wrong", where) from error
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
            reason = type(error).__name__
            raise KeyUnavailable("key_token_failed", where, reason=reason) from error


def _token(reference: TokenReference) -> Any:
    where = reference.text()
    try:
        tokens = list(_library(reference.module).get_tokens())
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
        raise KeyUnavailable("key_token_absent", where) from error
    wanted = {
        "label": reference.token,
        "manufacturer_id": reference.manufacturer,
        "model": reference.model,
    }
    fitting = [
        token
        for token in tokens
        if all(v is None or getattr(token, n).strip() == v for n, v in wanted.items())
        and reference.serial in {None, token.serial.decode(errors="replace").strip()}
    ]
    if len(fitting) != 1:
        raise KeyUnavailable("key_token_absent", where)
    return fitting[0]


def _library(module: str) -> Any:
    """The token's library, opened anew in a process that was forked since."""
    global _process  # noqa: PLW0603 (a library belongs to one process)
    library = pkcs11.lib(module)
    if _process != os.getpid():
        _process = os.getpid()
        with contextlib.suppress(pkcs11.PKCS11Error):
            library.reinitialize()
    return library


def _object(session: Any, reference: TokenReference, kind: ObjectClass) -> Any:
    found = _find(session, reference, kind)
    if len(found) != 1:
        raise KeyUnavailable("key_token_lacks", reference.text())
    return found[0]


def _find(session: Any, reference: TokenReference, kind: ObjectClass) -> list[Any]:
    wanted: Template = {Attribute.CLASS: kind}
    if reference.object is not None:
        wanted[Attribute.LABEL] = reference.object
    if reference.id is not None:
        wanted[Attribute.ID] = reference.id
    return list(session.get_objects(wanted))


def _pin(reference: TokenReference, place: KeyPlace) -> str:
    pin = place.pin
    if reference.pin_source is not None:
        path = Path(reference.pin_source.removeprefix("file:").removeprefix("//"))
        try:
            pin = path.read_text("utf-8").strip()
        except (OSError, UnicodeError):
            pin = None
    if not pin:
        raise KeyUnavailable("key_pin_missing", reference.text())
    return pin
