"""The language switch."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from web.guard import public, safe_next
from web.language import LANGUAGES, set_language

pages = Blueprint("languages", __name__)


@pages.get("/lang/<code>")
@public
def switch(code: str) -> Response:
    """Remember a language and go back."""
    if code not in LANGUAGES:
        abort(404)
    response = redirect(safe_next(request.args.get("next")))
    set_language(response, code)  # type: ignore[arg-type]  # Flask gives a Response
    return response
