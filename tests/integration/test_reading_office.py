"""Office formats through the sandboxed reading, on files that real programs made."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import zipfile
from pathlib import Path

import docx
import olefile
import openpyxl
import pptx
import pytest
from PIL import Image
from pptx.util import Inches

from intake.reading import Unreadable, UnreadableReason
from tests.sandboxed_reading import codes, read_bytes
from workers.reading.limits import Limits

OFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
CONTRACT = ("房屋租赁合同", "甲方：张三", "乙方：李四", "签订日期：2025年8月29日")


def word() -> bytes:
    made = docx.Document()
    for line in CONTRACT:
        made.add_paragraph(line)
    table = made.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "押金", "6000元"
    made.core_properties.author = "张三"
    return saved(made)


def workbook() -> bytes:
    """Dates in a column that is too narrow to print them."""
    book = openpyxl.Workbook()
    book.active.title = "流水"
    for day in range(1, 11):
        book.active.append([f"2025-08-{day:02}转账摘要很长很长", day * 100])
    hidden = book.create_sheet("底稿")
    hidden.append(["秘密"])
    hidden.sheet_state = "hidden"
    return saved(book)


def slides() -> bytes:
    show = pptx.Presentation()
    for title in ("租金支付说明", "附表"):
        slide = show.slides.add_slide(show.slide_layouts[5])
        slide.shapes.title.text = title
        inches = [Inches(n) for n in (1, 2, 5, 1)]
        table = slide.shapes.add_table(1, 2, *inches).table
        table.cell(0, 0).text, table.cell(0, 1).text = "押金", "6000元"
    show.slides[0].notes_slide.notes_text_frame.text = "口头说明"
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(picture, "PNG")
    show.slides[0].shapes.add_picture(picture, Inches(1), Inches(4))
    show.slides[1].element.set("show", "0")
    return saved(show)


def saved(made) -> bytes:
    memory = io.BytesIO()
    made.save(memory)
    return memory.getvalue()


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A file as LibreOffice itself saves it in another format."""
    folder = tmp_path_factory.mktemp("office")
    sources = {
        "odt": ("a.docx", word), "doc": ("a.docx", word), "rtf": ("a.docx", word),
        "ods": ("b.xlsx", workbook), "xls": ("b.xlsx", workbook),
        "odp": ("c.pptx", slides), "ppt": ("c.pptx", slides),
    }  # fmt: skip

    def convert(ending: str, filter_name: str = "") -> bytes:
        name, make = sources[ending]
        (folder / name).write_bytes(make())
        target = f"{ending}:{filter_name}" if filter_name else ending
        command = [
            str(OFFICE), f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless", "--convert-to", target, "--outdir", str(folder),
            str(folder / name),
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return (folder / name).with_suffix(f".{ending}").read_bytes()

    return convert


def test_powerpoint(tmp_path):
    """PPTX: slides in order, tables by rows, notes, the hidden slide, the picture."""
    reading = read_bytes(tmp_path, slides(), "说明.pptx")
    assert reading.pages == 2
    assert reading.page_texts == (
        "租金支付说明\n押金\t6000元\n口头说明", "附表\n押金\t6000元",
    )  # fmt: skip
    found = {(each.code, each.detail) for each in reading.findings}
    assert ("HIDDEN_CONTENT", "page 2") in found
    assert ("SPEAKER_NOTES", "page 1") in found
    assert ("PICTURES_INSIDE", "1") in found
    assert any(each.rule == "office modified" for each in reading.dates)


@pytest.mark.slow
@pytest.mark.tool("libreoffice")
@needs_office
def test_open_document_text(tmp_path, converted):
    """ODT of LibreOffice: paragraphs, the table's row, type, date, saved dates."""
    reading = read_bytes(tmp_path, converted("odt"), "合同.odt")
    assert reading.media_type == "application/vnd.oasis.opendocument.text"
    lines = reading.page_texts[0].split("\n")
    assert [line for line in (*CONTRACT, "押金\t6000元") if line not in lines] == []
    assert (reading.dates[0].value, reading.date_basis) == ("2025-08-29", "document")
    assert any(each.rule.startswith("office") for each in reading.dates)


@pytest.mark.slow
@pytest.mark.tool("libreoffice")
@needs_office
def test_open_document_sheets_and_slides(tmp_path, converted):
    """ODS and ODP of LibreOffice: a text a sheet or slide; what is hidden is named."""
    sheets = read_bytes(tmp_path, converted("ods"), "流水.ods")
    assert [text.split("\n")[0] for text in sheets.page_texts] == ["流水", "底稿"]
    assert "2025-08-10转账摘要很长很长\t1000" in sheets.page_texts[0]
    hidden = {each.detail for each in sheets.findings if each.code == "HIDDEN_CONTENT"}
    assert hidden == {"sheet 底稿"}
    show = read_bytes(tmp_path, converted("odp"), "说明.odp")
    assert show.pages == 2
    assert show.page_texts[0] == "租金支付说明\n押金\t6000元\n口头说明"
    assert {"HIDDEN_CONTENT", "SPEAKER_NOTES"} <= codes(show)


@pytest.mark.slow
@pytest.mark.tool("libreoffice")
@needs_office
@pytest.mark.parametrize(
    ("ending", "name", "media_type"),
    [
        ("doc", "合同.doc", "application/msword"),
        ("doc", "合同.wps", "application/wps-office.wps"),
        ("rtf", "合同.rtf", "application/rtf"),
    ],
)
def test_old_documents(tmp_path, converted, ending, name, media_type):
    """DOC, WPS, RTF: lines with places, pictures of pages, whose drawing it is."""
    reading = read_bytes(tmp_path, converted(ending), name)
    assert (reading.media_type, reading.pages) == (media_type, 1)
    assert [line for line in CONTRACT if line not in reading.page_texts[0]] == []
    assert (reading.dates[0].value, reading.date_basis) == ("2025-08-29", "document")
    assert {line.text for line in reading.lines} >= set(CONTRACT)
    roles = {each.role for each in reading.derivatives}
    assert roles == {"page", "thumbnail", "searchable_pdf", "text", "fields"}
    drawn = [each.detail for each in reading.findings if each.code == "DRAWN_HERE"]
    assert drawn[0].startswith("LibreOffice")
    kept = {each.path for each in reading.derivatives}
    assert {entry.name for entry in (tmp_path / "work").iterdir()} == kept


@pytest.mark.slow
@pytest.mark.tool("libreoffice")
@needs_office
@pytest.mark.parametrize("name", ["流水.xls", "流水.et"])
def test_old_workbook(tmp_path, converted, name):
    """XLS and ET: whole values of cells, however narrow; a picture of each sheet."""
    reading = read_bytes(tmp_path, converted("xls"), name)
    assert "2025-08-10转账摘要很长很长\t1000" in reading.page_texts[0]
    assert "秘密" in reading.page_texts[1]
    assert sum(made.role == "page" for made in reading.derivatives) == 2
    hidden = [each for each in reading.findings if each.code == "HIDDEN_CONTENT"]
    assert [each.detail for each in hidden] == ["sheet 底稿"]


@pytest.mark.slow
@pytest.mark.tool("libreoffice")
@needs_office
def test_old_slides(tmp_path, converted):
    """PPT: a page a slide, the hidden one too."""
    reading = read_bytes(tmp_path, converted("ppt"), "说明.ppt")
    assert reading.pages == 2
    assert "租金支付说明" in reading.page_texts[0]
    assert "附表" in reading.page_texts[1]


@pytest.mark.slow
@pytest.mark.tool("libreoffice")
@needs_office
def test_nothing_is_fetched(tmp_path):
    """A document that names a picture on this machine's network does not ask for it."""
    server = listening()
    port = server.getsockname()[1]
    field = (
        rf'{{\field{{\*\fldinst INCLUDEPICTURE "http://127.0.0.1:{port}/a.png" \\d}}}}'
    )
    data = rf"{{\rtf1\ansi {field} rent paid\par}}".encode()
    reading = read_bytes(tmp_path, data, "a.rtf")
    assert "rent paid" in reading.page_texts[0]
    assert "EXTERNAL_REF" in codes(reading)
    with server, pytest.raises(BlockingIOError):
        server.accept()


def listening() -> socket.socket:
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0)
    return server


