"""`custody keys`: the firm's own keys; persons, rules and witnesses beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from intake.key_files import encrypt_file
from intake.key_reference import FileReference, parse_reference
from intake.key_sources import OWN_ROLES
from integrity.policy import Role
from integrity.vkey import parse_vkey
from receipts.key_changes import plan_compromise, plan_next_log, plan_rotation
from receipts.key_settling import home_keys
from receipts.next_log import announced_by
from workers.commands.key_list import list_
from workers.commands.keys_people import person
from workers.commands.keys_rules import rule, witness
from workers.commands.keys_signing import change, signed, tell_next_log
from workers.commands.output import emit, json_option, services
from workers.person_key import new_passphrase

OWN = [role.value for role in OWN_ROLES]
_NOTE = click.option("--note", default="", help="Why; it goes into the log.")
_TO = click.option(
    "--to", default="", metavar="REF",
    help="Where the new key lies: file:…, agent:SHA256:… or pkcs11:…",
)  # fmt: skip


@click.group()
def keys() -> None:
    """The firm's keys 密钥."""


for _command in (list_, person, rule, witness):
    keys.add_command(_command)


@keys.command()
@click.argument("role", type=click.Choice(OWN))
@_TO
@_NOTE
@signed
def rotate(
    role: str,
    to: str,
    note: str,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """Replace the key of ROLE by a new one; the old private half is destroyed."""
    home = services()
    plan = plan_rotation(home, Role(role), to, note)
    change(home, plan, f"{role} key", key_files, passphrase_files, as_json=as_json)


@keys.command("next-log")
@click.argument("name", default="", metavar="[NAME]")
@_TO
@_NOTE
@signed
def next_log(
    name: str,
    to: str,
    note: str,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """Close the log and go on in the next one, NAME: by default the year.

    Events keep their numbers. The log has a new key; the private half of the old one
    is destroyed when the closed log's last checkpoint lies in both stores.
    """
    home = services()
    before = home.log.keys.trusted
    plan = plan_next_log(home, name, to, note)
    ((_, line),) = plan.opens
    subject = f"log {parse_vkey(line).name}"
    change(home, plan, subject, key_files, passphrase_files, as_json=as_json)
    if not as_json:
        tell_next_log(announced_by(before, home.log.keys.trusted))


@keys.command()
@click.argument("role", type=click.Choice([*OWN, "person", "witness"]))
@click.argument("keyid", metavar="KEYID")
@click.option(
    "--since", type=click.IntRange(min=0), required=True, metavar="SIZE",
    help="Size of the log from which on the key is not believed.",
)  # fmt: skip
@_TO
@_NOTE
@signed
def compromised(
    role: str,
    keyid: str,
    since: int,
    to: str,
    note: str,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """A key may be in other hands: it ends at an earlier size, and is replaced."""
    home = services()
    plan = plan_compromise(home, Role(role), keyid, since, to, note)
    change(home, plan, f"{role} key", key_files, passphrase_files, as_json=as_json)


@keys.command()
@click.option(
    "--passphrase-file", type=click.Path(path_type=Path), metavar="FILE",
    help="First line: the passphrase. By default the setting, or it is asked for.",
)  # fmt: skip
@json_option
def encrypt(passphrase_file: Path | None, as_json: bool) -> None:
    """Encrypt the private key files of this home."""
    sources = home_keys(services(complete=False)).sources
    secret = sources.place.passphrase
    if passphrase_file is not None or secret is None:
        secret = new_passphrase("keys", passphrase_file)
    if sources.place.passphrase not in {None, secret}:
        raise click.UsageError("the setting holds another passphrase")
    for text in [text for role in OWN_ROLES for text in sources.references(role)]:
        reference = parse_reference(text)
        if not isinstance(reference, FileReference):
            continue
        path = reference.within(sources.place.folder)
        if path.exists():
            done = encrypt_file(path, secret)
            word = "encrypted" if done else "was encrypted"
            record = {"reference": text, "encrypted": done}
            emit(record, f"{text}  {word}", as_json=as_json)
    if sources.place.passphrase is None:
        hint = "请设置 CUSTODY_KEY_PASSPHRASE_FILE，否则下次启动后不能签署。"
        click.echo(f"{hint} (Set it, or the next start cannot sign.)", err=True)
