"""What is counted, and how."""

from __future__ import annotations

import pytest

from workers.evaluation.measures import (
    FileMeasure,
    Judged,
    bands,
    character_errors,
    comparable,
    differences,
    long_numbers,
    numbers_missed,
    summarise,
)


def judged(confidence: float, *, right: bool, expected: str = "a") -> Judged:
    return Judged(expected, expected if right else "b", confidence, right)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("合同（编号：１２３）", "合同(编号:123)"),
        ("“甲”与‘乙’", "\"甲\"与'乙'"),
        ("一—二–三－四", "一-二-三-四"),
        ("甲 方\n：\t张 三\f", "甲方:张三"),
    ],
)
def test_what_counts_as_the_same(one: str, other: str) -> None:
    """Width, quotes, dashes and white space are no errors."""
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"), [("已", "己"), ("100", "1OO"), ("。", "."), ("合同", "合 间")]
)
def test_what_does_not(one: str, other: str) -> None:
    """Every other difference is an error."""
    assert comparable(one) != comparable(other)


def test_errors_of_a_text() -> None:
    """Errors are counted over the truth without its spaces."""
    assert character_errors("借 条\n张三", "借条张王李") == (2, 4)


def test_long_numbers() -> None:
    """Eight signs with a digit among them; seven, or letters only, are none."""
    text = "号1234567 号12345678，91999999AB12CD34EX；AGREEMENT ６２２２０２１２３４"
    expected = ("12345678", "91999999AB12CD34EX", "6222021234")
    assert long_numbers(text) == expected


def test_numbers_are_found_as_often_as_named() -> None:
    """A number that stands twice in the truth must be read twice."""
    read = "账号 6222 0212 3456，编号12345678"
    named = ("622202123456", "12345678", "12345678", "87654321")
    assert numbers_missed(named, read) == ("12345678", "87654321")


def test_differences() -> None:
    """What was misread is shown beside what stands there; alike texts show nothing."""
    assert differences("借款人：张三", "借欲人:张三丰") == (("款", "欲"), ("", "丰"))
    assert differences("借 款", "借款") == ()
    assert differences("甲" * 9_000, "乙") == ()


def test_no_text_no_rate() -> None:
    """Without a truth there is no rate, and an empty one gives none either."""
    assert FileMeasure("a", 1, 1.0).cer is None
    assert FileMeasure("a", 1, 1.0, errors=3, length=0).cer is None
    assert FileMeasure("a", 1, 1.0, errors=3, length=12).cer == 0.25


def test_calibration_bands() -> None:
    """A confidence is in the last band that it reaches; empty bands are left out."""
    rows = [judged(0.9, right=True), judged(0.94, right=False), judged(1, right=True)]
    low, high = bands(rows)
    assert (low.least, low.count, low.right) == (0.9, 2, 1)
    assert low.stated == pytest.approx(0.92)
    assert (high.least, high.count, high.right) == (0.95, 1, 1)


def test_summary() -> None:
    """Each file counts for what there is a truth of, and for nothing else."""
    files = [
        FileMeasure(
            "a", 2, 1.0, "", 1, 100, ("12345678",), kind=judged(0.91, right=False)
        ),
        FileMeasure("b", 1, 1.0, "", 3, 100, kind=judged(0.9, right=False)),
        FileMeasure("c", 1, 1.0, date=judged(0.9, right=True)),
        FileMeasure("d", 0, 1.0, "CORRUPT", 10, 10, date=judged(0.0, right=False)),
        FileMeasure("e", 1, 1.0, date=judged(0.0, right=True, expected="")),
    ]
    found = summarise("x", files, 10.0, 1 << 20)
    assert (found.cer_files, found.cer_worst) == (3, 1.0)
    assert found.cer_mean == pytest.approx(1.04 / 3)
    assert (found.numbers, found.numbers_right) == (1, 1)
    assert (found.kinds, found.kinds_right) == (2, 0)
    # Exactly 0.9 is not above it.
    assert (found.kinds_sure, found.kinds_sure_wrong) == (1, 1)
    assert (found.dates, found.dates_right) == (2, 1)
    assert (found.undated, found.undated_right) == (1, 1)
    assert found.unreadable == ("d",)
    assert found.pages_per_second == 0.5


def test_summary_of_nothing() -> None:
    """No files, no numbers, and no division by nothing."""
    found = summarise("x", [], 0.0, 0)
    assert (found.cer_mean, found.cer_worst, found.pages_per_second) == (None,) * 3
