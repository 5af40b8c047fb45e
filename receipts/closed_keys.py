"""Private halves that are needed no more: which they are, and destroying them.

A log key may sign up to the size at which its line ends, and of a closed log the last
checkpoint must be in both stores before nobody can sign it again.
"""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from intake.key_reference import (
    AgentReference,
    FileReference,
    Reference,
    parse_reference,
)
from intake.key_sources import OWN_ROLES, KeySources, destroy_private_key, open_signer
from intake.keyring import HomeKeys
from intake.services import Services
from integrity.errors import (
    IntegrityError,
    MalformedError,
    SigningRefused,
    StoreUnavailable,
)
from integrity.policy import CertificateEntry, Role, TrustedKey, TrustedKeys
from integrity.store import sql_log
from integrity.store.blobs import CHECKPOINT, frozen_name, read_object
from integrity.store.objects import ObjectStore
from receipts.pdf_key import certificate_sha256, open_pdf_key

log = structlog.get_logger()


def size_passed(services: Services) -> int:
    """The size of which no earlier checkpoint, nor itself, will be signed any more."""
    with services.log.session() as session:
        size = sql_log.state(session).published or 0
    for origin in services.log.keys.trusted.origins():
        end = origin.end
        if end is not None and end <= size and not _frozen_kept(services, end):
            return end - 1
    return size


def _frozen_kept(services: Services, end: int) -> bool:
    """Whether both stores hold the last checkpoint of the log that ends at `end`."""
    return all(_last_in(store, services, end) for store in services.log.stores)


def _last_in(store: ObjectStore, services: Services, end: int) -> bool:
    # Until the next log begins, it is the newest checkpoint there.
    names = frozen_name(end), CHECKPOINT
    notes = [read_object(store, name) for name in names if store.exists(name)]
    keys = services.log.keys
    try:
        covered = [keys.trusted.covered(keys.open_checkpoint(note)) for note in notes]
    except IntegrityError:
        return False
    return covered[:1] == [end]


def destroy_closed(keys: HomeKeys, size: int) -> Iterator[str]:
    """Destroy every private key whose line ended at `size` or before; their places."""
    sources = keys.sources
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
