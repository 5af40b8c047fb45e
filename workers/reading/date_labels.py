"""Dates that stand after a label of their type, such as 签订日期: the surest ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from intake.evidence_type import EvidenceType, Position
from workers.reading.date_choice import PERSON, Choice, day_of
from workers.reading.date_context import Context, Found
from workers.reading.date_patterns import LABEL_ONLY

_GAP = re.compile(r"[^。;\d]{0,16}")
_LATIN_GAP = re.compile(r"[ :.-]{0,4}(?:[A-Za-z]{3,9},? )?")
_NEAR_GAP = re.compile(r"[: ()]{0,4}")
_LABEL_WORD = re.compile("日期|时间")
GENERIC_LABELS: Final = frozenset({"日期", "时间", "Date"})
_NEUTRAL = "签订|签署|签字|签名|签章|盖章|落款|出具|填写|制作|成文|发文|申请|具状"


def labelled(found: Sequence[Found], kind: EvidenceType) -> Iterator[Choice]:
    """Dates after labels; the first label that has one decides, later ones follow."""
    decided = False
    for anchor in kind.date.anchors:
        hits = [each for each in found if _follows(each, anchor)]
        if not hits:
            continue
        pick = _of_several(hits, kind.date.position)
        several = len({hit.written.value for hit in hits}) > 1
        trust = PERSON if several else 0.95
        if decided or _only_begins(pick, kind.date.position):
            trust = 0.50
        yield Choice(pick, trust, f"label {anchor}")
        yield from (Choice(hit, 0.50, f"label {anchor}, another") for hit in hits)
        decided = decided or pick.written.value is not None


def doubted(by_label: Iterable[Choice], by_place: Sequence[Choice]) -> Iterator[Choice]:
    """A label that says only 日期 against another date at the place for it: ask."""
    rivals = {choice.found.written.value for choice in by_place[:1]}
    for choice in by_label:
        generic = choice.rule.removeprefix("label ") in GENERIC_LABELS
        if generic and rivals - {choice.found.written.value}:
            yield Choice(choice.found, min(choice.confidence, 0.70), choice.rule)
        else:
            yield choice


def _follows(found: Found, anchor: str) -> bool:
    """Whether the label stands directly before the date, with nothing that matters."""
    text, start = found.page.text, found.written.start
    left = max(start - len(anchor) - 24, 0)
    for end in _iter_labelled(text[left:start], anchor):
        gap = text[left + end : start]
        if found.written.writing in LABEL_ONLY:
            allowed = _NEAR_GAP
        else:
            allowed = _LATIN_GAP if anchor.isascii() else _GAP
        if allowed.fullmatch(gap) and not _LABEL_WORD.search(gap):
            return True
    return False


def _iter_labelled(text: str, anchor: str) -> Iterator[int]:
    """Offsets just behind each place where the label `anchor` stands in `text`.

    Latin labels match in any case and as whole words; 日期 alone is not a part of a
    longer label such as 出生日期, unless that says no more (签署日期).
    """
    for match in _label(anchor).finditer(text):
        yield match.end()


def _label(anchor: str) -> re.Pattern[str]:
    escaped = re.escape(anchor)
    if anchor.isascii():
        return re.compile(
            rf"(?i)(?<![a-z])(?<!due )(?<!birth )(?<!expiry ){escaped}(?![a-z])"
        )
    if anchor in GENERIC_LABELS:
        neutral = "|".join(f"(?<={word})" for word in _NEUTRAL.split("|"))
        return re.compile(rf"(?:(?<![\u4e00-\u9fff])|(?<=[日)])|{neutral}){escaped}")
    return re.compile(escaped)


def _only_begins(found: Found, position: Position) -> bool:
    """Whether a period begins here, on a paper that is dated by the period's end."""
    return position is Position.LAST_ROW and found.context is Context.PERIOD_START


def _of_several(hits: Sequence[Found], position: Position) -> Found:
    """Of dates after the same label: the latest signature, else the first."""
    valid = [hit for hit in hits if hit.written.value is not None] or list(hits)
    if position is Position.TAIL:
        return max(valid, key=day_of)
    return valid[0]
