"""`custody witness`: watch the logs of other firms and cosign their checkpoints."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from integrity.store.witness_home import WitnessHome

FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.group()
def witness() -> None:
    """A witness for other firms' logs; it sees sizes and hashes only."""


@witness.command()
@FOLDER
@click.option("--name", required=True, help="Its name, e.g. witness.example.cn")
def create(folder: Path, name: str) -> None:
    """Set up a witness in FOLDER and print its public key."""
    click.echo(WitnessHome.create(folder, name).key.text())


@witness.command()
@FOLDER
def key(folder: Path) -> None:
    """Print the public key of the witness, for the firms that will ask it."""
    click.echo(WitnessHome(folder).key.text())


@witness.command()
@FOLDER
@click.argument("vkey")
def watch(folder: Path, vkey: str) -> None:
    """Watch the log whose checkpoints are signed by VKEY (`custody keys list`)."""
    WitnessHome(folder).watch(vkey)


@witness.command()
@FOLDER
@click.argument("vkey")
def unwatch(folder: Path, vkey: str) -> None:
    """Believe the key VKEY of a log no longer: after its firm has closed it."""
    WitnessHome(folder).unwatch(vkey)


@witness.command()
@FOLDER
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8100, show_default=True)
def serve(folder: Path, host: str, port: int) -> None:
    """Answer requests for cosignatures (c2sp.org/tlog-witness) until stopped."""
    place = [str(folder), "--host", host, "--port", str(port)]
    arguments = [sys.executable, "-P", "-m", "web.witness", *place]
    os.execv(sys.executable, arguments)  # noqa: S606 (our interpreter, no shell)
