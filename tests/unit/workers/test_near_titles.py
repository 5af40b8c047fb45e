from __future__ import annotations

import pytest

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.text_normal import PageText, normalise_page
from workers.reading.classify import classify
from workers.reading.near_titles import near_titles, spellings
from workers.reading.title_zone import Standing

TYPES = EvidenceTypes.load()


def _near(line: str) -> dict[str, Standing]:
    page = normalise_page(PageText(1, (line,)))
    return {code: hit.standing for code, hit in near_titles(TYPES, page).items()}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("民 事 判 央 书", "judgment"),
        ("授杈委托书", "power_of_attorney"),
        ("營業執熙", "business_licence"),
        ("道路交通事故认走书（副本）", "traffic_report"),
    ],
)
def test_one_wrong_character(line: str, code: str) -> None:
    """A heading with one wrong character is known, spaced or traditional as well."""
    assert _near(line) == {code: Standing.OWN_LINE}


@pytest.mark.parametrize("line", ["民市判央书", "借案", "本院认为，民事判央书已生效"])
def test_not_near_enough(line: str) -> None:
    """Two faults, a short name, or running text: nothing is made of it."""
    assert _near(line) == {}


def test_a_near_title_needs_words_that_belong_to_it() -> None:
    """Alone it asks a person; with the words of its type it is a proposal."""
    alone = classify([PageText(1, ("民事判央书", "今天天气很好出门"))], TYPES, "")
    words = ("民事判央书", "某市人民法院", "本院认为,判决如下", "审判长", "书记员")
    found = classify([PageText(1, words)], TYPES, "")
    assert all(each.confidence < AUTO_CONFIDENCE for each in alone)
    assert found[0].value == "judgment"
    assert found[0].confidence >= AUTO_CONFIDENCE


def test_spellings_of_a_rule() -> None:
    """A simple rule gives its words; one that is not simple gives none."""
    assert spellings("^(?:送|发)货清?单(?!数)") == {
        "送货单", "送货清单", "发货单", "发货清单",
    }  # fmt: skip
    assert spellings("合同.{1,3}书") == frozenset()
    assert spellings("(?:合同") == frozenset()
