"""One evidence type of the firm's list: names, legal kind, rules to know it by."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass


class TypeClass(enum.StrEnum):
    """What a paper is filed as; only `evidence` is one of the eight legal kinds."""

    EVIDENCE = "evidence"
    IDENTITY = "identity"
    PROCEDURAL = "procedural"
    SERVICE = "service"
    DERIVED = "derived"
    FALLBACK = "fallback"


class Position(enum.StrEnum):
    """Where the date of a type stands when no label names it."""

    HEAD = "head"
    TAIL = "tail"
    TABLE = "table"
    FIELD = "field"
    EXIF = "exif"
    LAST_ROW = "last_row"


class CheckDigits(enum.StrEnum):
    """How a structured number proves itself."""

    NONE = "none"
    USCC = "uscc"
    ID_NO = "id_no"
    LUHN = "luhn"


class Sensitive(enum.StrEnum):
    """Personal information that a type usually carries (PIPL article 28, and more)."""

    ID_NO = "id_no"
    ADDRESS = "address"
    PHONE = "phone"
    BANK = "bank"
    HEALTH = "health"
    MINOR = "minor"
    FACE = "face"
    PLATE = "plate"
    BIOMETRIC = "biometric"
    LOCATION = "location"
    FAMILY = "family"
    WAGE = "wage"


@dataclass(frozen=True, slots=True)
class Statutory:
    """A legal kind of evidence and the article that names it."""

    key: str
    zh: str
    source: str


@dataclass(frozen=True, slots=True)
class StructureField:
    """A structured number: how it is written, and how it proves itself.

    `beside`, when not None, must match directly before the number. A `distinctive`
    field stands on few types only, so finding it says more.
    """

    name: str
    zh: str
    pattern: re.Pattern[str]
    check: CheckDigits
    beside: re.Pattern[str] | None
    distinctive: bool


@dataclass(frozen=True, slots=True)
class DateRule:
    """Labels before the date in order of preference, and where to look without one."""

    anchors: tuple[str, ...]
    position: Position
    note: str


@dataclass(frozen=True, slots=True)
class EvidenceType:
    """One evidence type; the keys are explained in `evidence_types.yaml`."""

    code: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    kind: TypeClass
    statutory: Statutory
    titles: tuple[re.Pattern[str], ...]
    strong: tuple[re.Pattern[str], ...]
    negative: tuple[re.Pattern[str], ...]
    confused_with: tuple[str, ...]
    date: DateRule
    structure: tuple[StructureField, ...]
    sensitive: tuple[Sensitive, ...]

    def names(self) -> tuple[str, ...]:
        """Everything a person may type to mean this type."""
        return (self.code, self.zh, self.en, *self.aliases)
