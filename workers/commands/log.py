"""`custody log`: the public parts of the custody log, as C2SP text."""

from __future__ import annotations

import click

from workers.commands.output import services


@click.group()
def log() -> None:
    """Checkpoint and proofs of the custody log."""


@log.command()
def checkpoint() -> None:
    """The newest signed checkpoint."""
    click.echo(services(complete=False).log.checkpoint(), nl=False)


@log.command()
@click.argument("leaf", type=click.IntRange(min=0))
def prove(leaf: int) -> None:
    """The `.tlog-proof` of one leaf."""
    click.echo(services(complete=False).log.prove(leaf).serialise(), nl=False)
