"""Who signs a change of keys on the command line, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from intake.services import Services
from integrity.keys import Signer
from receipts.key_changes import Changed, change_keys, person_of, signatures_needed
from receipts.key_plan import KeyPlan
from receipts.next_log import NextLog
from receipts.person_keys import propose_plan
from workers.commands.output import console, emit, json_option
from workers.person_key import person_signer

_KEYS = click.option(
    "--key", "key_files", type=click.Path(path_type=Path), metavar="FILE",
    multiple=True,
    help="Key file of a person who agrees; twice where a rule wants two persons.",
)  # fmt: skip
_PASSPHRASES = click.option(
    "--passphrase-file", "passphrase_files", type=click.Path(path_type=Path),
    metavar="FILE", multiple=True,
    help="Passphrase of each --key, in their order. Asked for by default.",
)  # fmt: skip


def signed(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of those who sign a change."""
    return _KEYS(_PASSPHRASES(json_option(command)))


def change(
    home: Services,
    plan: KeyPlan,
    subject: str,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    *,
    as_json: bool,
) -> None:
    """Make the change, or put it on the list of acts that two persons sign."""
    if signatures_needed(home) and not key_files:
        show_waiting(propose_plan(home, console(), plan, subject), as_json=as_json)
        return
    signers = _signers(home, key_files, passphrase_files)
    show_changed(change_keys(home, console(), plan, signers), as_json=as_json)


def show_waiting(act: str, *, as_json: bool) -> None:
    """Say that two persons have to sign."""
    line = f"{act}  待两人签名：custody act sign {act} (waits for two signatures)"
    emit({"act": act, "state": "pending"}, line, as_json=as_json)


def show_changed(done: Changed, *, as_json: bool) -> None:
    """Say what is in force now, and what has to be done by hand."""
    record = {
        "leaf": done.leaf,
        "fingerprint": done.fingerprint,
        "destroyed": list(done.destroyed),
    }
    emit(record, f"leaf {done.leaf}  fingerprint {done.fingerprint}", as_json=as_json)
    if not as_json:
        for reference in done.destroyed:
            click.echo(f"已销毁 destroyed {reference}")


def tell_next_log(coming: NextLog | None) -> None:
    """Say which log will close where, if one will."""
    if coming is not None:
        click.echo(f"{coming.zh()}。")
        click.echo(f"{coming.en()}.")


def _signers(
    home: Services, key_files: Sequence[Path], passphrase_files: Sequence[Path]
) -> list[Signer]:
    pairs = zip_longest(key_files, passphrase_files[: len(key_files)])
    signers = [person_signer(file.name, file, secret) for file, secret in pairs]
    for signer in signers:
        person_of(home.log.keys.trusted, signer)
    return signers
