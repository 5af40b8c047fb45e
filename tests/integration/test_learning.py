"""What corrections of types teach, how one sees why, and how it is forgotten."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from intake.errors import Refused
from intake.evidence_types import AUTO_CONFIDENCE
from intake.learning import (
    ENOUGH,
    MOST_CANDIDATES,
    examples,
    features,
    forget,
    forget_all,
    likeness,
    with_learned,
)
from intake.reading import Candidate
from intake.review import review
from intake.services import Services
from intake.tables import Exhibit
from receipts.erasure import erase_exhibit
from receipts.maintenance import Examination
from tests.factories import CONSOLE, add_bytes
from tests.web_firm import Firm, _reading, make_firm
from workers.cli import cli
from workers.jobs import process_exhibit

# A form of the firm's client that no rule knows.
FORM = (
    "内部流转联系函件\n编号：{n}\n发起部门：市场拓展部\n事由：样品借用登记与归还确认\n"
    "流转意见：同意按流程办理\n经办岗位：{who}\n归档说明：随项目档案保存\n"
)
OTHER = "床前明月光，疑是地上霜。举头望明月，低头思故乡。此处别无他文。"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm that has learned nothing."""
    return make_firm(tmp_path)


def add(firm: Firm, number: int, text: str = FORM) -> Exhibit:
    """A paper that was received and read."""
    data = text.format(n=number, who="甲乙丙丁戊"[number]).encode()
    exhibit = add_bytes(firm.services, firm.matter, f"{number}.txt", data).exhibit_id
    process_exhibit(firm.services, exhibit)
    return firm.row(exhibit)


def correct(firm: Firm, number: int, type_: str = "验收单") -> str:
    """A paper to which a person gave another type than was proposed."""
    exhibit = add(firm, number).id
    review(firm.services, CONSOLE, None, exhibit, type_, "2025-08-29")
    return exhibit


def best(exhibit: Exhibit) -> tuple[str, int]:
    found = exhibit.type_candidates[0]
    return found["value"], found["confidence"]


def sound(services: Services) -> bool:
    return list(Examination(services, repair=False).run()) == []


def test_three_that_agree_propose_fewer_ask(firm: Firm) -> None:
    """One and two examples put their type first and ask; three propose it."""
    assert best(add(firm, 0))[0] != "acceptance"
    seen = []
    for number in range(1, ENOUGH + 1):
        correct(firm, number)
        later = add(firm, 4, FORM + f"第{number}份\n")
        seen.append((best(later), later.type))
    assert [type_ for (type_, _), _ in seen] == ["acceptance"] * 3
    assert [type_ for _, type_ in seen] == ["other", "other", "acceptance"]
    confidences = [each for (_, each), _ in seen]
    assert confidences == sorted(confidences)
    assert confidences[1] < AUTO_CONFIDENCE * 1000
    assert confidences[2] > 900
    assert sound(firm.services)


def test_one_sees_why(firm: Firm) -> None:
    """The candidate's rule names the papers it comes from."""
    one = correct(firm, 1)
    rule = add(firm, 2).type_candidates[0]["rule"]
    assert rule == f"like 1 paper you corrected: {one}"


def test_another_paper_is_left_as_it_was(firm: Firm) -> None:
    """What does not resemble an example is not touched by it."""
    before = add(firm, 0, OTHER).type_candidates
    for number in (1, 2, 3):
        correct(firm, number)
    assert add(firm, 4, OTHER + "完").type_candidates == before


def test_examples_that_disagree_propose_nothing(firm: Firm) -> None:
    """Three of one type and two of another that look the same: a person is asked."""
    for number in (1, 2, 3):
        correct(firm, number)
    correct(firm, 0, "情况说明")
    assert best(add(firm, 4))[1] < AUTO_CONFIDENCE * 1000


def test_what_the_rules_are_sure_of_stays(firm: Firm) -> None:
    """With one example a sure proposal keeps its place, the learned one follows."""
    correct(firm, 1)
    text = FORM.format(n=1, who="甲")
    sure = replace(_reading(), page_texts=(text,))
    found = with_learned(firm.services, sure).types
    assert [each.value for each in found] == ["iou_loan", "acceptance"]
    assert found[0] == sure.types[0]
    many = tuple(Candidate(f"t{n}", 0.2, "", None, "") for n in range(3))
    kept = with_learned(firm.services, replace(sure, types=many)).types
    assert len(kept) == MOST_CANDIDATES


def test_a_review_that_confirms_teaches_nothing(firm: Firm) -> None:
    """Only corrections are kept, and a correction taken back is forgotten."""
    exhibit = firm.read_exhibit()
    review(firm.services, CONSOLE, None, exhibit, "", "")
    assert examples(firm.services) == []
    corrected = correct(firm, 1)
    assert [each.exhibit_id for each in examples(firm.services)] == [corrected]
    review(firm.services, CONSOLE, None, corrected, "其他材料", "")
    assert examples(firm.services) == []


def test_forgetting(firm: Firm) -> None:
    """One, then all; what is not there is refused, and nothing is learned any more."""
    first, second, third = (correct(firm, n) for n in (1, 2, 3))
    forget(firm.services, second)
    assert {e.exhibit_id for e in examples(firm.services)} == {first, third}
    with pytest.raises(Refused):
        forget(firm.services, second)
    assert forget_all(firm.services) == 2
    assert best(add(firm, 4))[0] != "acceptance"
    assert sound(firm.services)


def test_an_erased_exhibit_teaches_no_more(firm: Firm) -> None:
    """With the exhibit its example goes."""
    exhibit = correct(firm, 1)
    kept = correct(firm, 2)
    basis = "个人信息保护法第47条"
    erase_exhibit(firm.services, CONSOLE, None, exhibit, "到期", basis)
    assert [each.exhibit_id for each in examples(firm.services)] == [kept]
    assert sound(firm.services)


def test_the_command(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """`custody learned` lists what was learned and forgets it."""
    exhibit = correct(firm, 1)
    monkeypatch.setattr("workers.commands.learned.services", lambda **_: firm.services)
    shown = CliRunner().invoke(cli, ["learned", "list", "--json"])
    assert f'"exhibit": "{exhibit}"' in shown.output
    assert '"type": "acceptance"' in shown.output
    assert CliRunner().invoke(cli, ["learned", "forget"]).exit_code != 0
    assert CliRunner().invoke(cli, ["learned", "forget", exhibit]).exit_code == 0
    assert CliRunner().invoke(cli, ["learned", "list"]).output == ""


def test_features_hold_no_text() -> None:
    """Only numbers of buckets and counts; papers of one form are alike, others not."""
    one = features(FORM.format(n=1, who="甲"))
    assert all(key[0] in "hb" and key[1:].isdigit() for key in one)
    assert likeness(one, features(FORM.format(n=22, who="乙丙"))) > 0.8
    assert likeness(one, features(OTHER)) < 0.1
    assert likeness(one, {}) == 0
