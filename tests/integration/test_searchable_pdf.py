"""The searchable PDF: whatever was read is found again, where it stands."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import unicodedata
import zlib
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

from intake.reading import TextLine
from workers.reading import searchable
from workers.reading.content import Content, Context
from workers.reading.limits import Limits
from workers.reading.page_images import DPI, save_page
from workers.reading.picture_pdf import PicturePage, write_pictures
from workers.reading.searchable import difference, write_searchable

SIZE = (1654, 2339)
NAUGHTY = (
    "今借到张三人民币伍万元整",
    "\"引号\" '单引' \\反斜杠\\ (括号) <角> #set $x$",
    "表情😀👍🏽家庭👨‍👩‍👧结束",
    "生僻字𠮷野家𪚥龘鿫𮧵",
    "مرحبا بالعالم",
    "שלום עולם",
    "2025年8月29日，金额￥50,000.00元",
    "甲方（盖章）：ＡＢＣ有限公司",
    "Loan agreement between A and B",
    "①②③㈠㎡㍿〇々ㄅあア한글",
    "\u202e倒写\u202c e\u0301tude",
)


def quad(x: float, y: float, width: float, height: float, degrees: float = 0):
    """The corners of a line that begins at (x, y) and is turned clockwise."""
    turn = math.radians(degrees)
    cos, sin = math.cos(turn), math.sin(turn)
    corners = ((0, 0), (width, 0), (width, height), (0, height))
    return tuple(v for a, b in corners for v in (x + a * cos - b * sin,
                                                 y + a * sin + b * cos))  # fmt: skip


def line_of(text: str, row: int) -> TextLine:
    """A line as wide as its characters are."""
    units = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return TextLine(1, text, 0.9, quad(100, 100 + row * 90, 20 * units, 40))


def written(folder: Path, lines: list[TextLine]) -> Path:
    """A PDF of one page with these lines."""
    picture, target = folder / "page.jpg", folder / "out.pdf"
    Image.new("RGB", SIZE, "white").save(picture)
    with target.open("wb") as file:
        list(write_pictures(file, [PicturePage(picture, tuple(lines))], DPI))
    return target


def by_poppler(pdf: Path) -> str:
    """What pdftotext finds; without the marks that it puts around other scripts."""
    done = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, check=True)
    return re.sub("[\u202a-\u202c]", "", done.stdout.decode())


def by_pdfium(pdf: Path) -> str:
    """What Chromium's viewer searches in."""
    document = pdfium.PdfDocument(pdf)
    return str(document[0].get_textpage().get_text_bounded())


def shown(text: str) -> str:
    """Text as it is compared: programs leave marks of direction out."""
    return unicodedata.normalize("NFC", re.sub("[\u202a-\u202e]", "", text))


@pytest.mark.parametrize("search", [by_poppler, by_pdfium])
def test_each_phrase_is_found_again(search, tmp_path: Path) -> None:
    """Any four characters of a line, whatever they are, with no space put between."""
    lines = [line_of(text, row) for row, text in enumerate(NAUGHTY)]
    found = shown(search(written(tmp_path, lines)))
    for text in map(shown, NAUGHTY):
        missing = [
            text[at : at + 4]
            for at in range(len(text) - 3)
            if text[at : at + 4] not in found
        ]
        assert missing == [], text


@pytest.mark.parametrize("degrees", [-90, -30, -3, 0, 2, 5, 10, 45, 88, 90, 180])
def test_turned_lines_stay_whole_and_in_place(degrees: float, tmp_path: Path) -> None:
    """Both find the whole line; its characters cover its quad and no more."""
    text = "旋转的一行文字内容较长一些2025年"
    turned = quad(700, 1100, 560, 40, degrees)
    pdf = written(tmp_path, [TextLine(1, text, 0.9, turned)])
    assert text in by_poppler(pdf)
    assert text in by_pdfium(pdf)
    page = pdfium.PdfDocument(pdf)[0].get_textpage()
    assert page.count_chars() == len(text)
    # PDFium gives a turned character the box of its beginning: one is 14 wide.
    near = 8 if degrees % 90 == 0 else 20
    whole = [page.get_charbox(n, loose=True) for n in range(len(text))]
    left, right = min(b[0] for b in whole), max(b[2] for b in whole)
    low, high = min(b[1] for b in whole), max(b[3] for b in whole)
    xs = [x * 72 / DPI for x in turned[0::2]]
    ys = [(SIZE[1] - y) * 72 / DPI for y in turned[1::2]]
    assert (left, right) == pytest.approx((min(xs), max(xs)), abs=near)
    assert (low, high) == pytest.approx((min(ys), max(ys)), abs=near)


