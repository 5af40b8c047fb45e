from __future__ import annotations

import contextlib
import copy
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from intake import evidence_types
from intake.errors import Refused
from intake.evidence_types import SHIPPED, EvidenceTypes, EvidenceTypesError
from intake.naming import legal_name
from intake.strict_yaml import LARGEST_FILE
from integrity.errors import CustodyError

TYPES = EvidenceTypes.load()
Edit = Callable[[dict[str, Any]], object]


def _write(folder: Path, edit: Edit) -> Path:
    data = copy.deepcopy(yaml.safe_load(SHIPPED.read_text("utf-8")))
    edit(data)
    path = folder / "firm.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    return path


def test_same_list_as_the_domain(shared: Path) -> None:
    """Codes, Chinese names, legal kinds, classes and structured numbers are those of
    the domain's list, in its order."""
    text = (shared / "domain" / "evidence-types.yaml").read_text("utf-8")
    theirs = yaml.safe_load(text)["types"]
    assert [
        (t["code"], t["zh"], t["class"], t["statutory"], t["structure"], t["aliases"])
        for t in theirs
    ] == [
        (t.code, t.zh, t.kind, t.statutory.key, [f.name for f in t.structure],
         list(t.aliases))
        for t in TYPES.all
    ]  # fmt: skip
    assert len(TYPES.all) == 68


@pytest.mark.parametrize("each", TYPES.all, ids=lambda t: t.code)
def test_every_name_finds_its_type(each: Any) -> None:
    """Code, Chinese and English name and every alias mean the one type, and the
    Chinese name may stand in a legal name."""
    assert all(TYPES.by_name(name) is each for name in each.names())
    assert TYPES.by_code(each.code) is TYPES.by_zh(each.zh) is each
    assert each.zh in legal_name(None, each.zh, 1, "pdf")


@pytest.mark.parametrize(
    "typed", ["合 同", "買賣合同", "CONTRACT", "ｃｏｎｔｒａｃｔ", " 协议 "]
)
def test_typed_loosely(typed: str) -> None:
    """Spaces, width, case and traditional characters do not matter to a person."""
    assert TYPES.by_name(typed).code == "contract"


@given(st.text(max_size=30))
def test_a_type_or_a_refusal(text: str) -> None:
    """Any text is a type or the one refusal."""
    with contextlib.suppress(Refused):
        assert TYPES.by_name(text) in TYPES.all


def test_codes_are_not_typed_loosely() -> None:
    """What is stored is exact."""
    for lookup in (TYPES.by_code, TYPES.by_zh):
        with pytest.raises(Refused):
            lookup("Contract")
    with pytest.raises(Refused):
        TYPES.by_zh("协议")


def test_fallback() -> None:
    """There is a type for what is none of the others."""
    assert TYPES.fallback.code == "other"


def test_a_firm_may_edit(tmp_path: Path) -> None:
    """An entry that a firm adds is loaded with the others."""

    def add(data: dict[str, Any]) -> None:
        data["types"].insert(0, data["types"][0] | {
            "code": "train_ticket", "zh": "火车票", "en": "Train ticket", "aliases": [],
        })  # fmt: skip

    types = EvidenceTypes.load(_write(tmp_path, add))
    assert types.by_name("火车票").code == "train_ticket"
    assert len(types.all) == 69


def _set(key: str, value: object) -> Edit:
    return lambda data: data["types"][1].__setitem__(key, value)


def _drop(key: str) -> Edit:
    return lambda data: data["types"][1].pop(key)


