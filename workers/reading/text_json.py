"""The text of a reading as a derivative: `text.json`, page by page with places."""

from __future__ import annotations

import json
from typing import Any

from intake.reading import Derivative
from workers.reading.content import Content, Context

NAME = "text.json"


def write_text(context: Context, content: Content) -> None:
    """Write the text of all pages, if there is any.

    Shape: `{"pages": [{"page", "text", "lines": [{"text", "score", "quad"}]}]}`, with
    quads as eight numbers in pixels of the page picture.
    """
    if not any(content.page_texts):
        return
    rows: dict[int, list[dict[str, Any]]] = {}
    for line in content.lines:
        row = {"text": line.text, "score": round(line.score, 3), "quad": line.quad}
        rows.setdefault(line.page, []).append(row)
    pages = [
        {"page": number, "text": text, "lines": rows.get(number, [])}
        for number, text in enumerate(content.page_texts, start=1)
    ]
    data = json.dumps({"pages": pages}, ensure_ascii=False).encode()
    (context.work / NAME).write_bytes(data)
    content.derivatives.append(Derivative("text", None, NAME, "application/json"))
