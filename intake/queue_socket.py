"""Where the embedded queue server of a home listens.

Every process of one home must come to the same answer without asking, so the place
is a function of the home's path alone.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

# sockaddr_un.sun_path holds 108 bytes on Linux, the last one a NUL (unix(7)).
SOCKET_PATH_LIMIT = 107
_SHORT_FOLDERS = Path("/tmp")  # noqa: S108  another user's folder is refused
_NAME = "redis.sock"


def queue_socket(home: Path) -> Path:
    """The unix socket of the home at `home`.

    Inside the home, or, where that path is longer than a socket's may be, in a
    private folder with a short name that is derived from the home's path.
    """
    home = home.absolute()
    inside = home / _NAME
    if len(os.fsencode(inside)) <= SOCKET_PATH_LIMIT:
        return inside
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return _SHORT_FOLDERS / f"custody-{os.getuid()}-{name}" / _NAME


def queue_url(home: Path) -> str:
    """The same place as a URL for the Redis client, every odd character quoted."""
    return f"unix://{quote(os.fsencode(queue_socket(home)))}"
