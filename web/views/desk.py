"""The desk, and opening a matter."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from intake.matters import MatterForm, open_matter
from intake.services import today
from integrity.errors import CustodyError
from web.context import actor, login, services
from web.errors import sentence, status_of
from web.language import t
from web.reads.desk import desk_of

pages = Blueprint("desk", __name__)


@pages.get("/")
def show() -> str:
    """My matters, what waits for me, what arrived today."""
    with services().log.session() as session:
        desk = desk_of(session, login(), today())
    return render_template("desk.html", desk=desk)


@pages.get("/matters/new")
def new() -> str:
    """The form for a new matter."""
    return render_template("matter_new.html", typed={})


@pages.post("/matters/new")
def create() -> str | Response | tuple[str, int]:
    """Open a matter with the person who fills the form as its lead."""
    typed = request.form
    form = MatterForm(
        number=typed.get("number", ""),
        title=typed.get("title", ""),
        client=typed.get("client", ""),
        opponents=tuple(_lines(typed.get("opponents", ""))),
        leads=(login(),),
        evidence_deadline=typed.get("evidence_deadline", ""),
        hearing=typed.get("hearing", ""),
    )
    try:
        matter_id = open_matter(services(), actor(), form)
    except CustodyError as error:
        page = render_template("matter_new.html", typed=typed, problem=sentence(error))
        return page, status_of(error)
    flash(t("matter-opened"), "good")
    return redirect(url_for("matters.show", key=matter_id))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
