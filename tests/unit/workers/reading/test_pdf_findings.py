"""Findings in the bytes of a PDF: scripts, and no alarm at what pictures hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.reading.content import Content
from workers.reading.pdf_findings import find_in_bytes


def active(path: Path, data: bytes) -> bool:
    """Whether something that runs is found in the file."""
    path.write_bytes(b"%PDF-1.7\n" + data)
    content = Content("application/pdf")
    find_in_bytes(path, content)
    return any(each.code == "ACTIVE_CONTENT" for each in content.findings)


@pytest.mark.parametrize(
    "data",
    [
        b"1 0 obj <</S /JavaScript /JS (app.alert)>>",
        b"1 0 obj <</Names 1 0 R/JS(app.alert(1))>> endobj",
        b"1 0 obj <</Type /Action\r\n/JS\r\n<6170702e>>> endobj",
        b"1 0 obj <</Type /Action /JS 12 0 R >> endobj",
        b"1 0 obj <</S /Launch /F (cmd.exe)>>",
        b"1 0 obj <</Subtype /RichMedia>>",
    ],
)
def test_a_script_is_found_in_the_bytes(tmp_path: Path, data: bytes) -> None:
    """Whatever pdfminer makes of the file."""
    assert active(tmp_path / "a.pdf", data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x98\x0a\xf4/JS(\x9a\xe7\x00\xa3",
        b"\xff\xfe text /JS(\x9a\xe7\x00\xa3",
        b"in plain text the word /JS stands here",
        b"/JSON (a name of its own) and more text",
    ],
)
def test_three_bytes_of_a_picture_are_no_script(tmp_path: Path, data: bytes) -> None:
    """One scan in fifty has these bytes by chance."""
    assert not active(tmp_path / "a.pdf", data)


@given(st.binary(max_size=400))
def test_any_bytes_are_looked_at(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """Nothing raises, and what is no text is no script."""
    folder = tmp_path_factory.getbasetemp()
    noise = bytes(byte | 0x80 for byte in data)
    assert not active(folder / "noise.pdf", noise)
    active(folder / "any.pdf", data)
