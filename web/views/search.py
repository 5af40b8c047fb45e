"""Full-text search in every matter of mine."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from intake.search import PAGE, Found, search
from intake.search_terms import MOST_CHARACTERS
from web.context import login, services

pages = Blueprint("search", __name__)

MOST_PAGES = 10_000


@pages.get("/search")
def show() -> str:
    """What was found for the words in the address."""
    words = request.args.get("q", "").strip()[:MOST_CHARACTERS]
    page = max(1, min(request.args.get("page", 1, type=int), MOST_PAGES))
    found = search(services(), login(), words, page=page) if words else Found()
    return render_template(
        "search.html",
        words=words,
        found=found,
        page=page,
        last_page=max(1, -(-found.total // PAGE)),
    )