def test_columns_run_downwards(tmp_path: Path) -> None:
    """Vertical text is found by both, beside text that runs across."""
    lines = [
        TextLine(1, "竖排文字在此处写", 0.9, quad(1500, 100, 40, 320)),
        TextLine(1, "第二列文字也竖着", 0.9, quad(1440, 100, 40, 320)),
        TextLine(1, "横排的文字在左边", 0.9, quad(100, 200, 320, 40)),
    ]
    pdf = written(tmp_path, lines)
    for search in (by_poppler, by_pdfium):
        for line in lines:
            assert line.text in search(pdf), search


def prepared(folder: Path, pages: int, size: tuple[int, int] = (60, 80)):
    """A reading with page pictures that differ, and a line on each."""
    context = Context(folder, Limits(), "rapidocr", "x")
    content = Content("application/pdf", pages=pages)
    for number in range(1, pages + 1):
        picture = Image.new("RGB", size, (number % 256, number // 256, 0))
        save_page(context, content, number, picture)
        corners = quad(5, 5, 50, 10)
        content.add_lines([TextLine(number, f"第{number}页", 0.9, corners)])
    return context, content


def test_pages_and_pictures_are_those_of_the_original(tmp_path: Path) -> None:
    """Each page has its own picture, byte for byte, in their order."""
    context, content = prepared(tmp_path, 3)
    write_searchable(context, content)
    assert "searchable_pdf" in {made.role for made in content.derivatives}
    pdf = tmp_path / searchable.NAME
    pictures = [tmp_path / f"page-{n:04}.jpg" for n in (1, 2, 3)]
    assert difference(pdf, pictures, 3) == ""
    assert difference(pdf, pictures[:2], 2) == "3 pages for 2 pictures"
    assert difference(pdf, pictures, 4) == "3 pictures of 4 pages"
    swapped = [pictures[0], pictures[2], pictures[1]]
    assert difference(pdf, swapped, None) == "page 2"


def test_a_difference_is_a_finding_and_no_pdf(tmp_path: Path) -> None:
    """Pages that have no picture are never passed over in silence."""
    context, content = prepared(tmp_path, 2)
    content.pages = 3
    write_searchable(context, content)
    assert [(f.code, f.detail) for f in content.all_findings()] == [
        ("SEARCHABLE_DIFFERS", "2 pictures of 3 pages")
    ]
    assert "searchable_pdf" not in {made.role for made in content.derivatives}
    assert not (tmp_path / searchable.NAME).exists()


def test_the_same_pages_give_the_same_file(tmp_path: Path) -> None:
    """No time, no chance: a file made twice is the same file."""
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_searchable(*prepared(tmp_path / name, 2))
        made.append((tmp_path / name / searchable.NAME).read_bytes())
    assert made[0] == made[1]


def test_it_says_what_pdf_a_wants(tmp_path: Path) -> None:
    """ISO 19005-2: its mark, a colour profile, an identity, the font inside."""
    context, content = prepared(tmp_path, 1)
    write_searchable(context, content)
    data = (tmp_path / searchable.NAME).read_bytes()
    assert data.startswith(b"%PDF-1.7\n%")
    assert min(data[10:14]) > 127
    for wanted in (
        b"<pdfaid:part>2<", b"<pdfaid:conformance>U<", b"/S /GTS_PDFA1",
        b"/DestOutputProfile", b"/FontFile2", b"/ToUnicode", b"/ID [<",
    ):  # fmt: skip
        assert data.count(wanted) == 1, wanted
    for refused in (b"/Encrypt", b"/LZWDecode", b"/JavaScript", b"/AA", b"/Info"):
        assert refused not in data
    for match in re.finditer(rb"/Length (\d+) >>\nstream\n", data):
        end = match.end() + int(match[1])
        assert data[end:].startswith(b"\nendstream\nendobj\n")
        if b"/FlateDecode" in data[match.start() - 60 : match.end()]:
            zlib.decompress(data[match.end() : end])


MEASURE = """
import resource, runpy, sys
from pathlib import Path
prepared = runpy.run_path(sys.argv[3])["prepared"]
from workers.reading.searchable import write_searchable
context, content = prepared(Path(sys.argv[1]), int(sys.argv[2]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_searchable(context, content)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_pages(tmp_path: Path) -> None:
    """Five hundred pages need at most 8 MiB more than fifty."""
    grown = []
    for pages in (50, 500):
        folder = tmp_path / str(pages)
        folder.mkdir()
        command = [sys.executable, "-c", MEASURE, str(folder), str(pages), __file__]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        grown.append(int(done.stdout))
    assert grown[1] - grown[0] < 8 << 10  # kilobytes
