"""Set a paper with typst: a template of ours and values, to a PDF that is not signed.

Values reach the template as JSON; none is ever part of its code. The same input gives
the same bytes.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import threading
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, Literal

import typst

from integrity.errors import CustodyError
from receipts.fonts import PaperFonts, paper_fonts
from receipts.printable import LONGEST_NAME, hides, write_out

# A typst compiler is not to be used by two threads at once.
_LOCK = threading.Lock()


class TypesettingError(CustodyError):
    """Typst refused; its text says why. Each paper tells it as an error of its own."""

    code = "paper"


def typeset(
    template: str,
    data: Mapping[str, Any],
    standard: Literal["a-2a", "a-3a"],
    at: dt.datetime,
) -> bytes:
    """The PDF/A of `template` with embedded fonts, dated `at`.

    Raises:
        MissingFontError: this machine has no Chinese font.
        TypesettingError: typst refused.
    """
    try:
        with _LOCK:
            pdf = _compiler().compile(
                template_source(template),
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                pdf_standards=standard,
                timestamp=at,
            )
    except typst.TypstError as error:
        raise TypesettingError(error.message) from error
    if not isinstance(pdf, bytes):
        raise TypesettingError("there was no single file")
    return pdf


def template_source(name: str) -> bytes:
    """The layout of a paper, in typst."""
    return resources.files("receipts").joinpath("templates", name).read_bytes()


def shown_with(fonts: PaperFonts, limit: int = LONGEST_NAME) -> Callable[[str], str]:
    """Makes any text one that can be drawn and hides nothing, `limit` at most."""

    def must_be_named(character: str) -> bool:
        return hides(character) or not (character == " " or fonts.draws(character))

    return lambda text: write_out(text, must_be_named, limit)


@functools.cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(font_paths=paper_fonts().typst_fonts)
