"""Where the private halves of a home's own keys lie, role by role.

`keys/sources.json` lists the references that are in use; while a key is replaced both
the old and the new one are there. A setting (`CUSTODY_LOG_KEY` …) names one more, and
comes first. Which of them signs what is decided by the public keys, never by order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

from intake.errors import Refused, SettingsError
from intake.key_files import (
    create_file_signer,
    destroy_file,
    load_file_signer,
)
from intake.key_reference import (
    AgentReference,
    FileReference,
    KeyPlace,
    Reference,
    TokenReference,
    parse_reference,
)
from intake.settings import Settings
from integrity.errors import MalformedError, SigningRefused, StoreUnavailable
from integrity.keys import Signer
from integrity.policy import Role
from integrity.store.durable import write_durably

if TYPE_CHECKING:
    from pkcs11 import KeyType

RECORD = "sources.json"
OWN_ROLES = (Role.LOG, Role.STATEMENT, Role.PDF)
FIRST_FILES = {
    Role.LOG: "log.key",
    Role.STATEMENT: "statement.key",
    Role.PDF: "pdf.pem",
}
MAX_RECORD_BYTES = 64 * 1024
MAX_REFERENCES = 8  # two while a key is replaced; more only after many crashes


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A reference, and the signer it leads to or the reason why it does not."""

    reference: str
    signer: Signer | None
    fault: SigningRefused | StoreUnavailable | MalformedError | None = None


def key_place(settings: Settings) -> KeyPlace:
    """How the keys of a home are reached."""
    secret = settings.key_passphrase
    return KeyPlace(
        settings.home / "keys",
        secret.encode() if secret else None,
        settings.key_pin or None,
    )


class KeySources:
    """The references of one home."""

    def __init__(self, settings: Settings) -> None:
        self.place = key_place(settings)
        self._settings = {
            Role.LOG: settings.log_key,
            Role.STATEMENT: settings.statement_key,
            Role.PDF: settings.pdf_key,
        }

    def references(self, role: Role) -> tuple[str, ...]:
        """Every reference that may lead to a key of `role`, the setting's first.

        Raises:
            SettingsError: `sources.json` is damaged.
        """
        named = self._settings[role]
        first = (named,) if named else ()
        return tuple(dict.fromkeys((*first, *self._record()[role])))

    def preferred(self, role: Role) -> str:
        """The reference under which a first key is made."""
        return self.references(role)[0]

    def find(self, role: Role, name: str) -> Iterator[FoundKey]:
        """What each reference of an Ed25519 role leads to."""
        for reference in self.references(role):
            try:
                signer = open_signer(parse_reference(reference), self.place, name)
            except (SigningRefused, StoreUnavailable, MalformedError) as fault:
                yield FoundKey(reference, None, fault)
            else:
                yield FoundKey(reference, signer)

    def begin(self, role: Role, reference: str) -> None:
        """Remember the reference of a first key, and no other."""
        self._save(self._record() | {role: (reference,)})

    def add(self, role: Role, reference: str) -> None:
        """Remember one more reference.

        Raises:
            Refused: there are MAX_REFERENCES; one more could not be read again.
        """
        record = self._record()
        if reference not in record[role]:
            if len(record[role]) >= MAX_REFERENCES:
                reason = f"{RECORD} names {MAX_REFERENCES} places of this key already"
                raise Refused("key_change", reason=reason)
            record[role] = (*record[role], reference)
            self._save(record)

    def drop(self, role: Role, reference: str) -> None:
        """Forget a reference."""
        record = self._record()
        kept = tuple(one for one in record[role] if one != reference)
        if kept != record[role]:
            record[role] = kept
            self._save(record)

    def new_file(self, role: Role) -> str:
        """A file reference that no key of this role has had in this folder."""
        stem, dot, suffix = FIRST_FILES[role].partition(".")
        used = set(self.references(role))
        number = 2
        while (
            f"file:{stem}-{number}{dot}{suffix}" in used
            or (self.place.folder / f"{stem}-{number}{dot}{suffix}").exists()
        ):
            number += 1
        return f"file:{stem}-{number}{dot}{suffix}"

    def _record(self) -> dict[Role, tuple[str, ...]]:
        path = self.place.folder / RECORD
        if not path.exists():
            # A home of before this file was written, or one that is just begun.
            return {role: (f"file:{FIRST_FILES[role]}",) for role in OWN_ROLES}
        try:
            claimed = json.loads(path.read_bytes()[:MAX_RECORD_BYTES])
            return {role: _texts(claimed[role.value]) for role in OWN_ROLES}
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise SettingsError("home_damaged", path=str(path)) from error

    def _save(self, record: dict[Role, tuple[str, ...]]) -> None:
        content = {role.value: list(texts) for role, texts in record.items()}
        data = json.dumps(content, indent=1).encode()
        write_durably(self.place.folder / RECORD, [data], mode=0o600)


