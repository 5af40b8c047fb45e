"""What follows a published change of keys: files brought up to the log's own word.

The order: the list of public keys in both stores, then in the home, then the private
halves of closed keys are destroyed. Each step may be done again; the next start does
whatever a crash left undone. A closed key is destroyed only when a published checkpoint
has passed the last size that it may sign; the key of a log that was closed, only when
both stores hold the last checkpoint of that log.
"""

from __future__ import annotations

import contextlib

from intake.key_files import LEFT_OVER, destroy_file
from intake.keyring import TRUST, HomeKeys, save_trust
from intake.services import Services
from integrity.envelope import parse_envelope
from integrity.errors import (
    IntegrityError,
    MalformedError,
    StoreConflict,
    VerificationError,
)
from integrity.key_history import KEYS_CHANGED, check_history, stages
from integrity.policy import TrustedKeys
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
from receipts.closed_keys import destroy_closed, size_passed
from receipts.pdf_key import (
    PdfKey,
    find_pdf_key,
)


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
        state = sql_log.state(session)
    change, size = state.key_change, state.published or 0
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
    destroyed = tuple(destroy_closed(keys, size_passed(services)))
    for left in folder.glob(f"{LEFT_OVER}*"):
        destroy_file(left)
    return destroyed


class LaterEnds:
    """Settles the keys again when a checkpoint has passed the end of a line.

    A line may end later than its change was recorded: then nothing else comes by.
    """

    def __init__(self) -> None:
        self._settled: frozenset[int] = frozenset()

    def __call__(self, services: Services) -> None:
        """Settle them if that is so; see `settle_keys`."""
        size, entries = size_passed(services), services.log.keys.trusted.entries
        ends = {entry.to_size for entry in entries if entry.to_size is not None}
        over = frozenset(end for end in ends if end <= size)
        if over != self._settled:
            settle_keys(services)
            self._settled = over


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
