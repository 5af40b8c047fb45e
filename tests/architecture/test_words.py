"""Words that promise more than was done are in nothing that a person reads."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT, project_files, text_of

# Nothing is impossible to alter, and only a court decides about legal force, about
# what counts as an original, and about whether a content is true.
BANNED = ("不可篡改", "具有法律效力", "视为原件", "证明内容真实")
# The firm and its service are a party to the matter.
THIRD_PARTY = ("第三方存证", "中立第三方", "独立第三方", "第三方机构")
# Papers of courts say such things of themselves; the list that recognises them quotes.
RECOGNISED = ("intake/evidence_types.yaml",)
# The documents say which words are banned, and so must write them.
MAY_QUOTE = {
    "docs/glossary.md",
    "docs/lawyers.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
}


def _printed() -> list[Path]:
    """Whatever reaches a reader: code, templates, locales, papers, documents."""
    chosen = []
    for path in project_files():
        name = path.relative_to(ROOT).as_posix()
        if name in MAY_QUOTE or name in RECOGNISED or name.startswith(("tests/", ".")):
            continue
        chosen.append(path)
    return chosen


@pytest.mark.parametrize("word", [*BANNED, *THIRD_PARTY])
def test_a_banned_word_is_printed_nowhere(word: str) -> None:
    """The word is in no source file, template, locale, paper or document."""
    found = [path for path in _printed() if word in (text_of(path) or "")]
    assert not found


@pytest.mark.parametrize("word", BANNED)
def test_a_banned_word_is_not_hidden_by_a_line_break(word: str) -> None:
    """Nor is it put together from two adjacent string literals of the source."""
    for path in _printed():
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES:
            strings = _strings(path)
            assert not any(word in string for string in strings), path


def test_the_search_would_find_a_word(tmp_path: Path) -> None:
    """A literal split over lines is joined before it is searched."""
    planted = tmp_path / "planted.py"
    planted.write_text('x = (\n    "本系统的记录不可"\n    "篡改"\n)\n', "utf-8")
    assert any(BANNED[0] in string for string in _strings(planted))


def test_quoting_documents_exist() -> None:
    """Every exception is a file that exists."""
    assert all((ROOT / name).is_file() for name in MAY_QUOTE)


def _strings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [node.value for node in constants if isinstance(node.value, str)]
