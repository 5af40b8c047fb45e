"""VERIFY.txt: the text in every bundle, and the script that is printed in it."""

from __future__ import annotations

from receipts.verify_text import commands, verify_text


def test_the_script_is_the_indented_lines() -> None:
    """Four spaces make a line a command; what is indented further stays so."""
    text = "words\n    one\n\n     two\n   three\n    \n"
    assert commands(text) == "one\n two\n\n"


def test_the_text_carries_a_script() -> None:
    """Lists, inclusion and signatures are checked with tools of the system."""
    script = commands(verify_text())
    for tool in ("sha256sum --check", "openssl cms", "ssh-keygen -Y verify"):
        assert tool in script
