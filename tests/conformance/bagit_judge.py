"""Judge of any bag, of BagIt 0.93 to 1.0 (RFC 8493): complete and valid, or why not.

The product reads one profile of BagIt only (its own bundles). This judge is for the
bags of others. A path that leads out of the bag on any system is out of scope here.
Names are compared in normal form NFC, as RFC 8493 section 5 advises.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

_DECLARATION = re.compile(
    r"BagIt-Version: ([0-9]+)\.([0-9]+)(?:\r\n|\r|\n)"
    r"Tag-File-Character-Encoding: ([A-Za-z0-9_-]+)(?:\r\n|\r|\n)?"
)
_MANIFEST = re.compile(r"(tag)?manifest-([a-z0-9]+)\.txt")
# One tool writes an asterisk before the path, another one a single space.
_LINE = re.compile(r"([0-9A-Fa-f]+)[ \t]+\*?(.+)")
_FETCH = re.compile(r"\S+[ \t]+(?:-|[0-9]+)[ \t]+(.+)")
_OXUM = re.compile(r"^Payload-Oxum\s*:\s*([0-9]+)\.([0-9]+)\s*$", re.MULTILINE)
_ONE = (1, 0)


class Invalid(Exception):
    """Not a valid bag, for the reason it says."""


def check_bag(bag: Path) -> None:
    """Raise Invalid unless the bag in the folder is complete and valid."""
    version, encoding = _declaration(bag)
    files = {_same(path.relative_to(bag).as_posix()): path for path in _files(bag)}
    payload = {name for name in files if name.startswith("data/")}
    if not (bag / "data").is_dir():
        raise Invalid("no payload folder")
    lists = {
        path.name: _manifest(path, version, encoding)
        for path in sorted(bag.iterdir())
        if _MANIFEST.fullmatch(path.name)
    }
    _check_fetch(bag, version, encoding)
    payload_lists = {n: entries for n, entries in lists.items() if n[0] == "m"}
    if not payload_lists:
        raise Invalid("no payload manifest")
    _check_complete(payload, payload_lists, version)
    for name, entries in lists.items():
        if name in payload_lists and any(p[:5] != "data/" for p in entries):
            raise Invalid(f"{name} lists a file outside the payload")
        _check_digests(name, entries, files)
    _check_oxum(bag, encoding, [files[name] for name in payload])


def _declaration(bag: Path) -> tuple[tuple[int, int], str]:
    try:
        text = (bag / "bagit.txt").read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid("no declaration in UTF-8") from error
    found = _DECLARATION.fullmatch(text)
    if found is None:
        raise Invalid("the declaration is not its two lines")
    return (int(found[1]), int(found[2])), found[3]


def _files(bag: Path) -> Iterator[Path]:
    for path in bag.rglob("*"):
        if path.is_symlink():
            raise Invalid("a symbolic link")
        if path.is_file():
            yield path


def _text(path: Path, encoding: str) -> str:
    try:
        return path.read_bytes().decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise Invalid(f"{path.name} is not {encoding}") from error


def _manifest(
    path: Path, version: tuple[int, int], encoding: str
) -> dict[str, tuple[str, str]]:
    """Path to algorithm and digest."""
    kind = _MANIFEST.fullmatch(path.name)
    assert kind is not None
    entries: dict[str, tuple[str, str]] = {}
    for line in _lines(path, encoding):
        found = _LINE.fullmatch(line)
        if found is None:
            raise Invalid(f"{path.name} has another kind of line")
        name = _path(found[2], version)
        value = (kind[2], found[1].lower())
        known = entries.setdefault(name, value)
        if known != value or (known is not value and version >= _ONE):
            raise Invalid(f"{path.name} lists {name} twice")
    return entries


def _lines(path: Path, encoding: str) -> list[str]:
    text = _text(path, encoding)
    return [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]


def _path(text: str, version: tuple[int, int]) -> str:
    name = text
    for code, character in (("%0D", "\r"), ("%0A", "\n")):
        name = re.sub(code, character, name, flags=re.IGNORECASE)
    if version >= _ONE:
        name = name.replace("%25", "%")
    name = name.removeprefix("./")
    if name.startswith(("/", "~")) or "\\" in name or re.match("[A-Za-z]:", name):
        raise Invalid(f"{name} is out of scope")
    if ".." in name.split("/"):
        raise Invalid(f"{name} is out of scope")
    return _same(name)


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _check_fetch(bag: Path, version: tuple[int, int], encoding: str) -> None:
    if not (bag / "fetch.txt").exists():
        return
    for line in _lines(bag / "fetch.txt", encoding):
        found = _FETCH.fullmatch(line)
        if found is None or not _path(found[1], version).startswith("data/"):
            raise Invalid("fetch.txt lists what is no payload file")


def _check_complete(
    payload: set[str],
    lists: dict[str, dict[str, tuple[str, str]]],
    version: tuple[int, int],
) -> None:
    listed = [set(entries) for entries in lists.values()]
    everywhere = set.union(*listed)
    if payload - everywhere:
        raise Invalid("a payload file is not listed")
    if version >= _ONE and any(names != everywhere for names in listed):
        raise Invalid("not every manifest lists every file")


def _check_digests(
    source: str, entries: dict[str, tuple[str, str]], files: dict[str, Path]
) -> None:
    for name, (algorithm, digest) in entries.items():
        if name not in files:
            raise Invalid(f"{source} lists {name}, which is not there")
        if algorithm not in hashlib.algorithms_available:
            raise Invalid(f"{algorithm} is not known here")
        if hashlib.new(algorithm, files[name].read_bytes()).hexdigest() != digest:
            raise Invalid(f"{name} is not what {source} says")


def _check_oxum(bag: Path, encoding: str, payload: list[Path]) -> None:
    for name in ("bag-info.txt", "package-info.txt"):
        if not (bag / name).exists():
            continue
        found = _OXUM.search(_text(bag / name, encoding))
        size = sum(path.stat().st_size for path in payload)
        if found and (int(found[1]), int(found[2])) != (size, len(payload)):
            raise Invalid("the payload is not what its Oxum says")
