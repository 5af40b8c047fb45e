"""The firm's list of evidence types: names, legal kinds, and rules to know them by.

The list is data (`evidence_types.yaml`), so that a firm can edit it. It is loaded
strictly: an entry that is wrong anywhere stops the start and is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

from intake.errors import Refused
from intake.evidence_type import EvidenceType, TypeClass
from intake.evidence_type_entries import read_fields, read_statutory, read_type
from intake.strict_yaml import Entry, EntryError, read_yaml
from intake.text_normal import normalise

__all__ = ["AUTO_CONFIDENCE", "EvidenceType", "EvidenceTypes", "EvidenceTypesError"]

SHIPPED: Final = Path(__file__).with_name("evidence_types.yaml")
VERSION: Final = "1"
FALLBACK: Final = "other"
MOST_BYTES: Final = 1 << 20  # a longer list is no copy
EARLIER: Final = frozenset(  # SHA-256 of lists that were shipped before
    {"ae62a927822e6d588865d23a9e8d6696312cc3cc08ca45995bb9772a77c035a4"}
)
MOST_TYPES: Final = 500  # each type costs time on every page read

AUTO_CONFIDENCE: Final = 0.80
"""A type or date below this confidence is a suggestion: a person must choose."""

_TOP_KEYS = frozenset({"version", "statutory", "fields", "types"})


class EvidenceTypesError(EntryError):
    """The list of evidence types is wrong: file, entry, key and reason are facts."""

    code = "evidence_types"


@dataclass(frozen=True, slots=True)
class EvidenceTypes:
    """All types of the firm, in the order of the file."""

    all: tuple[EvidenceType, ...]
    _by_code: Mapping[str, EvidenceType]
    _by_name: Mapping[str, EvidenceType]

    @classmethod
    def load(cls, path: Path | None = None) -> EvidenceTypes:
        """Read the list at `path`, or the one that ships with the product.

        Raises:
            EvidenceTypesError: naming file, entry and key of the first fault.
        """
        if path is None or _is_copy_of_shipped(path):
            return _shipped()
        return _load(path)

    @property
    def fallback(self) -> EvidenceType:
        """The type of what is none of the others."""
        return self._by_code[FALLBACK]

    def by_code(self, code: str) -> EvidenceType:
        """The type with this stored code.

        Raises:
            Refused: `type_unknown`.
        """
        found = self._by_code.get(code)
        if found is None:
            raise Refused("type_unknown", type=code[:40])
        return found

    def by_name(self, text: str) -> EvidenceType:
        """The type a person means by its Chinese name, code, English name or alias.

        Spaces, full-width forms, traditional characters and case do not matter.

        Raises:
            Refused: `type_unknown`.
        """
        found = self._by_name.get(_key(text[:200]))
        if found is None:
            raise Refused("type_unknown", type=text[:40])
        return found

    def by_zh(self, zh: str) -> EvidenceType:
        """The type whose Chinese name, as it stands in legal names, is `zh`.

        Raises:
            Refused: `type_unknown`.
        """
        found = self._by_name.get(_key(zh[:200]))
        if found is None or found.zh != zh:
            raise Refused("type_unknown", type=zh[:40])
        return found


def _key(name: str) -> str:
    return normalise(name).strip().casefold()


def _is_copy_of_shipped(path: Path) -> bool:
    """Whether the firm changed nothing: then the list need be checked only once.

    An unchanged copy of an earlier list is the shipped one of today: better rules
    reach a home that was set up before them.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            return False
        copy = path.read_bytes()
        return copy == SHIPPED.read_bytes() or sha256(copy).hexdigest() in EARLIER
    except OSError:
        return False  # whoever reads it will say why


@cache
def _shipped() -> EvidenceTypes:
    return _load(SHIPPED)


def _load(path: Path) -> EvidenceTypes:
    top = read_yaml(path, EvidenceTypesError)
    top.expect(_TOP_KEYS)
    if str(top.values["version"]) != VERSION:
        raise top.wrong("version", f"this program reads version {VERSION}")
    statutory = read_statutory(top.child("statutory"))
    fields = read_fields(top.child("fields"))
    entries = top.children("types")
    if len(entries) > MOST_TYPES:
        raise top.wrong("types", f"there are more than {MOST_TYPES}")
    types = tuple(read_type(entry, statutory, fields) for entry in entries)
    return _joined(top, types)


def _joined(top: Entry, types: tuple[EvidenceType, ...]) -> EvidenceTypes:
    by_code: dict[str, EvidenceType] = {}
    by_name: dict[str, EvidenceType] = {}
    for number, each in enumerate(types, 1):
        entry = top.named(each.code)
        if each.code in by_code:
            raise entry.wrong("code", f"entry {number} repeats a code")
        by_code[each.code] = each
        _add_names(entry, each, by_name)
    _check_references(top, types, by_code)
    return EvidenceTypes(types, MappingProxyType(by_code), MappingProxyType(by_name))


def _add_names(
    entry: Entry, each: EvidenceType, by_name: dict[str, EvidenceType]
) -> None:
    for name in each.names():
        other = by_name.setdefault(_key(name), each)
        if other is not each:
            raise entry.wrong("aliases", f"{name} already means {other.code}")


def _check_references(
    top: Entry, types: Iterable[EvidenceType], by_code: Mapping[str, EvidenceType]
) -> None:
    for each in types:
        for code in each.confused_with:
            if code not in by_code or code == each.code:
                reason = f"there is no other type {code}"
                raise top.named(each.code).wrong("confused_with", reason)
        if (each.kind is TypeClass.FALLBACK) != (each.code == FALLBACK):
            reason = f"only {FALLBACK} is the fallback"
            raise top.named(each.code).wrong("class", reason)
    if FALLBACK not in by_code:
        raise top.wrong("types", f"the type {FALLBACK} is missing")
