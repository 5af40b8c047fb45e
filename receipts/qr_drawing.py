"""Drawing a QR code as SVG (ISO/IEC 18004), error level M."""

from __future__ import annotations

import qrcode  # type: ignore[import-untyped]  # no types
from qrcode.constants import (  # type: ignore[import-untyped]  # no types
    ERROR_CORRECT_M,
)

from integrity.errors import MalformedError
from receipts.qr import MAX_TEXT

QUIET_MODULES = 4  # ISO/IEC 18004, section 9.1


def draw_svg(text: str) -> str:
    """The code as one SVG path, error level M, quiet zone included.

    Raises:
        MalformedError: the text is longer than we let a phone read.
    """
    if len(text) > MAX_TEXT:
        raise MalformedError("QR text", f"it is longer than {MAX_TEXT} characters")
    matrix = _modules(text)
    side = len(matrix)
    runs = "".join(
        f"M{start},{y}h{length}v1h-{length}z"
        for y, row in enumerate(matrix)
        for start, length in _runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">'
        f'<path fill="#fff" d="M0,0h{side}v{side}h-{side}z"/>'
        f'<path fill="#000" d="{runs}"/></svg>'
    )


def _modules(text: str) -> list[list[bool]]:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(text)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


def _runs(row: list[bool]) -> list[tuple[int, int]]:
    """Start and length of each unbroken run of dark modules."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if dark and runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif dark:
            runs.append((x, 1))
    return runs
