"""Parts of an upload go to temporary files beside the spool, never into memory."""

from __future__ import annotations

import tempfile
from typing import IO

from flask import Request

from web.context import services


class SpoolingRequest(Request):
    """A request whose files are written where free space is watched."""

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
        return tempfile.TemporaryFile(dir=folder)
