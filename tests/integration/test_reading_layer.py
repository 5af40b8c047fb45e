"""PDFs whose text layer says something else than their pages show."""

from __future__ import annotations

from pathlib import Path

from tests.sandboxed_reading import codes, read_bytes

LINES = (
    "The lender has paid the whole sum",
    "The borrower returns it in August",
    "Interest is not agreed upon here",
    "Signed in two copies of one text",
)


def pdf(shift: int) -> bytes:
    """A page of four printed lines; its text layer has each letter `shift` further."""
    table = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
    table += b"1 begincodespacerange <20> <7e> endcodespacerange\n"
    table += b"1 beginbfrange <20> <6e> <%04x> endbfrange\n" % (0x20 + shift)
    table += b"1 beginbfrange <6f> <7e> <%04x> endbfrange\n" % (0x6F + shift)
    table += b"endcmap end end"
    shown = b"BT /F 24 Tf 60 760 Td 40 TL "
    shown += b" ".join(b"(%s) Tj T*" % line.encode() for line in LINES) + b" ET"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</Font<</F 5 0 R>>>>>>"
        ),
        b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown),
        font,
        b"<</Length %d>>stream\n%s\nendstream" % (len(table), table),
    ]
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 7\n0000000000 65535 f \n"
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"trailer<</Size 7/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % start


def test_true_layer_is_kept(tmp_path: Path):
    """Text that stands on the page as the file says is taken from the file."""
    reading = read_bytes(tmp_path, pdf(0), "a.pdf")
    assert "TEXT_LAYER_LIES" not in codes(reading)
    assert reading.page_texts == ("\n".join(LINES),)
    assert reading.engine == ""


def test_false_layer_is_replaced(tmp_path: Path):
    """When the page shows other words, those are what is read, and it is said."""
    reading = read_bytes(tmp_path, pdf(5), "a.pdf")
    assert "TEXT_LAYER_LIES" in codes(reading)
    assert "thelenderhaspaid" in reading.page_texts[0].lower().replace(" ", "")
    assert reading.engine == "rapidocr"
    assert reading.engine_options["max_side"] == "960"
    assert len(reading.page_seconds) == 1
