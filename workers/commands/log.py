"""`custody log`: the public parts of the custody log, as C2SP text."""

from __future__ import annotations

from pathlib import Path

import click

from integrity.store import sql_log
from integrity.tiles import entries_path, tile_path, tiles_for
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


@log.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def tiles(folder: Path) -> None:
    """Publish the log as static files (C2SP tlog-tiles); digests only."""
    home = services(complete=False)
    with home.log.session() as session:
        newest = sql_log.latest_checkpoint(session)
        if newest is None:
            return
        for tile in tiles_for(newest.size):
            name = tile_path(tile.level, tile.index, tile.width)
            _write(folder / name, sql_log.hash_tile(session, tile))
            if tile.level == 0:
                name = entries_path(tile.index, tile.width)
                data = sql_log.entry_bundle(session, tile.index, tile.width)
                _write(folder / name, data)
        # Last: a checkpoint must never promise tiles that are not there yet.
        _write(folder / "checkpoint", newest.note)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
