"""The numbered list of checks and the three answers."""

from __future__ import annotations

import json

import pytest

from receipts.answers import report_lines
from receipts.checks import (
    BY_NUMBER,
    CHECKS,
    INCLUSION,
    KEYS,
    RESULT_WORDS,
    Check,
    Report,
    Result,
    Words,
    failed,
    indeterminate,
    passed,
)

WHY = Words("因为", "because")
P = passed(INCLUSION, "leaf", WHY)
F = failed(INCLUSION, "leaf", WHY)
U = indeterminate(KEYS, "keys", WHY)


def test_numbers_run_from_one_without_gap() -> None:
    """A number names one check, and the list is in their order."""
    assert [check.number for check in CHECKS] == list(range(1, len(CHECKS) + 1))
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(BY_NUMBER[check.number] is check for check in CHECKS)


def test_every_check_and_result_has_words_in_both_languages() -> None:
    """Nothing is printed in one language only."""
    words = [w for check in CHECKS for w in (check.title, check.shows)]
    for word in [*words, *RESULT_WORDS.values()]:
        assert word.zh
        assert word.en
        assert word.in_language("zh") == word.zh
        assert word.in_language("en") == word.en


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([P, P], Result.PASSED),
        ([P, U], Result.INDETERMINATE),
        ([U, F, P], Result.FAILED),
        ([P, F], Result.FAILED),
        ([], Result.INDETERMINATE),
    ],
)
def test_verdict(checks: list[Check], verdict: Result) -> None:
    """One failure fails; else one open answer leaves it open; nothing shows nothing."""
    assert Report.of(checks).verdict is verdict


def test_json_is_one_object_on_one_line() -> None:
    """Exactly the fields of the outside contract, readable, in either language."""
    text = Report.of([P, U]).to_json_lines()
    assert text.count("\n") == 1
    assert json.loads(text) == {
        "verdict": "indeterminate",
        "checks": [
            {
                "number": 7,
                "name": "inclusion",
                "result": "passed",
                "reason": "because",
                "subject": "leaf",
            },
            {
                "number": 4,
                "name": "keys",
                "result": "indeterminate",
                "reason": "because",
                "subject": "keys",
            },
        ],
    }
    zh = Report.of([P]).to_json_lines("zh")
    assert json.loads(zh)["checks"][0]["reason"] == "因为"
    assert "因为" in zh


def test_a_reason_without_chinese_is_shown_in_english() -> None:
    """A missing translation never hides the reason."""
    check = Check(7, "inclusion", Result.FAILED, "because", "leaf")
    assert check.reason_in("zh") == "because"


def test_lines_count_and_name_what_did_not_pass() -> None:
    """A person sees the number, the count, each open thing, and the verdict last."""
    lines = report_lines(Report.of([P, F, U]), "en")
    assert lines[0].startswith(" 4 keys: indeterminate (0/1)")
    assert " 7 inclusion: failed (1/2)" in lines
    assert "     leaf: because" in lines
    assert lines[-1] == "== failed =="


def test_hostile_names_are_written_out() -> None:
    """A line break or a bidi override in a name cannot forge a line."""
    subject = "x\n== passed ==\u202e"
    lines = report_lines(Report.of([failed(KEYS, subject, WHY)]), "zh")
    assert "     x\\n== passed ==\\u202e: 因为" in lines