def test_without_libreoffice(tmp_path, monkeypatch):
    """Without LibreOffice an old document is kept, and what is missing is named."""
    empty = tmp_path / "bin"
    empty.mkdir()
    monkeypatch.setattr("workers.reading.sandbox.child_environment", bare(empty))
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path, rb"{\rtf1 x}", "a.rtf")
    assert caught.value.reason is UnreadableReason.TOOL_MISSING
    assert caught.value.detail == "LibreOffice"


def bare(folder: Path):
    """The child's environment, with no program to be found."""

    def environment(work: Path) -> dict[str, str]:
        return {"PATH": str(folder), "HOME": str(work), "TMPDIR": str(work)}

    return environment


@pytest.mark.parametrize("name", ["a.doc", "a.xls", "a.ppt"])
def test_container_of_nothing_known(tmp_path, name):
    """Bytes that only begin as an old Office file are damaged."""
    data = olefile.MAGIC + os.urandom(4000)
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path, data, name)
    assert caught.value.reason is UnreadableReason.CORRUPT


ODF_HEAD = (
    '<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b"'
    ' xmlns:draw="d" xmlns:xlink="l" xmlns:style="s"><office:body>'
)
ODF_TAIL = "</office:body></office:document-content>"


def open_document(kind: str, body: str) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        inside = f"<office:{kind}>{body}</office:{kind}>"
        archive.writestr("content.xml", f"{ODF_HEAD}{inside}{ODF_TAIL}")
    return memory.getvalue()


