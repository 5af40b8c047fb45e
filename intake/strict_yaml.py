"""Read a YAML file that people edit: every key known, every value of its shape.

What is wrong is said once, with file, entry and key, so that the person who edited
the file finds the place. Rules (regular expressions) must have bounded repeats: a
rule of the firm's meets pages of strangers, and must not be able to stall on them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from intake.bounded_regex import compile_bounded
from integrity.errors import CustodyError

LARGEST_FILE = 1 << 20  # bytes; the shipped list is a tenth of it
LONGEST_TEXT = 400  # characters of one value
LONGEST_LIST = 64

_Closed = TypeVar("_Closed", bound=enum.StrEnum)


class EntryError(CustodyError):
    """A file that people edit is wrong in one place."""

    code = "FILE_ENTRY"

    def __init__(self, file: str, entry: str, key: str, reason: str) -> None:
        super().__init__(
            f"In {file}, entry {entry}, key {key}: {reason}.",
            facts={"file": file, "entry": entry, "key": key, "reason": reason},
        )


class _UniqueKeyLoader(yaml.CSafeLoader):
    """Refuses a key that stands twice, which YAML would silently overwrite."""


def _unique_mapping(
    loader: _UniqueKeyLoader, node: yaml.MappingNode
) -> dict[object, object]:
    pairs = [
        (loader.construct_object(k, deep=True), loader.construct_object(v, deep=True))
        for k, v in node.value
    ]
    for number, (key, _) in enumerate(pairs):
        if not isinstance(key, str):
            raise yaml.MarkedYAMLError(problem=f"{key!r} is not a word")
        if any(key == other for other, _ in pairs[:number]):
            raise yaml.MarkedYAMLError(problem=f"the key {key} stands twice")
    return dict(pairs)


_UniqueKeyLoader.add_constructor("tag:yaml.org,2002:map", _unique_mapping)


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapping of the file, with the words to name it in an error."""

    file: str
    name: str
    values: Mapping[str, object]
    error: type[EntryError] = EntryError

    def wrong(self, key: str, reason: str) -> EntryError:
        """The error for `key` of this entry."""
        return self.error(self.file, self.name, key, reason)

    def expect(self, keys: frozenset[str]) -> None:
        """Refuse a missing or an unknown key."""
        for key in sorted(keys - self.values.keys()):
            raise self.wrong(key, "the key is missing")
        for key in sorted(self.values.keys() - keys):
            raise self.wrong(key[:LONGEST_TEXT], "there is no such key")

    def named(self, name: str) -> Entry:
        """The same entry under a better name, once that is known."""
        return Entry(self.file, name, self.values, self.error)

    def child(self, key: str) -> Entry:
        """The mapping under `key`."""
        value = self.values[key]
        if not isinstance(value, dict):
            raise self.wrong(key, "a mapping of keys to values is needed")
        return Entry(self.file, f"{self.name}.{key}", value, self.error)

    def children(self, key: str) -> tuple[Entry, ...]:
        """The mappings in the list under `key`, named by their number from 1."""
        value = self.values[key]
        if not isinstance(value, list):
            raise self.wrong(key, "a list of entries is needed")
        for number, item in enumerate(value, 1):
            if not isinstance(item, dict):
                raise self.wrong(key, f"item {number} is not an entry")
        return tuple(
            Entry(self.file, f"{key}[{number}]", item, self.error)
            for number, item in enumerate(value, 1)
        )

    def text(self, key: str, *, empty: bool = False) -> str:
        """The text under `key`."""
        return self._checked(key, self.values[key], empty=empty)

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under `key`."""
        value = self.values[key]
        if not isinstance(value, list) or len(value) > LONGEST_LIST:
            raise self.wrong(key, f"a list of at most {LONGEST_LIST} texts is needed")
        return tuple(self._checked(key, item, empty=False) for item in value)

    def _checked(self, key: str, value: object, *, empty: bool) -> str:
        if not isinstance(value, str):
            raise self.wrong(key, f"{value!r} is not a text (put it between quotes)")
        if len(value) > LONGEST_TEXT or not (value.strip() or empty):
            raise self.wrong(key, f"a text of 1 to {LONGEST_TEXT} characters is needed")
        return value

    def flag(self, key: str) -> bool:
        """The true or false under `key`."""
        value = self.values[key]
        if not isinstance(value, bool):
            raise self.wrong(key, f"{value!r} is neither true nor false")
        return value

    def one_of(self, key: str, closed: type[_Closed]) -> _Closed:
        """The member of `closed` whose value stands under `key`."""
        return self._member(key, self.text(key), closed)

    def some_of(self, key: str, closed: type[_Closed]) -> tuple[_Closed, ...]:
        """The members of `closed` whose values are listed under `key`."""
        return tuple(self._member(key, item, closed) for item in self.texts(key))

    def _member(self, key: str, value: str, closed: type[_Closed]) -> _Closed:
        try:
            return closed(value)
        except ValueError:
            known = ", ".join(closed)
            raise self.wrong(key, f"{value} is none of {known}") from None

    def regex(self, key: str) -> re.Pattern[str]:
        """The rule under `key`, compiled."""
        return self._compiled(key, self.text(key))

    def regexes(self, key: str) -> tuple[re.Pattern[str], ...]:
        """The rules listed under `key`, compiled."""
        return tuple(self._compiled(key, rule) for rule in self.texts(key))

    def _compiled(self, key: str, rule: str) -> re.Pattern[str]:
        try:
            return compile_bounded(rule)
        except ValueError as error:
            raise self.wrong(key, f"the rule {rule} is refused ({error})") from error


def read_yaml(path: Path, error: type[EntryError] = EntryError) -> Entry:
    """The top mapping of the file at `path`.

    Raises:
        EntryError: (as the class `error`) for a file that cannot be read, is too
            large, is no YAML or is not a mapping.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as problem:
        reason = problem.strerror or "it cannot be read"
        raise error(path.name, "(file)", "(none)", reason) from problem
    if len(data) > LARGEST_FILE:
        raise error(path.name, "(file)", "(none)", f"it exceeds {LARGEST_FILE} bytes")
    return Entry(path.name, "(top)", _parse(path.name, data, error), error)


def _parse(file: str, data: bytes, error: type[EntryError]) -> dict[str, object]:
    try:
        value = yaml.load(data.decode(), _UniqueKeyLoader)  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as problem:
        reason = " ".join(str(problem).split())[:LONGEST_TEXT]
        raise error(file, "(file)", "(none)", f"no valid YAML, {reason}") from problem
    if not isinstance(value, dict):
        raise error(file, "(file)", "(none)", "a mapping is needed at the top")
    return value
