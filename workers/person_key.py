"""A person's own key on the command line: an encrypted Ed25519 key in a file.

The passphrase comes from a file or is asked for; the service never has it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from intake.errors import Refused
from intake.key_files import is_encrypted, load_file_signer, read_private_file
from integrity.errors import CustodyError
from integrity.keys import Signer
from integrity.persons import PersonSignature, sign_payload

MAX_PASSPHRASE_BYTES = 1024

_KEY = click.option(
    "--key", "key_file", type=click.Path(path_type=Path), metavar="FILE",
    help="The person's own key file.",
)  # fmt: skip
_PASSPHRASE = click.option(
    "--passphrase-file", type=click.Path(path_type=Path), metavar="FILE",
    help="First line: the passphrase of the key file. Asked for by default.",
)  # fmt: skip


def key_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--key` and `--passphrase-file`."""
    return _KEY(_PASSPHRASE(command))


def person_signer(login: str, key_file: Path, passphrase_file: Path | None) -> Signer:
    """The signer of `login` whose encrypted key is in `key_file`.

    Raises:
        Refused: no such file, not encrypted, a wrong passphrase, no Ed25519 key.
    """
    try:
        if not is_encrypted(read_private_file(key_file)):
            raise _refused(key_file, "it is not encrypted")
        passphrase = _passphrase(key_file, passphrase_file)
        return load_file_signer(key_file, login, passphrase)
    except Refused:
        raise
    except CustodyError as error:
        reason = getattr(error, "reason", None) or str(error)
        raise _refused(key_file, str(reason)) from error


def sign_with(
    login: str, key_file: Path, passphrase_file: Path | None
) -> Callable[[bytes], PersonSignature]:
    """What signs a statement with that key; the file is opened at once."""
    signer = person_signer(login, key_file, passphrase_file)
    return lambda payload: sign_payload(payload, signer)


def new_passphrase(name: str, passphrase_file: Path | None) -> bytes:
    """A passphrase for a key that is about to be encrypted, asked for twice.

    Raises:
        Refused: it is empty.
    """
    if passphrase_file is None:
        prompt = f"新口令 new passphrase of {name}"
        secret = click.prompt(
            prompt, hide_input=True, confirmation_prompt=True, err=True
        )
        found = str(secret).encode()
    else:
        found = _passphrase(Path(name), passphrase_file)
    if not found:
        raise _refused(Path(name), "the passphrase is empty")
    return found


def _passphrase(key_file: Path, passphrase_file: Path | None) -> bytes:
    if passphrase_file is None:
        prompt = f"口令 passphrase of {key_file.name}"
        return str(click.prompt(prompt, hide_input=True, err=True)).encode()
    with passphrase_file.open("rb") as stream:
        line = stream.readline(MAX_PASSPHRASE_BYTES)
    return line.rstrip(b"\r\n")


def _refused(key_file: Path, reason: str) -> Refused:
    return Refused("person_key_file", path=str(key_file), reason=reason)
