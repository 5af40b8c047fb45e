"""Asking time authorities over HTTP (RFC 3161, 3.4), and believing nothing unchecked.

Every authority is asked at the same moment, each with a nonce of its own. Whatever
comes back is bounded in time and size, and verified before anybody sees it; an answer
that does not hold is a `Trouble` like no answer.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from intake.errors import SettingsError
from intake.settings import Settings
from integrity.certificates import Chain, is_self_issued, read_certificates
from integrity.errors import CustodyError
from integrity.timestamp import Stamp, build_query, chain_of, judge
from integrity.timestamp_token import MAX_RESPONSE_BYTES

if TYPE_CHECKING:  # slow to import, and most commands ask no authority
    import httpx

STEP_S = 5.0  # to connect, and between two pieces of an answer
TOTAL_S = 15.0  # for the whole answer, however slowly it drips
NONCE_BITS = 64
MAX_ROOT_FILES = 100
SERVICE_CHARACTERS = 500

_HEADERS = {
    "Content-Type": "application/timestamp-query",
    "Accept": "application/timestamp-reply",
    # A few kilobytes need no compression, and so nothing can unfold.
    "Accept-Encoding": "identity",
}
_OK = 200


class TroubleKind(StrEnum):
    """Why an authority gave no stamp."""

    UNREACHABLE = "unreachable"
    SLOW = "slow"
    STATUS = "status"
    TOO_LARGE = "too-large"
    UNPROVEN = "unproven"
    ROOTS = "roots"


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority of the settings; its URL may hold a password."""

    url: str

    @property
    def service(self) -> str:
        """The address without user, password and query: as it is logged and shown."""
        parts = urlsplit(self.url)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{host}{port}{parts.path}"[:SERVICE_CHARACTERS]


@dataclass(frozen=True, slots=True)
class Obtained:
    """A verified stamp and the files that prove it."""

    authority: Authority
    query: bytes
    response: bytes
    chain: bytes
    stamp: Stamp


class Trouble(Exception):
    """No stamp from this authority now."""

    def __init__(self, service: str, kind: TroubleKind, detail: str) -> None:
        super().__init__(f"{service}: {kind.value} {detail}")
        self.service = service
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Pinned:
    """Roots that the firm trusts, and further certificates beside them."""

    roots: Chain
    others: Chain


def authorities(settings: Settings) -> tuple[Authority, ...]:
    """The authorities of the settings, in their order."""
    return tuple(Authority(url) for url in settings.time_authorities)


def obtain(
    settings: Settings, asked: Sequence[Authority], sha256: str
) -> tuple[list[Obtained], list[Trouble]]:
    """Ask each authority for a stamp over a SHA-256 (hex); takes at most `TOTAL_S`."""
    imprint = bytes.fromhex(sha256)
    queries = [build_query(imprint, _nonce()) for _ in asked]
    responses = asyncio.run(_ask_all(asked, queries))
    obtained: list[Obtained] = []
    troubles: list[Trouble] = []
    for authority, query, response in zip(asked, queries, responses, strict=True):
        try:
            if isinstance(response, Trouble):
                raise response
            obtained.append(_verified(settings, authority, query, response, imprint))
        except Trouble as trouble:
            troubles.append(trouble)
    return obtained, troubles


def pinned(settings: Settings) -> Pinned:
    """The certificates in the folder of CUSTODY_TSA_ROOTS; nothing without one.

    Raises:
        SettingsError: the folder cannot be read or holds no root.
    """
    if not settings.tsa_roots:
        return Pinned((), ())
    folder = Path(settings.tsa_roots)
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
        pems = [path.read_bytes() for path in files[:MAX_ROOT_FILES]]
        found = [each for pem in pems for each in read_certificates(pem)]
    except (OSError, CustodyError) as error:
        raise _no_roots(folder) from error
    roots = tuple(each for each in found if is_self_issued(each))
    if not roots:
        raise _no_roots(folder)
    return Pinned(roots, tuple(each for each in found if not is_self_issued(each)))


def _no_roots(folder: Path) -> SettingsError:
    return SettingsError("setting_file", name="CUSTODY_TSA_ROOTS", path=str(folder))


def _nonce() -> int:
    return secrets.randbits(NONCE_BITS) | 1  # never zero


def _verified(
    settings: Settings,
    authority: Authority,
    query: bytes,
    response: bytes,
    imprint: bytes,
) -> Obtained:
    try:
        known = pinned(settings)
    except SettingsError as error:
        kind = TroubleKind.ROOTS
        raise Trouble(authority.service, kind, str(error)) from error
    try:
        chain = chain_of(response, (*known.others, *known.roots), known.roots)
        stamp = judge(query, response, chain, imprint)
    except CustodyError as error:
        kind = TroubleKind.UNPROVEN
        raise Trouble(authority.service, kind, str(error)) from error
    return Obtained(authority, query, response, chain, stamp)


async def _ask_all(
    asked: Sequence[Authority], queries: Sequence[bytes]
) -> list[bytes | Trouble]:
    import httpx  # noqa: PLC0415 (as above)

    async with httpx.AsyncClient(timeout=STEP_S, follow_redirects=False) as client:
        waiting = map(_ask, [client] * len(asked), asked, queries)
        return list(await asyncio.gather(*waiting))


async def _ask(
    client: httpx.AsyncClient, authority: Authority, query: bytes
) -> bytes | Trouble:
    import httpx  # noqa: PLC0415 (as above)

    service = authority.service
    try:
        async with asyncio.timeout(TOTAL_S):
            return await _exchange(client, authority, query)
    except Trouble as trouble:
        return trouble
    except (TimeoutError, httpx.TimeoutException):
        return Trouble(service, TroubleKind.SLOW, "")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Trouble(service, TroubleKind.UNREACHABLE, type(error).__name__)


async def _exchange(
    client: httpx.AsyncClient, authority: Authority, query: bytes
) -> bytes:
    body = bytearray()
    service = authority.service
    post = client.stream("POST", authority.url, content=query, headers=_HEADERS)
    async with post as response:
        if response.status_code != _OK:
            detail = str(response.status_code)
            raise Trouble(service, TroubleKind.STATUS, detail)
        async for piece in response.aiter_raw():
            body += piece
            if len(body) > MAX_RESPONSE_BYTES:
                raise Trouble(service, TroubleKind.TOO_LARGE, "")
    return bytes(body)
