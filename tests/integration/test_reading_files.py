"""Files through the sandboxed reading: what is shown of them, or why nothing is."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pypdfium2
import pytest
import typst
from PIL import Image, ImageChops, ImageDraw, ImageStat

from intake.evidence_types import EvidenceTypes
from intake.reading import Reading, Unreadable, UnreadableReason
from intake.text_normal import normalise
from receipts.fonts import paper_fonts
from workers.reading.limits import Limits
from workers.reading.sandbox import Task, run_child
from workers.reading.service import read_file

RECEIVED = date(2025, 9, 1)
CONTRACT = ("房屋租赁合同", "甲方：张三", "乙方：李四", "月租金人民币叁仟元整。")
SIGNED = "签订日期：2025年8月29日"
FAST_HOSTILE = (
    "003", "004", "010", "012", "013", "014", "016", "018", "019", "026", "031",
    "034", "042", "046", "047", "051", "053", "055", "057", "060", "063", "064",
    "067", "068", "077", "081", "082", "086", "088", "092", "093", "096", "098",
    "100", "104", "108", "110", "112", "117", "118", "120", "121", "122", "124",
    "125", "126", "128", "133", "135", "136", "139", "142", "143",
)  # fmt: skip
SLOW_HOSTILE = (
    "001", "002", "005", "006", "007", "008", "009", "011", "015", "017", "020", "021",
    "022", "023", "024", "025", "027", "028", "029", "030", "032", "033", "035", "036",
    "037", "038", "039", "040", "041", "043", "044", "045", "048", "049", "050", "052",
    "054", "056", "058", "059", "061", "062", "065", "066", "069", "070", "071", "072",
    "073", "074", "075", "076", "078", "079", "080", "083", "084", "085", "087", "089",
    "090", "091", "094", "095", "097", "099", "101", "102", "103", "105", "106", "107",
    "109", "111", "113", "114", "115", "116", "119", "123", "127", "129", "130", "131",
    "132", "134", "137", "138", "140", "141", "144", "145",
)  # fmt: skip


@pytest.fixture(scope="module")
def types() -> EvidenceTypes:
    return EvidenceTypes.load()


@pytest.fixture
def read(types, tmp_path):
    """Read bytes or a file as the service does."""

    def run(source: bytes | Path, name: str, engine: str = "rapidocr") -> Reading:
        original = tmp_path / "original"
        if isinstance(source, bytes):
            original.write_bytes(source)
        else:
            shutil.copy(source, original)
        work = tmp_path / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        return read_file(
            original,
            name,
            engine=engine,
            types=types,
            received_on=RECEIVED,
            work=work,
            limits=Limits(),
        )

    return run


def refusal(read, source: bytes | Path, name: str) -> UnreadableReason:
    with pytest.raises(Unreadable) as caught:
        read(source, name)
    return caught.value.reason


def codes(reading: Reading) -> set[str]:
    return {each.code for each in reading.findings}


def pdf(*lines: str) -> bytes:
    """A PDF as a word processor makes it, in Chinese."""
    fonts = paper_fonts()
    text = "\n\n".join(lines)
    source = f'#set text(font: "{fonts.families[0]}")\n{text}'.encode()
    compiler = typst.Compiler(font_paths=fonts.typst_fonts)
    made = compiler.compile(source, format="pdf")
    assert isinstance(made, bytes)
    return made


def pdf_of(picture: Image.Image) -> bytes:
    memory = io.BytesIO()
    picture.save(memory, "PDF", resolution=200)
    return memory.getvalue()


def scan(*lines: str) -> Image.Image:
    """A page as a scanner makes it, with a red seal over it."""
    document = pypdfium2.PdfDocument(pdf(*lines))
    page = document[0].render(scale=150 / 72).to_pil().convert("RGB")
    # Ink lies over ink: a seal darkens what is under it and hides nothing.
    seal = Image.new("RGB", page.size, "white")
    ImageDraw.Draw(seal).ellipse((140, 140, 460, 460), outline=(230, 20, 20), width=8)
    return ImageChops.multiply(page, seal)


def test_born_digital_pdf(read, tmp_path):
    """A PDF with text is read without OCR: text, pages, type, date, derivatives."""
    reading = read(pdf(*CONTRACT, SIGNED), "合同.pdf")
    assert (reading.media_type, reading.pages) == ("application/pdf", 1)
    assert SIGNED in reading.page_texts[0]
    assert reading.engine == ""
    assert reading.types[0].value.endswith("contract")
    assert (reading.dates[0].value, reading.date_basis) == ("2025-08-29", "document")
    assert {each.role for each in reading.derivatives} == {
        "page", "thumbnail", "searchable_pdf", "text", "fields",
    }  # fmt: skip
    kept = {each.path for each in reading.derivatives}
    assert {entry.name for entry in (tmp_path / "work").iterdir()} == kept
    text = json.loads((tmp_path / "work" / "text.json").read_bytes())
    assert text["pages"][0]["lines"][0]["text"] == CONTRACT[0]


@pytest.mark.slow
def test_scanned_pdf(read, tmp_path):
    """A scan is recognised through its seal; engine and version are recorded."""
    reading = read(pdf_of(scan(*CONTRACT, SIGNED)), "scan.pdf")
    text = normalise(reading.page_texts[0])
    assert [line for line in CONTRACT if normalise(line) not in text] == []
    assert reading.engine == "rapidocr"
    assert reading.engine_version
    assert (reading.dates[0].value, reading.date_basis) == ("2025-08-29", "document")
    assert_searchable(tmp_path / "work", reading, "月租金人民币叁仟元整")


@pytest.mark.slow
@pytest.mark.tool("tesseract")
def test_scanned_pdf_with_tesseract(read):
    """The other engine reads the same page, and says that it did."""
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")
    reading = read(pdf_of(scan(*CONTRACT, SIGNED)), "scan.pdf", "tesseract")
    assert "租金" in reading.page_texts[0].replace(" ", "")
    assert reading.engine == "tesseract"


def assert_searchable(work: Path, reading: Reading, phrase: str) -> None:
    """The PDF has as many pages, looks the same, and its text can be taken out."""
    document = pypdfium2.PdfDocument(work / "searchable.pdf")
    assert len(document) == reading.pages
    drawn = document[0].render(scale=200 / 72).to_pil().convert("L")
    with Image.open(work / "page-0001.jpg") as picture:
        page = picture.convert("L").resize(drawn.size)
    assert ImageStat.Stat(ImageChops.difference(drawn, page)).mean[0] < 3
    if shutil.which("pdftotext") is not None:
        command = ["pdftotext", "-layout", str(work / "searchable.pdf"), "-"]
        text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        assert phrase in text.replace("\n", "")


def test_searchable_pdf_of_text(read, tmp_path):
    """The searchable PDF of a born-digital paper is its picture with its text."""
    reading = read(pdf(*CONTRACT, SIGNED), "合同.pdf")
    assert_searchable(tmp_path / "work", reading, SIGNED)


def test_long_pdf_is_joined_from_parts(read, tmp_path):
    """A PDF of more pages than one part has all its pages, in order."""
    pages = [
        f"第{number}页的文字内容。\n#pagebreak(weak: true)" for number in range(1, 31)
    ]
    reading = read(pdf(*pages), "long.pdf")
    document = pypdfium2.PdfDocument(tmp_path / "work" / "searchable.pdf")
    assert len(document) == reading.pages == 30
    assert "第30页" in document[29].get_textpage().get_text_range()


def test_word(read):
    """DOCX: paragraphs, tables row by row, deleted text not, dates only offered."""
    made = docx.Document()
    for line in (*CONTRACT, SIGNED):
        made.add_paragraph(line)
    table = made.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "押金", "6000元"
    memory = io.BytesIO()
    made.save(memory)
    reading = read(memory.getvalue(), "合同.docx")
    assert "押金\t6000元" in reading.page_texts[0]
    assert (reading.dates[0].value, reading.date_basis) == ("2025-08-29", "document")
    assert any(each.rule.startswith("office") for each in reading.dates[1:])


def test_excel(read):
    """XLSX: the values of each sheet; a hidden sheet is a finding."""
    book = openpyxl.Workbook()
    book.active.append(["日期", "金额"])
    book.active.append(["2025-08-29", 3000])
    hidden = book.create_sheet("底稿")
    hidden.append(["秘密"])
    hidden.sheet_state = "hidden"
    memory = io.BytesIO()
    book.save(memory)
    reading = read(memory.getvalue(), "流水.xlsx")
    assert "2025-08-29\t3000" in reading.page_texts[0]
    assert "HIDDEN_CONTENT" in codes(reading)


def test_text_in_gb18030(read):
    """A text file from an old Windows machine is read."""
    data = "\r\n".join((*CONTRACT, "𠮷", SIGNED)).encode("gb18030")
    reading = read(data, "合同.txt")
    assert "𠮷" in reading.page_texts[0]
    assert reading.dates[0].value == "2025-08-29"


def jpeg(image: Image.Image, **options: object) -> bytes:
    memory = io.BytesIO()
    image.save(memory, "JPEG", **options)
    return memory.getvalue()


def test_photograph(read, tmp_path):
    """A photograph: upright, dated by the camera, its position left behind."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif.get_ifd(0x8769)[0x9003] = "2025:08:20 10:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    picture = Image.effect_noise((300, 200), 60).convert("RGB")
    reading = read(jpeg(picture, exif=exif), "photo.jpg")
    assert (reading.dates[0].value, reading.date_basis) == ("2025-08-20", "exif")
    assert "PRIVACY_EXIF" in codes(reading)
    with Image.open(tmp_path / "work" / "page-0001.jpg") as page:
        assert page.size == (200, 300)
        assert not page.getexif()


