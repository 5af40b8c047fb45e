"""A set of made-up papers with its truth, in a folder that `custody evaluate` reads."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from . import degrade
from .blocks import Paper
from .draw import Sheet, sheets

Degrade = Callable[[Sheet, np.random.Generator], Image.Image]
DEGRADATIONS: Final[dict[str, Degrade]] = {
    "clean": degrade.clean,
    "photocopy": degrade.photocopy,
    "fax": degrade.fax,
    "photo": degrade.photo,
}  # fmt: skip
SIDEWAYS: Final = 6  # the EXIF value of a picture that must be turned by 90 degrees
_ORIENTATION: Final = 0x0112


def write_set(out: Path, papers: Iterable[Paper], seed: int, how: Iterable[str]) -> int:
    """Write pictures, `truth/*.txt` and `manifest.csv` into `out`; how many files."""
    (out / "truth").mkdir(parents=True, exist_ok=True)
    wanted = tuple(how)
    rows = []
    for paper in papers:
        drawn = sheets(paper)
        for name in wanted:
            file = _write(out, paper, drawn, seed, name)
            (out / "truth" / f"{file.stem}.txt").write_text(paper.text(), "utf-8")
            rows.append((file.name, paper.code, paper.date))
    with (out / "manifest.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("file", "type", "date"))
        writer.writerows(rows)
    return len(rows)


def _write(out: Path, paper: Paper, drawn: list[Sheet], seed: int, name: str) -> Path:
    stem = out / f"{paper.name}-{name}"
    chance = np.random.default_rng(zlib.crc32(f"{seed}/{paper.name}/{name}".encode()))
    if name == "clean" and paper.size == "phone":
        return _saved([page.sealed for page in drawn], stem.with_suffix(".png"))
    laid = drawn if name == "photo" else [page.each(degrade.on_a4) for page in drawn]
    pages = [DEGRADATIONS[name](page, chance) for page in laid]
    if name == "fax":
        return _saved(
            pages, stem.with_suffix(".tif"), compression="group4", dpi=degrade.FAX_DPI
        )
    if name == "photo" and len(pages) == 1:
        return _photo(pages[0], stem.with_suffix(".jpg"), chance)
    quality = {"clean": 88, "photocopy": 70, "photo": 72}[name]
    # Pillow draws dates of making into a PDF unless they are given.
    fixed = {"creationDate": None, "modDate": None}
    return _saved(
        pages, stem.with_suffix(".pdf"), resolution=200, quality=quality, **fixed
    )


def _photo(page: Image.Image, path: Path, chance: np.random.Generator) -> Path:
    """Every third phone is held sideways and says so."""
    exif = Image.Exif()
    if chance.integers(0, 3) == 0:
        page = page.transpose(Image.Transpose.ROTATE_90)
        exif[_ORIENTATION] = SIDEWAYS
    page.save(path, quality=72, exif=exif)
    return path


def _saved(pages: list[Image.Image], path: Path, **options: object) -> Path:
    more = (
        {"save_all": True, "append_images": pages[1:]} if path.suffix != ".png" else {}
    )
    pages[0].save(path, **more, **options)
    return path
