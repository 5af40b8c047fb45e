"""receipts.fonts: Chinese fonts are found, and what they lack is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import typst

from receipts import fonts
from receipts.fonts import (
    FAMILIES,
    LATIN,
    LATIN_RANGES,
    MissingFontError,
    MissingGlyphError,
    paper_fonts,
)


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch) -> fonts.PaperFonts:
    """The fonts of a machine that has none installed."""
    real = typst.Fonts

    def without_system(*, font_paths: list[str], **_: bool) -> typst.Fonts:
        return real(include_system_fonts=False, font_paths=font_paths)

    monkeypatch.setattr(typst, "Fonts", without_system)
    return paper_fonts.__wrapped__()


def test_rare_characters_of_names_have_glyphs() -> None:
    """Characters beyond the basic plane and of the newest standards are drawn."""
    found = paper_fonts()
    assert set(found.families) <= {*FAMILIES, LATIN}
    found.require(["欧阳𠮷", "䶮㛃𬭎", "Müller—Łódź", "□■〔〕…"])


def test_the_latin_face_covers_what_is_written_down() -> None:
    """Typst draws every character of the ranges; PDF/A refuses a missing one."""
    points = [point for low, high in LATIN_RANGES for point in range(low, high + 1)]
    text = " ".join(f"\\u{{{point:x}}}" for point in points)
    source = f'#set text(font: "{LATIN}", fallback: false)\n#"{text}"'
    pdf = typst.compile(source.encode(), format="pdf", pdf_standards="a-3b")
    assert pdf.startswith(b"%PDF")


def test_a_missing_glyph_is_named() -> None:
    """The refusal names character, code point and text."""
    with pytest.raises(MissingGlyphError, match=r"😀 \(U\+1F600\) in '张😀'") as caught:
        paper_fonts().require(["张三", "张😀"])
    assert caught.value.facts["character"] == "😀"
    assert caught.value.code == "missing_glyph"


def test_the_packaged_font_serves_without_installed_ones(
    packaged: fonts.PaperFonts,
) -> None:
    """Without fonts on the machine, mpl-font's Noto Sans CJK is used, U+20BB7 too."""
    assert packaged.families == ("Noto Sans CJK SC", LATIN)
    packaged.require(["欧阳𠮷䶮"])


def test_no_font_at_all_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither installed nor packaged: a clear refusal, not boxes on paper."""
    monkeypatch.setattr(fonts, "_faces", lambda _found: [])
    monkeypatch.setattr(fonts, "_packaged_folders", lambda: [str(tmp_path)])
    with pytest.raises(MissingFontError):
        paper_fonts.__wrapped__()
