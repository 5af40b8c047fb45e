"""Two servers beside each other, as when files are read side by side."""

from __future__ import annotations

from pathlib import Path

from tests.unit.workers.reading.test_warm import NAUGHTY, SMALL
from workers.reading.warm import start_warm, warm_reader


def test_each_server_reads_one_file_at_a_time(tmp_path: Path) -> None:
    """Of two servers each takes one; a third file gets a child of its own, and a
    server is taken again when its file is done.
    """
    request = {"act": "answer", "work": str(tmp_path), "limits": SMALL.as_dict()}
    with warm_reader("none", NAUGHTY), warm_reader("none", NAUGHTY):
        first, second = start_warm(request), start_warm(request)
        assert first is not None
        assert second is not None
        assert start_warm(request) is None
        first.end()
        first.end()
        again = start_warm(request)
        assert again is not None
        assert start_warm(request) is None
        second.end()
        again.end()
