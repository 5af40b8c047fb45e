"""The fields of an exhibit for its page: masked, and with the way to their line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intake.field_words import PERSONAL, field_name, masked
from intake.fields import ROLE, fields_in
from intake.reading import Field
from intake.services import Services
from web.language import language
from web.reads.exhibit import ExhibitPage
from web.reads.words import Line, ReadText, text_of


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field by its name in words.

    `words` are what to mark on the page's text, "" for numbers of people, which are
    not for addresses; `place` is the number of its line there, 0 without one.
    """

    name: str
    value: str
    page: int
    line: str
    check: str
    words: str
    place: int


@dataclass(frozen=True, slots=True)
class Fields:
    """What is shown; `full` when whole numbers are, `personal` when some are masked."""

    rows: tuple[ShownField, ...] = ()
    full: bool = False
    personal: bool = False


def fields_of(services: Services, page: ExhibitPage, *, full: bool) -> Fields:
    """The fields of the exhibit; personal numbers whole only if that is asked for."""
    made = page.others.get(ROLE)
    if made is None:
        return Fields()
    whole = fields_in(services, made)
    read = text_of(services, page.others.get("text")) if whole else ReadText()
    shown = whole if full else masked(whole)
    rows = tuple(
        _shown(each, _place(open_, read.lines))
        for each, open_ in zip(shown, whole, strict=True)
    )
    return Fields(rows, full, any(each.name in PERSONAL for each in whole))


def _shown(field: Field, place: int) -> ShownField:
    words = "" if field.name in PERSONAL else field.value
    name = field_name(field.name, language())
    return ShownField(
        name, field.value, field.page, field.line, field.check, words, place
    )


def _place(field: Field, lines: Sequence[Line]) -> int:
    """The number of the field's line among those of its page that have places."""
    of_page = [line for line in lines if line.page == field.page]
    for number, line in enumerate(of_page, start=1):
        text = line.text.strip()
        if text and (text == field.line or field.value in text):
            return number
    return 0
