"""Entries of the file of evidence types, each turned into its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from intake.evidence_type import (
    CheckDigits,
    DateRule,
    EvidenceType,
    Position,
    Sensitive,
    Statutory,
    StructureField,
    TypeClass,
)
from intake.naming import is_type_name
from intake.strict_yaml import Entry

_Row = TypeVar("_Row", Statutory, StructureField)
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_FIELD_KEYS = frozenset({"zh", "re", "check", "beside", "distinctive"})
_DATE_KEYS = frozenset({"anchors", "position", "note"})
_TYPE_KEYS = frozenset(
    {"code", "zh", "en", "aliases", "class", "statutory", "titles", "strong"}
    | {"negative", "confused_with", "date", "structure", "sensitive"}
)


def read_statutory(entry: Entry) -> dict[str, Statutory]:
    """The legal kinds under `statutory`, by key.

    Raises:
        EntryError: naming the key that is wrong; so do the other readers here.
    """
    found = {}
    for key in entry.values:
        row = entry.child(key)
        row.expect(frozenset({"zh", "source"}))
        found[key] = Statutory(key, row.text("zh"), row.text("source"))
    return found


def read_fields(entry: Entry) -> dict[str, StructureField]:
    """The structured numbers under `fields`, by name."""
    found = {}
    for key in entry.values:
        row = entry.child(key)
        row.expect(_FIELD_KEYS)
        beside = row.regex("beside") if row.text("beside", empty=True) else None
        check = row.one_of("check", CheckDigits)
        found[key] = StructureField(
            key, row.text("zh"), row.regex("re"), check, beside, row.flag("distinctive")
        )
    return found


def read_type(
    entry: Entry,
    statutory: Mapping[str, Statutory],
    fields: Mapping[str, StructureField],
) -> EvidenceType:
    """One entry under `types`; its references must be in the two tables."""
    entry.expect(_TYPE_KEYS)
    code, zh = entry.text("code"), entry.text("zh")
    if _CODE.fullmatch(code) is None:
        raise entry.wrong("code", f"{code} is not lower-case letters, digits and _")
    entry = entry.named(code)
    if not is_type_name(zh):
        raise entry.wrong("zh", f"{zh} may not stand in a file name")
    return EvidenceType(
        code=code,
        zh=zh,
        en=entry.text("en"),
        aliases=entry.texts("aliases"),
        kind=entry.one_of("class", TypeClass),
        statutory=_known(entry, "statutory", (entry.text("statutory"),), statutory)[0],
        titles=entry.regexes("titles"),
        strong=entry.regexes("strong"),
        negative=entry.regexes("negative"),
        confused_with=entry.texts("confused_with"),
        date=_date_rule(entry.child("date")),
        structure=_known(entry, "structure", entry.texts("structure"), fields),
        sensitive=entry.some_of("sensitive", Sensitive),
    )


def _date_rule(entry: Entry) -> DateRule:
    entry.expect(_DATE_KEYS)
    return DateRule(
        entry.texts("anchors"),
        entry.one_of("position", Position),
        entry.text("note", empty=True),
    )


def _known(
    entry: Entry, key: str, names: tuple[str, ...], table: Mapping[str, _Row]
) -> tuple[_Row, ...]:
    for name in names:
        if name not in table:
            raise entry.wrong(key, f"there is no {name} to refer to")
    return tuple(table[name] for name in names)
