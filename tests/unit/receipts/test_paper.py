"""receipts.paper: what stands on the paper, page by page, as text."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from importlib import resources

import pdfplumber
import pytest

from integrity.errors import MalformedError
from integrity.policy import parse_trusted_keys
from integrity.proof import parse_proof
from receipts.fonts import MissingGlyphError
from receipts.format import Language, MatterRef, ReceiptContent
from receipts.page_image import first_page
from receipts.paper import check_printable, render_receipt
from receipts.paper_data import grouped, local_time
from receipts.qr import read_codes
from receipts.typeset import template_source
from tests.receipt_examples import (
    AT,
    LEAVES_BEFORE,
    TOKEN,
    content,
    evidence,
    item,
    returned,
)

BANNED = ("不可篡改", "具有法律效力", "视为原件", "证明内容真实", "第三方")


def pages_of(receipt: ReceiptContent) -> list[str]:
    """The letters of each page in the order they are drawn, blanks dropped."""
    pdf = render_receipt(receipt, evidence(receipt))
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        return [
            squeezed("".join(char["text"] for char in page.chars))
            for page in document.pages
        ]


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def three() -> list[str]:
    """A receipt for three items."""
    return pages_of(content())


@pytest.fixture(scope="module")
def sixty() -> list[str]:
    """A receipt for sixty items."""
    return pages_of(content(*(item(number) for number in range(60))))


def test_the_head_says_what_changed_hands(three: list[str]) -> None:
    """Title, number, version, state, matter, times, people and place in the log."""
    receipt, page = content(), three[0]
    proof = parse_proof(evidence(receipt).proof)
    keys = parse_trusted_keys(evidence(receipt).trust_keys)
    for text in (
        "证据材料交接确认书（接收）",
        "编号：R20250829-0007版本：第1版状态：有效（出具时）",
        receipt.matter.title,
        receipt.matter.number,
        "法院案号：无",
        f"交接时间（本机时间）：{squeezed(local_time(receipt.handed_at))}",
        "■当面□邮寄□线上上传",
        "移交人：王建国",
        "□当事人□代理人■经办人",
        "接收人：李明",
        f"单位/部门：{receipt.firm}",
        "复核人（第二人）：赵敏",
        "短码：42M2-29L6",
        f"{receipt.base_url}/r/{TOKEN}",
        squeezed(grouped(keys.fingerprint())),
        f"出具事件为第{LEAVES_BEFORE}号；检查点覆盖{LEAVES_BEFORE + 1}条事件",
        proof.checkpoint.decode().split("\n")[2],
        receipt.seal_certificate_sha256,
    ):
        assert squeezed(text) in page


def test_every_item_is_a_line_with_its_short_digest(three: list[str]) -> None:
    """Each item's exhibit number, type, legal name and first 16 hex digits."""
    for one in content().items:
        short = grouped(one.sha256[:16])
        for text in (one.exhibit, one.type, short[:9], short[10:]):
            assert squeezed(text) in three[0]
    assert squeezed("合计：3 项，原件 1 份 12 页，复制件 1 份 1 页") in three[0]


def test_the_clauses_are_those_of_the_direction(three: list[str]) -> None:
    """Six clauses each; the returned paper has the returner and the ticks turned."""
    assert "二、接收的原件由本所妥善保管" in three[0]
    assert "须输入另行告知的验证码" in three[0]
    assert "2025-11-2714:03:22+08:00" in three[0]
    page = pages_of(returned())[0]
    assert "证据材料交接确认书（返还）" in page
    assert "第2版" in page
    assert "取代上一版" in page
    assert "移交人：李明" in page
    assert "接收人：王建国" in page
    assert "四、接收人确认已收回上列勾选的原件，本所仍保存扫描件至2035-08-29" in page
    assert "验证码" not in page
    assert "链接未设到期日" in page
    assert page.count("■是") == 1
    for number in "一二三四五六":
        assert f"{number}、" in three[0]
        assert f"{number}、" in page


def test_signatures_are_lines_to_write_on(three: list[str]) -> None:
    """Three people sign by hand; the paper says that nobody has."""
    assert "本单生成时均未签署" in three[0]
    for role in (
        "移交人（签名/盖章）",
        "接收人（签名/盖章）",
        "复核人（第二人）（签名）",
    ):
        assert role in three[0]


def test_the_schedule_has_both_digests_in_full(sixty: list[str]) -> None:
    """附表一 prints SHA-256 and SM3 of every item, all 64 digits."""
    schedule = "".join(sixty)
    for number in range(60):
        assert item(number).sha256 in schedule
        assert item(number).sm3 in schedule


