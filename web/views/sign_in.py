"""Signing in and out, and the one-time link with which a password is set."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from intake.errors import Refused
from intake.users import (
    PASSWORD_LEAST,
    anyone_has_password,
    authenticate,
    end_sign_ins,
    link_owner,
    use_link,
)
from integrity.errors import CustodyError
from web.context import login, services
from web.errors import sentence, status_of
from web.guard import begin_sign_in, public, safe_next
from web.language import t

pages = Blueprint("sign_in", __name__)

Answer = str | Response | tuple[str, int]


@pages.get("/sign-in")
@public
def form() -> Answer:
    """The sign-in form; straight on for somebody who is signed in."""
    going_to = safe_next(request.args.get("next"))
    if g.person is not None:
        return redirect(going_to)
    return _form(going_to)


@pages.post("/sign-in")
@public
def enter() -> Answer:
    """Sign in, or say that login or password is wrong."""
    going_to = safe_next(request.form.get("next"))
    claimed = request.form.get("login", "").strip().lower()
    try:
        user, generation = authenticate(
            services(), claimed[:64], request.form.get("password", "")
        )
    except Refused as refusal:
        return _form(going_to, refusal, claimed), status_of(refusal)
    begin_sign_in(user, generation)
    return redirect(going_to)


@pages.post("/sign-out")
def leave() -> Answer:
    """End every sign-in of this person, on all devices."""
    end_sign_ins(services(), login())
    return redirect(url_for("sign_in.form"))


@pages.get("/setup/<token>")
@public
def set_up_form(token: str) -> Answer:
    """The form for a first or new password, opened by a one-time link."""
    owner = link_owner(services(), token)
    return render_template("set_up.html", owner=owner, least=PASSWORD_LEAST)


@pages.post("/setup/<token>")
@public
def set_up(token: str) -> Answer:
    """Set the password; the link is worthless afterwards."""
    owner = link_owner(services(), token)
    password = request.form.get("password", "")
    problem = _problem(token, password)
    if problem:
        page = render_template(
            "set_up.html", owner=owner, least=PASSWORD_LEAST, problem=problem
        )
        return page, 422
    begin_sign_in(*authenticate(services(), owner, password))
    flash(t("setup-done"), "good")
    return redirect(url_for("desk.show"))


def _problem(token: str, password: str) -> str:
    if password != request.form.get("again", ""):
        return t("setup-differ")
    try:
        use_link(services(), token, password)
    except CustodyError as error:
        return sentence(error)
    return ""


def _form(going_to: str, refusal: Refused | None = None, claimed: str = "") -> str:
    return render_template(
        "sign_in.html",
        going_to=going_to,
        problem="" if refusal is None else sentence(refusal),
        claimed=claimed,
        fresh=not anyone_has_password(services()),
    )
