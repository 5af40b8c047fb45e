from __future__ import annotations

import re

import pytest

from intake.text_normal import PageText, normalise_page
from workers.reading.title_zone import (
    LONGEST_HEADING,
    TITLE_ZONE,
    Standing,
    TitleHit,
    find_title,
)

RULES = (re.compile("^收(?:条|据)"), re.compile("证明$"), re.compile("(?i)agreement"))
NAMES = (re.compile("劳动合同"), re.compile("租赁合同"), re.compile("^回复:"))


def _standing(*lines: str) -> tuple[int, Standing] | None:
    hit = find_title(RULES, normalise_page(PageText(1, lines)))
    return None if hit is None else (hit.offset, hit.standing)


@pytest.mark.parametrize(
    ("lines", "hit"),
    [
        (("收 据",), (0, Standing.OWN_LINE)),
        (("某某公司", "收据", "今收到"), (4, Standing.OWN_LINE)),
        (("今收据",), None),
        (("收据编号为零零零一二三四五六",), (0, Standing.IN_LINE)),
        (("收", "据今收到某某交来的款项"), (0, Standing.IN_LINE)),
        (("情况证明",), (2, Standing.OWN_LINE)),
        (("A" * 300, "Agreement"), (301, Standing.OWN_LINE)),
        (("A" * 400, "Agreement"), None),
        ((), None),
    ],
)
def test_where_a_title_stands(
    lines: tuple[str, ...], hit: tuple[int, Standing] | None
) -> None:
    """`^` and `$` are line ends, a broken heading is one, and the zone has an end."""
    assert _standing(*lines) == hit


def test_each_side_of_the_zone() -> None:
    """The last line that begins within 120 characters counts, the next does not."""
    assert _standing("甲" * (TITLE_ZONE - 2), "收据") == (
        TITLE_ZONE - 2,
        Standing.OWN_LINE,
    )
    assert _standing("甲" * TITLE_ZONE, "收据") is None


@pytest.mark.parametrize(
    ("line", "standing"),
    [
        ("某公司2024年度劳动合同", Standing.OWN_LINE),
        ("劳动合同 编号：7", Standing.IN_LINE),
        ("劳动合同 （正本）", Standing.OWN_LINE),
        ("关于解除劳动合同的通知", Standing.MENTIONED),
        ("《劳动合同》解除通知", Standing.MENTIONED),
        ("房屋租赁合同纠纷", Standing.MENTIONED),
        ("案由 租赁合同纠纷一案", Standing.MENTIONED),
        ("3 租赁合同", Standing.MENTIONED),
        ("三、租赁合同", Standing.MENTIONED),
        ("你与我公司签订的劳动合同，自今日起解除", Standing.MENTIONED),
        ("回复：关于货款", Standing.IN_LINE),
    ],
)
def test_a_heading_says_last_what_it_is(line: str, standing: Standing) -> None:
    """A name counts at the end of a heading; in a sentence, a citation, the cause of
    a case or a row of a list it is the name of another paper."""
    hit = find_title(NAMES, normalise_page(PageText(1, (line,))))
    assert hit is not None
    assert hit.standing is standing


def test_a_seal_is_no_title() -> None:
    """What is left of a seal never names the paper."""
    page = normalise_page(PageText(1, ("某公司劳动合同专用章", "劳动合同章")))
    assert find_title(NAMES, page) is None


def test_how_long_a_heading_may_be() -> None:
    """A line of 30 characters may be a heading, one more makes it running text."""
    rest = "甲" * (LONGEST_HEADING - 4)
    for line, standing in (
        (rest + "劳动合同", Standing.OWN_LINE),
        (rest + "甲劳动合同", Standing.IN_LINE),
    ):
        found = find_title(NAMES, normalise_page(PageText(1, (line,))))
        assert found == TitleHit(len(line) - 4, standing, 4)
