"""A key of the firm's own for a line to come: made, or found unused, before the event.

A crash after that leaves a key that signs nothing and that the next try takes.
"""

from __future__ import annotations

from dataclasses import replace

from intake.errors import Refused
from intake.key_reference import (
    AgentReference,
    FileReference,
    Reference,
    TokenReference,
    parse_reference,
)
from intake.key_sources import create_signer
from intake.services import Services, now
from integrity.keys import Signer
from integrity.note import VerifierKey
from integrity.policy import Role, TrustedKeys
from receipts.closed_keys import public_half
from receipts.key_settling import founding_certificate, home_keys
from receipts.pdf_key import certificate_sha256, make_pdf_key


def new_line(services: Services, role: Role, to: str = "", name: str = "") -> str:
    """Second field of the line for a key of `role` that is made, or found, now.

    Args:
        services: the home.
        role: log, statement or pdf.
        to: where it shall lie; "" for beside the present one.
        name: of a key that begins another log; "" for the name that its role has.

    Raises:
        Refused: the key is or was in use, or must be named.
        KeyUnavailable, SigningRefused, StoreUnavailable: it could not be made.
    """
    keys = home_keys(services)
    text = to or _unused(services, role) or _beside(services, role)
    if role is Role.PDF:
        what = _new_certificate(services, text)
    else:
        what = _new_vkey(services, role, text, name or _name(keys.trusted, role))
    keys.sources.add(role, text)
    keys.replace_trusted(keys.trusted, keys.all_signers())
    return what


def _new_certificate(services: Services, text: str) -> str:
    place, firm = home_keys(services).sources.place, services.settings.firm_name
    made = make_pdf_key(parse_reference(text), place, firm, now())
    what = f"sha256:{certificate_sha256(made)}"
    if what in _listed(services, Role.PDF):
        raise Refused("key_change", reason=f"{text} is or was in use")
    return what


def _new_vkey(services: Services, role: Role, text: str, name: str) -> str:
    signer = _made_signer(parse_reference(text), services, role, name)
    known = home_keys(services).trusted.keys()
    if signer.public_key in {entry.key.public_key for entry in known}:
        raise Refused("key_change", reason=f"{text} is or was in use")
    return VerifierKey.ed25519(name, signer.public_key).text()


def _made_signer(
    reference: Reference, services: Services, role: Role, name: str
) -> Signer:
    place = home_keys(services).sources.place
    try:
        return create_signer(reference, place, name)
    except FileExistsError as error:
        reason = f"{reference.text()} exists for {role.value}"
        raise Refused("key_change", reason=reason) from error


def _name(trusted: TrustedKeys, role: Role) -> str:
    """What the newest key of a role is called; a log's by the newest log."""
    if role is Role.LOG:
        return trusted.origins()[-1].name
    return trusted.keys(role)[-1].key.name


def _unused(services: Services, role: Role) -> str:
    """A reference whose key is in no line yet: left by a change that did not happen."""
    keys = home_keys(services)
    listed = _listed(services, role)
    for text in keys.sources.references(role):
        found = public_half(keys.sources, role, parse_reference(text), keys.origin)
        if found is not None and found not in listed:
            return text
    return ""


def _listed(services: Services, role: Role) -> set[str]:
    """Public halves in the lines of `role`, in the form of `public_half`."""
    trusted = home_keys(services).trusted
    if role is not Role.PDF:
        # By the key alone: it is called otherwise in another log.
        return {entry.key.public_key.hex() for entry in trusted.keys(role)}
    lines = {entry.what() for entry in trusted.entries if entry.role is role}
    return lines | {f"sha256:{founding_certificate(services)}"}


def _beside(services: Services, role: Role) -> str:
    """A new place of the same kind as the present one."""
    sources = home_keys(services).sources
    present = parse_reference(sources.references(role)[-1])
    if isinstance(present, FileReference):
        return sources.new_file(role)
    if isinstance(present, TokenReference) and present.object is not None:
        stem, dash, number = present.object.rpartition("-")
        known = dash and number.isdecimal()
        stem, count = (stem, int(number)) if known else (present.object, 1)
        return replace(present, object=f"{stem}-{count + 1}", id=None).text()
    wanted = "a new key, named with --to"
    if isinstance(present, AgentReference):
        wanted = "a new key of the agent, named with --to (ssh-add -l)"
    raise Refused("key_reference", reference=present.text(), wanted=wanted)
