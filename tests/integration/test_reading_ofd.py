"""OFD through the sandboxed reading; the files are made by the tests' own writer."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from intake.reading import Unreadable, UnreadableReason
from tests.ofd_maker import Ofd, element, package, path, picture, text
from tests.sandboxed_reading import codes, read_bytes
from workers.reading.limits import Limits

MM = 200 / 25.4  # pixels of a page picture


def refusal(folder, data: bytes, **limits: int) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read_bytes(folder, data, "a.ofd", Limits(**limits))
    return caught.value


def invoice() -> Ofd:
    frame = path(10, 30, "M 0 0 L 180 0 L 180 60 L 0 60 C", LineWidth="0.5")
    return Ofd(
        pages=[
            text(160, 10, "24112000000048542163", 2.5, DeltaX="1.25")
            + text(160, 16, "2024年05月28日", 3, DeltaX="g 4 1.5 3 g 2 1.5 3 g 2 1.5")
            + text(40, 36, "海口测试科技有限公司", 3)
        ],
        template=(
            text(70, 1, "电子发票（普通发票）", 6)
            + text(140, 10, "发票号码：", 3)
            + text(140, 16, "开票日期：", 3)
            + text(12, 36, "名称：", 3)
            + frame
        ),
        attachments={"original_invoice.xml": b"<EInvoice/>"},
        sealed=True,
    )


def test_invoice(tmp_path):
    """Text of page and template in lines, type and date, the XML inside, the seal."""
    reading = read_bytes(tmp_path, package(invoice()), "发票.ofd")
    assert (reading.media_type, reading.pages) == ("application/ofd", 1)
    lines = reading.page_texts[0].split("\n")
    assert "发票号码： 24112000000048542163" in lines
    assert "开票日期： 2024年05月28日" in lines
    assert "名称： 海口测试科技有限公司" in lines
    assert reading.types[0].value == "invoice"
    assert (reading.dates[0].value, reading.date_basis) == ("2024-05-28", "document")
    assert [m.claimed_name for m in reading.members] == ["original_invoice.xml"]
    member = tmp_path / "work" / reading.members[0].path
    assert member.read_bytes() == b"<EInvoice/>"
    signed = [f.detail for f in reading.findings if f.code == "SIGNED"]
    assert signed == ["Seal 20240531141733Z, 1 seal pictures not drawn"]
    assert {"DRAWN_HERE", "ATTACHMENTS"} <= codes(reading)
    assert {each.role for each in reading.derivatives} == {
        "page", "thumbnail", "searchable_pdf", "text", "fields",
    }  # fmt: skip


def test_lines_lie_where_the_ink_is(tmp_path):
    """The place of each line holds its ink on our drawing, and no ink lies beside."""
    page = text(20, 20, "合同编号甲乙丙", 8) + text(120, 90, "丁戊己", 10)
    reading = read_bytes(tmp_path, package(Ofd([page])), "a.ofd")
    with Image.open(tmp_path / "work" / "page-0001.jpg") as opened:
        ink = opened.convert("L").point(lambda value: 255 if value < 128 else 0)
    assert ink.size == (round(210 * MM), round(140 * MM))
    assert len(reading.lines) == 2
    for line in reading.lines:
        x0, y0, _, _, x1, y1, _, _ = line.quad
        found = ink.crop((x0 - 4, y0 - 4, x1 + 4, y1 + 4)).getbbox()
        assert found is not None
        assert found[2] - found[0] > 0.8 * (x1 - x0)
        assert found[3] - found[1] > 0.6 * (y1 - y0)
        ink.paste(0, (round(x0) - 4, round(y0) - 4, round(x1) + 4, round(y1) + 4))
    assert ink.getbbox() is None


def test_objects_are_drawn_where_they_stand(tmp_path):
    """Paths, pictures, matrices, blocks, annotations, colours: by their pixels."""
    red = io.BytesIO()
    Image.new("RGB", (8, 8), (255, 0, 0)).save(red, "PNG")
    filled = path(
        10, 10, "M 0 0 L 20 0 L 20 20 L 0 20 C", Fill="true", Stroke="false"
    ).replace("<ofd:Abb", '<ofd:FillColor Value="0 0 255"/><ofd:Abb')
    moved = path(
        100, 10, "M 0 0 L 1 0 L 1 1 L 0 1 C",
        Fill="true", Stroke="false", CTM="20 0 0 20 10 0",
    ).replace("<ofd:Abb", '<ofd:FillColor Value="0 128 0"/><ofd:Abb')  # fmt: skip
    stamp = path(0, 0, "M 0 0 L 10 0 L 10 10 L 0 10 C", Fill="true").replace(
        "<ofd:Abb", '<ofd:FillColor Value="255 0 255"/><ofd:Abb'
    )
    made = Ofd(
        [element("PageBlock", filled, moved) + picture(60, 80, 30, 30, "7")],
        pictures={"7.png": red.getvalue()},
        annotation=stamp,
    )
    read_bytes(tmp_path, package(made), "a.ofd")
    with Image.open(tmp_path / "work" / "page-0001.jpg") as page:

        def near(x: float, y: float, colour: tuple[int, int, int]) -> bool:
            pixel = page.getpixel((round(x * MM), round(y * MM)))
            return max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 40

        assert near(20, 20, (0, 0, 255))
        assert near(120, 20, (0, 128, 0))
        assert near(105, 20, (255, 255, 255))
        assert near(75, 95, (255, 0, 0))
        assert near(25, 65, (255, 0, 255))


def test_invisible_objects(tmp_path):
    """What is not to be seen is neither text nor drawn, and is reported."""
    page = text(20, 20, "看得见", 8) + text(20, 60, "看不见", 8, Visible="false")
    reading = read_bytes(tmp_path, package(Ofd([page])), "a.ofd")
    assert reading.page_texts == ("看得见",)
    assert "HIDDEN_CONTENT" in codes(reading)


def test_several_documents(tmp_path):
    """The pages of all documents in one file are numbered through, with a finding."""
    one, two = Ofd([text(20, 20, "第一份", 8)] * 2), Ofd([text(20, 20, "第二份", 8)])
    reading = read_bytes(tmp_path, package(one, two), "a.ofd")
    assert reading.page_texts == ("第一份", "第一份", "第二份")
    assert "SEVERAL_DOCUMENTS" in codes(reading)


def test_missing_page(tmp_path):
    """A page whose file is missing keeps its number, is empty and is named."""
    made = Ofd([text(20, 20, "第一页", 8), text(20, 20, "第二页", 8)])
    data = package(made, without="Doc_0/Pages/Page_0/Content.xml")
    reading = read_bytes(tmp_path, data, "a.ofd")
    assert reading.page_texts == ("", "第二页")
    assert {"PAGE_UNREADABLE", "PART_MISSING"} <= codes(reading)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            package(Ofd(["x"]), extra={"Encryptions.xml": b"<x/>"}),
            UnreadableReason.ENCRYPTED,
        ),
        (package(Ofd(["x"]), without="Doc_0/Document.xml"), UnreadableReason.CORRUPT),
        (package(), UnreadableReason.NO_PAGES),
        (package(Ofd([])), UnreadableReason.NO_PAGES),
        (
            package(Ofd(["x"]), extra={"Doc_0/Document.xml": b"<!DOCTYPE a><a/>"}),
            UnreadableReason.XML_ENTITIES,
        ),
        (
            package(Ofd(["x"]), extra={"Doc_0/Document.xml": b"<a><b></a>"}),
            UnreadableReason.CORRUPT,
        ),
    ],
)
def test_unreadable(tmp_path, data, reason):
    """Encrypted, incomplete, empty and hostile packages each end with their reason."""
    assert refusal(tmp_path, data).reason is reason


def test_composed_bomb(tmp_path):
    """Objects that hold each other many times over stop at the limit."""
    units = ""
    for number in range(50, 58):
        inner = element(
            "CompositeObject", ID="1", Boundary="0 0 9 9", ResourceID=str(number + 1)
        )
        content = element("Content", inner * 60)
        units += element("CompositeGraphicUnit", content, ID=str(number))
    start = element("CompositeObject", ID="1", Boundary="0 0 9 9", ResourceID="50")
    made = Ofd([start], resources=element("CompositeGraphicUnits", units))
    assert refusal(tmp_path, package(made)).reason is UnreadableReason.LIMIT_OUTPUT


@pytest.mark.parametrize(("pages", "refused"), [(3, False), (4, True)])
def test_page_limit(tmp_path, pages, refused):
    """As many pages as the limit are read; one more is refused."""
    data = package(Ofd([text(20, 20, "页", 8)] * pages))
    if refused:
        reason = refusal(tmp_path, data, pages=3).reason
        assert reason is UnreadableReason.LIMIT_PAGES
    else:
        assert read_bytes(tmp_path, data, "a.ofd", Limits(pages=3)).pages == 3


def test_giant_page(tmp_path):
    """A page of kilometres is not drawn; its text is still there."""
    made = Ofd([text(20, 20, "租金", 8)], box="0 0 900000 900000")
    reading = read_bytes(tmp_path, package(made), "a.ofd")
    assert reading.page_texts == ("租金",)
    assert "LIMIT_PIXELS" in codes(reading)
    assert not any(made.role == "page" for made in reading.derivatives)


def test_attachment_cannot_name_a_way_out(tmp_path):
    """A place that climbs out of the package finds nothing outside it."""
    made = invoice()
    listed = b"""<a xmlns:ofd="x"><ofd:Attachment Name="p"><ofd:FileLoc>
        /../../../../etc/passwd</ofd:FileLoc></ofd:Attachment></a>"""
    data = package(made, extra={"Doc_0/Attachs/Attachments.xml": listed})
    reading = read_bytes(tmp_path, data, "a.ofd")
    assert reading.members == ()
    assert "PART_MISSING" in codes(reading)


@pytest.mark.slow
def test_scanned_page(tmp_path):
    """A page that is only a picture is recognised, as a scanned PDF is."""
    source = package(Ofd([text(20, 20, "借条：今借到张三人民币伍万元整", 8)]))
    read_bytes(tmp_path, source, "a.ofd")
    scan = (tmp_path / "work" / "page-0001.jpg").read_bytes()
    made = Ofd([picture(0, 0, 210, 140, "7")], pictures={"7.jpg": scan})
    reading = read_bytes(tmp_path, package(made), "b.ofd")
    assert reading.engine == "rapidocr"
    assert "张三人民币伍万元整" in reading.page_texts[0]
