"""A sealed receipt, judged by other people's programs: poppler and zxing."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from receipts.format import parse_content
from receipts.paper_data import grouped
from receipts.qr import read_codes
from tests.receipt_examples import TOKEN, Desk, evidence, item

pytestmark = pytest.mark.tool("poppler-utils")
Run = Callable[..., str]


@pytest.fixture(scope="module")
def run() -> Run:
    """Run a program of poppler and give what it printed."""
    if shutil.which("pdfsig") is None:
        pytest.skip("poppler-utils is not installed")

    def call(*command: str | Path) -> str:
        done = subprocess.run(command, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace")

    return call


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.at(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def path(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A receipt for 30 items as a file."""
    receipt = desk.content(*(item(number) for number in range(30)))
    path = tmp_path_factory.mktemp("pdf") / "receipt.pdf"
    path.write_bytes(desk.sealed(receipt, evidence(receipt)))
    return path


def test_pdfsig_finds_one_valid_signature_over_the_whole_file(
    run: Run, path: Path
) -> None:
    """Valid, PAdES, and the total document signed."""
    report = run("pdfsig", "-nocert", path)
    assert report.count("Signature #") == 1
    assert "Signature is Valid." in report
    assert "Total document signed" in report
    assert "ETSI.CAdES.detached" in report
    assert "CN=Custody service signature,O=示例律师事务所" in report


def test_pdfsig_notices_a_changed_byte(run: Run, path: Path, tmp_path: Path) -> None:
    """One byte changed near the beginning: pdfsig no longer calls it valid."""
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data)
    assert "Signature is Valid." not in run("pdfsig", "-nocert", changed)


def test_pyhanko_validates_it(desk: Desk, path: Path) -> None:
    """Intact, trusted by its own certificate, entire file, no later change."""
    reader = PdfFileReader(io.BytesIO(path.read_bytes()))
    (signature,) = reader.embedded_signatures
    certificate = signature.signer_cert
    context = ValidationContext(
        trust_roots=[certificate],
        allow_fetching=False,
        moment=certificate.not_valid_before,
    )
    status = validate_pdf_signature(signature, context)
    assert status.bottom_line
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    assert certificate.sha256 == desk.key.certificate.fingerprint(
        desk.key.certificate.signature_hash_algorithm
    )


def test_all_fonts_are_embedded(run: Run, path: Path) -> None:
    """Every font is embedded, a subset, and maps back to Unicode."""
    lines = run("pdffonts", path).splitlines()[2:]
    assert len(lines) >= 3
    for line in lines:
        assert re.search(r"\byes yes yes\b", line), line


def test_the_text_can_be_extracted(run: Run, path: Path) -> None:
    """A stock tool finds number, names, long digests and no hidden character."""
    text = run("pdftotext", "-layout", path, "-")
    for expected in (
        "证据材料交接确认书（接收）",
        "R20250829-0007",
        "20240315_合同_001.pdf",
        grouped(item(29).sha256),
        grouped(item(29).sm3),
        f"https://custody.example.org/r/{TOKEN}",
        "骑缝",
    ):
        assert expected in text
    assert not re.search("[\u200b-\u200f\u202a-\u202e\ufeff]", text)


def test_the_attachments_come_out(run: Run, path: Path, tmp_path: Path) -> None:
    """pdfdetach takes out the four files, the content in its canonical bytes."""
    run("pdfdetach", "-saveall", "-o", tmp_path, path)
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == [
        "receipt.dsse.json",
        "receipt.json",
        "receipt.tlog-proof",
        "trust-keys",
    ]
    content = parse_content((tmp_path / "receipt.json").read_bytes())
    assert len(content.items) == 30
    payload = json.loads((tmp_path / "receipt.dsse.json").read_bytes())["payloadType"]
    assert payload == "application/vnd.in-toto+json"


@pytest.mark.parametrize(("dpi", "turn"), [(100, 0), (100, 90), (150, 7), (100, 183)])
def test_the_code_is_read_from_a_print(
    run: Run, path: Path, tmp_path: Path, dpi: int, turn: int
) -> None:
    """At 100 dpi, turned, a reader gets the whole text; pages 2 on lead there, too."""
    run("pdftoppm", "-r", str(dpi), "-l", "2", "-gray", path, tmp_path / "page")
    first, second = (Image.open(file) for file in sorted(tmp_path.glob("*.pgm")))

    def read(page: Image.Image) -> tuple[str, ...]:
        turned = page.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        return read_codes(np.asarray(turned, np.uint8))

    address = f"https://custody.example.org/r/{TOKEN}"
    (text,) = read(first)
    assert text.startswith(f"{address}#")
    assert read(second) == (address,)


def test_the_code_is_35_millimetres_or_more(path: Path) -> None:
    """Measured in a picture of the page, quiet zone left out."""
    page = pypdfium2.PdfDocument(path.read_bytes())[0]
    dots = page.render(scale=200 / 72, grayscale=True).to_numpy().reshape(-1)
    width = round(page.get_width() * 200 / 72)
    picture = dots[: len(dots) // width * width].reshape(-1, width)
    (code,) = zxingcpp.read_barcodes(picture)
    side = code.position.top_right.x - code.position.top_left.x
    assert side / 200 * 25.4 >= 35
