from __future__ import annotations

import re

import pytest

from intake.text_normal import PageText, normalise_page
from workers.reading.title_zone import TITLE_ZONE, TitleHit, find_title

RULES = (re.compile("^收(?:条|据)"), re.compile("证明$"), re.compile("(?i)agreement"))


@pytest.mark.parametrize(
    ("lines", "hit"),
    [
        (("收 据",), TitleHit(0, own_line=True)),
        (("某某公司", "收据", "今收到"), TitleHit(4, own_line=True)),
        (("今收据",), None),
        (("收据编号为零零零一二三四五六",), TitleHit(0, own_line=False)),
        (("收", "据今收到某某交来的款项"), TitleHit(0, own_line=False)),
        (("情况证明",), TitleHit(2, own_line=False)),
        (("A" * 300, "Agreement"), TitleHit(301, own_line=True)),
        (("A" * 400, "Agreement"), None),
        ((), None),
    ],
)
def test_where_a_title_stands(lines: tuple[str, ...], hit: TitleHit | None) -> None:
    """`^` and `$` are line ends, a broken heading is one, and the zone has an end."""
    assert find_title(RULES, normalise_page(PageText(1, lines))) == hit


def test_each_side_of_the_zone() -> None:
    """The last line that begins within 120 characters counts, the next does not."""
    inside = normalise_page(PageText(1, ("甲" * (TITLE_ZONE - 2), "收据")))
    outside = normalise_page(PageText(1, ("甲" * TITLE_ZONE, "收据")))
    assert find_title(RULES, inside) == TitleHit(TITLE_ZONE - 2, own_line=True)
    assert find_title(RULES, outside) is None
