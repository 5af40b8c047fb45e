"""What a reading found: values that cross from the sandboxed child to the service.

The child has touched hostile bytes, so its answer is untrusted JSON: `from_json`
checks every field's shape and bound before a `Reading` exists.
"""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeVar

from integrity.errors import CustodyError, MalformedError

MAX_JSON_BYTES = 64 << 20
MAX_PAGES = 5_000
MAX_LINES = 500_000
MAX_TEXT = 10 << 20
MAX_LINE = 10_000
MAX_ROWS = 10_000
MAX_TOOLS = 50
MAX_FIELDS = 300
MAX_SPLITS = 50
ROLES = ("page", "thumbnail", "searchable_pdf", "text", "still")
FIELD_CHECKS = ("", "ok", "bad")
BASES = ("document", "exif", "received", "none")

Value = TypeVar("Value")


class UnreadableReason(enum.Enum):
    """Why a file could not be read. The file itself is kept in every case."""

    EMPTY = "EMPTY"
    CORRUPT = "CORRUPT"
    TRUNCATED = "TRUNCATED"
    ENCRYPTED = "ENCRYPTED"
    NO_PAGES = "NO_PAGES"
    TYPE_NOT_ALLOWED = "TYPE_NOT_ALLOWED"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    LIMIT_PAGES = "LIMIT_PAGES"
    LIMIT_PIXELS = "LIMIT_PIXELS"
    LIMIT_TIME = "LIMIT_TIME"
    LIMIT_MEM = "LIMIT_MEM"
    LIMIT_OUTPUT = "LIMIT_OUTPUT"
    XML_ENTITIES = "XML_ENTITIES"
    NESTING_LIMIT = "NESTING_LIMIT"
    ARCHIVE_UNSAFE_PATH = "ARCHIVE_UNSAFE_PATH"
    ARCHIVE_SYMLINK = "ARCHIVE_SYMLINK"
    ARCHIVE_BOMB = "ARCHIVE_BOMB"
    ARCHIVE_MEMBER_LIMIT = "ARCHIVE_MEMBER_LIMIT"
    KILLED_READER = "KILLED_READER"
    NO_READER = "NO_READER"
    TOOL_MISSING = "TOOL_MISSING"


class Unreadable(CustodyError):
    """The file is kept and cannot be read; `reason` says why.

    The sentence for people is in intake/reading_words.py; `detail` is technical.
    """

    code = "unreadable"

    def __init__(self, reason: UnreadableReason, detail: str = "") -> None:
        super().__init__(
            f"The file could not be read ({reason.value}).",
            facts={"reason": reason.value, "detail": detail},
        )
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposed type (its code) or date (ISO) and the line it came from."""

    value: str
    confidence: float
    line: str
    page: int | None
    rule: str


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text; `quad` holds eight numbers in pixels of the page image."""

    page: int
    text: str
    score: float
    quad: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Derivative:
    """A file the reading made, by its name inside the work folder."""

    role: str
    page: int | None
    path: str
    media_type: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something people should know about a readable file."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Member:
    """A file that was packed inside, unpacked under a name of ours."""

    claimed_name: str
    path: str


@dataclass(frozen=True, slots=True)
class Field:
    """Something worth having, such as an amount or a party, with its source line.

    `name` is one of `intake/field_words.py`; `quad` as in `TextLine`; `check` is "ok"
    or "bad" where the value proves itself or disagrees with another, else "".
    """

    name: str
    value: str
    page: int
    line: str
    quad: tuple[float, ...] | None
    check: str


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything one reading found. Times in seconds, confidences from 0 to 1."""

    media_type: str
    pages: int | None
    page_texts: tuple[str, ...]
    lines: tuple[TextLine, ...]
    engine: str
    engine_version: str
    tools: dict[str, str]
    types: tuple[Candidate, ...]
    dates: tuple[Candidate, ...]
    date_basis: str
    findings: tuple[Finding, ...]
    derivatives: tuple[Derivative, ...]
    members: tuple[Member, ...]
    seconds: float
    engine_options: dict[str, str] = field(default_factory=dict)
    page_seconds: tuple[float, ...] = ()
    splits: tuple[Candidate, ...] = ()  # pages on which another paper may begin
    fields: tuple[Field, ...] = ()

    def to_json(self) -> bytes:
        """The reading as JSON, in UTF-8."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, untrusted: bytes) -> Reading:
        """Read what `to_json` wrote, believing nothing.

        Raises:
            MalformedError: a missing, unknown, mistyped or oversized field.
        """
        fields = _Fields(_parse(untrusted), cls.__slots__)
        return cls(
            media_type=fields.text("media_type", 120),
            pages=fields.optional_integer("pages", MAX_PAGES),
            page_texts=fields.texts("page_texts", MAX_PAGES, MAX_TEXT),
            lines=fields.rows("lines", MAX_LINES, _line),
            engine=fields.text("engine", 60),
            engine_version=fields.text("engine_version", 60),
            tools=fields.table("tools"),
            types=fields.rows("types", 20, _candidate),
            dates=fields.rows("dates", 50, _candidate),
            date_basis=fields.choice("date_basis", BASES),
            findings=fields.rows("findings", 200, _finding),
            derivatives=fields.rows("derivatives", 2 * MAX_ROWS, _derivative),
            members=fields.rows("members", MAX_ROWS, _member),
            seconds=fields.number("seconds", 0, 1e6),
            engine_options=fields.table("engine_options"),
            page_seconds=fields.all_numbers("page_seconds", MAX_PAGES, 0, 1e6),
            splits=fields.rows("splits", MAX_SPLITS, _candidate),
            fields=fields.rows("fields", MAX_FIELDS, _field),
        )


