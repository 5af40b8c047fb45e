"""Plain text: the encodings of Chinese offices, and nothing silently lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.reading.content import Content, plain
from workers.reading.html import to_text
from workers.reading.text import decode


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        ("合同".encode(), "合同", "utf-8"),
        ("合同".encode("utf-8-sig"), "合同", "utf-8-sig"),
        ("合同".encode("utf-16"), "合同", "utf-16"),
        ("ab合同".encode("gb18030"), "ab合同", "gb18030"),
        ("𠮷朤㐂".encode("gb18030"), "𠮷朤㐂", "gb18030"),
        (b"\xff\xff\xff", "ÿÿÿ", "latin-1"),
        (b"", "", "utf-8"),
    ],
)
def test_encodings(data, text, encoding):
    """Each encoding is told from the bytes."""
    assert decode(data) == (text, encoding)


def test_cut_in_the_middle_of_a_character():
    """Text that was cut at the limit loses its last character only."""
    data = "合同合同".encode()[:-1]
    assert decode(data, cut=True) == ("合同合", "utf-8")
    assert decode(data)[1] != "utf-8"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1))
def test_utf8_is_never_mistaken(text):
    """Whatever is UTF-8 comes back as it was."""
    if not text.startswith(("\ufeff", "\ufffe")):
        assert decode(text.encode()) == (text, "utf-8")


@given(st.text(st.characters()))
def test_plain_text_can_be_stored(text):
    """No control character, lone surrogate or NUL is left in what is kept."""
    kept = plain(text)
    kept.encode()
    assert "\0" not in kept
    assert plain(kept) == kept


def test_text_beyond_the_limit_is_cut_and_said():
    """Exactly the limit is kept; one character more is cut with a finding."""
    content = Content("text/plain", room=10)
    content.add_text("x" * 10)
    assert content.findings == []
    content.add_text("y")
    assert content.page_texts == ["x" * 10, ""]
    assert [each.code for each in content.findings] == ["TEXT_CUT"]


def test_html_is_words_only():
    """Scripts, styles and tags are not words; they are counted."""
    page = to_text(
        "<head><title>t</title></head><script>alert(1)</script><p onclick=x>第一条 "
        "<b>租金</b></p><img src='http://example.org/x.png'><br>第二条"
    )
    assert page.text() == "第一条 租金\n第二条"
    assert (page.scripts, page.outside) == (2, 1)
