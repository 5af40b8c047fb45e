"""The public parts of the custody log (c2sp.org/tlog-tiles).

They hold salted digests only: whoever reads them learns how long the log is, and
nothing of what it is about.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort

from integrity.errors import MalformedError
from integrity.store import sql_log
from integrity.store.tables import LogCheckpoint
from integrity.tiles import (
    FULL_WIDTH,
    TILE_HEIGHT,
    Tile,
    entries_path,
    tile_path,
)
from web.context import services
from web.guard import public

pages = Blueprint("log", __name__)

_PLACE = re.compile(
    r"(?P<kind>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[0-9]{1,3}))?"
)
OCTETS = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"


@pages.get("/log/checkpoint")
@public
def checkpoint() -> Response:
    """The newest signed checkpoint."""
    note = services().log.checkpoint()
    if not note:
        abort(404)
    return Response(note, content_type="text/plain; charset=utf-8")


@pages.get("/log/tile/<path:place>")
@public
def tile(place: str) -> Response:
    """A hash tile or an entry bundle that the newest checkpoint covers."""
    match = _PLACE.fullmatch(place)
    if match is None:
        abort(404)
    width = int(match["width"] or FULL_WIDTH)
    index = int(match["index"].replace("x", "").replace("/", ""))
    entries = match["kind"] == "entries"
    wanted = Tile(0 if entries else int(match["kind"]), index, width)
    if _path(wanted, entries=entries) != f"tile/{place}":
        abort(404)
    data = _entries(wanted) if entries else _hashes(wanted)
    response = Response(data, content_type=OCTETS)
    response.headers["Cache-Control"] = FOR_EVER
    return response


def _path(wanted: Tile, *, entries: bool) -> str:
    try:
        if entries:
            return entries_path(wanted.index, wanted.width)
        return tile_path(wanted.level, wanted.index, wanted.width)
    except MalformedError:
        return ""


def _hashes(wanted: Tile) -> bytes:
    with services().log.session() as session:
        _require_covered(sql_log.latest_checkpoint(session), wanted)
        return sql_log.hash_tile(session, wanted)


def _entries(wanted: Tile) -> bytes:
    with services().log.session() as session:
        _require_covered(sql_log.latest_checkpoint(session), wanted)
        return sql_log.entry_bundle(session, wanted.index, wanted.width)


def _require_covered(newest: LogCheckpoint | None, wanted: Tile) -> None:
    last = wanted.index * FULL_WIDTH + wanted.width
    span = 1 << (wanted.level * TILE_HEIGHT)
    if newest is None or last * span > newest.size:
        abort(404)
