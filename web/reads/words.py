"""The text of an exhibit, as the reading left it."""

from __future__ import annotations

from dataclasses import dataclass

from intake.services import Services
from intake.tables import Derivative
from web.reads.exhibit import ExhibitPage

LIMIT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadText:
    """Machine-read text; `cut` when there is more than a page should carry."""

    words: str = ""
    cut: bool = False


def text_of(services: Services, made: Derivative | None) -> ReadText:
    """The text in the derivative `made`; nothing when there is none."""
    if made is None:
        return ReadText()
    with services.log.stores.open_blob(made.sha256) as stream:
        data = stream.read(LIMIT_BYTES + 1)
    words = data[:LIMIT_BYTES].decode("utf-8", "replace")
    return ReadText(words, len(data) > LIMIT_BYTES)


def instead_of_pictures(services: Services, page: ExhibitPage) -> ReadText:
    """The text to show where an exhibit has no pictures of its pages."""
    made = None if page.pictures else page.others.get("text")
    return text_of(services, made)
