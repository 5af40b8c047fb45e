"""The two-person check: its inbox, and one person's half of it."""

from __future__ import annotations

from flask import (
    Blueprint,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from intake.access import exhibit_for
from intake.errors import Refused
from intake.review import (
    CHECKED,
    MAX_PAGES,
    PAPER,
    CheckForm,
    check,
    open_half,
    prepare_check,
    record_check,
)
from intake.tables import Exhibit
from intake.two_persons import needs_two
from integrity.errors import CustodyError
from integrity.statement import event_of
from web.assertion import claimed_answer, from_base64, person_signature
from web.context import actor, login, services
from web.errors import sentence, status_of
from web.language import t
from web.reads.acts import told_by
from web.reads.checks import disagreed, inbox_of
from web.reads.exhibit import exhibit_page
from web.reads.words import instead_of_pictures
from web.views.acts import signing_area

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
    """Record one person's half; where the firm's rule wants it, ask to sign first."""
    with services().log.session() as session:
        signed = needs_two(services(), session, CHECKED)
    try:
        if signed:
            return _to_sign(key)
        exhibit_id = check(services(), actor(), login(), key, _check_form())
    except CustodyError as error:
        if status_of(error) == 404:  # noqa: PLR2004 (not theirs: no form either)
            raise
        return _page(key, sentence(error)), status_of(error)
    _tell(exhibit_id)
    return redirect(url_for("checks.inbox"))


@pages.post("/e/<key>/check/sign")
def sign(key: str) -> Response:
    """Record the half that its person has just signed with a passkey."""
    claimed = claimed_answer()
    payload = from_base64(claimed.get("payload"))
    with services().log.session() as session:
        exhibit = exhibit_for(session, login(), key)
        signature = person_signature(session, login(), payload, claimed)
    if event_of(payload).facts.get("exhibit") != exhibit.id:
        raise Refused("statement_stale")
    _tell(record_check(services(), actor(), login(), payload, signature))
    return jsonify(next=url_for("checks.inbox"))


def _to_sign(key: str) -> tuple[str, int]:
    """The page on which this person signs what they have just counted."""
    payload = prepare_check(services(), actor(), login(), key, _check_form())
    with services().log.session() as session:
        page = exhibit_page(session, login(), key)
        told = told_by(session, event_of(payload))
        signing = signing_area(session, payload)
    return render_template(
        "check_sign.html", page=page, told=told, signing=signing
    ), 200


def _tell(exhibit_id: str) -> None:
    with services().log.session() as session:
        exhibit = session.get_one(Exhibit, exhibit_id)
        waits = open_half(session, exhibit_id) is not None
    if exhibit.state == "checked":
        flash(t("check-agreed", name=exhibit.name or exhibit.id), "good")
    else:
        flash(t("check-first-done" if waits else "check-differs"), "note")


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
