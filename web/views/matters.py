"""The page of a matter: exhibits, receipts, people, export."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from flask import (
    Blueprint,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.wrappers import Response

from intake.access import matter_for
from intake.errors import NotFound
from intake.matters import add_member
from intake.search_follow import keep_up
from intake.search_terms import MOST_CHARACTERS
from intake.services import now, today
from intake.zone import ZONE
from receipts.certificate import certificate_of
from receipts.export import export_bundle
from web.context import actor, login, services
from web.language import t
from web.reads.desk import deadlines_of
from web.reads.matter import PAGE, STATES, Filter, matter_page, statuses_of
from web.wording import status_line

pages = Blueprint("matters", __name__)


@pages.get("/m/<key>")
def show(key: str) -> str:
    """Everything about one matter; filters stand in the address."""
    shown = _filter()
    if shown.words:
        keep_up(services())
    with services().log.session() as session:
        page = matter_page(session, login(), key, shown)
    return render_template(
        "matter.html",
        page=page,
        shown=shown,
        states=STATES,
        last_page=max(1, -(-page.found // PAGE)),
        deadlines=deadlines_of(page.matter, today()),
        limit=services().settings.max_upload_bytes,
    )


@pages.get("/m/<key>/status")
def status(key: str) -> Response:
    """How far the reading of the newest exhibits is, for the page that waits."""
    with services().log.session() as session:
        lines = statuses_of(session, login(), key)
    return jsonify(exhibits=[status_line(line) for line in lines])


@pages.post("/m/<key>/members")
def join(key: str) -> Response:
    """Put somebody on the matter."""
    with services().log.session() as session:
        matter = matter_for(session, login(), key)
    claimed_login, role = request.form.get("login", ""), request.form.get("role", "")
    add_member(services(), actor(), matter.id, claimed_login, role)
    flash(t("member-added", login=claimed_login), "good")
    return redirect(url_for("matters.show", key=matter.id, _anchor="people"))


@pages.post("/m/<key>/bundle")
def export(key: str) -> Response:
    """The evidence bundle of the ticked exhibits (none ticked: all in use)."""
    with services().log.session() as session:
        matter = matter_for(session, login(), key)
    chosen = request.form.getlist("exhibit")
    name = f"{_plain(matter.number)}-{now().astimezone(ZONE):%Y%m%d-%H%M%S}.zip"
    folder = services().settings.home / "exports"
    folder.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as work:
        out = Path(work) / name
        export_bundle(services(), actor(), login(), matter.id, chosen, out)
        # Open before the folder goes: the bytes live until they are sent.
        finished = out.open("rb")
        size = out.stat().st_size
    response = send_file(
        finished, "application/zip", as_attachment=True, download_name=name
    )
    response.content_length = size
    return response


@pages.get("/m/<key>/certificates/<month>.pdf")
def certificate(key: str, month: str) -> Response:
    """The newest certificate of a month, as it was sealed."""
    made = certificate_of(services(), login(), key, month)
    if made is None:
        raise NotFound("certificate_month", month=month[:20])
    stream = services().log.stores.open_blob(made.pdf_sha256)
    name = f"certificate-{made.month}.pdf"
    return send_file(stream, "application/pdf", as_attachment=True, download_name=name)


def _filter() -> Filter:
    state = request.args.get("state", "")
    page = request.args.get("page", 1, type=int)
    words = request.args.get("q", "").strip()[:MOST_CHARACTERS]
    return Filter(state if state in STATES else "", words, max(1, min(page, 10_000)))


def _plain(number: str) -> str:
    """A matter number as part of a file name on any system."""
    return re.sub(r"[^\w.-]+", "-", number).strip("-.")[:40] or "bundle"
