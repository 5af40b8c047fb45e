"""Handover receipts 交接确认书, on the firm's side."""

from __future__ import annotations

import re
import secrets

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response

from intake.access import matter_for, members_of
from intake.acts import waiting_about
from intake.errors import Refused
from intake.two_persons import needs_two
from integrity.errors import CustodyError
from receipts.client import new_pin, reopen
from receipts.issue import (
    DEFAULT_EXPIRY_DAYS,
    MAX_EXPIRY_DAYS,
    VOIDED,
    IssueForm,
    issue_receipt,
    propose_void,
    void_receipt,
)
from receipts.qr_drawing import draw_svg
from web.context import actor, login, services
from web.errors import sentence, status_of
from web.language import t
from web.reads.matter import choosable
from web.reads.receipt import staff_page

pages = Blueprint("receipts", __name__)

DAYS = re.compile(r"[0-9]{1,5}", re.ASCII)


@pages.get("/m/<key>/receipts/new")
def form(key: str) -> str:
    """Tick exhibits, say to whom and which way."""
    return _form(key)


@pages.post("/m/<key>/receipts/new")
def issue(key: str) -> str | Response | tuple[str, int]:
    """Issue, and show PIN and link this once: neither is kept in the clear."""
    with services().log.session() as session:
        matter = matter_for(session, login(), key)
    try:
        form_ = _issue_form(matter.id)
        issued = issue_receipt(services(), actor(), login(), form_)
    except CustodyError as error:
        if error.code == "receipt_repeated":
            flash(sentence(error), "note")
            return redirect(url_for("receipts.show", number=error.facts["receipt"]))
        return _form(key, sentence(error)), status_of(error)
    drawn = Markup(draw_svg(issued.url))  # noqa: S704 (drawn by us from our own link)
    return render_template(
        "receipt_issued.html", issued=issued, matter=matter, qr=drawn
    )


@pages.get("/receipts/<number>")
def show(number: str) -> str:
    """A receipt: state, items, what the counterparty did."""
    with services().log.session() as session:
        page = staff_page(session, login(), number)
        waiting = waiting_about(session, VOIDED, page.receipt.id)
        signed = needs_two(services(), session, VOIDED)
    return render_template("receipt.html", page=page, void_act=waiting, two_sign=signed)


@pages.get("/receipts/<number>/pdf")
def paper(number: str) -> Response:
    """The sealed PDF."""
    with services().log.session() as session:
        receipt = staff_page(session, login(), number).receipt
    if receipt.pdf_sha256 is None:
        abort(404)
    stream = services().log.stores.open_blob(receipt.pdf_sha256)
    name = f"{receipt.number}.pdf"
    return send_file(stream, "application/pdf", as_attachment=True, download_name=name)


@pages.post("/receipts/<number>/void")
def void(number: str) -> Response:
    """Void the receipt with a reason, or ask two persons to sign that it is void."""
    reason = request.form.get("reason", "")
    with services().log.session() as session:
        signed = needs_two(services(), session, VOIDED)
    if signed:
        act_id = propose_void(services(), actor(), login(), number, reason)
        return redirect(url_for("acts.show", act_id=act_id))
    void_receipt(services(), actor(), login(), number, reason)
    flash(t("receipt-voided"), "good")
    return redirect(url_for("receipts.show", number=number))


@pages.post("/receipts/<number>/reopen")
def unlock(number: str) -> str:
    """New tries and a new PIN for a link that wrong PINs have closed."""
    with services().log.session() as session:
        page = staff_page(session, login(), number)
    if page.state != "valid" or not page.receipt.pin_required:
        raise Refused("receipt_state", receipt=page.receipt.number, state=page.state)
    pin = new_pin()
    reopen(services(), page.receipt.id, pin)
    with services().log.session() as session:
        page = staff_page(session, login(), number)
    return render_template("receipt.html", page=page, pin=pin)


def _form(key: str, problem: str = "") -> str:
    with services().log.session() as session:
        matter = matter_for(session, login(), key)
        exhibits = choosable(session, matter.id)
        members = members_of(session, matter.id)
    ticked = request.form.getlist("exhibit") or request.args.getlist("exhibit")
    return render_template(
        "receipt_new.html",
        matter=matter,
        exhibits=exhibits,
        seconds=[user.name for user, _ in members if user.login != login()],
        ticked=set(ticked),
        typed=request.form,
        once=secrets.token_urlsafe(12),
        problem=problem,
        days=DEFAULT_EXPIRY_DAYS,
        most_days=MAX_EXPIRY_DAYS,
    )


def _issue_form(matter_id: str) -> IssueForm:
    typed = request.form
    pins = {"auto": "", "typed": typed.get("pin", "").strip() or "?", "none": None}
    how = typed.get("pin_how", "auto")
    if how not in pins:
        raise Refused(
            "choice_bad", field="pin", value=how[:20], wanted=" | ".join(pins)
        )
    days = typed.get("expires", "").strip()
    return IssueForm(
        matter=matter_id,
        direction=typed.get("direction", ""),
        counterparty=typed.get("counterparty", ""),
        exhibits=tuple(typed.getlist("exhibit")),
        pin=pins[how],
        second_person=typed.get("second", "").strip() or None,
        expires_days=int(days) if DAYS.fullmatch(days) else 0,
        once=typed.get("once", "")[:100],
    )
