"""Any four characters of a paper lead to its page, in three ways.

The searchable PDF is searched by pdftotext and by Chromium's own viewer, the product
by its search. What each of them promises at the end of a line is in docs/operations.md.
"""

from __future__ import annotations

import http.server
import re
import subprocess
import threading
import unicodedata
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from intake.reading import TextLine
from intake.search import search
from intake.search_lines import _join
from tests.papers.catalogue import papers
from tests.searching import add_read, search_home
from workers.reading.page_images import DPI
from workers.reading.picture_pdf import PicturePage, write_pictures

SIZE = (1654, 2339)
AS_WIDE = 30  # characters in a line
LINES = 70  # of a page
SEED, PAPERS = 7, 6  # made-up ones; the first page is left empty
EVERY = 13  # of so many phrases one is tried where that takes time
VIEWER = "chrome-extension:"
STAYS_MS = 1500  # a viewer that finds something has moved long before


def lines_of(truth: str) -> list[str]:
    """The truth as it stands on paper: long lines go on in the next one.

    As everywhere, no number and no word is broken.
    """
    found: list[str] = []
    for line in truth.splitlines():
        units = re.findall(r"[A-Za-z0-9.,-]+|.", re.sub(r"\s+", " ", line))
        row = ""
        for unit in units:
            if len(row + unit) > AS_WIDE:
                found, row = [*found, row.strip()], ""
            row += unit
        found.append(row.strip())
    return [row for row in found if row]


@pytest.fixture(scope="module")
def pages() -> list[list[str]]:
    """The lines of each page; the first page has none."""
    return [[], *(lines_of(paper.text())[:LINES] for paper in papers(SEED, PAPERS))]


@pytest.fixture(scope="module")
def pdf(pages: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The searchable PDF of these pages."""
    folder = tmp_path_factory.mktemp("phrases")
    picture, target = folder / "page.jpg", folder / "out.pdf"
    Image.new("RGB", SIZE, "white").save(picture)
    with target.open("wb") as file:
        shown = [PicturePage(picture, placed(lines)) for lines in pages]
        list(write_pictures(file, shown, DPI))
    return target


def placed(lines: list[str]) -> tuple[TextLine, ...]:
    """One line below the other, each as wide as its characters."""
    found = []
    for row, text in enumerate(lines):
        wide = sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)
        left, top, right = 100, 60 + 30 * row, 100 + 20 * wide
        corners = (left, top, right, top, right, top + 22, left, top + 22)
        found.append(TextLine(1, text, 0.9, corners))
    return tuple(found)


def phrases(text: str) -> list[str]:
    """Every four characters."""
    return [text[at : at + 4] for at in range(len(text) - 3)]


def test_pdftotext(pages: list[list[str]], pdf: Path) -> None:
    """Each phrase is on its page; across line ends too, when those are taken out."""
    for number, lines in enumerate(pages[1:], 2):
        command = ["pdftotext", "-f", str(number), "-l", str(number), str(pdf), "-"]
        shown = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        for line in lines:
            assert [p for p in phrases(line) if p not in shown] == [], line
        flat = re.sub(r"\s", "", shown)
        whole = re.sub(r"\s", "", "".join(lines))
        assert [p for p in phrases(whole) if p not in flat] == []


@pytest.fixture
def viewer(chromium: Browser, pdf: Path) -> Iterator[tuple[Page, str]]:
    """A page of Chromium, and the address at which the PDF is."""
    handler = partial(_Silent, directory=str(pdf.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.new_page(viewport={"width": 900, "height": 500})
    yield page, f"http://127.0.0.1:{server.server_port}/{pdf.name}"
    page.close()
    server.shutdown()
    server.server_close()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


def test_chromiums_viewer(pages: list[list[str]], viewer: tuple[Page, str]) -> None:
    """It goes to the page of a phrase; to that of one across lines with a space."""
    for number, lines in enumerate(pages[1:], 2):
        others = "\n".join("\n".join(page) for page in pages[: number - 1])
        within = [p for line in lines for p in phrases(line)]
        across = [f"{a[-2:]} {b[:2]}" for a, b in pairwise(lines)]
        for tried in (within, across):
            phrase = next(p for p in tried if p.strip() == p and is_only(p, others))
            expect(opened_at(viewer, phrase)).to_have_value(str(number))


def is_only(phrase: str, others: str) -> bool:
    """Whether the viewer, which goes to the first place, finds none before."""
    flat = " ".join(others.split()).casefold()
    return len(phrase) >= 4 and unicodedata.normalize("NFKC", phrase) not in flat


def test_chromiums_viewer_stays_where_nothing_is(viewer: tuple[Page, str]) -> None:
    """The measure is not blind: what is nowhere leads nowhere."""
    field = opened_at(viewer, "没有的话")
    expect(field).to_have_value("1")
    viewer[0].wait_for_timeout(STAYS_MS)
    expect(field).to_have_value("1")


def opened_at(viewer: tuple[Page, str], phrase: str):
    """The field that says which page the viewer shows; it was sent to the phrase."""
    page, address = viewer
    exact = quote(phrase, safe="").replace("-", "%2D")
    page.goto(f"{address}?{exact}#:~:text={exact}")
    while not (inside := [f for f in page.frames if f.url.startswith(VIEWER)]):
        page.wait_for_timeout(20)
    return inside[0].locator("#pageSelector")


def test_the_product(pages: list[list[str]], tmp_path: Path) -> None:
    """The exhibit is found and the line shown, wherever lines end."""
    with search_home(tmp_path, "sqlite", None) as home:
        names = [add_read(home, "\n".join(lines)) for lines in pages]
        for name, lines in zip(names, pages, strict=True):
            for phrase in phrases(_join(lines))[::EVERY]:
                found = search(home, None, f'"{phrase}"').exhibits
                told = name in {each.exhibit.id for each in found}
                assert told or not re.search(r"\w", phrase), phrase
