"""A time authority for tests: `openssl ts` behind a loopback server, and what fails.

Root, intermediate and signer are made by openssl in a folder. Without `certs` the
response carries the signer alone and rfc3161-client can read it; with them openssl
writes the set of certificates in its own order, which rfc3161-client refuses.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

RSA, EC = "rsa", "ec"
# Object identifiers in DER; the authorities here do not know the second.
_SHA256, _SHA224 = (bytes.fromhex(f"60864801650304020{n}") for n in (1, 4))
_KEYS = {
    RSA: ("rsa:2048",),
    EC: ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
}
_EXTENSIONS = """
[ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
[signer]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=critical,timeStamping
"""
_CONFIG = """


[one]
serial={folder}/serial
signer_cert={folder}/signer.pem
signer_key={folder}/signer.key
{certs}
signer_digest=sha256
default_policy=1.3.6.1.4.1.99999.1
digests=sha256,sha384,sha512
accuracy=secs:1
ess_cert_id_alg={ess}
"""


def openssl(*arguments: object, data: bytes | None = None) -> bytes:
    """Run openssl; its error output is the message of a failure."""
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@dataclass(frozen=True)
class OpensslAuthority:
    """Certificates and configuration of one authority in a folder."""

    folder: Path
    name: str

    @property
    def root(self) -> Path:
        """The root certificate."""
        return self.folder / "root.pem"

    @property
    def intermediate(self) -> Path:
        """The certificate between."""
        return self.folder / "intermediate.pem"

    def reply(self, query: bytes) -> bytes:
        """The TimeStampResp for a query."""
        asked, answer = self.folder / "in.tsq", self.folder / "out.tsr"
        asked.write_bytes(query)
        openssl(
            *("ts", "-reply", "-config", self.folder / "tsa.conf", "-section", "one"),
            *("-queryfile", asked, "-out", answer),
        )
        return answer.read_bytes()


def pinned(folder: Path, authorities: Iterable[OpensslAuthority]) -> str:
    """A folder for `tsa_roots` with the roots and intermediates of `authorities`."""
    folder.mkdir()
    for number, each in enumerate(authorities):
        shutil.copy(each.root, folder / f"root{number}.pem")
        shutil.copy(each.intermediate, folder / f"between{number}.pem")
    return str(folder)


def make_authority(
    folder: Path, name: str, kind: str = RSA, *, certs: bool = True, ess: str = "sha256"
) -> OpensslAuthority:
    """Make root, intermediate and signer; `certs`: send them all along."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "extensions").write_text(_EXTENSIONS)
    (folder / "serial").write_text("01\n")
    _certificate(folder, name, "root", "ca", None, kind)
    _certificate(folder, name, "intermediate", "ca", "root", kind)
    _certificate(folder, name, "signer", "signer", "intermediate", kind)
    chain = [(folder / f"{each}.pem").read_text() for each in ("intermediate", "root")]
    (folder / "others.pem").write_text("".join(chain))
    line = f"certs={folder}/others.pem" if certs else ""
    config = _CONFIG.format(folder=folder, certs=line, ess=ess)
    (folder / "tsa.conf").write_text(config)
    return OpensslAuthority(folder, name)


def _certificate(
    folder: Path, name: str, role: str, section: str, issuer: str | None, kind: str
) -> None:
    key, request, out = (folder / f"{role}.{end}" for end in ("key", "csr", "pem"))
    openssl(
        *("req", "-new", "-nodes", "-newkey", *_KEYS[kind], "-keyout", key),
        *("-out", request, "-subj", f"/O={name}/CN={name} {role}"),
    )
    signed_by = ("-signkey", key)
    if issuer is not None:
        signed_by = (
            "-CA",
            folder / f"{issuer}.pem",
            "-CAkey",
            folder / f"{issuer}.key",
        )
    openssl(
        *("x509", "-req", "-in", request, *signed_by, "-sha256", "-days", "365"),
        *("-extfile", folder / "extensions", "-extensions", section, "-out", out),
        *("-set_serial", str(time.time_ns())),
    )


def openssl_verifies(
    folder: Path, chain: bytes, query: bytes, response: bytes, data: bytes
) -> bool:
    """What `openssl ts -verify` says of data, query and response at the token's time.

    The last certificate of the chain is trusted, the others are helpers.
    """
    marker = b"-----BEGIN CERTIFICATE-----"
    parts = [marker + part for part in chain.split(marker)[1:]]
    files = {
        "root.pem": parts[-1], "others.pem": b"".join(parts[:-1]),
        "data": data, "in.tsq": query, "in.tsr": response,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    at = int(time.time())
    trust = ("-CAfile", folder / "root.pem", "-untrusted", folder / "others.pem")
    verify = ("openssl", "ts", "-verify", "-in", folder / "in.tsr", *trust)
    asked = (("-data", folder / "data"), ("-queryfile", folder / "in.tsq"))
    results = [
        subprocess.run(
            [*map(str, (*verify, *what, "-attime", at))],
            capture_output=True,
            check=False,
        ).returncode
        for what in asked
    ]
    return results == [0, 0]


class LoopbackTsa:
    """A server for one authority; `mode` says how it fails, if it does."""

    def __init__(self, authority: OpensslAuthority) -> None:
        self.authority = authority
        self.mode = "good"
        self.asked = 0
        self.last_path = ""
        self.forge: Any = None  # query -> response, in the mode "forged"
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.tsa = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsa"
        self.closing = threading.Event()

    def serve(self) -> None:
        """Answer until `close`."""
        self._server.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Stop; whoever still waits for a slow answer is let go."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running(authority: OpensslAuthority) -> Iterator[LoopbackTsa]:
    """A server on a free port for the length of the block."""
    tsa = LoopbackTsa(authority)
    thread = threading.Thread(target=tsa.serve, daemon=True)
    thread.start()
    try:
        yield tsa
    finally:
        tsa.close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Knows the authority it stands for."""

    daemon_threads = True
    tsa: LoopbackTsa

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who hangs up on a slow answer is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    """Answers like an authority, or as its mode says."""

    server: _Server

    def do_POST(self) -> None:
        """RFC 3161, 3.4."""
        self.server.tsa.asked += 1
        self.server.tsa.last_path = self.path
        query = self.rfile.read(int(self.headers["Content-Length"]))
        getattr(self, f"_{self.server.tsa.mode.replace(' ', '_')}")(query)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _good(self, query: bytes) -> None:
        self._send(self.server.tsa.authority.reply(query))

    def _forged(self, query: bytes) -> None:
        self._send(self.server.tsa.forge(query))

    def _garbage(self, _query: bytes) -> None:
        self._send(b"<html>welcome to the hotel's network</html>")

    def _error(self, _query: bytes) -> None:
        self._send(b"", 500)

    def _redirect(self, _query: bytes) -> None:
        self._send(b"", 307, Location=self.server.tsa.url)

    def _huge(self, _query: bytes) -> None:
        self._send(b"0" * (1 << 20))

    def _slow(self, _query: bytes) -> None:
        self.server.tsa.closing.wait(30)

    def _drip(self, _query: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.tsa.closing.wait(0.1):
            self.wfile.write(b"0")
            self.wfile.flush()

    def _rejected(self, query: bytes) -> None:
        unknown = query.replace(_SHA256, _SHA224)
        self._send(self.server.tsa.authority.reply(unknown))
