"""XLSX as text: the values of each sheet, row by row. Formulas are not computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO, Final

import openpyxl

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.package import check_package
from workers.reading.text_json import write_text

ROWS_A_STEP: Final = 2_000
MOST_CELLS: Final = 2_000_000


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    check_package(path, context, content)
    # As a stream: of a path the library would believe the extension.
    with path.open("rb") as stream:
        _read_sheets(_open(stream), context, content)
    content.tools["openpyxl"] = openpyxl.__version__
    write_text(context, content)


def _open(stream: BinaryIO) -> openpyxl.Workbook:
    try:
        return openpyxl.load_workbook(
            stream, read_only=True, data_only=True, keep_links=False
        )
    except (KeyError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error


def _read_sheets(book: openpyxl.Workbook, context: Context, content: Content) -> None:
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            content.find("HIDDEN_CONTENT", f"sheet {sheet.title}")
        content.add_text("\n".join([sheet.title, *_rows(sheet, context, content)]))


def _rows(sheet: Any, context: Context, content: Content) -> list[str]:
    # The dimensions a sheet declares may be a lie that costs a billion empty cells.
    sheet.reset_dimensions()
    rows: list[str] = []
    cells = room = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        if number % ROWS_A_STEP == 0:
            context.step()
        values = ["" if value is None else str(value) for value in row]
        cells += len(values)
        line = "\t".join(values).strip()
        if line:
            rows.append(line)
            room += len(line)
        if room > content.room or cells + number > MOST_CELLS:
            content.find("TEXT_CUT")
            break
    return rows
