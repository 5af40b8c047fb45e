"""Headers of every answer: no foreign code, no guessing of types, no Referer."""

from __future__ import annotations

from flask import Flask, Response, request

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# The client's pages run no script at all.
CLIENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# For bytes of exhibits and pictures of them: even opened by itself nothing runs.
BYTES_POLICY = "default-src 'none'; img-src data:; style-src 'none'; sandbox"

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


def init_headers(app: Flask, *, https: bool) -> None:
    """Set the headers on every answer; a view may have set a stricter policy."""

    def secure(response: Response) -> Response:
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        client = request.blueprint == "client"
        policy = CLIENT_POLICY if client else CONTENT_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        if client:
            response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    app.after_request(secure)
