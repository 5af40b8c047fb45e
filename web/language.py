"""The words of the pages: Fluent files, Chinese first, English by a switch."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import structlog
from flask import Flask, Response, current_app, g, request, url_for
from fluent.runtime import FluentBundle, FluentResource

LANGUAGES = {"zh-CN": "中文", "en": "English"}
COOKIE = "custody-lang"
COOKIE_LIFE = dt.timedelta(days=365)
LOCALES = Path(__file__).with_name("locales")

log = structlog.get_logger()


class MissingWords(LookupError):
    """A page asked for words that no file has; tests fail on it."""


def init_language(app: Flask, default: str) -> None:
    """Give templates `t()` and `lang`; know the language of each request."""

    def choose() -> None:
        asked = request.args.get("lang", "")
        kept = request.cookies.get(COOKIE, "")
        g.lang = next((c for c in (asked, kept) if c in LANGUAGES), default)

    def remember(response: Response) -> Response:
        if request.args.get("lang") in LANGUAGES:
            set_language(response, request.args["lang"])
        return response

    app.before_request(choose)
    app.after_request(remember)
    app.jinja_env.globals.update(t=t, switch_link=_switch_link)
    app.context_processor(lambda: {"lang": language(), "languages": LANGUAGES})


def language() -> str:
    """The language of this request."""
    return str(g.get("lang", "zh-CN"))


def set_language(response: Response, code: str) -> None:
    """Remember the language in a cookie of its own; it says nothing of a person."""
    response.set_cookie(
        COOKIE, code, max_age=COOKIE_LIFE, httponly=True, samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )  # fmt: skip


def t(key: str, **facts: object) -> str:
    """The words `key` in the language of this request."""
    return words_in(language(), key, **facts)


def has_words(key: str) -> bool:
    """Tell whether there are words for `key`."""
    return bundle(language()).has_message(key)


def words_in(lang: str, key: str, **facts: object) -> str:
    """The words `key` in `lang`, with `facts` put in.

    Raises:
        MissingWords: in tests, when the key or one of its facts is missing.
    """
    words = bundle(lang)
    if not words.has_message(key):
        return _missing(key, "no such key")
    pattern = words.get_message(key).value
    if pattern is None:
        return _missing(key, "no value")
    text, errors = words.format_pattern(pattern, dict(facts))
    if errors:
        _missing(key, str(errors[0]))
    return str(text)


@cache
def bundle(lang: str) -> FluentBundle:
    """All words of one language."""
    words = FluentBundle([lang], use_isolating=False)
    for path in sorted((LOCALES / lang).glob("*.ftl")):
        words.add_resource(FluentResource(path.read_text("utf-8")))
    return words


def _switch_link(code: str) -> str:
    """Where to switch to `code`; an address that is a secret enters no other."""
    if g.get("person") is None:
        return f"?lang={code}"
    got = request.method == "GET"
    going_to = request.full_path.rstrip("?") if got else request.path
    return url_for("languages.switch", code=code, next=going_to)


def _missing(key: str, reason: str) -> str:
    if current_app.testing:
        raise MissingWords(f"{key}: {reason}")
    log.error("words.missing", key=key, reason=reason)
    return key