def test_blank_page_is_not_recognised(read):
    """A blank sheet costs no OCR and has no text."""
    reading = read(jpeg(Image.new("RGB", (800, 1000), "white")), "blank.jpg")
    assert (reading.engine, reading.page_texts) == ("", ("",))


@pytest.mark.parametrize(
    ("pixels", "refused"), [(10_000 * 10_000, False), (10_000 * 10_001, True)]
)
def test_pixels(read, pixels, refused):
    """100 megapixels are read within the memory limit; one row more is refused."""
    memory = io.BytesIO()
    Image.new("1", (10_000, pixels // 10_000), 1).save(memory, "PNG")
    if refused:
        got = refusal(read, memory.getvalue(), "a.png")
        assert got is UnreadableReason.LIMIT_PIXELS
    else:
        assert read(memory.getvalue(), "a.png").pages == 1


def test_pages_of_a_tiff(read):
    """Each picture of a TIFF is a page."""
    memory = io.BytesIO()
    pages = [Image.new("L", (60, 80), 255) for _ in range(3)]
    pages[0].save(memory, "TIFF", save_all=True, append_images=pages[1:])
    assert read(memory.getvalue(), "fax.tif").pages == 3


@pytest.mark.slow
def test_long_screenshot(read):
    """A chat of many screens in one picture is read from top to bottom, once."""
    lines = [
        f"第{number}条消息：租金已经支付{number * 100}元" for number in range(1, 61)
    ]
    source = "#set page(width: 380pt, height: auto)\n#set text(size: 14pt)\n"
    document = pypdfium2.PdfDocument(pdf(source, *lines))
    picture = document[0].render(scale=2).to_pil().convert("RGB")
    assert picture.height > 4 * picture.width
    text = read(jpeg(picture, quality=90), "chat.jpg").page_texts[0]
    found = [line for line in lines if line.partition("：")[2] in text]
    assert len(found) >= 57
    assert text.count("消息") <= 61


@pytest.mark.slow
def test_engine_reports_to_nobody(tmp_path):
    """The OCR runtime keeps no device id and no events for its maker."""
    original = tmp_path / "scan.pdf"
    original.write_bytes(pdf_of(scan(*CONTRACT)))
    work = tmp_path / "work"
    work.mkdir()
    request = {
        "media_type": "application/pdf", "findings": [], "claimed_name": "scan.pdf",
        "engine": "rapidocr", "depth": 0,
    }  # fmt: skip
    run_child(Task(original, work, request), Limits())
    assert [entry.name for entry in work.iterdir() if entry.name[0] == "."] == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.pdf", UnreadableReason.CORRUPT),
        ("a.dat", UnreadableReason.NO_READER),
        ("a.7z", UnreadableReason.CORRUPT),
    ],
)
def test_bytes_of_no_known_type(read, name, reason):
    """Noise under a known name is damaged; under another it is just not known."""
    data = bytes(range(256)) * 10
    if name == "a.7z":
        data = b"7z\xbc\xaf\x27\x1c" + data
    assert refusal(read, data, name) is reason


