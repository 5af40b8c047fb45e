"""Write the tables of the documents from the tables of the code.

    python scripts/tables.py          write the tables in docs
    python scripts/tables.py --check  say which of them is out of step

What stands between the two markers of a document is made here; the rest is written
by people and left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from intake.errors import ERRORS
from receipts.checks import CHECKS
from receipts.finding_words import FINDINGS

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN = "<!-- begin: scripts/tables.py -->\n"
END = "<!-- end -->\n"


def errors() -> str:
    """A row an error code: exit code, HTTP status, the two sentences."""
    rows = [
        "| code | exit | HTTP | 中文 | English |",
        "| --- | --- | --- | --- | --- |",
    ]
    for code, words in ERRORS.items():
        cells = (f"`{code}`", str(words.exit), str(words.http), words.zh, words.en)
        rows.append(_row(cells))
    return "\n".join(rows) + "\n"


def checks() -> str:
    """A row a check of the verifiers: number, name, what it shows."""
    rows = ["| no. | name | 检查 | 说明 | shows |", "| --- | --- | --- | --- | --- |"]
    for kind in CHECKS:
        number, name = str(kind.number), f"`{kind.name}`"
        rows.append(_row((number, name, kind.title.zh, kind.shows.zh, kind.shows.en)))
    return "\n".join(rows) + "\n"


def findings() -> str:
    """A row a finding of fsck: what it means and what to do."""
    rows = ["| finding | 中文 | English |", "| --- | --- | --- |"]
    rows += [_row((f"`{name}`", w.zh, w.en)) for name, w in FINDINGS.items()]
    return "\n".join(rows) + "\n"


TABLES: dict[str, Callable[[], str]] = {
    "errors.md": errors,
    "findings.md": findings,
    "verification.md": checks,
}


def renewed(name: str) -> str:
    """The document `name` with its table made anew."""
    before, _, rest = (DOCS / name).read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{TABLES[name]()}{END}{after}"


def main() -> None:
    """Write, or with --check only compare."""
    for name in TABLES:
        path, text = DOCS / name, renewed(name)
        if sys.argv[1:] != ["--check"]:
            path.write_text(text, "utf-8")
        elif path.read_text("utf-8") != text:
            sys.exit(f"docs/{name} is out of step; run scripts/tables.py.")


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
