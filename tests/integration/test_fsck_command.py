"""`custody fsck` on the command line: what it finds, in words people can act on."""

from __future__ import annotations

import pytest

from receipts.finding_words import finding_words
from tests.integration.test_keys_command import Shell, shell

__all__ = ["shell"]


@pytest.mark.parametrize(("chosen", "lang"), [("zh-CN", "zh"), ("en", "en")])
def test_a_finding_is_said_in_words(shell: Shell, chosen: str, lang: str) -> None:
    """A file that does not belong there is named, explained, and set aside."""
    shell.json("user", "add", "li.na", "--name", "li.na", "--role", "lawyer")
    (shell.folder / "home" / "second-store" / "log" / "notes.txt").write_text("x")
    done = shell.run("fsck", CUSTODY_LANG=chosen)
    first, second, last = done.stdout.splitlines()
    assert (done.returncode, last.partition(":")[0]) == (1, "NOT SOUND")
    assert first == "log_foreign  second  log/notes.txt"
    assert second.strip() == finding_words("log_foreign", lang)  # type: ignore[arg-type]
    done = shell.run("fsck", "--repair", CUSTODY_LANG=chosen)
    first, last = done.stdout.splitlines()
    assert (done.returncode, last.partition(":")[0]) == (0, "sound")
    assert first == "log_foreign  second  log/notes.txt  (repaired)"
    assert shell.run("fsck").returncode == 0
