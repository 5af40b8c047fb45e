"""`custody keys person`: keys that persons have and the service does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from intake.errors import Refused
from intake.key_files import create_file_signer
from integrity.keys import key_id
from integrity.note import VerifierKey
from integrity.vkey import parse_vkey
from receipts.key_changes import signatures_needed
from receipts.key_plan import person_added, person_removed
from receipts.person_keys import enrol
from workers.commands.keys_signing import change, show_waiting, signed
from workers.commands.output import console, emit, json_option, services
from workers.person_key import new_passphrase, person_signer


@click.group()
def person() -> None:
    """Keys of persons 本人密钥, which the service does not have."""


@person.command("new")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--login", required=True)
@click.option(
    "--passphrase-file", type=click.Path(path_type=Path), metavar="FILE",
    help="First line: the passphrase. Asked for by default.",
)  # fmt: skip
@json_option
def person_new(
    file: Path, login: str, passphrase_file: Path | None, as_json: bool
) -> None:
    """Make a person's key file, encrypted, and print its public half."""
    secret = new_passphrase(file.name, passphrase_file)
    try:
        signer = create_file_signer(file.absolute(), login, secret)
    except FileExistsError:
        raise Refused("out_exists", path=str(file)) from None
    vkey = VerifierKey.ed25519(login, signer.public_key).text()
    record = {"login": login, "key": vkey, "id": key_id(signer.public_key)}
    emit(record, vkey, as_json=as_json)


@person.command("add")
@click.argument("login")
@click.option("--public", metavar="VKEY", help="The public half, as it was printed.")
@signed
def person_add(
    login: str,
    public: str | None,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """Enrol a person's key; the second person brings the rule of two persons.

    Without --public the first --key is the file of the person who is added.
    """
    home = services()
    if public is None:
        if not key_files:
            raise click.UsageError("give --public or --key")
        public = _public_half(login, key_files[0], passphrase_files[:1])
        key_files, passphrase_files = key_files[1:], passphrase_files[1:]
    plan = person_added(login, public)
    if signatures_needed(home):
        subject = f"person {login}"
        change(home, plan, subject, key_files, passphrase_files, as_json=as_json)
        return
    act = enrol(home, console(), parse_vkey(plan.opens[0][1]))
    if act is not None:
        show_waiting(act, as_json=as_json)
        return
    fingerprint = home.log.keys.trusted.fingerprint()
    record = {"login": login, "key": plan.opens[0][1], "fingerprint": fingerprint}
    emit(record, f"{login}  fingerprint {fingerprint}", as_json=as_json)


@person.command("remove")
@click.argument("login")
@click.option("--id", "keyid", default="", metavar="KEYID", help="Only this key.")
@signed
def person_remove(
    login: str,
    keyid: str,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """End the keys of a person who left, or one lost key."""
    home = services()
    plan = person_removed(home.log.keys.trusted, login, keyid)
    change(home, plan, f"person {login}", key_files, passphrase_files, as_json=as_json)


def _public_half(login: str, file: Path, passphrases: Sequence[Path]) -> str:
    signer = person_signer(login, file, passphrases[0] if passphrases else None)
    return VerifierKey.ed25519(login, signer.public_key).text()
