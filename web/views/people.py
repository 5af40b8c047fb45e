"""People of the firm: who there is, and for administrators, adding one."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from sqlalchemy import select

from intake.access import user_for
from intake.tables import Credential, User
from intake.users import ROLES, add_user, new_link
from integrity.errors import CustodyError
from web.context import actor, services
from web.errors import sentence, status_of
from web.guard import require_role

pages = Blueprint("people", __name__)


@pages.get("/people")
def show() -> str:
    """Everyone with an account."""
    require_role("admin")
    return _page()


@pages.post("/people")
def add() -> str | tuple[str, int]:
    """Add a person and show the one-time link for their password, this once."""
    require_role("admin")
    typed = request.form
    claimed_login = typed.get("login", "").strip().lower()
    try:
        login = add_user(
            services(), actor(), claimed_login, typed.get("name", ""),
            typed.get("role", ""),
        )  # fmt: skip
    except CustodyError as error:
        return _page(problem=sentence(error)), status_of(error)
    return _page(linked=login)


@pages.post("/people/<login>/link")
def link(login: str) -> str:
    """A new one-time link for somebody who lost the password or the first link."""
    require_role("admin")
    with services().log.session() as session:
        known = user_for(session, login).login
    return _page(linked=known)


def _page(*, linked: str = "", problem: str = "") -> str:
    address = ""
    if linked:
        token = new_link(services(), linked)
        path = url_for("sign_in.set_up_form", token=token)
        address = f"{services().settings.base_url}{path}"
    with services().log.session() as session:
        users = session.scalars(select(User).order_by(User.name)).all()
        query = select(Credential.login).where(Credential.password_hash.is_not(None))
        ready = set(session.scalars(query))
    return render_template(
        "people.html", users=users, ready=ready, roles=ROLES, linked=linked,
        address=address, problem=problem, typed=request.form,
    )  # fmt: skip
