"""Acts that wait for two persons' signatures: the inbox, one act, signing it."""

from __future__ import annotations

import base64

from flask import Blueprint, flash, jsonify, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from intake.acts import Act, cancel, find, sign, waiting_acts
from intake.tables import User
from intake.two_persons import logins_with_key
from receipts.act_kinds import HANDLERS
from web.assertion import claimed_answer, person_signature
from web.context import login, services
from web.language import t
from web.passkey import base64_credentials, passkeys_work, rp_id
from web.reads.acts import kind_text, told_by

pages = Blueprint("acts", __name__)


@pages.get("/acts")
def inbox() -> str:
    """What waits for my signature, and what waits for somebody else's."""
    with services().log.session() as session:
        waiting = waiting_acts(session, login())
        told = {act.id: told_by(session, act.event) for act in waiting}
        names = names_of(session)
    mine = [act for act in waiting if login() not in act.signed]
    others = [act for act in waiting if login() in act.signed]
    return render_template(
        "acts.html", mine=mine, others=others, told=told, names=names, kind=kind_text
    )


@pages.get("/acts/<act_id>")
def show(act_id: str) -> str:
    """What is signed, word for word, and who has signed it."""
    act = find(services(), login(), act_id)
    with services().log.session() as session:
        told = told_by(session, act.event)
        names = names_of(session)
        signing = signing_area(session, act.payload)
    return render_template(
        "act.html", act=act, told=told, names=names, kind=kind_text, signing=signing
    )


@pages.post("/acts/<act_id>/sign")
def add(act_id: str) -> Response:
    """Take the passkey's answer; the last missing signature carries the act out."""
    act = find(services(), login(), act_id)
    claimed = claimed_answer()
    with services().log.session() as session:
        signature = person_signature(session, login(), act.payload, claimed)
    done = sign(services(), login(), act_id, signature, HANDLERS)
    flash(_told_after(done), "good" if done.leaf is not None else "note")
    return jsonify(next=url_for("acts.show", act_id=act_id))


@pages.post("/acts/<act_id>/cancel")
def withdraw(act_id: str) -> Response:
    """Take the act off the list; nothing of it was done."""
    cancel(services(), login(), act_id)
    flash(t("signing-cancelled"), "note")
    return redirect(url_for("acts.inbox"))


def signing_area(session: Session, payload: bytes) -> dict[str, object]:
    """What the page's signing area needs to know."""
    settings = services().settings
    return {
        "payload": base64.b64encode(payload).decode(),
        "rp": rp_id(settings),
        "credentials": base64_credentials(session, login()),
        "works": passkeys_work(settings),
        "has_key": login() in logins_with_key(services(), session),
    }


def names_of(session: Session) -> dict[str, str]:
    """Login to name of everybody with an account."""
    return {user.login: user.name for user in session.query(User)}


def _told_after(act: Act) -> str:
    if act.leaf is not None:
        return t("signing-carried-out", leaf=act.leaf)
    return t("signing-one-more")
