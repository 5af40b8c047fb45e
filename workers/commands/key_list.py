"""`custody keys list`: what counts for what, and where the private halves are."""

from __future__ import annotations

from typing import Any

import click

from intake.key_reference import parse_reference
from intake.key_sources import OWN_ROLES
from intake.services import Services
from integrity.canonical import time_text
from integrity.errors import CustodyError
from integrity.keys import key_id
from integrity.policy import Role, TrustedKey, TrustEntry
from integrity.store.log_keys import history
from receipts.closed_keys import public_half
from receipts.key_settling import founding_certificate, home_keys
from workers.commands.output import emit, json_option, services

ABSENT = "absent"


@click.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Public keys, where private halves lie, and the fingerprint on every paper."""
    home = services(complete=False)
    trusted = home.log.keys.trusted
    places = _places(home)
    for entry in trusted.entries:
        record = _record(entry, places)
        emit(record, _line(record), as_json=as_json)
    if not any(entry.role is Role.PDF for entry in trusted.entries):
        record = _first_certificate(home, places)
        emit(record, _line(record), as_json=as_json)
    for fingerprint, leaf in _earlier(home):
        record = {"earlier_fingerprint": fingerprint, "until_leaf": leaf}
        emit(record, f"earlier {fingerprint}  until leaf {leaf}", as_json=as_json)
    fingerprint = trusted.fingerprint()
    emit({"fingerprint": fingerprint}, f"fingerprint {fingerprint}", as_json=as_json)


def _record(entry: TrustEntry, places: dict[tuple[Role, str], str]) -> dict[str, Any]:
    own = entry.role in OWN_ROLES
    public = (
        entry.key.public_key.hex() if isinstance(entry, TrustedKey) else entry.what()
    )
    place = places.get((entry.role, public), ABSENT) if own else None
    return {
        "role": entry.role.value,
        "id": _id(entry),
        "key": entry.what(),
        "from_size": entry.from_size,
        "to_size": entry.to_size,
        "from_time": time_text(entry.from_time),
        "to_time": None if entry.to_time is None else time_text(entry.to_time),
        "place": place,
    }


def _first_certificate(
    home: Services, places: dict[tuple[Role, str], str]
) -> dict[str, Any]:
    """The certificate of a log begun before the list named certificates."""
    named = founding_certificate(home) or ""
    what = f"sha256:{named}"
    return {
        "role": Role.PDF.value, "id": named, "key": what,
        "from_size": 0, "to_size": None, "from_time": None, "to_time": None,
        "place": places.get((Role.PDF, what), ABSENT),
    }  # fmt: skip


def _line(record: dict[str, Any]) -> str:
    sizes = f"{record['from_size']}–{'' if (e := record['to_size']) is None else e}"
    words = [record["role"], record["key"], sizes, record["from_time"] or ""]
    if record["to_time"]:
        words.append(f"until {record['to_time']}")
    if record["place"]:
        words.append(f"[{record['place']}]")
    return "  ".join(word for word in words if word)


def _id(entry: TrustEntry) -> str:
    if isinstance(entry, TrustedKey):
        return key_id(entry.key.public_key)
    return entry.what().removeprefix("sha256:")


def _places(home: Services) -> dict[tuple[Role, str], str]:
    """Role and public half -> reference, of every private key that can be reached."""
    keys = home_keys(home)
    found: dict[tuple[Role, str], str] = {}
    for role in OWN_ROLES:
        for text in keys.sources.references(role):
            public = public_half(keys.sources, role, parse_reference(text), keys.origin)
            if public is not None:
                found[role, public] = text
    return found


def _earlier(home: Services) -> list[tuple[str, int]]:
    """Fingerprints that papers of before a change name, and the leaf of the change."""
    try:
        with home.log.session() as session:
            found = history(session)
    except CustodyError:
        return []
    ends = [leaf - 1 for _, leaf in found[1:]]
    fingerprints = [trusted.fingerprint() for trusted, _ in found]
    return list(zip(fingerprints, ends, strict=False))
