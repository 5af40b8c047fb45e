"""Whatever fsck can find has words that say what to do."""

from __future__ import annotations

import re

import pytest

from receipts.finding_words import FINDINGS, finding_words
from tests.architecture.project import ROOT

# Written out or chosen between, wherever a finding is made.
CODES = re.compile(
    r'"((?:store|statement|log|leaf|tree|checkpoint|frozen|blob|erasure|public|key)'
    r'(?:_[a-z]+)+|other_history|row|replay|store)"'
)
NOT_FINDINGS = {"blob_findings"}  # the name of a function


def made_in_the_checker() -> set[str]:
    """The kinds of finding that the modules of the checker write."""
    folder = ROOT / "integrity" / "store"
    texts = [path.read_text("utf-8") for path in folder.glob("*.py")]
    texts = [text for text in texts if "Finding(" in text]
    written = {code for text in texts for code in CODES.findall(text)}
    # blob_check.py puts its kinds together.
    return written - NOT_FINDINGS | {"blob_missing", "blob_altered", "blob_unreadable"}


def test_every_finding_has_words_and_no_words_are_of_none() -> None:
    """The table is the list of what the checker can say."""
    assert made_in_the_checker() == set(FINDINGS)


@pytest.mark.parametrize("finding", FINDINGS)
def test_words_are_one_sentence_in_each_language(finding: str) -> None:
    """Chinese words in Chinese, English ones in English, each with its full stop."""
    zh, en = finding_words(finding, "zh"), finding_words(finding, "en")
    assert zh.endswith("。")
    assert re.search("[一-鿿]", zh)
    assert en.endswith(".")
    assert en.isascii()
