"""`custody user`."""

from __future__ import annotations

import sys

import click

from intake.users import ROLES, add_user, hash_password, new_link, set_password
from workers.commands.output import console, emit, json_option, services


@click.group()
def user() -> None:
    """People of the firm."""


@user.command("add")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
@json_option
def add(login: str, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Add a person; without a password, print a one-time link to set it."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else None
    if password is not None:
        hash_password(login, password)  # a weak one is refused before anything is done
    home = services()
    add_user(home, console(), login, name, role)
    record = {"login": login, "role": role}
    if password is not None:
        set_password(home, login, password)
    else:
        record["link"] = f"{home.settings.base_url}/setup/{new_link(home, login)}"
    emit(record, record.get("link", login), as_json=as_json)


@user.command("link")
@click.argument("login")
@json_option
def link(login: str, as_json: bool) -> None:
    """A new one-time link with which LOGIN sets a password."""
    home = services()
    url = f"{home.settings.base_url}/setup/{new_link(home, login)}"
    emit({"login": login, "link": url}, url, as_json=as_json)