def test_deleted_text_is_not_text(tmp_path):
    """ODT: what was struck out is no line; it, comments and far pictures are found."""
    body = (
        "<text:tracked-changes><text:changed-region><text:p>旧租金</text:p>"
        "</text:changed-region></text:tracked-changes>"
        '<text:p>租金<text:s text:c="3"/>三千<text:tab/>元'
        "<office:annotation><text:p>要改</text:p></office:annotation></text:p>"
        '<draw:frame><draw:image xlink:href="http://example.com/a.png"/></draw:frame>'
    )
    reading = read_bytes(tmp_path, open_document("text", body), "a.odt")
    assert reading.page_texts == ("租金   三千\t元",)
    found = {(each.code, each.detail) for each in reading.findings}
    assert ("HIDDEN_CONTENT", "1 tracked changes") in found
    assert ("HIDDEN_CONTENT", "comments") in found
    assert ("EXTERNAL_REF", "http://example.com/a.png") in found


@pytest.mark.parametrize("claimed", ["3", "99999999", "-1", "x"])
def test_repeated_cells(tmp_path, claimed):
    """ODS: a claim of millions of equal cells is written out as far as a bound."""
    body = (
        '<table:table table:name="表"><table:table-row><table:table-cell'
        f' table:number-columns-repeated="{claimed}"><text:p>甲</text:p>'
        "</table:table-cell></table:table-row></table:table>"
    )
    reading = read_bytes(tmp_path, open_document("spreadsheet", body), "a.ods")
    cells = reading.page_texts[0].split("\n")[1].split("\t")
    assert len(cells) == {"3": 3, "99999999": 200}.get(claimed, 1)


@pytest.mark.parametrize(("levels", "reads"), [(150, True), (250, False)])
def test_depth_of_elements(tmp_path, levels, reads):
    """Elements inside elements: deeper than any document is refused, not followed."""
    body = (
        "<text:section>" * levels + "<text:p>甲</text:p>" + "</text:section>" * levels
    )
    data = open_document("text", body)
    if reads:
        assert read_bytes(tmp_path, data, "a.odt").page_texts == ("甲",)
        return
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path, data, "a.odt")
    assert caught.value.reason is UnreadableReason.NESTING_LIMIT


def test_slides_over_the_limit(tmp_path):
    """PPTX: more slides than the limit on pages are refused."""
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path, slides(), "a.pptx", Limits(pages=1))
    assert caught.value.reason is UnreadableReason.LIMIT_PAGES
