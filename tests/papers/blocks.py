"""What a paper is made of, and the text that a reader of it should find.

A block is a dictionary, because it travels to the layout as JSON; only the functions
here make one. `text_of` walks the same blocks as the layout does, so the truth is in
the order in which a person reads: rows of a table from left to right, a left column
before the right one. What a seal says is not part of the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]
Cell = str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Paper:
    """One document: its kind, its date (ISO; empty when it has none), its pages."""

    name: str
    code: str
    date: str
    pages: tuple[tuple[Block, ...], ...]
    size: str = "a4"
    font: str = "serif"
    points: float = 11.5
    margin_mm: float = 22
    leading: float = 0.85
    sealed: bool = True

    def text(self) -> str:
        """The truth, in reading order; a form feed parts the pages."""
        return "\f".join(text_of(page) for page in self.pages) + "\n"


def paper(
    name: str, code: str, date: str, blocks: Iterable[Block], **look: Any
) -> Paper:
    """A paper of one page."""
    return Paper(name, code, date, (tuple(blocks),), **look)


def title(text: str, size: float = 20, **look: Any) -> Block:
    """A heading in the middle."""
    return {"kind": "title", "text": text, "size": size, "weight": 700, **look}


def para(text: str, **look: Any) -> Block:
    """A paragraph whose first line is moved in by two characters."""
    return {"kind": "para", "text": text, "indent": True, **look}


def line(text: str, align: str = "left", **look: Any) -> Block:
    """A line of its own."""
    return {"kind": "para", "text": text, "indent": False, "align": align, **look}


def space(mm: float) -> Block:
    """Nothing, so many millimetres high."""
    return {"kind": "space", "mm": mm}


def rule(colour: str = "#000000", pt: float = 0.8) -> Block:
    """A line drawn from side to side."""
    return {"kind": "rule", "colour": colour, "pt": pt}


def table(
    rows: Sequence[Sequence[Cell]], widths: Sequence[float], **look: Any
) -> Block:
    """A table; a cell `(text, n)` goes over n columns. Without `stroke` no lines."""
    cells = [
        [cell if isinstance(cell, tuple) else (cell, 1) for cell in row] for row in rows
    ]
    return {
        "kind": "table",
        "rows": cells,
        "widths": list(widths),
        "stroke": 0.6,
        **look,
    }


def side_by_side(
    rows: Sequence[Sequence[Cell]], widths: Sequence[float], **look: Any
) -> Block:
    """Lines that stand beside each other: a table without its lines."""
    return table(rows, widths, **{"stroke": 0, "align": "left", **look})


def columns(left: Sequence[Block], right: Sequence[Block], gap_mm: float = 8) -> Block:
    """Two columns; the left one is read first."""
    return {"kind": "columns", "left": list(left), "right": list(right), "gap": gap_mm}


def boxed(blocks: Sequence[Block], width_mm: float, height_mm: float) -> Block:
    """A framed part, such as one side of a card."""
    return {
        "kind": "boxed",
        "blocks": list(blocks),
        "width": width_mm,
        "height": height_mm,
    }


def seal(
    owner: str, dx_mm: float, dy_mm: float, below: str = "", size_mm: float = 40
) -> Block:
    """A round red seal, moved from where the block stands; it takes no room."""
    return {
        "kind": "seal",
        "text": owner,
        "below": below,
        "dx": dx_mm,
        "dy": dy_mm,
        "size": size_mm,
    }


def bubble(text: str, *, mine: bool) -> Block:
    """A message of a chat, on the right when it is `mine`."""
    return {"kind": "bubble", "text": text, "mine": mine}


def bar(left: str, middle: str, right: str) -> Block:
    """The bar over a screen."""
    return {"kind": "bar", "left": left, "middle": middle, "right": right}


def foot(text: str) -> Block:
    """A line at the foot of the page; it must be the last block."""
    return {"kind": "foot", "text": text}


def text_of(blocks: Iterable[Block]) -> str:
    """What should be read, one line a paragraph or row."""
    return "\n".join(part for part in map(_text, blocks) if part)


def _text(block: Block) -> str:
    match block["kind"]:
        case "columns":
            return text_of([*block["left"], *block["right"]])
        case "boxed":
            return text_of(block["blocks"])
        case "table":
            return "\n".join(
                " ".join(cell for cell, _ in row if cell) for row in block["rows"]
            )
        case "bar":
            return " ".join(
                filter(None, (block["left"], block["middle"], block["right"]))
            )
        case "space" | "rule" | "seal":
            return ""
        case _:
            return str(block["text"])
