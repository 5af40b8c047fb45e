from __future__ import annotations

import pytest

from intake.hanzi_numbers import parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("二〇二五", 2025),
        ("贰零贰伍", 2025),
        ("十", 10),
        ("十一", 11),
        ("三十", 30),
        ("三十一", 31),
        ("廿九", 29),
        ("卅一", 31),
        ("零捌", 8),
        ("零壹拾", 10),
        ("壹拾贰", 12),
        ("贰拾玖", 29),
        ("元", 1),
        ("08", 8),
    ],
)
def test_numbers(text: str, number: int) -> None:
    """Ordinary and banking numerals, with and without ten, have their value."""
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "a", "十十", "百", "二三十", "十二三", "1二"])
def test_no_numbers(text: str) -> None:
    """What is no number of this kind has no value rather than a wrong one."""
    assert parse_number(text) is None
