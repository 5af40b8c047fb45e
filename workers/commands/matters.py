"""`custody matter`."""

from __future__ import annotations

import click

from intake.matters import MEMBER_ROLES, MatterForm, add_member, open_matter
from workers.commands.output import console, emit, json_option, services


@click.group()
def matter() -> None:
    """Matters and their people."""


@matter.command("open")
@click.argument("number")
@click.option("--title", required=True)
@click.option("--client", required=True)
@click.option("--opponent", "opponents", multiple=True)
@click.option("--lead", "leads", multiple=True, metavar="LOGIN")
@click.option("--assistant", "assistants", multiple=True, metavar="LOGIN")
@click.option("--evidence-deadline", default="", metavar="DATE")
@click.option("--hearing", default="", metavar="DATE")
@json_option
def open_(as_json: bool, number: str, **typed: str | tuple[str, ...]) -> None:
    """Open a matter."""
    form = MatterForm(number=number, **typed)  # type: ignore[arg-type]  # click gives the declared shapes
    matter_id = open_matter(services(), console(), form)
    emit({"matter": number, "id": matter_id}, number, as_json=as_json)


@matter.command("join")
@click.argument("number")
@click.argument("login")
@click.option("--role", default="assistant", type=click.Choice(MEMBER_ROLES))
@json_option
def join(number: str, login: str, role: str, as_json: bool) -> None:
    """Put a person on a matter."""
    add_member(services(), console(), number, login, role)
    emit({"matter": number, "login": login, "role": role}, login, as_json=as_json)
