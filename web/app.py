"""The application factory: everything is built here, nothing at import."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from intake.services import Services
from intake.settings import Settings
from web.context import KEY
from web.errors import init_errors
from web.formats import init_formats
from web.guard import init_guard
from web.headers import init_headers
from web.language import init_language
from web.logs import init_logs
from web.secret import secret_key
from web.spooling import SpoolingRequest
from web.views import (
    acts,
    checks,
    client,
    desk,
    evidence,
    exhibits,
    health,
    languages,
    log,
    matters,
    my_key,
    people,
    probes,
    receipts,
    review,
    search,
    sign_in,
    uploads,
    verify,
)
from web.wording import init_wording

VIEWS = (
    acts, checks, client, desk, evidence, exhibits, health, languages, log, matters,
    my_key, people, probes, receipts, review, search, sign_in, uploads, verify,
)  # fmt: skip
# Room for the other fields and the boundaries of a multipart upload.
FORM_ROOM_BYTES = 1 << 20


def create_app(services: Services) -> Flask:
    """The firm's desk and the clients' pages over `services`."""
    settings = services.settings
    app = Flask(__name__)
    app.request_class = SpoolingRequest
    app.extensions[KEY] = services
    _configure(app, settings)
    init_logs(app)
    init_language(app, settings.lang)
    init_guard(app)
    init_errors(app)
    init_formats(app)
    init_wording(app)
    init_headers(app, https=settings.base_url.startswith("https://"))
    for module in VIEWS:
        app.register_blueprint(module.pages)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    https = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=secret_key(settings),
        SESSION_COOKIE_NAME="__Host-custody" if https else "custody",
        SESSION_COOKIE_SECURE=https,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes + FORM_ROOM_BYTES,
        MAX_FORM_PARTS=50,
        MAX_FORM_MEMORY_SIZE=500_000,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own recipe
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
