"""Where another paper begins in one scan."""

from __future__ import annotations

import pytest

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.reading import MAX_SPLITS, Candidate
from intake.text_normal import PageText
from workers.reading.splits import find_splits

TYPES = EvidenceTypes.load()
PDF = "application/pdf"
LEASE = (
    "房屋租赁合同\n出租方：张三\n承租方：李四\n租金、押金与租赁期限如下",
    "第六条 不得转租\n第七条 违约责任\n出租方：张三 承租方：李四\n2025年1月2日",
)
LOAN = "借条\n今借到王五人民币伍仟元整\n借款人：赵六\n此据\n2025年3月4日"


def invoice(number: str) -> str:
    return (
        f"电子发票（普通发票）\n发票号码：{number}\n开票日期：2025年5月1日\n"
        "购买方信息 销售方信息\n价税合计 税率"
    )


def splits(*pages: str, media_type: str = PDF) -> list[tuple[int | None, str]]:
    texts = [PageText.from_text(n, text) for n, text in enumerate(pages, 1)]
    found = find_splits(texts, TYPES, media_type)
    assert all(each.confidence >= AUTO_CONFIDENCE for each in found)
    return [(each.page, each.value) for each in found]


def test_another_paper_after_the_first() -> None:
    """Its first page is named with its type; pages of the same paper are not."""
    assert splits(*LEASE, LOAN, invoice("2" * 20)) == [(3, "iou_loan"), (4, "invoice")]
    assert splits(*LEASE) == []
    assert splits(LOAN) == []


def test_two_of_a_kind() -> None:
    """Two invoices are told apart by their numbers, the same one twice is not."""
    one, other = invoice("2" * 20), invoice("3" * 20)
    assert splits(one, other) == [(2, "invoice")]
    assert splits(one, one) == []


@pytest.mark.parametrize(
    "page",
    [
        LEASE[0],  # a running head
        "附件二：\n" + LOAN,
        "第2页 共3页\n" + LOAN,
        "本院认为，借条所载借款人为赵六，此据可信，今借到一语并无歧义",
        "借条",
        "",
    ],
)
def test_what_begins_no_paper(page: str) -> None:
    """Running heads, annexes, later pages, mentions, bare headings, blank pages."""
    assert splits(LEASE[0], page) == []


@pytest.mark.parametrize("media_type", ["application/zip", "image/jpeg", "text/plain"])
def test_only_scans_and_the_like(media_type: str) -> None:
    """A file that is no run of pages is not looked at."""
    assert splits(LEASE[0], LOAN, media_type=media_type) == []


def test_no_more_than_a_reading_may_hold() -> None:
    """Fifty are kept of fifty-one, the first ones."""
    pages = [LEASE[0]] + [invoice(f"{n:020}") for n in range(MAX_SPLITS + 1)]
    found = splits(*pages)
    assert [page for page, _ in found] == list(range(2, MAX_SPLITS + 2))


def test_the_line_is_the_heading() -> None:
    """A person sees the words by which it was found, as they were read."""
    pages = [
        PageText.from_text(1, LEASE[0]),
        PageText.from_text(2, "借 條\n" + LOAN[3:]),
    ]
    (found,) = find_splits(pages, TYPES, PDF)
    assert isinstance(found, Candidate)
    assert (found.page, found.line) == (2, "借 條")
