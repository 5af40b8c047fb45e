"""The two-person check: its inbox, and one person's half of it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from intake.errors import Refused
from intake.review import MAX_PAGES, PAPER, CheckForm, check, open_half
from intake.tables import Exhibit
from integrity.errors import CustodyError
from web.context import actor, login, services
from web.errors import sentence, status_of
from web.language import t
from web.reads.checks import disagreed, inbox_of
from web.reads.exhibit import exhibit_page
from web.reads.words import instead_of_pictures

pages = Blueprint("checks", __name__)


@pages.get("/checks")
def inbox() -> str:
    """What waits for me, and what waits for somebody else."""
    with services().log.session() as session:
        waiting = inbox_of(session, login())
    return render_template("checks.html", inbox=waiting)


@pages.get("/e/<key>/check")
def form(key: str) -> str:
    """Count the pages of the paper, say what it is, before seeing other counts."""
    return _page(key)


@pages.post("/e/<key>/check")
def record(key: str) -> Response | tuple[str, int]:
    """Record one person's half."""
    try:
        exhibit_id = check(services(), actor(), login(), key, _check_form())
    except CustodyError as error:
        if status_of(error) == 404:  # noqa: PLR2004 (not theirs: no form either)
            raise
        return _page(key, sentence(error)), status_of(error)
    with services().log.session() as session:
        exhibit = session.get_one(Exhibit, exhibit_id)
        waits = open_half(session, exhibit_id) is not None
    if exhibit.state == "checked":
        flash(t("check-agreed", name=exhibit.name or exhibit.id), "good")
    else:
        flash(t("check-first-done" if waits else "check-differs"), "note")
    return redirect(url_for("checks.inbox"))


def _page(key: str, problem: str = "") -> str:
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
        half = open_half(session, page.exhibit.id)
        differing = disagreed(session, page.exhibit.id)
    number = max(1, min(request.args.get("page", 1, type=int), len(page.pictures)))
    return render_template(
        "check.html",
        page=page,
        number=number,
        read=instead_of_pictures(services(), page),
        half=half,
        mine=half is not None and half.login == login(),
        differing=differing,
        problem=problem,
        papers=PAPER,
        typed=request.form,
        most=MAX_PAGES,
    )


def _check_form() -> CheckForm:
    typed = request.form.get("pages", "").strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):  # noqa: PLR2004
        raise Refused("pages_needed")
    paper = request.form.get("paper", "")
    condition = request.form.get("condition", "")
    return CheckForm(int(typed), paper, condition)
