"""The client's pages of a receipt: no account, no script, nothing kept by browsers.

The address is a bearer secret. Before the PIN it shows only what the paper in the
client's hand shows: firm, number, date and state.
"""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from intake.errors import Refused
from intake.services import now
from receipts.client import (
    confirm,
    object_to,
    open_link,
    receipt_by_token,
    require_open,
)
from receipts.tables import Receipt
from web.context import services
from web.errors import sentence, status_of
from web.formats import time_text
from web.grants import give_grant, has_grant
from web.guard import public
from web.headers import BYTES_POLICY
from web.language import t
from web.reads.exhibit import picture_of, pictures_of
from web.reads.integrity import receipt_is_proven
from web.reads.receipt import item_exhibit, page_of
from web.watermark import watermarked

pages = Blueprint("client", __name__, url_prefix="/r/<token>")

GONE = 410


@pages.get("")
@public
def show(token: str) -> tuple[str, int]:
    """The plate; after the PIN the list, too."""
    return _page(token)


@pages.post("/open")
@public
def enter(token: str) -> Response | tuple[str, int]:
    """Let the holder of link and PIN in; every view is a custody event."""
    claimed_pin = "".join(request.form.get("pin", "").split())
    try:
        receipt_id = open_link(services(), token, claimed_pin)
    except Refused as refusal:
        page, status = _page(token, sentence(refusal))
        return page, max(status, status_of(refusal))
    here = url_for("client.show", token=token)
    response = redirect(here)
    give_grant(response, receipt_id, here)
    return response


@pages.get("/i/<int(max=100000):position>")
@public
def item(token: str, position: int) -> str:
    """The page pictures of one item."""
    receipt = _granted(token)
    with services().log.session() as session:
        exhibit = item_exhibit(session, receipt.id, position) or abort(404)
        pictures = pictures_of(session, exhibit.id)
        page = page_of(session, receipt)
    return render_template(
        "client/item.html", token=token, page=page, item=page.items[position - 1],
        pictures=pictures, mark=_mark(receipt),
    )  # fmt: skip


@pages.get("/i/<int(max=100000):position>/<int(max=100000):number>")
@public
def picture(token: str, position: int, number: int) -> FlaskResponse:
    """One page picture under a watermark."""
    receipt = _granted(token)
    with services().log.session() as session:
        exhibit = item_exhibit(session, receipt.id, position) or abort(404)
        made = picture_of(session, exhibit.id, number) if number else None
    if made is None or made.width is None or made.height is None:
        abort(404)
    with services().log.stores.open_blob(made.sha256) as stream:
        data = stream.read()
    drawn = watermarked(data, made.media_type, made.width, made.height, _mark(receipt))
    response = FlaskResponse(drawn, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = BYTES_POLICY
    return response


@pages.post("/confirm")
@public
def agree(token: str) -> Response | tuple[str, int]:
    """签收确认: this is what changed hands."""
    receipt = _granted(token)
    try:
        confirm(services(), receipt.id, request.form.get("name", ""))
    except Refused as refusal:
        page, _ = _page(token, confirm_problem=sentence(refusal))
        return page, status_of(refusal)
    return redirect(url_for("client.show", token=token, _anchor="acts"))


@pages.post("/object")
@public
def object_(token: str) -> Response | tuple[str, int]:
    """Something is not right, in the client's words."""
    receipt = _granted(token)
    try:
        object_to(services(), receipt.id, request.form.get("text", ""))
    except Refused as refusal:
        page, _ = _page(token, object_problem=sentence(refusal))
        return page, status_of(refusal)
    return redirect(url_for("client.show", token=token, _anchor="acts"))


def _page(token: str, problem: str = "", **problems: str) -> tuple[str, int]:
    with services().log.session() as session:
        receipt = receipt_by_token(session, token)
        page = page_of(session, receipt)
    status = 200 if page.state == "valid" else GONE
    shown = render_template(
        "client/receipt.html",
        token=token,
        page=page,
        proven=receipt_is_proven(services().log, receipt),
        granted=page.state == "valid" and has_grant(receipt.id),
        problem=problem,
        problems=problems,
    )
    return shown, status


def _granted(token: str) -> Receipt:
    with services().log.session() as session:
        receipt = receipt_by_token(session, token)
    require_open(receipt)
    if not has_grant(receipt.id):
        abort(401)
    return receipt


def _mark(receipt: Receipt) -> str:
    return t("client-mark", number=receipt.number, time=time_text(now()))
