"""What a firm says of its files is read as said, or refused with the place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intake.errors import Refused
from intake.evidence_types import EvidenceTypes
from workers.evaluation.truth import load

TYPES = EvidenceTypes.load()


def folder(tmp_path: Path, **files: str) -> Path:
    """A folder with a picture and these files (`__` stands for a dot)."""
    (tmp_path / "a.jpg").write_bytes(b"x")
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text, "utf-8")
    return tmp_path


def refusal(place: Path) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        load(place, TYPES)
    return caught.value.code, str(caught.value)


def test_text_beside_or_in_the_folder_truth(tmp_path: Path) -> None:
    """The text is found in both places; `truth/` comes first."""
    place = folder(tmp_path, a__txt="beside")
    assert [each.text for each in load(place, TYPES).files] == ["beside"]
    (place / "truth").mkdir()
    (place / "truth" / "a.txt").write_text("inside", "utf-8")
    assert [each.text for each in load(place, TYPES).files] == ["inside"]


def test_a_text_file_alone_is_evidence(tmp_path: Path) -> None:
    """A text without a picture of its name is a file to read, and no truth."""
    place = folder(tmp_path, b__txt="evidence")
    assert [(e.path.name, e.text) for e in load(place, TYPES).files] == [
        ("a.jpg", None),
        ("b.txt", None),
    ]


def test_gb18030(tmp_path: Path) -> None:
    """A text of an older program is read too."""
    place = folder(tmp_path)
    (place / "a.txt").write_bytes("借条".encode("gb18030"))
    assert load(place, TYPES).files[0].text == "借条"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("iou_loan", "iou_loan"),
        ("借条", "iou_loan"),
        ("借据", "iou_loan"),
        ("chat", "chat_record"),
        ("business_license", "business_licence"),
        ("?", None),
        ("", None),
    ],
)
def test_kinds(tmp_path: Path, kind: str, code: str | None) -> None:
    """Code, name, alias or a plain English word mean the type."""
    place = folder(tmp_path, truth__csv=f"file,type\na.jpg,{kind}\n")
    found = load(place, TYPES)
    assert found.files[0].code == code
    assert found.unknown_types == {}


def test_an_unknown_kind_is_named_and_not_counted(tmp_path: Path) -> None:
    """A word that means no type of the firm is reported with how often it came."""
    place = folder(tmp_path, manifest__csv="file,document_type\na.jpg,label\n")
    found = load(place, TYPES)
    assert (found.files[0].code, found.unknown_types) == (None, {"label": 1})


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ("2025-08-29", "2025-08-29"),
        ("2025-08", "2025-08"),
        ("2025", "2025"),
        ("", ""),
        ("?", None),
    ],
)
def test_dates(tmp_path: Path, said: str, date: str | None) -> None:
    """A day, a month, a year, none, or not known."""
    place = folder(tmp_path, truth__csv=f"文件,日期\na.jpg,{said}\n")
    assert load(place, TYPES).files[0].date == date


def test_without_a_column_nothing_is_said(tmp_path: Path) -> None:
    """A table without a column for dates does not say that papers are undated."""
    place = folder(tmp_path, truth__csv="file,note\na.jpg,x\n")
    assert load(place, TYPES).files[0].date is None


def test_json_lines(tmp_path: Path) -> None:
    """The same in JSON, numbers as a list or a text; it comes before a CSV."""
    row = {"file": "a.jpg", "type": "合同", "date": None, "numbers": ["12345678", "X9"]}
    place = folder(tmp_path, truth__jsonl=json.dumps(row) + "\n\n", truth__csv="x")
    first = load(place, TYPES).files[0]
    assert (first.code, first.date, first.numbers) == (
        "contract",
        "",
        ("12345678", "X9"),
    )


def test_named_and_not_here(tmp_path: Path) -> None:
    """A row for a file that is not there is reported."""
    place = folder(tmp_path, truth__csv="file\na.jpg\nb.jpg\n")
    assert load(place, TYPES).missing == ["b.jpg"]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("truth__csv", "type,date\na,b\n", "truth.csv:1"),
        ("truth__csv", "file,文件\na,b\n", "truth.csv:1"),
        ("truth__csv", "file,date\na.jpg\n", "truth.csv:2"),
        ("truth__csv", "file,date\na.jpg,29.8.2025\n", "truth.csv:2"),
        ("truth__csv", "file,date\na.jpg,2025-02-30\n", "truth.csv:2"),
        ("truth__csv", "file\na.jpg\na.jpg\n", "truth.csv:3"),
        ("truth__csv", "file,type\n,合同\n", "truth.csv:2"),
        ("truth__csv", 'file\n"a.jpg', "truth.csv:2"),
        ("truth__csv", "", "truth.csv:1"),
        ("truth__jsonl", "[1]\n", "truth.jsonl:1"),
        ("truth__jsonl", "{\n", "truth.jsonl:1"),
        ("truth__jsonl", '{"file": "a.jpg", "date": 2025}\n', "truth.jsonl:1"),
        ("truth__jsonl", '{"file": 1}\n', "truth.jsonl:1"),
    ],
)
def test_a_broken_table_is_refused(
    tmp_path: Path, name: str, text: str, where: str
) -> None:
    """Each fault stops the run and names table and line."""
    code, words = refusal(folder(tmp_path, **{name: text}))
    assert code == "truth_broken"
    assert f"({where})" in words


def test_no_folder_and_an_empty_one(tmp_path: Path) -> None:
    """Nothing to evaluate is said, not measured."""
    assert refusal(tmp_path / "nowhere")[0] == "folder_missing"
    (tmp_path / "manifest.csv").write_text("file\n", "utf-8")
    assert refusal(tmp_path)[0] == "folder_empty"


def test_neither_encoding(tmp_path: Path) -> None:
    """Bytes that are no text are refused with the name of the file."""
    place = folder(tmp_path)
    (place / "a.txt").write_bytes(b"\xff\xff\xff")
    assert refusal(place)[0] == "truth_broken"