def test_every_page_names_its_paper(sixty: list[str]) -> None:
    """Number, short code, page, time and digest stand on each page."""
    receipt = content(*(item(number) for number in range(60)))
    count = len(sixty)
    assert count > 4
    for number, page in enumerate(sixty, 1):
        assert "编号：R20250829-0007" in page
        assert f"第{number}页共{count}页" in page
        assert f"生成时间（本机时间）：{squeezed(local_time(AT))}" in page
        assert receipt.digests().sha256 in page
        assert "42M2-29L6" in page


def test_nothing_untrue_is_printed() -> None:
    """The banned words stand in no word list and not in the layout."""
    folder = resources.files("receipts").joinpath("templates")
    texts = [file.read_text("utf-8") for file in folder.iterdir()]
    texts.append(template_source("receipt.typ").decode())
    assert len(texts) >= 4
    for text in texts:
        assert not [word for word in BANNED if word in text]
        assert "third party" not in text.lower()


def test_both_languages_have_the_same_words() -> None:
    """The two word lists have the same shape."""

    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {key: shape(member) for key, member in sorted(value.items())}
        return len(value) if isinstance(value, list) else str

    folder = resources.files("receipts").joinpath("templates")
    lists = [
        json.loads(folder.joinpath(f"receipt.{lang.value}.json").read_text("utf-8"))
        for lang in Language
    ]
    assert shape(lists[0]) == shape(lists[1])


def test_the_english_paper_is_english() -> None:
    """The same receipt with English words."""
    page = pages_of(content(language=Language.ENGLISH))[0]
    assert "ReceiptforEvidence(Received)" in page
    assert "王建国" in page


def test_the_code_on_page_1_reads_back() -> None:
    """The printed QR code, rendered and read, is the one given."""
    receipt = content()
    proofs = evidence(receipt)
    page = first_page(render_receipt(receipt, proofs))
    assert read_codes(page) == (proofs.qr_text,)


@pytest.mark.parametrize(
    "receipt",
    [
        content(counterparty="张😀"),
        content(matter=replace(content().matter, title="😀")),
        content(item(0, name="20250829_😀_001.pdf")),
    ],
    ids=["counterparty", "matter", "legal name"],
)
def test_a_name_that_cannot_be_printed_is_refused(receipt: ReceiptContent) -> None:
    """A person, matter or legal name with an unknown character stops the paper."""
    with pytest.raises(MissingGlyphError):
        check_printable(receipt)
    with pytest.raises(MissingGlyphError):
        render_receipt(receipt, evidence(receipt))


def test_rare_names_and_long_names_fit() -> None:
    """Rare characters print; a file name of 255 characters breaks inside its cell."""
    long = "A_very_long_name_without_any_space_" * 7
    receipt = content(
        item(0, title="😀" + "长" * 250, original_name=long[:240] + "😀.pdf"),
        counterparty="欧阳𠮷䶮",
    )
    check_printable(receipt)
    page, *schedule = pages_of(receipt)
    assert "欧阳𠮷䶮" in page
    assert "<U+1F600>长" in re.sub(r"[^<>U+0-9A-F长]", "", page)
    assert "<U+1F600>" in "".join(schedule)


def test_nothing_leaves_its_column() -> None:
    """Texts of the greatest length without a space stay inside the margins."""
    run = "W" * 120
    receipt = content(
        item(0, title=run, condition=run, original_name=run, name=run, type="W" * 60),
        counterparty=run,
        staff=run,
        second_person="V" * 120,
        firm=run,
        matter=MatterRef("m0123456789ab", "W" * 80, run, "W" * 80),
    )
    pdf = render_receipt(receipt, evidence(receipt))
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        letters = [char for page in document.pages for char in page.chars]
    right_margin, seam = (210 - 16) / 25.4 * 72, 575
    assert [c for c in letters if right_margin + 1 < c["x1"] and c["x0"] < seam] == []


def test_the_same_receipt_gives_the_same_bytes() -> None:
    """Drawing depends on nothing but content, evidence and fonts."""
    receipt = content()
    proofs = evidence(receipt)
    assert render_receipt(receipt, proofs) == render_receipt(receipt, proofs)


def test_evidence_of_another_address_is_refused() -> None:
    """The code must lead to the address that the receipt names."""
    other = evidence(content(base_url="https://evil.example"))
    with pytest.raises(MalformedError, match="address"):
        render_receipt(content(), other)


def test_data_is_never_code() -> None:
    """Typst markup in a name is printed as text."""
    page = pages_of(content(counterparty='#panic("x") *b* $x$ @a <b>'))[0]
    assert '#panic("x")*b*$x$@a<b>' in page
