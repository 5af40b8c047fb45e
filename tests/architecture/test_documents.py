"""The documents say what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from intake.settings import Settings
from tests.architecture.project import ROOT, project_files

DOCUMENTS = [path for path in project_files() if path.suffix == ".md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)")
# Made from the running product when there is something to show.
PICTURES = {"docs/pictures/desk.png", "docs/pictures/receipt.png"}


def test_the_tables_of_the_documents_are_those_of_the_code() -> None:
    """Error codes and checks are printed as they are."""
    program = [sys.executable, ROOT / "scripts" / "tables.py", "--check"]
    checked = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_setting_is_explained() -> None:
    """Each setting has a row in docs/operations.md, and no row is of a lost one."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    rows = set(re.findall(r"^\| `CUSTODY_([A-Z_]+)` \|", text, re.MULTILINE))
    assert rows == {name.upper() for name in Settings.__slots__}


@pytest.mark.parametrize(
    "path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
def test_links_inside_the_project_lead_somewhere(path: Path) -> None:
    """Every relative link of a document is a file of the project."""
    for target in LINK.findall(path.read_text("utf-8")):
        linked = (path.parent / target).resolve()
        if linked.relative_to(ROOT).as_posix() not in PICTURES:
            assert linked.is_file(), target


def test_make_help_lists_every_target() -> None:
    """Each target that a person calls has its line in `make help`."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    helped = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    listed = [line.split()[0] for line in helped.stdout.splitlines()]
    assert sorted(listed) == sorted(phony[1].split())


def test_the_readme_names_the_two_commands() -> None:
    """The README shows how to run it and how to test it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "\nmake run " in readme
    assert "\nmake test " in readme
