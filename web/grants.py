"""The right to see the scans of one receipt for a while, after its PIN.

A signed cookie of its own, sent back only to the pages of that one link. It says
nothing about the firm's people and a sign-in says nothing here.
"""

from __future__ import annotations

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

COOKIE = "custody-receipt"
LIFE_S = 1800
SALT = "receipt-grant-1"


def give_grant(response: Response, receipt_id: str, path: str) -> None:
    """Let the browser of this answer see `receipt_id` for half an hour."""
    response.set_cookie(
        COOKIE, _serializer().dumps(receipt_id), max_age=LIFE_S, path=path,
        httponly=True, samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )  # fmt: skip


def has_grant(receipt_id: str) -> bool:
    """Tell whether this request's browser was let in to `receipt_id`."""
    try:
        granted = _serializer().loads(request.cookies.get(COOKIE, ""), max_age=LIFE_S)
    except BadSignature:
        return False
    return bool(granted == receipt_id)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=SALT)
