"""Our errors as HTTP: one table (intake.errors), a page or a problem document."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]  # no types
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from intake.errors import ERRORS, Refused, words
from integrity.errors import CustodyError
from web.context import services
from web.guard import wants_json
from web.language import language, t

PROBLEM = "application/problem+json"
KNOWN = (400, 401, 404, 405, 413)

log = structlog.get_logger()


def init_errors(app: Flask) -> None:
    """Answer every failure in the reader's language; traces go to the log alone."""
    app.register_error_handler(CustodyError, refused)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def status_of(error: CustodyError) -> int:
    """The HTTP status of one of our errors."""
    row = ERRORS.get(error.code.lower())
    return 422 if row is None else row.http


def sentence(error: CustodyError) -> str:
    """What happened, what was kept, what to do, for the person before us."""
    if request.blueprint == "client" and error.code == "receipt_unknown":
        return t("client-unknown")  # there is no number to name: only the link
    return words(error, language())


def refused(error: CustodyError) -> Response:
    """The answer to one of our own errors."""
    status = status_of(error)
    log.info("request.refused", code=error.code, status=status)
    return _answer(status, error.code.lower(), sentence(error))


def _too_large(_error: RequestEntityTooLarge) -> Response:
    limit = services().settings.max_upload_mb
    return refused(Refused("file_too_large", name=t("error-this-file"), limit=limit))


def _forged(_error: CSRFError) -> Response:
    log.info("request.refused", code="csrf", status=400)
    return _answer(400, "csrf", t("error-csrf"))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None and status < HTTPStatus.BAD_REQUEST:
        return make_response(error.get_response())
    key = f"error-{status}" if status in KNOWN else "error-other"
    response = _answer(status, f"http_{status}", t(key))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _failed(error: Exception) -> Response:
    log.error("request.failed", kind=type(error).__name__, exc_info=error)
    return _answer(500, "failed", t("error-500"))


def _answer(status: int, code: str, detail: str) -> Response:
    if wants_json():
        problem = {"type": f"urn:custody:error:{code}", "title": code,
                   "status": status, "detail": detail}  # fmt: skip
        response = jsonify(problem)
        response.mimetype = PROBLEM
    else:
        page = "client/error.html" if request.blueprint == "client" else "error.html"
        response = make_response(render_template(page, status=status, detail=detail))
    response.status_code = status
    return response
