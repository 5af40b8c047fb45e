"""Parts of an upload go to temporary files beside the spool, never into memory."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Any

from flask import Request

from web.context import services

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class SpoolingRequest(Request):
    """A request whose files are written where free space is watched."""

    def __init__(self, environ: WSGIEnvironment, *args: Any, **options: Any) -> None:
        super().__init__(environ, *args, **options)
        self._parts: list[IO[bytes]] = []

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 (Werkzeug's signature)
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        folder = services().spool
        folder.mkdir(parents=True, exist_ok=True)
        # Without a name on disk: a crash leaves nothing behind.
        part = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed in close)
        self._parts.append(part)
        return part

    def close(self) -> None:
        """Free the parts, those of a body that was refused half-way, too."""
        super().close()
        for part in self._parts:
            part.close()
