"""Electronic invoices as XML through the sandboxed reading."""

from __future__ import annotations

import pytest

from intake.reading import Unreadable, UnreadableReason
from tests.sandboxed_reading import codes, read_bytes

DIGITISED = """<?xml version="1.0" encoding="utf-8"?>
<EInvoice><Header><EIid>24112000000048542163</EIid><Version>0.2</Version>
<InherentLabel><EInvoiceType><LabelCode>02</LabelCode>
<LabelName>数电票（普通发票）</LabelName></EInvoiceType></InherentLabel></Header>
<EInvoiceData><SellerInformation><SellerIdNum>91110108690017781B</SellerIdNum>
<SellerName>北京测试科技有限公司</SellerName></SellerInformation>
<BuyerInformation><BuyerName>海口测试科技有限公司</BuyerName></BuyerInformation>
<BasicInformation><TotalTax-includedAmount>4449.00</TotalTax-includedAmount>
<TotalTax-includedAmountInChinese>肆仟肆佰肆拾玖圆整</TotalTax-includedAmountInChinese>
</BasicInformation></EInvoiceData>
<SellerAuthentication><AuthenticationMethods>MIIB</AuthenticationMethods>
</SellerAuthentication>
<TaxSupervisionInfo><InvoiceNumber>24112000000048542163</InvoiceNumber>
<IssueTime>2024-05-28</IssueTime></TaxSupervisionInfo></EInvoice>"""
INTERFACE = """<business id="FPKJ"><HEAD><FPDM>050001700111</FPDM>
<FPHM>99999951</FPHM><KPRQ>20201010151119</KPRQ><JSHJ>318.00</JSHJ></HEAD></business>"""


@pytest.mark.parametrize(
    ("source", "lines", "day"),
    [
        (
            DIGITISED,
            (
                "发票种类：数电票（普通发票）", "销售方名称：北京测试科技有限公司",
                "购买方名称：海口测试科技有限公司", "发票号码：24112000000048542163",
                "开票日期：2024-05-28", "价税合计（大写）：肆仟肆佰肆拾玖圆整",
            ),
            "2024-05-28",
        ),
        (
            INTERFACE,
            (
                "发票代码：050001700111", "开票日期：2020-10-10 15:11:19",
                "价税合计：318.00",
            ),
            "2020-10-10",
        ),
    ],
)  # fmt: skip
def test_invoice(tmp_path, source, lines, day):
    """The values stand after the labels of the paper; kind and day of issue follow."""
    reading = read_bytes(tmp_path, source.encode(), "发票.xml")
    assert reading.media_type == "application/xml"
    found = reading.page_texts[0].split("\n")
    assert [line for line in lines if line not in found] == []
    assert "LabelCode" not in reading.page_texts[0]
    assert reading.types[0].value == "invoice"
    assert (reading.dates[0].value, reading.date_basis) == (day, "document")
    assert any(each.rule.startswith("invoice") for each in reading.dates)


def test_signature_is_no_text(tmp_path):
    """The seller's signature is named as a finding and is no line of text."""
    reading = read_bytes(tmp_path, DIGITISED.encode(), "发票.xml")
    assert "SIGNED" in codes(reading)
    assert "MIIB" not in reading.page_texts[0]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("gb18030", "GBK"),
        ("gb18030", "gb2312"),
        ("utf-8", "UTF-8"),
        ("utf-16", "UTF-16"),
    ],
)
def test_encodings(tmp_path, encoding, declared):
    """XML in the encodings of Chinese offices, by its own declaration."""
    source = DIGITISED.replace('"utf-8"', f'"{declared}"')
    reading = read_bytes(tmp_path, source.encode(encoding), "发票.xml")
    assert "销售方名称：北京测试科技有限公司" in reading.page_texts[0]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            UnreadableReason.XML_ENTITIES,
        ),
        (
            '<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://x/a.dtd"><a>b</a>',
            UnreadableReason.XML_ENTITIES,
        ),
        ('<?xml version="1.0"?><a><b></a>', UnreadableReason.CORRUPT),
        ('<?xml version="1.0"?><a><b/></a>', UnreadableReason.NO_PAGES),
        (
            '<?xml version="1.0"?>' + "<a>" * 300 + "b" + "</a>" * 300,
            UnreadableReason.NESTING_LIMIT,
        ),
    ],
)
def test_refused(tmp_path, source, reason):
    """Entities, a DTD, damage, nothing inside, depth without end: each its reason."""
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path, source.encode(), "a.xml")
    assert caught.value.reason is reason


def test_xml_under_another_name(tmp_path):
    """XML that came as a PDF is no PDF and is not shown as one."""
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path, DIGITISED.encode(), "发票.pdf")
    assert caught.value.reason is UnreadableReason.TYPE_MISMATCH
