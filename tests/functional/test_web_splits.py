"""The hint that a scan may hold several papers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intake.reading import Candidate, Reading
from intake.readings import record_reading, take_lease
from intake.services import SYSTEM
from receipts.maintenance import Examination
from tests.web_firm import Firm, _reading, make_firm, post


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """One firm for all tests of this module."""
    return make_firm(tmp_path_factory.mktemp("splits"))


SPLIT = Candidate("invoice", 0.97, "电子发票（普通发票）", 3, "heading on a later page")


def _read(firm: Firm, reading: Reading, name: str = "scan.pdf") -> str:
    exhibit = firm.exhibit(name, name.encode())
    lease = take_lease(firm.services, exhibit)
    assert lease is not None
    assert record_reading(firm.services, lease, reading, [])
    return exhibit


def _page(firm: Firm, exhibit: str, lang: str = "zh-CN") -> str:
    got = firm.browser("li.na", lang).get(f"/e/{exhibit}")
    assert got.status_code == 200
    return got.get_data(as_text=True)


def test_the_hint_names_page_and_type(firm: Firm) -> None:
    """It stands on the page of the exhibit in both languages, and nothing was split."""
    exhibit = _read(firm, replace(_reading(), splits=(SPLIT,)))
    chinese, english = _page(firm, exhibit), _page(firm, exhibit, "en")
    assert "可能含有多份材料" in chinese
    assert "第 3 页起" in chinese
    assert "发票" in chinese
    assert "From page 3" in english
    assert firm.row(exhibit).split_candidates == [
        {"value": "invoice", "confidence": 970, "line": SPLIT.line, "page": 3,
         "rule": SPLIT.rule}
    ]  # fmt: skip
    assert firm.row(exhibit).state == "to_review"
    assert list(Examination(firm.services, repair=False).run()) == []


def test_no_hint_without_a_second_paper(firm: Firm) -> None:
    """An exhibit in which one paper was found says nothing of several."""
    exhibit = _read(firm, _reading(), "one.pdf")
    assert "可能含有多份材料" not in _page(firm, exhibit)
    assert firm.row(exhibit).split_candidates == []


def test_a_reading_of_before_has_no_such_fact(firm: Firm) -> None:
    """An event without it replays as it was: fsck finds nothing to compare."""
    exhibit = _read(firm, _reading(), "old.pdf")
    with firm.services.log.transaction() as tx:
        row = firm.row(exhibit)
        facts = {
            "exhibit": exhibit, "matter": row.matter_id, "name": row.name,
            "media_type": row.media_type, "type": row.type,
            "type_confidence": 950, "date": row.date, "date_basis": "document",
            "pages": 1, "engine": "", "findings": [], "type_candidates": [],
            "date_candidates": [], "derivatives": [],
        }  # fmt: skip
        tx.record("exhibit.read", SYSTEM, facts)
    assert firm.row(exhibit).split_candidates is None
    assert "可能含有多份材料" not in _page(firm, exhibit)
    assert list(Examination(firm.services, repair=False).run()) == []


def test_a_withdrawn_exhibit_gives_no_hint(firm: Firm) -> None:
    """What is out of use asks for nothing more."""
    exhibit = _read(firm, replace(_reading(), splits=(SPLIT,)), "gone.pdf")
    post(firm.browser("li.na"), f"/e/{exhibit}/withdraw", {"reason": "重复"})
    assert "可能含有多份材料" not in _page(firm, exhibit)
