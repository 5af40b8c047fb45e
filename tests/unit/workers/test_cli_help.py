"""`custody --help` answers at once: it lists the commands and loads none of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from workers.cli import COMMANDS, cli

PROJECT = Path(__file__).resolve().parents[3]
HEAVY = {
    "aiohttp", "cryptography", "cv2", "flask", "numpy", "onnxruntime", "PIL", "psycopg",
    "pyhanko", "pypdfium2", "rapidocr", "redis", "rq", "sqlalchemy", "workers.commands",
}  # fmt: skip
LOADED = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps([*sys.modules]), file=sys.stderr))
from workers.cli import main
main()
"""


def loaded_by(*words: str) -> tuple[str, set[str]]:
    """What `custody` prints, and every module that it loads for that."""
    command = [sys.executable, "-P", "-c", LOADED, *words]
    done = subprocess.run(
        command, capture_output=True, check=True, text=True, cwd=PROJECT
    )
    return done.stdout, set(json.loads(done.stderr))


@pytest.mark.parametrize("words", [["--help"], ["-h"], []])
def test_help_loads_no_command(words: list[str]) -> None:
    """Neither engines nor database, nor what signs; every command is there."""
    try:
        shown, loaded = loaded_by(*words)
    except subprocess.CalledProcessError as error:  # without words it is a mistake
        assert not words
        shown, loaded = error.stderr, set(json.loads(error.stderr.splitlines()[-1]))
    assert loaded & HEAVY == set()
    listed = {line.split()[0] for line in shown.splitlines() if line.startswith("  ")}
    assert set(COMMANDS) <= listed


def test_a_command_loads_what_it_needs() -> None:
    """The measure is not blind: help of one command loads that command."""
    _, loaded = loaded_by("search", "--help")
    assert {"workers.commands.search", "sqlalchemy"} <= loaded


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    """The words of the table are the first sentence of the command's own help."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.get_short_help_str(limit=1000) == COMMANDS[name][1]
