"""A bundle about to be changed: its files, the dice, and how files become a ZIP."""

from __future__ import annotations

import hashlib
import io
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from integrity.digest import digest_bytes
from receipts.canonical_zip import CanonicalZip
from receipts.zip_layout import (
    ZipEntry,
    central_header,
    end_records,
    local_header,
    place,
)

Files = dict[str, bytes]
TAG_MANIFEST = "tagmanifest-sha256.txt"
SEALS = (f"{TAG_MANIFEST}.p7s", f"{TAG_MANIFEST}.sig")
UNSIGNED_IN_V1 = frozenset({"REPORT.pdf", "VERIFY.txt", "verify.py", "bag-info.txt"})
LISTS = frozenset({"manifest-sha256.txt", "checksums-sm3.txt", TAG_MANIFEST})


class NotHereError(Exception):
    """This kind of mutation does not exist for this bundle."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a kind of mutation may use."""

    bundle: bytes
    files: Files
    dice: random.Random
    older: Files | None
    stranger: Files | None

    @property
    def sealed(self) -> bool:
        """Whether it is a bundle of the second format."""
        return SEALS[0] in self.files

    def any_file(self, usable: Callable[[str], bool] = lambda _: True) -> str:
        """A file; each sort of file is as likely as any other."""
        sorts: dict[str, list[str]] = {}
        for name in filter(usable, self.files):
            sorts.setdefault(sort_of(name), []).append(name)
        if not sorts:
            raise NotHereError
        return self.dice.choice(sorts[self.dice.choice(sorted(sorts))])

    def forgeable(self, name: str) -> bool:
        """Whether something other than the lists protects the file."""
        return name not in LISTS and (self.sealed or name not in UNSIGNED_IN_V1)


def sort_of(name: str) -> str:
    """The sort of a file: its folder and ending, or its name."""
    folder, _, leaf = name.rpartition("/")
    if folder == "data":
        return "data/*"
    if folder in {"statements", "proofs", "stamps"}:
        return f"{folder}/*.{leaf.rpartition('.')[2]}"
    return name


def unzip(bundle: bytes) -> Files:
    """The files of a canonical bundle."""
    archive = CanonicalZip(io.BytesIO(bundle))
    names = [entry.name for entry in archive.entries]
    return {name: b"".join(archive.chunks(name)) for name in names}


def unzip_or_none(bundle: bytes | None) -> Files | None:
    """The files of a bundle, where there is one."""
    return None if bundle is None else unzip(bundle)


def rezip(files: Files | list[tuple[str, bytes]]) -> bytes:
    """The canonical ZIP of `files`, whatever their names; a list may hold one twice."""
    pairs = sorted(files.items() if isinstance(files, dict) else files)
    contents = [data for _, data in pairs]
    entries = [ZipEntry(n, len(data), zlib.crc32(data)) for n, data in pairs]
    placed = place(entries)
    body = b"".join(
        local_header(entry) + data
        for entry, data in zip(entries, contents, strict=True)
    )
    directory = b"".join(map(central_header, placed))
    return body + directory + end_records(len(placed), len(directory), len(body))


def refit(files: Files) -> Files:
    """All lists and sizes made to fit the files; the seals stay as they are."""
    data = {n: digest_bytes(d) for n, d in files.items() if n.startswith("data/")}
    size = sum(len(files[name]) for name in data)
    fitted = dict(files)
    if "bag-info.txt" in fitted:
        lines = fitted["bag-info.txt"].split(b"\n")
        oxum = f"Payload-Oxum: {size}.{len(data)}".encode()
        fitted["bag-info.txt"] = b"\n".join(
            oxum if line.startswith(b"Payload-Oxum: ") else line for line in lines
        )
    sha256 = "".join(f"{data[name].sha256}  {name}\n" for name in sorted(data))
    sm3 = "".join(f"SM3 ({name}) = {data[name].sm3}\n" for name in sorted(data))
    fitted |= {
        "manifest-sha256.txt": sha256.encode(),
        "checksums-sm3.txt": sm3.encode(),
    }
    tags = [n for n in sorted(fitted) if not n.startswith(("data/", TAG_MANIFEST))]
    lines_of_tags = (f"{hashlib.sha256(fitted[n]).hexdigest()}  {n}\n" for n in tags)
    return {**fitted, TAG_MANIFEST: "".join(lines_of_tags).encode()}


def finish(scene: Scene, changes: dict[str, bytes | None], *, fitting: bool) -> bytes:
    """The ZIP with these files changed, or without them where None; lists may fit."""
    changed = {**scene.files, **changes}
    files = {name: data for name, data in changed.items() if data is not None}
    if files == scene.files:
        return scene.bundle
    return rezip(refit(files) if fitting else files)
