from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.text_normal import PageText
from workers.reading.classify import LONGEST_LINE, MOST_CANDIDATES, classify
from workers.reading.kind_confidence import CLEAR_LEAD, confidence

TYPES = EvidenceTypes.load()
PDF = "application/pdf"


def _page(*lines: str) -> list[PageText]:
    return [PageText(1, lines)]


def test_each_sample_of_the_domain(shared: Path) -> None:
    """Every type's own sample is told to be that type, without asking a person."""
    text = (shared / "domain" / "evidence-types.yaml").read_text("utf-8")
    samples = {t["code"]: t["sample"] for t in yaml.safe_load(text)["types"]}
    assert sum(bool(sample) for sample in samples.values()) == 67
    for code, sample in samples.items():
        if sample:
            best = classify(_page(sample), TYPES, PDF)[0]
            assert (best.value, best.confidence >= AUTO_CONFIDENCE) == (code, True)


def test_confidence_rises_with_points_and_lead() -> None:
    """More points or more lead never mean less confidence, and 1 is not reached."""
    for score, lead in itertools.product(range(-9, 30), range(31)):
        here = confidence(score, lead)
        assert 0 <= here < 1
        assert here <= confidence(score + 1, lead)
        assert here <= confidence(score, lead + 1)


def test_a_clear_lead_is_needed() -> None:
    """Without a clear lead no points make a proposal automatic; with it many do."""
    assert confidence(99, CLEAR_LEAD - 1) < AUTO_CONFIDENCE
    assert confidence(99, CLEAR_LEAD) >= AUTO_CONFIDENCE
    assert confidence(0, 99) == 0


def test_the_line_is_shown_as_it_was_read() -> None:
    """A candidate carries the original line of its title, the page and the points."""
    best = classify(
        _page("某市某区人民法院", "民 事 判 決 書", "本院認為", "判决如下"), TYPES, PDF
    )[0]
    assert (best.value, best.line, best.page) == ("judgment", "民 事 判 決 書", 1)
    assert best.rule == "title 8, strong 3, structure 0, negative 0"


def test_a_title_alone_is_not_enough() -> None:
    """A heading without anything that belongs to it is a suggestion only."""
    best = classify(_page("收据", "今天天气很好,适合出门走走"), TYPES, PDF)[0]
    assert best.value == "receipt_note"
    assert best.confidence < AUTO_CONFIDENCE


def test_two_titles_ask_a_person() -> None:
    """A paper that says two names is given to a person with both as candidates."""
    found = classify(
        _page("送货单", "收货单位:甲", "采购订单", "订单编号:1"), TYPES, PDF
    )
    assert {"delivery_note", "order"} <= {c.value for c in found}
    assert found[0].confidence < AUTO_CONFIDENCE


def test_a_title_broken_into_two_lines() -> None:
    """A heading that the engine broke is still a heading."""
    found = classify(_page("民事判", "决书", "本院认为,判决如下", "书记员"), TYPES, PDF)
    assert found[0].value == "judgment"


def test_a_title_far_down_is_none() -> None:
    """Words beyond the title zone are no title."""
    far = classify(_page("甲" * 121, "证据清单"), TYPES, PDF)
    assert "title 6" not in far[0].rule
    near = classify(_page("甲" * 110, "证据清单"), TYPES, PDF)
    assert "title 6" in near[0].rule


@pytest.mark.parametrize(
    ("media_type", "value"),
    [
        ("audio/mpeg", "audio"),
        ("video/mp4", "video"),
        ("image/jpeg", "photo"),
        ("message/rfc822", "email"),
        (PDF, "other"),
        ("", "other"),
    ],
)
def test_without_text_the_container_speaks(media_type: str, value: str) -> None:
    """Media and mail are known by their container; a silent picture asks a person."""
    best = classify([PageText(1, ("  ", "12"))], TYPES, media_type)[0]
    assert best.value == value
    certain = value in {"audio", "video", "email"}
    assert (best.confidence >= AUTO_CONFIDENCE) == certain
    assert classify([], TYPES, media_type)[0].value == value


def test_a_mail_stays_a_mail_whatever_it_says() -> None:
    """The text of a mail does not change what the file is."""
    text = _page("买卖合同", "甲方 乙方 违约责任 合同编号 鉴于 第一条")
    assert classify(text, TYPES, "message/rfc822")[0].value == "email"


def test_nothing_known_is_other_with_no_confidence() -> None:
    """A text that no rule knows is never given a name."""
    best = classify(_page("床前明月光,疑是地上霜。举头望明月,低头思故乡。"), TYPES, PDF)
    assert [(c.value, c.confidence) for c in best] == [("other", 0.0)]


@given(
    st.lists(
        st.text(st.sampled_from("合同甲乙方原告判决书 收据\t今到A1:(")), max_size=9
    )
)
def test_bounds_of_the_answer(lines: list[str]) -> None:
    """One to three candidates of the list, falling in confidence, lines bounded."""
    found = classify([PageText(1, tuple(lines))], TYPES, PDF)
    assert 1 <= len(found) <= MOST_CANDIDATES
    assert all(0 <= c.confidence < 1 and len(c.line) <= LONGEST_LINE for c in found)
    confidences = [c.confidence for c in found]
    assert confidences == sorted(confidences, reverse=True)
    assert all(TYPES.by_code(c.value) for c in found)


def test_words_against_the_title_ask_a_person() -> None:
    """A general title with the words of a more special type is not taken on trust."""
    found = classify(
        _page("某某合同书", "出租方:甲", "承租方:乙", "租金", "押金", "不得转租"),
        TYPES,
        PDF,
    )
    assert {"contract", "lease_contract"} <= {c.value for c in found}
    assert found[0].confidence < AUTO_CONFIDENCE


def test_the_candidates_share_one_certainty() -> None:
    """What the best leaves open is all that the others can have."""
    found = classify(_page("借条", "今借到人民币", "借款人:甲 甲方 乙方"), TYPES, PDF)
    assert len(found) > 1
    assert all(c.confidence <= 1 - found[0].confidence + 1e-9 for c in found[1:])


@pytest.mark.parametrize("code", [t.code for t in TYPES.all if t.kind != "fallback"])
def test_a_type_that_is_not_in_the_list(shared: Path, code: str) -> None:
    """Its sample is never taken for another type with more than 0.9."""
    text = (shared / "domain" / "evidence-types.yaml").read_text("utf-8")
    samples = {t["code"]: t["sample"] for t in yaml.safe_load(text)["types"]}
    kept = tuple(t for t in TYPES.all if t.code != code)
    best = classify(_page(samples[code]), replace(TYPES, all=kept), PDF)[0]
    assert best.confidence <= 0.9
