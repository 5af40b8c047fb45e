"""Reading real and made-up files through the real child process."""

from __future__ import annotations

import io
import subprocess
import zipfile
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pytest
from PIL import Image

from intake.evidence_types import EvidenceTypes
from intake.reading import Reading, Unreadable, UnreadableReason
from tests.scans import scan
from workers.reading.limits import Limits
from workers.reading.service import read_file

TODAY = date(2026, 11, 24)


def read(path: Path, work: Path, engine: str = "rapidocr", **limits: int) -> Reading:
    """Read one file as a worker does."""
    work.mkdir(exist_ok=True)
    return read_file(
        path,
        path.name,
        engine=engine,
        types=EvidenceTypes.load(None),
        received_on=TODAY,
        work=work,
        limits=Limits(**limits),
    )


def refused(path: Path, work: Path, **limits: int) -> UnreadableReason:
    """The reason a file cannot be read."""
    with pytest.raises(Unreadable) as caught:
        read(path, work, **limits)
    return caught.value.reason


def codes(reading: Reading) -> set[str]:
    """Codes of the findings."""
    return {finding.code for finding in reading.findings}


def test_text_in_gb18030(tmp_path: Path) -> None:
    """Text from an old Windows machine is read as Chinese."""
    path = tmp_path / "借条.txt"
    path.write_bytes("借条\n今借到张三人民币壹万元整\n2025年3月6日".encode("gb18030"))
    reading = read(path, tmp_path / "work")
    assert reading.page_texts[0].startswith("借条")
    assert reading.dates[0].value == "2025-03-06"
    assert reading.date_basis == "document"


def test_word_tables_and_paragraphs_in_order(tmp_path: Path) -> None:
    """Paragraphs and table cells of a Word file come in the order of the page."""
    document = docx.Document()
    document.add_paragraph("购销合同")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "甲方", "某某公司"
    document.add_paragraph("签订日期：2025年8月29日")
    path = tmp_path / "a.docx"
    document.save(path)
    reading = read(path, tmp_path / "work")
    assert reading.page_texts[0] == "购销合同\n甲方\t某某公司\n签订日期：2025年8月29日"
    assert reading.types[0].value == "contract"


def test_hidden_sheet_is_a_finding(tmp_path: Path) -> None:
    """A hidden sheet of a workbook is read and reported."""
    book = openpyxl.Workbook()
    book.active.append(["日期", "金额"])
    book.create_sheet("底账").sheet_state = "hidden"
    path = tmp_path / "a.xlsx"
    book.save(path)
    assert "HIDDEN_CONTENT" in codes(read(path, tmp_path / "work"))


def test_mail_with_attachment(tmp_path: Path) -> None:
    """Headers and body are text; an attachment is a member; the date is the mail's."""
    message = EmailMessage()
    message["From"], message["To"] = "a@example.com", "b@example.com"
    message["Subject"] = "催款函"
    message["Date"] = "Fri, 29 Aug 2025 10:00:00 +0800"
    message.set_content("请尽快付款")
    message.add_attachment(
        b"x", maintype="text", subtype="plain", filename="对账单.txt"
    )
    path = tmp_path / "a.eml"
    path.write_bytes(bytes(message))
    reading = read(path, tmp_path / "work")
    assert "催款函" in reading.page_texts[0]
    assert reading.dates[0].value == "2025-08-29"
    assert [member.claimed_name for member in reading.members] == ["对账单.txt"]


def test_zip_members_keep_names_as_data(tmp_path: Path) -> None:
    """Members are unpacked under names of ours; a GBK name is read as Chinese."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/.txt", "one")
    raw = path.read_bytes().replace(b"folder/.txt", "合同/甲.txt".encode("gb18030"))
    path.write_bytes(raw)
    reading = read(path, tmp_path / "work")
    assert [member.claimed_name for member in reading.members] == ["合同/甲.txt"]
    assert (tmp_path / "work" / reading.members[0].path).read_bytes() == b"one"


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil", "C:\\evil.txt"])
def test_zip_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    """A member whose name leads out of the folder refuses the archive."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    assert refused(path, tmp_path / "work") is UnreadableReason.ARCHIVE_UNSAFE_PATH
    assert not (tmp_path / "evil.txt").exists()


