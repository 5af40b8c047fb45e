"""`custody search` and `custody db reindex`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.searching import MATTER, add_read, search_home
from workers.cli import cli


def test_it_prints_lines_and_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One JSON object a line found; notes for people on standard error; exit 0."""
    with search_home(tmp_path, "sqlite", None) as home:
        exhibit = add_read(home, "今借到张三人民币")
        settings = home.settings
    monkeypatch.setenv("CUSTODY_HOME", str(settings.home))
    monkeypatch.setenv("CUSTODY_REDIS_URL", settings.redis_url)
    run = CliRunner()
    done = run.invoke(cli, ["search", "张三", "人民币", "--matter", MATTER, "--json"])
    assert done.exit_code == 0
    (line,) = map(json.loads, done.stdout.splitlines())
    assert (line["exhibit"], line["page"]) == (exhibit, 1)
    assert line["marked"] == ["张三", "人民币"]
    done = run.invoke(cli, ["search", "没有的话"])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "没有找到" in done.stderr
    done = run.invoke(cli, ["db", "reindex", "--json"])
    assert json.loads(done.stdout) == {"exhibits": 1}
