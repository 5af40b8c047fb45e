"""The pages of an exhibit: view, text, integrity, history, receipts."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from intake.access import exhibit_for
from intake.acts import waiting_about
from intake.review import read_again, withdraw
from intake.two_persons import needs_two
from integrity.store.erasure import ERASED
from receipts.erasure import propose_erasure, require_held
from web.context import actor, login, services
from web.language import t
from web.reads.exhibit import exhibit_page
from web.reads.fields import fields_of
from web.reads.history import history_of
from web.reads.integrity import position_of, verify_now
from web.reads.sheet import sheet_of
from web.reads.words import instead_of_pictures
from web.wording import history_sentences

pages = Blueprint("exhibits", __name__)


@pages.get("/e/<key>")
def view(key: str) -> str:
    """The pictures of the pages, and the facts beside them."""
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
        waiting = waiting_about(session, ERASED, page.exhibit.id)
        two = needs_two(services(), session, ERASED)
    if page.stone is not None:
        return render_template("exhibit/erased.html", page=page, tab="view")
    number = max(1, min(request.args.get("page", 1, type=int), len(page.pictures)))
    return render_template(
        "exhibit/view.html",
        page=page,
        tab="view",
        number=number,
        read=instead_of_pictures(services(), page),
        fields=fields_of(services(), page, full="fields" in request.args),
        erase_act=waiting,
        two_sign=two,
    )


@pages.get("/e/<key>/text")
def text(key: str) -> str:
    """What was read on a page, line by line beside its picture."""
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
    require_held(page.exhibit)
    words = request.args.get("q", "").strip()
    number = request.args.get("page", 1, type=int)
    sheet = sheet_of(services(), page, number, words)
    return render_template(
        "exhibit/text.html", page=page, tab="text", sheet=sheet, words=words
    )


@pages.get("/e/<key>/integrity")
def integrity(key: str) -> str:
    """Digests and place in the log; nothing green, since nothing was proven now."""
    return _integrity(key, prove=False)


@pages.post("/e/<key>/integrity")
def prove(key: str) -> str:
    """Prove it now, both copies re-read, and show what came out."""
    return _integrity(key, prove=True)


def _integrity(key: str, *, prove: bool) -> str:
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
    require_held(page.exhibit)
    return render_template(
        "exhibit/integrity.html",
        page=page,
        tab="integrity",
        position=position_of(services(), page.exhibit),
        plate=verify_now(services(), page.exhibit) if prove else None,
    )


@pages.get("/e/<key>/history")
def history(key: str) -> str:
    """Every custody event of the exhibit, in sentences."""
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
        steps = history_of(session, page.exhibit.id, [r.id for r in page.receipts])
    lines = history_sentences(steps)
    return render_template(
        "exhibit/history.html", page=page, tab="history", lines=lines
    )


@pages.get("/e/<key>/receipts")
def receipts(key: str) -> str:
    """The receipts that list the exhibit."""
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
    return render_template("exhibit/receipts.html", page=page, tab="receipts")


@pages.post("/e/<key>/reread")
def reread(key: str) -> Response:
    """Ask for a new reading."""
    engine = request.form.get("engine") or None
    exhibit_id = read_again(services(), actor(), login(), key, engine)
    flash(t("reread-done"), "good")
    return redirect(url_for("exhibits.view", key=exhibit_id))


@pages.post("/e/<key>/withdraw")
def take_back(key: str) -> Response:
    """Take the exhibit out of use, with a reason."""
    reason = request.form.get("reason", "")
    exhibit_id = withdraw(services(), actor(), login(), key, reason)
    flash(t("withdraw-done"), "good")
    return redirect(url_for("exhibits.history", key=exhibit_id))


@pages.post("/e/<key>/erase")
def erase(key: str) -> Response:
    """Ask two persons to sign that the exhibit is erased; one alone never does it here.

    Where no rule asks for two, the command line of the machine is the way.
    """
    reason, basis = request.form.get("reason", ""), request.form.get("basis", "")
    with services().log.session() as session:
        exhibit_for(session, login(), key)  # who is not on the matter learns nothing
        two = needs_two(services(), session, ERASED)
    if not two:
        flash(t("erase-command"), "note")
        return redirect(url_for("exhibits.view", key=key))
    act_id = propose_erasure(services(), actor(), login(), key, reason, basis)
    return redirect(url_for("acts.show", act_id=act_id))
