"""What follows a published change of keys: files brought up to the log's own word.

The order: the list of public keys in both stores, then in the home, then the private
halves of closed keys are destroyed. Each step may be done again; the next start does
whatever a crash left undone. A closed key is destroyed only when a published checkpoint
has passed the last size that it may sign.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import structlog

from intake.key_files import LEFT_OVER, destroy_file
from intake.key_reference import (
    AgentReference,
    FileReference,
    Reference,
    parse_reference,
)
from intake.key_sources import OWN_ROLES, KeySources, destroy_private_key, open_signer
from intake.keyring import TRUST, HomeKeys, save_trust
from intake.services import Services
from integrity.checkpoint import claimed_checkpoint
from integrity.envelope import parse_envelope
from integrity.errors import (
    IntegrityError,
    MalformedError,
    SigningRefused,
    StoreConflict,
    StoreUnavailable,
    VerificationError,
)
from integrity.key_history import KEYS_CHANGED, check_history, stages
from integrity.policy import CertificateEntry, Role, TrustedKey, TrustedKeys
from integrity.statement import Event, event_of, open_statement
from integrity.store import sql_log
from integrity.store.blobs import (
    KEYS,
    STATEMENTS,
    leaf_of,
    read_object,
    read_optional,
)
from integrity.store.erasure import verified_event
from integrity.store.objects import ObjectStore
from receipts.pdf_key import (
    PdfKey,
    certificate_sha256,
    find_pdf_key,
    open_pdf_key,
)

log = structlog.get_logger()


def home_keys(services: Services) -> HomeKeys:
    """The keys of an opened home."""
    keys = services.log.keys
    if not isinstance(keys, HomeKeys):
        raise TypeError("these services were not opened from a home")
    return keys


def settle_keys(services: Services) -> tuple[str, ...]:
    """Bring stores and home up to the newest change; returns the destroyed keys.

    Raises:
        VerificationError: the list in the home is not the one of its log.
        StoreUnavailable, StoreIdentityError: a store could not be written; call it
            again, or start again.
    """
    keys = home_keys(services)
    with services.log.session() as session:
        keys.current(session)
        change = sql_log.state(session).key_change
    size = _published(services)
    if change is None:
        _require_founding(services, keys.trusted)
    elif change >= size:
        return ()  # nobody was told of this change yet
    wanted = keys.trusted.serialise()
    for store in services.log.stores:
        _replace_list(store, wanted)
    folder = keys.sources.place.folder
    if (folder / TRUST).read_bytes() != wanted:
        save_trust(folder, wanted)
    destroyed = tuple(_destroy_closed(keys.sources, keys, size))
    for left in folder.glob(f"{LEFT_OVER}*"):
        destroy_file(left)
    return destroyed


def newest_list(source: ObjectStore, trusted: TrustedKeys) -> TrustedKeys:
    """The list to which the statements in a store lead from `trusted`.

    A crash between a change and the list may have left an older list in a copy. Each
    change is verified by the keys before it; that they are in a tree that a log key
    signed is for the caller to check, with the list that this returns.

    Raises:
        MalformedError, VerificationError: the changes do not follow from leaf 0, or
            `trusted` is none of the lists on the way.
    """
    changes: list[tuple[int, Event]] = []
    envelopes: dict[int, bytes] = {}
    founding: Event | None = None
    for name in source.names(STATEMENTS):
        envelope, leaf = read_object(source, name), leaf_of(name)
        event = event_of(parse_envelope(envelope).payload)
        founding = event if leaf == 0 else founding
        if event.kind == KEYS_CHANGED:
            changes.append((leaf, event))
            envelopes[leaf] = envelope
    if founding is None:
        raise MalformedError("second copy", "statement 0 is missing")
    found = stages(founding, changes)
    for stage, (leaf, _) in zip(found, changes, strict=False):
        verified_event(envelopes[leaf], stage.trust, leaf)
    if trusted not in [stage.trust for stage in found]:
        raise VerificationError("key history", "the list is not of this log")
    return found[-1].trust


def follow_quietly(services: Services) -> None:
    """Follow the log for looking only; what does not fit is for fsck to say."""
    with contextlib.suppress(IntegrityError), services.log.session() as session:
        home_keys(services).current(session)


def current_pdf_key(services: Services, certificate: str = "") -> PdfKey:
    """The key that seals papers now, or the one with this certificate.

    Raises:
        KeyUnavailable, SigningRefused, StoreUnavailable, MalformedError: it cannot
            be used; nothing can be sealed.
    """
    keys = home_keys(services)
    if certificate:
        return find_pdf_key(keys.sources, {certificate})
    with services.log.session() as session:
        trusted = keys.current(session)
        size = sql_log.size(session)
    return find_pdf_key(
        keys.sources, trusted.pdf_certificates(size, founding_certificate(services))
    )


def founding_certificate(services: Services) -> str | None:
    """Hex SHA-256 of the certificate that leaf 0 names."""
    with services.log.session() as session:
        envelope = sql_log.statement(session, 0)
    facts = open_statement(envelope, services.log.keys.trusted.statement_keys(0)).facts
    stated = facts.get("keys")
    named = stated.get("pdf_certificate_sha256") if isinstance(stated, dict) else None
    return named if isinstance(named, str) else None


def _require_founding(services: Services, trusted: TrustedKeys) -> None:
    """Without a change the list is that of leaf 0; changes bring their own check."""
    with services.log.session() as session:
        envelope = sql_log.statement(session, 0)
    founding = event_of(parse_envelope(envelope).payload)
    check_history(trusted.serialise(), founding, [])


def _replace_list(store: ObjectStore, wanted: bytes) -> None:
    before = read_optional(store, KEYS)
    if before == wanted:
        return
    try:
        store.swap(KEYS, before, wanted)
    except StoreConflict:
        # Another process was faster; the same bytes are as good as our own.
        if read_optional(store, KEYS) != wanted:
            raise


def _published(services: Services) -> int:
    note = services.log.checkpoint()
    return claimed_checkpoint(note).size if note else 0


def _destroy_closed(sources: KeySources, keys: HomeKeys, size: int) -> Iterator[str]:
    """Destroy every private key whose line ended before `size`."""
    for role in OWN_ROLES:
        references = sources.references(role)
        # One key is the one in use; to look at it here would open it once more.
        for text in references if len(references) > 1 else ():
            reference = parse_reference(text)
            public = public_half(sources, role, reference, keys.origin)
            if public is None or not _is_over(keys.trusted, role, public, size):
                continue
            try:
                gone = destroy_private_key(reference, sources.place)
            except (SigningRefused, StoreUnavailable) as error:
                # The next start tries again; the key counts no more in any case.
                log.warning("key.not_destroyed", role=role.value, code=error.code)
                continue
            sources.drop(role, text)
            if gone:
                yield text


def public_half(
    sources: KeySources, role: Role, reference: Reference, origin: str
) -> str | None:
    """Hex public key, or `sha256:` and the certificate's digest; None: unreadable."""
    if isinstance(reference, FileReference):
        path = reference.within(sources.place.folder)
        if not path.exists():
            return None
    if role is Role.PDF and isinstance(reference, AgentReference):
        return None
    try:
        if role is Role.PDF:
            key = open_pdf_key(reference, sources.place)
            return f"sha256:{certificate_sha256(key)}"
        signer = open_signer(reference, sources.place, origin)
    except (SigningRefused, StoreUnavailable, MalformedError):
        return None
    return signer.public_key.hex()


def _is_over(trusted: TrustedKeys, role: Role, public: str, size: int) -> bool:
    """Whether the key can sign nothing any more: ended, and that size is passed."""
    for entry in trusted.entries:
        if isinstance(entry, TrustedKey):
            found = entry.key.public_key.hex()
        elif isinstance(entry, CertificateEntry):
            found = entry.what()
        else:
            continue
        if entry.role is role and found == public:
            return entry.to_size is not None and size >= entry.to_size
    if role is Role.PDF:
        # The first certificate of an old log has no line; any line ends its time.
        begins = [
            e.from_size for e in trusted.entries if isinstance(e, CertificateEntry)
        ]
        return bool(begins) and size >= min(begins)
    return False
