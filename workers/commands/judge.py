"""`custody review`, `check`, `withdraw`, `reread`: what people decide."""

from __future__ import annotations

from pathlib import Path

import click

from intake.review import (
    PAPER,
    CheckForm,
    prepare_check,
    read_again,
    record_check,
)
from intake.review import check as check_exhibit
from intake.review import review as review_exhibit
from intake.review import withdraw as withdraw_exhibit
from intake.settings import ENGINES
from workers.commands.files import show_exhibit
from workers.commands.output import as_option, json_option, person, services
from workers.person_key import key_options, sign_with


@click.command()
@click.argument("exhibit")
@click.option("--type", "type_", default="", metavar="T")
@click.option("--date", default="", metavar="D")
@as_option
@json_option
def review(exhibit: str, type_: str, date: str, login: str, as_json: bool) -> None:
    """Confirm or correct type and date."""
    home = services()
    actor = person(home, login)
    done = review_exhibit(home, actor, login, exhibit, type_, date)
    show_exhibit(home, done, as_json=as_json)


@click.command()
@click.argument("exhibit")
@as_option
@click.option("--pages", type=int)
@click.option("--paper", type=click.Choice(PAPER))
@click.option("--condition", default="")
@key_options
@json_option
def check(
    exhibit: str,
    login: str,
    pages: int | None,
    paper: str | None,
    condition: str,
    key_file: Path | None,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """One of the two persons' checks."""
    home = services()
    form = CheckForm(pages, paper, condition)
    actor = person(home, login)
    if key_file is None:
        done = check_exhibit(home, actor, login, exhibit, form)
    else:
        signed = sign_with(login, key_file, passphrase_file)
        payload = prepare_check(home, actor, login, exhibit, form)
        done = record_check(home, actor, login, payload, signed(payload))
    show_exhibit(home, done, as_json=as_json)


@click.command()
@click.argument("exhibit")
@click.option("--reason", required=True)
@as_option
@json_option
def withdraw(exhibit: str, reason: str, login: str, as_json: bool) -> None:
    """Take an exhibit out of use; nothing is deleted."""
    home = services()
    done = withdraw_exhibit(home, person(home, login), login, exhibit, reason)
    show_exhibit(home, done, as_json=as_json)


@click.command()
@click.argument("exhibit")
@click.option("--engine", type=click.Choice(ENGINES), help="The OCR engine.")
@as_option
@json_option
def reread(exhibit: str, engine: str | None, login: str, as_json: bool) -> None:
    """Ask for a new reading."""
    home = services()
    done = read_again(home, person(home, login), login, exhibit, engine)
    show_exhibit(home, done, as_json=as_json)
