"""A person's own key: which they have, and enrolling a passkey."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, render_template, session, url_for

from intake.acts import waiting_acts
from intake.errors import Refused
from intake.tables import Passkey
from intake.two_persons import keys_in_force
from integrity.key_history import KEYS_CHANGED
from integrity.keys import key_id
from integrity.policy import Role, TrustedKey
from integrity.store import sql_log
from integrity.store.db import writing
from integrity.vkey import PASSKEY
from receipts.person_keys import enrol
from web.assertion import claimed_answer
from web.context import actor, login, person, services
from web.language import t
from web.passkey import (
    NewPasskey,
    challenge_of,
    creation_options,
    enrolled_credentials,
    new_passkey,
    passkeys_work,
)
from web.reads.acts import kind_text
from web.views.acts import names_of

pages = Blueprint("my_key", __name__)

CHALLENGE = "passkey-challenge"


@pages.get("/my-key")
def show() -> str:
    """My keys, who else has one, and what the firm's rule is."""
    with services().log.session() as database:
        trusted = keys_in_force(services(), database)
        size = sql_log.size(database)
        waiting = [a.id for a in waiting_acts(database, login()) if _is_mine(a.subject)]
        names = names_of(database)
    keys = trusted.person_keys(size)
    mine = [(k, p.key.algorithm == PASSKEY) for k, p in keys.items() if _mine(p.login)]
    later = [e.from_size for e in trusted.keys(Role.PERSON) if _begins_later(e, size)]
    others = sorted({p.login for p in keys.values() if not _mine(p.login)})
    return render_template(
        "my_key.html",
        mine=mine,
        others=[names.get(each, each) for each in others],
        kinds=sorted(trusted.two_person_kinds(size)),
        waiting=waiting,
        later=later,
        size=size,
        kind=kind_text,
        works=passkeys_work(services().settings),
        vote=KEYS_CHANGED in trusted.two_person_kinds(size),
    )


@pages.post("/my-key/options")
def options() -> Response:
    """What the browser is asked to make; the question is kept for the answer."""
    with services().log.session() as database:
        known = enrolled_credentials(database, login())
    asked = creation_options(services().settings, person(), known)
    session[CHALLENGE] = challenge_of(asked)
    return Response(asked, mimetype="application/json")


@pages.post("/my-key")
def add() -> Response:
    """Enrol the passkey that the browser has made."""
    asked = session.pop(CHALLENGE, None)
    if not isinstance(asked, str):
        raise Refused("statement_stale")
    made = new_passkey(services().settings, login(), claimed_answer(), asked)
    act_id = enrol(services(), actor(), made.key)
    _remember(made)
    if act_id is None:
        flash(t("my-key-enrolled"), "good")
        return jsonify(next=url_for("my_key.show"))
    flash(t("my-key-proposed"), "note")
    return jsonify(next=url_for("my_key.show"))


def _remember(made: NewPasskey) -> None:
    row = Passkey(
        keyid=key_id(made.key.public_key),
        login=made.key.name,
        credential_id=made.credential_id,
    )
    with writing(services().log.engine) as database:
        database.merge(row)


def _begins_later(entry: TrustedKey, size: int) -> bool:
    return _mine(entry.key.name) and entry.to_size is None and entry.from_size > size


def _mine(found: str) -> bool:
    return found == login()


def _is_mine(subject: str) -> bool:
    return subject == f"person {login()}"