def test_zip_bomb_and_member_limits(tmp_path: Path) -> None:
    """One member too many, or far too dense, is refused; at the limit it is not."""
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20 << 20))
    assert refused(bomb, tmp_path / "w1") is UnreadableReason.ARCHIVE_BOMB
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(4):
            archive.writestr(f"{number}.txt", "x")
    reason = refused(many, tmp_path / "w2", members=3)
    assert reason is UnreadableReason.ARCHIVE_MEMBER_LIMIT
    assert len(read(many, tmp_path / "w3", members=4).members) == 4


def test_broken_files_say_why(tmp_path: Path) -> None:
    """Empty, cut and unknown files each end with their own reason."""
    empty, cut, noise = (tmp_path / n for n in ("a.pdf", "b.png", "c.pdf"))
    empty.write_bytes(b"")
    picture = io.BytesIO()
    Image.effect_noise((300, 300), 90).save(picture, "PNG")
    cut.write_bytes(picture.getvalue()[:5000])
    noise.write_bytes(bytes(range(256)) * 10)
    assert refused(empty, tmp_path / "w1") is UnreadableReason.EMPTY
    assert refused(cut, tmp_path / "w2") in {
        UnreadableReason.TRUNCATED,
        UnreadableReason.CORRUPT,
    }
    assert refused(noise, tmp_path / "w3") is UnreadableReason.CORRUPT


def test_pixel_limit_is_checked_before_decoding(tmp_path: Path) -> None:
    """A picture over the pixel limit is refused; one at the limit is read."""
    path = tmp_path / "a.png"
    Image.new("L", (100, 100), 255).save(path)
    reason = refused(path, tmp_path / "w1", pixels=9_999)
    assert reason is UnreadableReason.LIMIT_PIXELS
    assert read(path, tmp_path / "w2", pixels=10_000).pages == 1


@pytest.mark.parametrize("engine", ["rapidocr", "tesseract"])
def test_scan_is_read_through_its_seal(tmp_path: Path, engine: str) -> None:
    """Both engines read a sealed scan: type, date and the line it came from."""
    path = tmp_path / "scan.png"
    scan(path)
    reading = read(path, tmp_path / "work", engine)
    assert reading.engine == engine
    assert reading.engine_version
    assert "伍万元" in reading.page_texts[0].replace(" ", "")
    assert reading.types[0].value == "iou_loan"
    assert reading.dates[0].value == "2025-08-29"
    assert "2025" in reading.dates[0].line


def test_searchable_pdf_has_the_text(tmp_path: Path) -> None:
    """The searchable PDF gives the OCR text to any PDF reader."""
    path, work = tmp_path / "scan.png", tmp_path / "work"
    scan(path)
    reading = read(path, work)
    made = {d.role: d for d in reading.derivatives}
    assert {"page", "thumbnail", "text", "searchable_pdf"} <= made.keys()
    command = ["pdftotext", str(work / made["searchable_pdf"].path), "-"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert "伍万元整" in done.stdout


def test_derivatives_carry_no_metadata(tmp_path: Path) -> None:
    """GPS in a photograph is a finding and not in the page image."""
    picture = Image.new("RGB", (200, 200), "white")
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (31.0, 0.0, 0.0)}
    exif[0x8769] = {0x9003: "2024:05:12 10:00:00"}
    path, work = tmp_path / "a.jpg", tmp_path / "work"
    picture.save(path, exif=exif)
    reading = read(path, work)
    assert "PRIVACY_EXIF" in codes(reading)
    assert (reading.date_basis, reading.dates[0].value) == ("exif", "2024-05-12")
    page = next(d for d in reading.derivatives if d.role == "page")
    with Image.open(work / page.path) as kept:
        assert not kept.getexif()


def test_a_lying_extension_is_a_finding(tmp_path: Path) -> None:
    """A picture named .pdf is read as a picture, and people are told."""
    path = tmp_path / "a.pdf"
    Image.new("RGB", (50, 50), "white").save(path, "PNG")
    reading = read(path, tmp_path / "work")
    assert reading.media_type == "image/png"
    assert "TYPE_MISMATCH" in codes(reading)


def test_the_original_is_never_written_to(tmp_path: Path) -> None:
    """Reading leaves the file as it was."""
    path = tmp_path / "scan.png"
    scan(path)
    before = path.read_bytes()
    path.chmod(0o444)
    read(path, tmp_path / "work")
    assert path.read_bytes() == before
