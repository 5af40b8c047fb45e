"""VERIFY.txt: the checks of a bundle by hand, with stock tools.

The text is the same in every bundle, so it can be compared between bundles. Lines
that begin with four spaces are one shell script, cut in pieces; our tests run it as
printed.
"""

from __future__ import annotations

from importlib import resources

COMMAND_INDENT = "    "


def verify_text() -> str:
    """The content of VERIFY.txt."""
    folder = resources.files("receipts").joinpath("templates")
    return folder.joinpath("VERIFY.txt").read_text(encoding="utf-8")


def commands(text: str) -> str:
    """The shell script that is printed in `text`, piece after piece."""
    lines = [
        line.removeprefix(COMMAND_INDENT)
        for line in text.splitlines()
        if line.startswith(COMMAND_INDENT)
    ]
    return "".join(f"{line}\n" for line in lines)
