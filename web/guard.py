"""Who may ask for what: closed unless a view says `@public`.

The sign-in cookie holds login and generation, signed; both are compared with the
database on every request, so that signing out, a new password or a withdrawn
account ends every copy of the cookie at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect, generate_csrf  # type: ignore[import-untyped]  # no types
from markupsafe import Markup
from werkzeug.wrappers import Response

from intake.errors import Refused
from intake.tables import User
from intake.users import signed_in
from web.context import services

SIGN_IN_LIFE = dt.timedelta(hours=12)
# Everything but uploads and files to verify: forms of at most a few hundred rows.
FORM_LIMIT_BYTES = 512 << 10

View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()


def public(view: View) -> View:
    """Mark a view that anyone may ask for; it must give nothing away."""
    view.is_public = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def takes_files(limit: int | None = None) -> Callable[[View], View]:
    """Mark a view that takes files of at most `limit` bytes (None: the setting)."""

    def mark(view: View) -> View:
        view.body_limit = limit  # type: ignore[attr-defined]  # a mark on a function
        return view

    return mark


def init_guard(app: Flask) -> None:
    """Check sign-in, then the size of the body, then the CSRF token.

    In this order, since reading the token reads the body.
    """
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SIGN_IN_LIFE,
        # Our pages send no Referer, so its check would refuse every form on https;
        # the token and SameSite stand against forged forms.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=int(SIGN_IN_LIFE.total_seconds()),
    )
    app.before_request(_know_person)
    app.before_request(_limit_body)
    csrf.init_app(app)
    app.jinja_env.globals["csrf"] = _csrf_field


def begin_sign_in(user: User, generation: int) -> None:
    """Start a session that holds nothing from before."""
    session.clear()
    session["login"], session["generation"] = user.login, generation
    session.permanent = True


def require_role(*roles: str) -> None:
    """Refuse everyone whose role is not one of `roles`."""
    if g.person is None or g.person.role not in roles:
        raise Refused("not_allowed")


def safe_next(claimed_next: str | None) -> str:
    """A path of ours to go on to; the desk for anything else."""
    path = claimed_next or ""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/"):
        return url_for("desk.show")
    if path[1:2] in ("/", "\\") or not path.isprintable():
        return url_for("desk.show")
    return path


def wants_json() -> bool:
    """Tell whether a script asks: it says so in `Accept`."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" or request.path.startswith("/api/")


def _csrf_field() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(
        generate_csrf()
    )


def _know_person() -> Response | None:
    g.person = _person_of_cookie()
    if g.person is not None or _is_public():
        return None
    if request.method in ("GET", "HEAD") and not wants_json():
        going_to = request.full_path.rstrip("?")
        return redirect(url_for("sign_in.form", next=going_to))
    return abort(401)


def _person_of_cookie() -> User | None:
    login, generation = session.get("login"), session.get("generation")
    if not isinstance(login, str) or not isinstance(generation, int):
        return None
    with services().log.session() as database:
        user = signed_in(database, login, generation)
    if user is None:
        session.clear()
    return user


def _limit_body() -> None:
    limit = getattr(_view(), "body_limit", FORM_LIMIT_BYTES)
    if limit is not None:
        request.max_content_length = limit


def _is_public() -> bool:
    """An address that is no page of ours is answered by the error page alone."""
    if request.endpoint is None or request.endpoint == "static":
        return True
    return bool(getattr(_view(), "is_public", False))


def _view() -> Callable[..., Any] | None:
    return current_app.view_functions.get(request.endpoint or "")
