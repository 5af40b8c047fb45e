"""The public parts of the custody log (c2sp.org/tlog-tiles).

The first log is at `/log/`, a later one at `/log/` and its segment: `/log/2027/`.
They hold salted digests only: whoever reads them learns how long the log is, and
nothing of what it is about.
"""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, url_for

from integrity.errors import MalformedError
from integrity.origins import Origin
from integrity.store import sql_log
from integrity.tiles import (
    FULL_WIDTH,
    TILE_HEIGHT,
    Tile,
    entries_path,
    tile_path,
)
from receipts.logs import logs_of
from receipts.next_log import segment_of
from web.context import services
from web.guard import public

pages = Blueprint("log", __name__)

_PLACE = re.compile(
    r"(?P<kind>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[0-9]{1,3}))?"
)
TEXT = "text/plain; charset=utf-8"
OCTETS = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"


@pages.get("/log")
@public
def logs() -> Response:
    """Which logs there are, oldest first, in four words a line.

    Name, first entry, first entry of the next log (`-` while none is announced), and
    where its checkpoint is, which one that has not begun does not have.
    """
    with services().log.session() as session:
        found = logs_of(session, services().log.keys.trusted)
    lines = []
    for log in found:
        end = "-" if log.origin.end is None else log.origin.end
        place = url_for("log.checkpoint", segment=log.segment)
        lines.append(f"{log.origin.name} {log.origin.first} {end} {place}\n")
    return Response("".join(lines), content_type=TEXT)


@pages.get("/log/checkpoint", defaults={"segment": ""})
@pages.get("/log/<segment>/checkpoint")
@public
def checkpoint(segment: str) -> Response:
    """The newest signed checkpoint of a log; of a closed one the last."""
    with services().log.session() as session:
        newest = sql_log.head_checkpoint(session, _origin(segment))
    if newest is None:
        abort(404)
    return Response(newest.note, content_type=TEXT)


@pages.get("/log/tile/<path:place>", defaults={"segment": ""})
@pages.get("/log/<segment>/tile/<path:place>")
@public
def tile(segment: str, place: str) -> Response:
    """A hash tile or an entry bundle that the newest checkpoint of its log covers."""
    match = _PLACE.fullmatch(place)
    if match is None:
        abort(404)
    width = int(match["width"] or FULL_WIDTH)
    index = int(match["index"].replace("x", "").replace("/", ""))
    entries = match["kind"] == "entries"
    wanted = Tile(0 if entries else int(match["kind"]), index, width)
    if _path(wanted, entries=entries) != f"tile/{place}":
        abort(404)
    response = Response(_content(_origin(segment), wanted, entries=entries))
    response.content_type = OCTETS
    response.headers["Cache-Control"] = FOR_EVER
    return response


def _origin(segment: str) -> Origin:
    origins = services().log.keys.trusted.origins()
    found = [each for each in origins if segment_of(origins, each) == segment]
    if not found:
        abort(404)
    return found[0]


def _path(wanted: Tile, *, entries: bool) -> str:
    try:
        if entries:
            return entries_path(wanted.index, wanted.width)
        return tile_path(wanted.level, wanted.index, wanted.width)
    except MalformedError:
        return ""


def _content(origin: Origin, wanted: Tile, *, entries: bool) -> bytes:
    with services().log.session() as session:
        newest = sql_log.head_checkpoint(session, origin)
        last = wanted.index * FULL_WIDTH + wanted.width
        span = 1 << (wanted.level * TILE_HEIGHT)
        if newest is None or last * span > newest.size - origin.first:
            abort(404)
        if entries:
            return sql_log.entry_bundle(session, wanted.index, wanted.width, origin)
        return sql_log.hash_tile(session, wanted, origin)