def _is_plain(text: str) -> bool:
    """Whether databases and UTF-8 can hold the text: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _parse(untrusted: bytes) -> Any:
    if len(untrusted) > MAX_JSON_BYTES:
        raise MalformedError("reading", "larger than its bound")
    try:
        return json.loads(untrusted)
    except (ValueError, RecursionError) as error:
        raise MalformedError("reading", "not JSON") from error


def _line(untrusted: Any) -> TextLine:
    fields = _Fields(untrusted, TextLine.__slots__)
    return TextLine(
        page=fields.integer("page", MAX_PAGES),
        text=fields.text("text", MAX_LINE),
        score=fields.number("score", 0, 1),
        quad=fields.numbers("quad", 8),
    )


def _candidate(untrusted: Any) -> Candidate:
    fields = _Fields(untrusted, Candidate.__slots__)
    return Candidate(
        value=fields.text("value", 60),
        confidence=fields.number("confidence", 0, 1),
        line=fields.text("line", MAX_LINE),
        page=fields.optional_integer("page", MAX_PAGES),
        rule=fields.text("rule", 200),
    )


def _finding(untrusted: Any) -> Finding:
    fields = _Fields(untrusted, Finding.__slots__)
    return Finding(fields.text("code", 40), fields.text("detail", 1000))


def _derivative(untrusted: Any) -> Derivative:
    fields = _Fields(untrusted, Derivative.__slots__)
    return Derivative(
        role=fields.choice("role", ROLES),
        page=fields.optional_integer("page", MAX_PAGES),
        path=fields.own_name("path"),
        media_type=fields.text("media_type", 120),
        width=fields.optional_integer("width", 100_000),
        height=fields.optional_integer("height", 100_000),
    )


def _field(untrusted: Any) -> Field:
    fields = _Fields(untrusted, Field.__slots__)
    placed = isinstance(untrusted, dict) and untrusted.get("quad") is not None
    return Field(
        name=fields.text("name", 40),
        value=fields.text("value", 200),
        page=fields.integer("page", MAX_PAGES),
        line=fields.text("line", MAX_LINE),
        quad=fields.numbers("quad", 8) if placed else None,
        check=fields.choice("check", FIELD_CHECKS),
    )


def fields_from_json(untrusted: bytes) -> tuple[Field, ...]:
    """The fields in a kept `fields.json`: `{"fields": [...]}`, believing nothing.

    Raises:
        MalformedError: a missing, unknown, mistyped or oversized field.
    """
    return _Fields(_parse(untrusted), ("fields",)).rows("fields", MAX_FIELDS, _field)


def _member(untrusted: Any) -> Member:
    fields = _Fields(untrusted, Member.__slots__)
    return Member(fields.text("claimed_name", 70_000), fields.own_name("path"))


class _Fields:
    """The fields of one untrusted JSON object, each taken with its bound."""

    def __init__(self, untrusted: Any, names: tuple[str, ...]) -> None:
        if not isinstance(untrusted, dict) or set(untrusted) != set(names):
            raise MalformedError("reading", f"not the fields {', '.join(names)}")
        self._untrusted: dict[str, Any] = untrusted

    def text(self, name: str, limit: int) -> str:
        return self._text(name, self._untrusted[name], limit)

    def texts(self, name: str, rows: int, limit: int) -> tuple[str, ...]:
        values = self._list(name, rows)
        return tuple(self._text(name, value, limit) for value in values)

    def integer(self, name: str, most: int) -> int:
        value = self._untrusted[name]
        if type(value) is not int or not 0 <= value <= most:
            raise self._bad(name)
        return value

    def optional_integer(self, name: str, most: int) -> int | None:
        return None if self._untrusted[name] is None else self.integer(name, most)

    def number(self, name: str, least: float, most: float) -> float:
        return self._number(name, self._untrusted[name], least, most)

    def numbers(self, name: str, count: int) -> tuple[float, ...]:
        values = self._list(name, count)
        if len(values) != count:
            raise self._bad(name)
        return tuple(self._number(name, value, -1e6, 1e6) for value in values)

    def all_numbers(
        self, name: str, rows: int, least: float, most: float
    ) -> tuple[float, ...]:
        values = self._list(name, rows)
        return tuple(self._number(name, value, least, most) for value in values)

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, 40)
        if value not in allowed:
            raise self._bad(name)
        return value

    def own_name(self, name: str) -> str:
        """A file name inside the work folder, never a way out of it."""
        value = self.text(name, 200)
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or "\0" in value or not path.parts:
            raise self._bad(name)
        return value

    def table(self, name: str) -> dict[str, str]:
        value = self._untrusted[name]
        if not isinstance(value, dict) or len(value) > MAX_TOOLS:
            raise self._bad(name)
        return {
            self._text(name, key, 60): self._text(name, text, 200)
            for key, text in value.items()
        }

    def rows(
        self, name: str, limit: int, read: Callable[[Any], Value]
    ) -> tuple[Value, ...]:
        return tuple(read(row) for row in self._list(name, limit))

    def _list(self, name: str, limit: int) -> list[Any]:
        value = self._untrusted[name]
        if not isinstance(value, list) or len(value) > limit:
            raise self._bad(name)
        return value

    def _text(self, name: str, value: Any, limit: int) -> str:
        if not isinstance(value, str) or len(value) > limit or not _is_plain(value):
            raise self._bad(name)
        return value

    def _number(self, name: str, value: Any, least: float, most: float) -> float:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise self._bad(name)
        if not least <= value <= most:
            raise self._bad(name)
        return float(value)

    @staticmethod
    def _bad(name: str) -> MalformedError:
        return MalformedError("reading", f"its field {name} is not as it must be")
