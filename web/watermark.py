"""A page picture with the receipt's number and the time of viewing drawn over it.

An SVG that holds the picture and the words: who saves or photographs the page keeps
both. It does not stop a person with tools from taking the bare picture out; it makes
copies say where they came from.
"""

from __future__ import annotations

import base64
from xml.sax.saxutils import escape

ROWS = 6
TURN = -24


def watermarked(
    picture: bytes, media_type: str, width: int, height: int, words: str
) -> str:
    """The SVG of a picture of `width` x `height` pixels under rows of `words`."""
    data = base64.b64encode(picture).decode()
    size = max(14, width // 28)
    step = height / ROWS
    lines = "".join(
        f'<text x="{width / 2:.0f}" y="{step * (row + 0.5):.0f}" transform="rotate('
        f'{TURN} {width / 2:.0f} {step * (row + 0.5):.0f})">{escape(words)}</text>'
        for row in range(ROWS)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" '
        f'href="data:{media_type};base64,{data}"/>'
        f'<g font-family="sans-serif" font-size="{size}" text-anchor="middle" '
        f'fill="#b3261e" fill-opacity="0.22">{lines}</g></svg>'
    )
