"""What can happen to a server, or to the way to it, at one of the questions asked.

The server is started again at once: the process that wrote goes on trying.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.fault_table import AFTER, BEFORE
from tests.faults.wire import Broken, Line, Wire, hear_nothing
from tests.pg_server import Server

Strike = Callable[[Server, Line], object]


def cut(_server: Server, _line: Line) -> None:
    """Only the connection ends."""


def shut_down(server: Server, _line: Line | None = None) -> None:
    """`pg_ctl stop -m immediate`, and started again."""
    server.shut_down_immediately()
    server.start()


def kill(server: Server, line: Line) -> None:
    """`kill -9` of the process that serves the connection; the server recovers."""
    server.kill_backend(line.backend)


@dataclass(slots=True)
class Accident:
    """Strikes at question number `at`, before it or after its answer; 0 never."""

    server: Server
    strike: Strike = cut
    at: int = 0
    how: str = BEFORE
    questions: list[bytes] = field(default_factory=list)

    @contextmanager
    def watching(self, wire: Wire) -> Iterator[None]:
        """Listen to the wire while the block runs."""
        wire.asked, wire.answered = self._asked, self._answered
        try:
            yield
        finally:
            wire.asked = wire.answered = hear_nothing

    def _asked(self, line: Line, question: bytes) -> None:
        self.questions.append(question)
        self._perhaps(BEFORE, line)

    def _answered(self, line: Line, _question: bytes) -> None:
        self._perhaps(AFTER, line)

    def _perhaps(self, how: str, line: Line) -> None:
        if (self.at, self.how) == (len(self.questions), how):
            self.strike(self.server, line)
            raise Broken
