"""Open a home: keys, stores, database and log, in the order that fails safely.

The only place where the parts are put together; web, workers and the command line
call it once and pass the result on.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine, inspect, text

from intake.errors import SettingsError
from intake.evidence_types import SHIPPED, EvidenceTypes
from intake.key_reference import KeyUnavailable, parse_reference
from intake.key_sources import KeySources
from intake.keyring import (
    TRUST,
    HomeIdentity,
    HomeKeys,
    home_identity,
    make_private_folder,
    open_keys,
)
from intake.queue import RqQueue
from intake.services import SYSTEM, Services, now
from intake.settings import Settings
from integrity.errors import SigningRefused
from integrity.policy import Role
from integrity.store import sql_log
from integrity.store.blobs import CHECKPOINT, KEYS, STATEMENTS, TwinStores
from integrity.store.continuing import follow
from integrity.store.custody_log import CustodyLog, KeysAbsent
from integrity.store.db import connect, translated
from integrity.store.durable import write_durably
from integrity.store.objects import FolderStore, folder_of
from receipts.key_settling import current_pdf_key, follow_quietly, settle_keys
from receipts.pdf_key import certificate_sha256, create_pdf_key, make_pdf_key
from receipts.projection import project

log = structlog.get_logger()

# Files in the home: its first start is over; a restore into it is not.
BEGUN = "stores-ready"
RESTORING = "restoring"
READING_COPY = "reading-copy.json"  # of an imported bundle: it continues no log
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
NEWEST_SCHEMA = "0004"  # a test compares it with the newest migration


def open_services(settings: Settings, *, complete: bool = True) -> Services:
    """Open the home of `settings`, setting up what a first start needs.

    Completes what a crash left unpublished, through the normal path. With
    `complete=False` nothing is signed: for looking, and for fsck, which must be able
    to look at a home that would refuse to sign.

    Raises:
        SettingsError, StoreIdentityError, StoreUnavailable, SigningRefused: the
            home cannot be opened; nothing was changed that was there before.
    """
    with _set_up_lock(settings.home):
        if (settings.home / RESTORING).exists():
            raise SettingsError("restore_unfinished", home=str(settings.home))
        if (settings.home / READING_COPY).exists():
            raise SettingsError("reading_copy", home=str(settings.home))
        create = not (settings.home / BEGUN).exists()
        identity = home_identity(settings.home, create=create)
        keys = _open_keys(settings, identity, create=create)
        stores = open_stores(settings, identity, create=create)
        engine = connect(settings.database_url)
        upgrade(engine)
        services = Services(
            settings=settings,
            log=CustodyLog(
                engine, stores, keys, project, now, settings.home / "publish.lock"
            ),
            types=EvidenceTypes.load(_types_file(settings)),
            queue=RqQueue(settings.redis_url),
        )
        if complete:
            _begin_or_complete(services, keys)
        else:
            follow_quietly(services)
    return services


def _open_keys(settings: Settings, identity: HomeIdentity, *, create: bool) -> HomeKeys:
    """The keys; at the first start the PDF key is first, because the list names it."""
    sources, certificate = KeySources(settings), ""
    if create and not (sources.place.folder / TRUST).exists():
        make_private_folder(sources.place.folder)
        reference = sources.preferred(Role.PDF)
        made = make_pdf_key(
            parse_reference(reference), sources.place, settings.firm_name, now()
        )
        sources.begin(Role.PDF, reference)
        certificate = certificate_sha256(made)
    return open_keys(
        sources, identity.origin, now(), create=create, certificate=certificate
    )


def open_stores(
    settings: Settings, identity: HomeIdentity, *, create: bool
) -> TwinStores:
    """Both stores; the folders are set up at the first start and never again."""
    places = (
        ("first", settings.store_url, identity.first_store),
        ("second", settings.second_store_url, identity.second_store),
    )
    opened = []
    for place, url, store in places:
        root = folder_of(url)
        if create:
            opened.append(FolderStore.create(root, place, store))
        else:
            opened.append(FolderStore(root, place, store))
            opened[-1].check_identity()
    # From here on something missing is missing, and not a first start.
    (settings.home / BEGUN).touch()
    return TwinStores(*opened)


def on_one_disk(settings: Settings) -> bool:
    """Whether one broken disk would take both copies."""
    roots = (folder_of(settings.store_url), folder_of(settings.second_store_url))
    return len({root.stat().st_dev for root in roots}) == 1


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest schema; nothing happens if it is there."""
    with translated(), engine.connect() as connection:
        if _schema(connection) != NEWEST_SCHEMA:
            _migrate(connection)
            connection.commit()


def _schema(connection: Connection) -> str | None:
    """The revision of the schema, as Alembic writes it down; None in a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _migrate(connection: Connection) -> None:
    # Slow to import, and the schema is the newest nearly always.
    from alembic import command  # noqa: PLC0415 (as above)
    from alembic.config import Config  # noqa: PLC0415 (as above)

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _begin_or_complete(services: Services, keys: HomeKeys) -> None:
    log = services.log
    with log.session() as session:
        empty = sql_log.size(session) == 0
        follow(session, log.stores.second, keys, sql_log.state(session))
    if keys.log is None or keys.statement is None:
        if not empty:
            settle_keys(services)
        return  # private keys absent or out of reach: everything but signing works
    if not empty:
        _publish_if_signed(services)
        settle_keys(services)
        _require_known_certificate(services)
        return
    if log.stores.second.exists(CHECKPOINT) or any(log.stores.second.names(STATEMENTS)):
        raise SigningRefused("the second store holds a log and the database is empty")
    for store in log.stores:
        store.put(KEYS, [keys.trusted.serialise()])
    signing = keys.trusted.keys(Role.LOG, Role.STATEMENT)
    facts = {
        "firm": services.settings.firm_name,
        "origin": keys.origin,
        "keys": {
            **{entry.role.value: entry.key.text() for entry in signing},
            "pdf_certificate_sha256": _first_certificate(services, keys),
        },
    }
    with log.transaction() as tx:
        tx.record("firm.initialised", SYSTEM, facts)


def _publish_if_signed(services: Services) -> None:
    """Publish what is committed; it waits where the key for its size is not here."""
    try:
        services.log.publish()
    except (KeysAbsent, KeyUnavailable) as error:
        log.warning("log.not_published", code=error.code, reason=error.reason)


def _first_certificate(services: Services, keys: HomeKeys) -> str:
    """The certificate that the list names; one of before it did is made here."""
    named = keys.trusted.pdf_certificates(0)
    if named:
        return min(named)
    folder = keys.sources.place.folder
    return certificate_sha256(
        create_pdf_key(folder, services.settings.firm_name, now())
    )


def _require_known_certificate(services: Services) -> None:
    """A home put together from parts must not seal with a key the log never named."""
    try:
        current_pdf_key(services)
    except KeyUnavailable as error:
        if error.code == "key_other":
            reason = f"{error.facts['where']} is not the key that the log names"
            raise SettingsError("key_file", reason=reason) from error
    # Otherwise all but sealing works, and sealing says what is missing.


def _types_file(settings: Settings) -> Path:
    """The firm's own list of evidence types; begun as a copy of the shipped one."""
    path = Path(settings.evidence_types)
    if not path.exists() and path.parent == settings.home:
        write_durably(path, [SHIPPED.read_bytes()], mode=0o644)
    return path


@contextmanager
def _set_up_lock(home: Path) -> Iterator[None]:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (home / "set-up.lock").open("ab")
    except OSError as error:
        reason = error.strerror or "error"
        raise SettingsError("home_unusable", home=str(home), reason=reason) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
