"""The made-up papers are what they are said to be."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest

from intake.evidence_types import EvidenceTypes
from intake.legal_date import LegalDate
from tests.papers.blocks import boxed, columns, line, seal, table, text_of
from tests.papers.catalogue import papers
from tests.papers.draw import pdf_of
from tests.papers.figures import capitals
from tests.papers.people import Maker
from tests.papers.write import DEGRADATIONS, write_set
from tests.papers.written_dates import numerals
from workers.evaluation.measures import long_numbers
from workers.evaluation.truth import load
from workers.reading.structure import is_id_no, is_luhn, is_uscc

ALL = papers(1)


def test_there_are_enough() -> None:
    """At least thirty papers of at least twelve kinds, each under a name of its own."""
    assert len(ALL) >= 30
    assert len({paper.code for paper in ALL}) >= 12
    assert len({paper.name for paper in ALL}) == len(ALL)
    assert len({paper.code for paper in ALL[:12]}) == 12


@pytest.mark.parametrize("paper", ALL, ids=lambda paper: paper.name)
def test_kind_and_date_are_possible(paper) -> None:
    """Each kind is one of the product's, each date is a date or empty."""
    assert EvidenceTypes.load().by_code(paper.code)
    assert not paper.date or LegalDate.from_iso(paper.date).iso() == paper.date


def test_some_are_undated_and_one_has_a_month() -> None:
    """Not every paper has a day."""
    lengths = {len(paper.date) for paper in ALL}
    assert lengths == {0, len("2025-08"), len("2025-08-29")}


def test_a_seed_is_a_seed() -> None:
    """The same seed says the same; another one other parties, under the same names."""
    again, other = papers(1), papers(2)
    assert [paper.text() for paper in again] == [paper.text() for paper in ALL]
    assert [paper.name for paper in other] == [paper.name for paper in ALL]
    assert not {paper.text() for paper in other} & {paper.text() for paper in ALL}


def test_fewer_papers_are_the_same_papers() -> None:
    """A smaller set is a part of the whole one."""
    assert papers(1, 5) == ALL[:5]


@pytest.mark.parametrize("seed", range(20))
def test_numbers_prove_themselves(seed: int) -> None:
    """Identity numbers, credit codes and cards have right check digits."""
    maker = Maker(seed, "x")
    person, company = maker.person(), maker.company()
    assert is_id_no(person.id_no)
    assert is_luhn(person.card)
    assert is_uscc(company.uscc)
    assert person.id_no.startswith("999999")


def test_papers_hold_long_numbers() -> None:
    """There is enough to measure: two long numbers a paper on the average."""
    assert sum(len(long_numbers(paper.text())) for paper in ALL) >= 2 * len(ALL)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (0, "零元整"),
        (100_00, "壹佰元整"),
        (10_05, "壹拾元零伍分"),
        (1_002_003_04, "壹佰万贰仟零叁元零肆分"),
        (10_020_030_40, "壹仟零贰万零叁拾元肆角整"),
        (100_000_000_00, "壹亿元整"),
        (300_500_00, "叁拾万零伍佰元整"),
    ],
)
def test_amounts_in_words(fen: int, words: str) -> None:
    """As a cashier writes them."""
    assert capitals(fen) == words


def test_dates_in_numerals() -> None:
    """Tens and zeros stand as in judgments."""
    day = LegalDate.from_iso("2020-10-30").first_day()
    assert numerals(day) == "二〇二〇年十月三十日"


def test_reading_order() -> None:
    """Rows from left to right, the left column before the right; seals are silent."""
    blocks = [
        table([["一", "二"], [("三", 2)], ["", "四"]], [1, 1]),
        columns([line("五"), line("六")], [line("七")]),
        boxed([line("八")], 10, 10),
        seal("某某公司", 0, 0),
    ]
    assert text_of(blocks).split() == list("一二三四五六七八")


@pytest.mark.parametrize("index", [1, 3, 5, 9])
def test_the_layout_shows_the_truth(index: int) -> None:
    """Every character of the truth stands in the text layer of the drawn page."""
    document = pypdfium2.PdfDocument(pdf_of(ALL[index]))
    shown = "".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    squeezed = re.sub(r"\s+", "", shown)
    wanted = re.sub(r"\s+", "", ALL[index].text())
    assert not set(wanted) - set(squeezed)
    assert set(long_numbers(ALL[index].text())) <= set(
        re.findall(r"[0-9A-Z]{8,}", squeezed)
    )


def test_the_same_files(tmp_path: Path) -> None:
    """The same seed gives the same bytes, whatever was made before."""
    first, second = tmp_path / "1", tmp_path / "2"
    write_set(first, [ALL[1]], 1, DEGRADATIONS)
    write_set(second, [ALL[1]], 1, reversed(DEGRADATIONS))
    made = sorted(path.relative_to(first) for path in first.rglob("*.*"))
    assert len(made) == 2 * len(DEGRADATIONS) + 1
    for name in made:
        if name.name != "manifest.csv":
            assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_the_set_is_what_evaluate_reads(tmp_path: Path) -> None:
    """Every file has text, kind and date in the layout that a firm uses."""
    write_set(tmp_path, [ALL[1], ALL[4]], 1, ["fax"])
    types = EvidenceTypes.load()
    found = load(tmp_path, types)
    assert [(e.text, e.code, e.date) for e in found.files] == [
        (paper.text(), paper.code, paper.date)
        for paper in sorted((ALL[1], ALL[4]), key=lambda each: each.name)
    ]
    assert (found.missing, found.unknown_types) == ([], {})