def open_signer(reference: Reference, place: KeyPlace, name: str) -> Signer:
    """The signer called `name` whose private key lies at `reference`.

    Raises:
        KeyUnavailable: it cannot be reached now.
        SigningRefused, StoreUnavailable, MalformedError: as of key files.
    """
    if isinstance(reference, FileReference):
        return load_file_signer(reference.within(place.folder), name, place.passphrase)
    if isinstance(reference, AgentReference):
        from intake.key_agent import AgentSigner  # noqa: PLC0415 (slow to import)

        return AgentSigner(reference, name)
    from intake.key_token import TokenSigner  # noqa: PLC0415 (needed by few homes)

    return TokenSigner(reference, place, name)


def create_signer(reference: Reference, place: KeyPlace, name: str) -> Signer:
    """The signer at `reference`, its key made there unless there is one.

    A key in an agent is made by its holder and only looked up here.

    Raises:
        KeyUnavailable, SigningRefused, StoreUnavailable: it cannot be made.
    """
    if isinstance(reference, FileReference):
        path = reference.within(place.folder)
        if path.exists():
            return load_file_signer(path, name, place.passphrase)
        return create_file_signer(path, name, place.passphrase)
    if isinstance(reference, TokenReference):
        create_in_token(reference, place, _edwards())
    return open_signer(reference, place, name)


def open_p256(reference: TokenReference, place: KeyPlace) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of a token."""
    from intake.key_token import TokenP256Key  # noqa: PLC0415 (needed by few homes)

    return TokenP256Key(reference, place)


def create_p256(
    reference: TokenReference, place: KeyPlace
) -> ec.EllipticCurvePrivateKey:
    """The P-256 key of a token, made there unless there is one."""
    from pkcs11 import KeyType  # noqa: PLC0415 (needed by few homes)

    create_in_token(reference, place, KeyType.EC)
    return open_p256(reference, place)


def create_in_token(
    reference: TokenReference, place: KeyPlace, key_type: KeyType
) -> None:
    """Make a key pair in a token, unless there is one of that name."""
    from intake.key_token import create_token_key  # noqa: PLC0415 (as above)

    create_token_key(reference, place, key_type)


def destroy_private_key(reference: Reference, place: KeyPlace) -> bool:
    """Destroy a private key; False where only its holder can (ssh-agent).

    Raises:
        KeyUnavailable: the token cannot be reached.
        StoreUnavailable: the file cannot be removed.
    """
    if isinstance(reference, AgentReference):
        return False
    if isinstance(reference, TokenReference):
        from intake.key_token import destroy_token_key  # noqa: PLC0415 (as above)

        destroy_token_key(reference, place)
        return True
    try:
        destroy_file(reference.within(place.folder))
    except OSError as error:
        reason = error.strerror or "error"
        raise StoreUnavailable(reference.text(), reason) from error
    return True


def _edwards() -> KeyType:
    from pkcs11 import KeyType  # noqa: PLC0415 (needed by few homes)

    return KeyType.EC_EDWARDS


def _texts(claimed: object) -> tuple[str, ...]:
    if not isinstance(claimed, list) or len(claimed) > MAX_REFERENCES:
        raise ValueError
    if not all(isinstance(text, str) for text in claimed):
        raise TypeError
    return tuple(claimed)
