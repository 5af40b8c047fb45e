"""The review desk: type and date confirmed or corrected by a person."""

from __future__ import annotations

from dataclasses import dataclass

from flask import (
    Blueprint,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from intake.access import exhibit_for, matter_for
from intake.date_input import parse_typed_date
from intake.give_name import next_name
from intake.legal_date import parse_compact
from intake.review import REVIEWABLE, review
from intake.services import today
from intake.tables import Exhibit
from integrity.errors import CustodyError
from web.context import actor, login, services
from web.errors import sentence, status_of
from web.language import language, t
from web.reads.exhibit import exhibit_page
from web.reads.matter import counts_of, next_to_review
from web.reads.words import ReadText, marks_of, text_of

pages = Blueprint("review", __name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """The name that this type and date would give, or why there is none."""

    name: str = ""
    date: str = ""
    problem: str = ""


@pages.get("/m/<key>/review")
def first(key: str) -> Response:
    """The first exhibit of the matter that waits for review."""
    with services().log.session() as session:
        matter = matter_for(session, login(), key)
        waiting = next_to_review(session, matter.id, -1)
    if waiting is None:
        return redirect(url_for("matters.show", key=matter.id))
    return redirect(url_for("review.form", key=waiting.id))


@pages.get("/e/<key>/review")
def form(key: str) -> str:
    """Picture left, fields right."""
    return _page(key, "", "")


@pages.post("/e/<key>/review")
def decide(key: str) -> Response | tuple[str, int]:
    """Accept or correct, then on to the next exhibit that waits."""
    typed_type, typed_date = _typed()
    if {"preview", "take_type", "take_date"} & request.form.keys():
        return _page(key, typed_type, typed_date), 200
    try:
        exhibit_id = review(services(), actor(), login(), key, typed_type, typed_date)
    except CustodyError as error:
        if status_of(error) == 404:  # noqa: PLR2004 (not theirs: no form either)
            raise
        problem = sentence(error)
        return _page(key, typed_type, typed_date, problem), status_of(error)
    with services().log.session() as session:
        done = session.get_one(Exhibit, exhibit_id)
        following = next_to_review(session, done.matter_id, done.leaf)
    flash(t("review-done", name=done.name or done.id), "good")
    if following is None:
        return redirect(url_for("matters.show", key=done.matter_id))
    return redirect(url_for("review.form", key=following.id))


@pages.get("/e/<key>/name-preview")
def name_preview(key: str) -> Response:
    """The name that the typed type and date would give, exactly as it will be."""
    with services().log.session() as session:
        exhibit = exhibit_for(session, login(), key)
        made = _preview(
            session, exhibit, request.args.get("type", ""), request.args.get("date", "")
        )
    return jsonify(name=made.name, date=made.date, problem=made.problem)


def _typed() -> tuple[str, str]:
    """Type and date; without script, a candidate is a button that fills one in."""
    form = request.form
    typed_type = form.get("take_type") or form.get("type", "")
    return typed_type, form.get("take_date") or form.get("date", "")


def _page(key: str, typed_type: str, typed_date: str, problem: str = "") -> str:
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
        exhibit = page.exhibit
        preview = _preview(session, exhibit, typed_type, typed_date)
        left = counts_of(session, exhibit.matter_id)["to_review"]
        following = next_to_review(session, exhibit.matter_id, exhibit.leaf)
    read = text_of(services(), page.others.get("text"))
    number = max(1, min(request.args.get("page", 1, type=int), len(page.pictures)))
    return render_template(
        "review.html",
        page=page,
        number=number,
        read=read if not page.pictures else ReadText(),
        marks=marks_of(exhibit, read),
        typed_type=typed_type,
        typed_date=typed_date,
        preview=preview,
        problem=problem,
        left=left,
        following=following,
        open=exhibit.state in REVIEWABLE,
        types=services().types.all,
    )


def _preview(
    session: Session, exhibit: Exhibit, typed_type: str, typed_date: str
) -> Preview:
    types = services().types
    try:
        kind = types.by_name(typed_type or exhibit.type or types.fallback.code)
        if typed_date.strip():
            date = parse_typed_date(typed_date, today())
        else:
            date = parse_compact(exhibit.date or "00000000")
        name = next_name(session, exhibit, date, kind, exhibit.media_type)
    except CustodyError as error:
        return Preview(problem=sentence(error))
    if date is None:
        return Preview(name, t("date-none"))
    return Preview(name, date.zh() if language() == "zh-CN" else date.iso())
