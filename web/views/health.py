"""The health page for staff: what is wrong, and what to do about it."""

from __future__ import annotations

from flask import Blueprint, render_template

from web.context import services
from web.errors import sentence
from web.reads.health import health_of

pages = Blueprint("health", __name__)


@pages.get("/health")
def show() -> str:
    """Stores, disk, queue, workers, keys, last checkpoint."""
    health = health_of(services())
    hindered = " ".join(sentence(fault) for fault in health.key_faults)
    return render_template("health.html", health=health, hindered=hindered)
