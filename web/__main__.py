"""`python -m web --host HOST --port PORT`: the web server of one home."""

from __future__ import annotations

import argparse
import os
import sys

from intake.errors import ERRORS
from intake.settings import Settings
from integrity.errors import CustodyError
from web.serve import serve


def main() -> int:
    """Read the settings and serve until stopped; the exit code is the contract's."""
    parser = argparse.ArgumentParser(prog="custody web")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    chosen = parser.parse_args()
    try:
        settings = Settings.from_env(os.environ)
        serve(settings, chosen.host, chosen.port)
    except CustodyError as error:
        sys.stderr.write(f"{error}\n")
        return ERRORS[error.code].exit if error.code in ERRORS else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
