"""`python -m web.witness FOLDER`: a witness for the logs of other firms.

One address and no page: it receives checkpoints (sizes and hashes) and answers with
cosignatures (c2sp.org/tlog-witness). It needs no database, queue or home.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

from flask import Flask, Response, request

from integrity.errors import CustodyError
from integrity.store.witness_home import CONFLICT, WitnessHome, WitnessRefusal
from integrity.witness import ADD_CHECKPOINT, MAX_SUBMISSION_BYTES, SIZE_TYPE
from web.serve import run_server

PLAIN = "text/plain; charset=utf-8"
UNAVAILABLE = 503


def create_witness(folder: Path) -> Flask:
    """The application of the witness in `folder`.

    Raises:
        StoreUnavailable, MalformedError, SigningRefused: there is no witness.
    """
    witness = WitnessHome(folder)
    app = Flask("custody-witness", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_SUBMISSION_BYTES

    @app.post(ADD_CHECKPOINT)
    def add_checkpoint() -> Response:
        now = dt.datetime.now(dt.UTC)
        return Response(witness.add_checkpoint(request.get_data(), now), mimetype=PLAIN)

    @app.errorhandler(WitnessRefusal)
    def refused(error: WitnessRefusal) -> Response:
        sized = error.status == CONFLICT and error.body is not None
        body = error.body if error.body is not None else f"{error}\n"
        kind = SIZE_TYPE if sized else PLAIN
        return Response(body, status=error.status, content_type=kind)

    @app.errorhandler(CustodyError)
    def failed(_error: CustodyError) -> Response:
        # What went wrong on this disk is for the operator's log, not for strangers.
        return Response("unavailable\n", status=UNAVAILABLE, content_type=PLAIN)

    return app


def main() -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="custody witness serve")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    chosen = parser.parse_args()
    try:
        WitnessHome(chosen.folder)
    except CustodyError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    run_server(lambda: create_witness(chosen.folder), chosen.host, chosen.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
