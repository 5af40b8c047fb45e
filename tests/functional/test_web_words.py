"""The Fluent files: complete in both languages, and nothing in them is unused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

from intake.reading import UnreadableReason

WEB = Path(__file__).resolve().parents[2] / "web"
LANGUAGES = ("zh-CN", "en")
# Families whose last part is a value: `state-` and the exhibit's state.
FAMILIES = (
    "act-", "basis-", "change-", "checks-", "client-", "copy-", "deadline-",
    "direction-", "error-", "event-", "finding-", "health-log-state-", "member-",
    "paper-", "pin-", "place-", "plate-", "reason-", "receipt-state-", "report-",
    "result-", "role-", "signing-fact-", "signing-kind-", "signing-reason-",
    "signing-role-", "signing-state-", "state-", "tab-", "verdict-",
)  # fmt: skip


class Facts(Visitor):
    """Collects the names of the facts a message uses."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802
        """See Visitor."""
        self.names.add(node.id.name)


def messages(lang: str) -> dict[str, set[str]]:
    """Key to the facts it uses; fails on what cannot be parsed or stands twice."""
    found: dict[str, set[str]] = {}
    for path in sorted((WEB / "locales" / lang).glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text("utf-8")).body:
            assert isinstance(entry, (ast.Message, ast.Comment)), (path, entry)
            if isinstance(entry, ast.Message):
                assert entry.id.name not in found, entry.id.name
                facts = Facts()
                facts.visit(entry)
                found[entry.id.name] = facts.names
    return found


def test_both_languages_have_the_same_words() -> None:
    """Every key is in both languages and uses the same facts."""
    chinese, english = (messages(lang) for lang in LANGUAGES)
    assert chinese == english


def test_every_key_is_used_and_every_used_key_is_there() -> None:
    """Pages and keys fit: none is missing, none is left over."""
    text = "".join(
        path.read_text("utf-8") for path in (*WEB.rglob("*.html"), *WEB.rglob("*.py"))
    )
    used = set(re.findall(r"""\bt\(\s*["']([a-zA-Z0-9_-]+)["']""", text))
    conditional = set(
        re.findall(r"""t\(['"]([\w-]+)['"] if .*? else ['"]([\w-]+)""", text)
    )
    used |= {key for pair in conditional for key in pair}
    whole = {key for key in used if not key.endswith("-")}
    keys = set(messages("zh-CN"))
    assert sorted(whole - keys) == []
    mentioned = {key for key in keys if f'"{key}"' in text or f"'{key}'" in text}
    left = {k for k in keys - whole - mentioned if not k.startswith(FAMILIES)}
    assert sorted(left) == []


@pytest.mark.parametrize("reason", list(UnreadableReason))
def test_every_reason_has_plain_words(reason: UnreadableReason) -> None:
    """Whatever makes a file unreadable is explained without its code."""
    assert f"reason-{reason.value}" in messages("zh-CN")
