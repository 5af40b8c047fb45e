"""Bytes of exhibits: pictures to look at, originals and proofs to take away."""

from __future__ import annotations

import io
from typing import BinaryIO

from flask import Blueprint, Response, abort, request, send_file

from intake.access import exhibit_for
from intake.tables import Derivative
from receipts.erasure import require_held
from web.context import login, services
from web.headers import BYTES_POLICY
from web.reads.exhibit import exhibit_page, picture_of

pages = Blueprint("evidence", __name__)

OCTETS = "application/octet-stream"


@pages.get("/e/<key>/page/<int(max=100000):number>")
def picture(key: str, number: int) -> Response:
    """The picture of one page, made by a worker."""
    with services().log.session() as session:
        exhibit = exhibit_for(session, login(), key)
        made = picture_of(session, exhibit.id, number) if number else None
    return _picture(made)


@pages.get("/e/<key>/thumbnail")
def thumbnail(key: str) -> Response:
    """The small picture of the first page."""
    with services().log.session() as session:
        exhibit = exhibit_for(session, login(), key)
        made = picture_of(session, exhibit.id, None)
    return _picture(made)


@pages.get("/e/<key>/original")
def original(key: str) -> Response:
    """The original, byte for byte, to be saved and never shown in place."""
    with services().log.session() as session:
        exhibit = exhibit_for(session, login(), key)
    require_held(exhibit)
    stream = services().log.stores.open_blob(exhibit.sha256)
    name = exhibit.name or exhibit.original_name
    return _download(stream, OCTETS, name, exhibit.size)


@pages.get("/e/<key>/searchable.pdf")
def searchable(key: str) -> Response:
    """The searchable PDF made from the original, to be saved."""
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
    made = page.others.get("searchable_pdf")
    if made is None:
        abort(404)
    stream = services().log.stores.open_blob(made.sha256)
    name = f"{page.label.rpartition('.')[0] or page.label}-searchable.pdf"
    return _download(stream, "application/pdf", name, made.size)


@pages.get("/e/<key>/proof")
def proof(key: str) -> Response:
    """The `.tlog-proof`: with the original it is all that a verifier needs."""
    with services().log.session() as session:
        exhibit = exhibit_for(session, login(), key)
    require_held(exhibit)
    data = services().log.prove(exhibit.leaf).serialise()
    name = f"{exhibit.name or exhibit.id}.tlog-proof"
    return _download(io.BytesIO(data), OCTETS, name, len(data))


def _picture(made: Derivative | None) -> Response:
    if made is None:
        abort(404)
    response = Response(mimetype=made.media_type)
    response.set_etag(made.sha256)
    # Kept by the browser, but every use asks again whether it is still allowed.
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = BYTES_POLICY
    if not request.if_none_match.contains(made.sha256):
        with services().log.stores.open_blob(made.sha256) as stream:
            response.data = stream.read()
    response.make_conditional(request)
    return response


def _download(stream: BinaryIO, media_type: str, name: str, size: int) -> Response:
    response = send_file(
        stream, media_type, as_attachment=True, download_name=name, etag=False
    )
    response.content_length = size
    response.headers["Content-Security-Policy"] = BYTES_POLICY
    return response