FAULTS: list[tuple[Edit, str, str]] = [
        (_set("code", "contract"), "contract", "code"),
        (_set("code", "Bad Code"), "types[2]", "code"),
        (_set("zh", "补充/协议"), "supplementary_agreement", "zh"),
        (_set("zh", "合同"), "supplementary_agreement", "aliases"),
        (_set("aliases", ["协议"]), "supplementary_agreement", "aliases"),
        (_set("aliases", "协议"), "supplementary_agreement", "aliases"),
        (_set("aliases", [3]), "supplementary_agreement", "aliases"),
        (_set("class", "paper"), "supplementary_agreement", "class"),
        (_set("class", "fallback"), "supplementary_agreement", "class"),
        (_set("statutory", "gossip"), "supplementary_agreement", "statutory"),
        (_set("titles", ["(补充"]), "supplementary_agreement", "titles"),
        (_set("titles", [".*补充"]), "supplementary_agreement", "titles"),
        (_set("strong", ["补充", ""]), "supplementary_agreement", "strong"),
        (_set("negative", ["x" * 401]), "supplementary_agreement", "negative"),
        (_set("confused_with", ["x"]), "supplementary_agreement", "confused_with"),
        (_set("structure", ["shoe_size"]), "supplementary_agreement", "structure"),
        (_set("sensitive", ["shoe_size"]), "supplementary_agreement", "sensitive"),
        (_set("date", "tail"), "supplementary_agreement", "date"),
        (
            _set("date", {"anchors": [], "position": "middle", "note": ""}),
            "supplementary_agreement.date",
            "position",
        ),
        (_set("colour", "red"), "types[2]", "colour"),
        (_drop("en"), "types[2]", "en"),
        (lambda d: d.pop("fields"), "(top)", "fields"),
        (lambda d: d.__setitem__("version", 2), "(top)", "version"),
        (lambda d: d.__setitem__("types", d["types"][:-1]), "(top)", "types"),
        (lambda d: d.__setitem__("types", {}), "(top)", "types"),
        (lambda d: d.__setitem__("types", ["x"]), "(top)", "types"),
        (lambda d: d["fields"]["uscc"].__setitem__("check", "x"), "(top).fields.uscc",
         "check"),
        (lambda d: d["fields"]["uscc"].__setitem__("distinctive", "x"),
         "(top).fields.uscc", "distinctive"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "entry", "key"),
    FAULTS,
    ids=[f"{number}-{key}" for number, (_, _, key) in enumerate(FAULTS)],
)
def test_one_fault_one_sentence(
    tmp_path: Path, edit: Edit, entry: str, key: str
) -> None:
    """A fault anywhere stops the loading and names file, entry and key."""
    with pytest.raises(EvidenceTypesError) as fault:
        EvidenceTypes.load(_write(tmp_path, edit))
    facts = fault.value.facts
    assert (facts["file"], facts["entry"], facts["key"]) == ("firm.yaml", entry, key)
    assert "\n" not in str(fault.value)
    assert isinstance(fault.value, CustodyError)
    assert fault.value.code == "evidence_types"


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"types: [", b"- a\n", b"\xff\xfe", b"a: 1\na: 2\n", b"1: 2\n"),
        *(b"!!python/object/apply:os.system ['true']\n", b"[" * 5_000),
        b"#" * (LARGEST_FILE + 1),
    ],
)
def test_files_that_are_no_list(tmp_path: Path, content: bytes) -> None:
    """A file that is no YAML mapping, is too large or repeats a key is refused."""
    path = tmp_path / "firm.yaml"
    path.write_bytes(content)
    with pytest.raises(EvidenceTypesError):
        EvidenceTypes.load(path)


def test_no_file(tmp_path: Path) -> None:
    """A missing file is said to be missing."""
    with pytest.raises(EvidenceTypesError, match="No such file"):
        EvidenceTypes.load(tmp_path / "firm.yaml")


def test_an_unchanged_copy_of_an_earlier_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives way to the shipped one; a list that the firm changed does not."""
    kept = tmp_path / "types.yaml"
    kept.write_bytes(SHIPPED.read_bytes() + b"# of before\n")
    assert EvidenceTypes.load(kept) is not EvidenceTypes.load()
    earlier = frozenset({hashlib.sha256(kept.read_bytes()).hexdigest()})
    monkeypatch.setattr(evidence_types, "EARLIER", earlier)
    assert EvidenceTypes.load(kept) is EvidenceTypes.load()
