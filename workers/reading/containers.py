"""The type of a file that says it by its container, or that has nothing to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.reading import Candidate
from intake.text_normal import NormalPage, count_cjk

FEW_LETTERS: Final = 80  # of a photograph with a sign on it; a scan has more

_LEAST_CJK, _LEAST_LATIN = 10, 20  # fewer letters: the file has no text to go by
_LATIN = re.compile("[A-Za-z]")
_CONTAINERS: Final = {
    "message/rfc822": ("email", 0.95),
    "application/vnd.ms-outlook": ("email", 0.95),
    "application/mbox": ("email", 0.95),
    "audio": ("audio", 0.90),
    "video": ("video", 0.90),
    "image": ("photo", 0.50),  # or a scan on which nothing could be read
}


def by_container(
    pages: Sequence[NormalPage], types: EvidenceTypes, media_type: str
) -> Candidate | None:
    """The type by the container alone, for mail, media and files without text."""
    bare = media_type.partition(";")[0].strip().lower()
    family = bare.partition("/")[0]
    code, certainty = _CONTAINERS.get(bare) or _CONTAINERS.get(family) or ("", 0.0)
    silent = not _has_text(pages)
    decides = certainty >= AUTO_CONFIDENCE or silent
    if decides and _has_type(types, code):
        return Candidate(code, certainty, "", None, f"container {family}")
    if silent:
        return Candidate(types.fallback.code, 0.0, "", None, "no text")
    return None


def unmatched(
    pages: Sequence[NormalPage], types: EvidenceTypes, media_type: str
) -> tuple[Candidate, ...]:
    """A photograph may have a few words on it (a shop sign) that say nothing more."""
    other = Candidate(types.fallback.code, 0.0, "", None, "no rule matched")
    few = sum(_letters(pages)) < FEW_LETTERS
    if few and media_type.startswith("image/") and _has_type(types, "photo"):
        return (Candidate("photo", 0.30, "", None, "container image"), other)
    return (other,)


def _has_type(types: EvidenceTypes, code: str) -> bool:
    return any(each.code == code for each in types.all)


def _has_text(pages: Sequence[NormalPage]) -> bool:
    cjk, latin = _letters(pages)
    return cjk >= _LEAST_CJK or latin >= _LEAST_LATIN


def _letters(pages: Sequence[NormalPage]) -> tuple[int, int]:
    """How many CJK and how many Latin letters were read."""
    cjk = sum(count_cjk(page.text) for page in pages)
    return cjk, sum(len(_LATIN.findall(page.text)) for page in pages)
