"""Which text may stand on a paper, and how the rest is made visible.

Names of people, matters and files come from outside. A control or bidirectional
character in one can hide or reorder what a reader sees (Unicode TR 36, section 2), so a
receipt never contains one; where the true name does, its code point is written out.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Final

LONGEST_NAME: Final = 255  # characters of a name on a paper

_HIDING_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Bidirectional controls and marks, joiners and other zero-width characters.
_HIDING_RANGES = (
    (0x00AD, 0x00AD),
    (0x061C, 0x061C),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE007F),
)


def hides(character: str) -> bool:
    """Whether the character can hide or reorder other text."""
    point = ord(character)
    return unicodedata.category(character) in _HIDING_CATEGORIES or any(
        low <= point <= high for low, high in _HIDING_RANGES
    )


def is_visible(text: str) -> bool:
    """Whether no character of the text hides or reorders anything."""
    return not any(hides(character) for character in text)


def write_out(
    untrusted_text: str, must: Callable[[str], bool] = hides, limit: int = LONGEST_NAME
) -> str:
    """The text in NFC with each character that `must` be named as `<U+202E>`.

    Cut to `limit` characters, the last one then an ellipsis.
    """
    normal = unicodedata.normalize("NFC", untrusted_text)
    shown = "".join(
        f"<U+{ord(character):04X}>" if must(character) else character
        for character in normal
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