def test_unknown_engine(read):
    """An engine that is not here is named, and nothing is read by another."""
    with pytest.raises(Unreadable) as caught:
        read(pdf_of(scan(*CONTRACT)), "scan.pdf", "crystal-ball")
    assert caught.value.reason is UnreadableReason.TOOL_MISSING
    assert caught.value.detail == "crystal-ball"


def test_nothing_is_left_of_an_unreadable_file(read, tmp_path):
    """After a refusal the work folder is empty."""
    data = pdf(*CONTRACT)
    refusal(read, data[: len(data) // 2], "cut.pdf")
    assert list((tmp_path / "work").iterdir()) == []


def test_the_parent_loads_no_decoder():
    """The worker itself never imports what decodes foreign bytes."""
    code = (
        "import sys, workers.reading.service, workers.commands.read;"
        "bad = {'PIL', 'cv2', 'pdfplumber', 'pdfminer', 'pypdfium2', 'docx',"
        "'openpyxl', 'rapidocr', 'onnxruntime', 'pillow_heif', 'pytesseract', 'lxml',"
        "'olefile', 'libarchive'};"
        "print(sorted(bad & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, check=True
    )
    assert done.stdout.decode().strip() == "[]"


def hostile(shared: Path) -> dict[str, dict[str, str]]:
    with (shared / "hostile" / "manifest.csv").open(encoding="utf-8") as stream:
        return {row["file"][:3]: row for row in csv.DictReader(stream)}


@pytest.mark.parametrize("number", FAST_HOSTILE)
def test_hostile_files(shared, read, number):
    """Each hostile file ends in a state that its row allows, and is not changed."""
    row = hostile(shared)[number]
    path = shared / "hostile" / "files" / row["file"]
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        reading = read(path, row["upload_name"])
    except Unreadable:
        state = {"unreadable", "reject"}
    else:
        state = {"process"}
        assert reading.seconds < 120
    assert state & {row["expect"], row["also_ok"]}
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before == row["sha256"]


@pytest.mark.slow
@pytest.mark.parametrize("number", SLOW_HOSTILE)
def test_slow_hostile_files(shared, read, number):
    """Those that take long: the row allows the state, or names the very reason."""
    row = hostile(shared)[number]
    path = shared / "hostile" / "files" / row["file"]
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        read(path, row["upload_name"])
    except Unreadable as why:
        ends, said = {"unreadable", "reject"}, why.reason.value
    else:
        ends, said = {"process"}, "read"
    assert ends & {row["expect"], row["also_ok"]} or row["reason"] == said
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before == row["sha256"]


def test_no_hostile_file_is_left_out(shared):
    """Every row of the list is one of the tests above, once."""
    assert sorted((*FAST_HOSTILE, *SLOW_HOSTILE)) == sorted(hostile(shared))


@pytest.mark.parametrize(
    ("name", "kind", "day"),
    [
        ("contract_01.docx", "contract", "2024-04-21"),
        ("invoice_03.pdf", "invoice", "2014-08-03"),
        ("judgment_01.pdf", "judgment", "2021-01-19"),
    ],
)
def test_real_files(shared, read, name, kind, day):
    """Real papers with text: the right type and date are proposed."""
    reading = read(shared / "samples" / "real" / name, name)
    assert reading.types[0].value == kind
    assert (reading.dates[0].value, reading.date_basis) == (day, "document")


@pytest.mark.slow
def test_real_scan_on_its_side(shared, read):
    """A page that lies upside down is read and shown upright."""
    name = "article_01.jpg"
    reading = read(shared / "samples" / "real" / name, name)
    assert "TURNED" in codes(reading)
    assert sum(line.score for line in reading.lines) / len(reading.lines) > 0.9
