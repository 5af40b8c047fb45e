"""The wire between product and PostgreSQL, which may break at any question.

A question is what the client sends before it waits; its answer ends where the server
is ready for the next one (PostgreSQL documentation, "Message Flow").
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

ASKS = {b"Q", b"S"}  # a simple query; the end of an extended one
LEAVES = b"X"
COMMIT = b"COMMIT\x00"  # a statement of its own, alone or after others
READY = b"Z"


class Broken(Exception):
    """The wire ends here."""


class Wire:
    """Listens on the loopback, passes on to a server, and tells of each question.

    `asked` is called before a question reaches the server, `answered` when the
    server has answered and the client has not yet heard of it. Either may raise
    `Broken`, and the client finds its connection ended.
    """

    def __init__(self, server: Path) -> None:
        self.asked: Listener = hear_nothing
        self.answered: Listener = hear_nothing
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._lines: list[Line] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listening.close()
        for line in self._lines:
            line.cut()
        for thread in self._threads[1:]:
            thread.join()

    def url(self, database: str) -> str:
        """For `integrity.store.db.connect`."""
        port = self._listening.getsockname()[1]
        plain = "sslmode=disable&gssencmode=disable"
        return f"postgresql+psycopg://custody@127.0.0.1:{port}/{database}?{plain}"

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            line = Line(client, self._server)
            thread = threading.Thread(target=self._carry, args=(line,), daemon=True)
            self._lines.append(line)
            self._threads.append(thread)
            thread.start()

    def _carry(self, line: Line) -> None:
        with contextlib.suppress(Broken, OSError, EOFError):
            line.begin()
            while question := line.question():
                self.asked(line, question)
                answer = line.ask(question)
                self.answered(line, question)
                line.tell(answer)
        line.cut()


class Line:
    """One connection of a client to the server."""

    def __init__(self, client: socket.socket, server: Path) -> None:
        self.backend = 0  # its process
        self._client = client
        self._address = str(server)
        self._server = socket.socket(socket.AF_UNIX)

    def begin(self) -> None:
        """Let both of them introduce themselves."""
        self._server.connect(self._address)
        length = _exactly(self._client, 4)
        rest = _exactly(self._client, struct.unpack("!i", length)[0] - 4)
        self._server.sendall(length + rest)
        answer = b""
        kind = b""
        while kind != READY:
            kind, message = _message(self._server)
            answer += message
            if kind == b"K":
                self.backend = struct.unpack("!i", message[5:9])[0]
        self.tell(answer)

    def question(self) -> bytes:
        """What the client asks next; empty when it leaves."""
        asked = b""
        while True:
            kind, message = _message(self._client)
            if kind == LEAVES:
                return b""
            asked += message
            if kind in ASKS:
                return asked

    def ask(self, question: bytes) -> bytes:
        """The whole answer of the server."""
        self._server.sendall(question)
        answer, kind = b"", b""
        while kind != READY:
            kind, message = _message(self._server)
            answer += message
        return answer

    def tell(self, answer: bytes) -> None:
        """Let the client have it."""
        self._client.sendall(answer)

    def cut(self) -> None:
        """Both ends find the connection ended."""
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    """Kind, and the message as it came."""
    head = _exactly(source, 5)
    length = struct.unpack("!i", head[1:])[0]
    return head[:1], head + _exactly(source, length - 4)


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = source.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


Listener = Callable[[Line, bytes], None]


def hear_nothing(_line: Line, _question: bytes) -> None:
    """Nobody listens."""
