"""Ask the firm's witnesses to cosign the newest checkpoint (c2sp.org/tlog-witness).

It happens after a checkpoint was published, never before: a witness that is down,
slow or refuses blocks nobody. What is missing then is said where proofs are shown,
and asked for again at the next sweep.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
from sqlalchemy import select

from intake.services import Services
from integrity import merkle
from integrity.checkpoint import Checkpoint, claimed_checkpoint
from integrity.cosignature import cosignatures
from integrity.errors import IntegrityError, MalformedError, StoreUnavailable
from integrity.note import VerifierKey, add_signature_lines
from integrity.store import sql_log
from integrity.store.tables import LogCheckpoint
from integrity.witness import ADD_CHECKPOINT, SIZE_TYPE, Submission, parse_size

TIMEOUT_S = 5.0  # of each wait; a byte every few seconds would pass it for hours
LONGEST_S = 20.0  # of one answer
MAX_ANSWER_BYTES = 16 << 10
REMEMBERED = 50  # earlier checkpoints in which a witness's last line is looked for
OK, CONFLICT = 200, 409


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness as health shows it; `problem` is empty when it cosigned."""

    name: str
    cosigned: bool
    problem: str


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    body: bytes


def gather(services: Services) -> tuple[WitnessState, ...]:
    """Collect the cosignatures that the newest checkpoint lacks, and keep them.

    Raises:
        StoreUnavailable: the log cannot be read, or the lines cannot be kept.
    """
    note = services.log.checkpoint()
    if not note:
        return ()
    size = claimed_checkpoint(note).size
    lines, states = list[bytes](), list[WitnessState]()
    for key in services.log.keys.trusted.witness_keys(size):
        line, state = _one(services, key, note)
        lines += [line] if line else []
        states.append(state)
    if lines:
        services.log.add_cosignatures(size, lines)
    return tuple(states)


def gather_for_paper(services: Services) -> None:
    """Ask the witnesses before a paper or bundle takes the newest checkpoint with it.

    Those that do not answer are left out: then the paper says that they are missing.
    """
    if services.settings.witnesses:
        gather(services)


def _one(
    services: Services, key: VerifierKey, note: bytes
) -> tuple[bytes, WitnessState]:
    if cosignatures(note, [key]):
        return b"", WitnessState(key.name, cosigned=True, problem="")
    url = services.settings.witnesses.get(key.name)
    if url is None:
        return b"", WitnessState(key.name, cosigned=False, problem="no address")
    try:
        line = _ask(services, url, key, note)
    except (httpx.HTTPError, httpx.InvalidURL, IntegrityError) as error:
        problem = f"{type(error).__name__}: {error}"[:200]
        return b"", WitnessState(key.name, cosigned=False, problem=problem)
    return line, WitnessState(key.name, cosigned=True, problem="")


def _ask(services: Services, url: str, key: VerifierKey, note: bytes) -> bytes:
    """The line of one witness, checked.

    A witness that knows another size than we thought names it, and is asked once
    more from there.
    """
    head = claimed_checkpoint(note)
    known = _last_seen(services, key)
    answer = _post(url, _submission(services, known, head, note))
    if answer.status == CONFLICT and answer.kind == SIZE_TYPE:
        known = parse_size(answer.body)
        if known > head.size:
            raise MalformedError("answer of a witness", "it has seen a longer log")
        answer = _post(url, _submission(services, known, head, note))
    if answer.status != OK:
        raise StoreUnavailable(f"witness {key.name}", f"it answered {answer.status}")
    return _line_of(key, note, answer.body)


def _line_of(key: VerifierKey, note: bytes, body: bytes) -> bytes:
    """The one line by `key` among those answered; others are ignored."""
    for line in body.splitlines(keepends=True):
        if cosignatures(add_signature_lines(note, [line]), [key]):
            return line
    raise MalformedError("answer of a witness", "it holds no line by its key")


def _submission(services: Services, old: int, head: Checkpoint, note: bytes) -> bytes:
    proof: list[bytes] = []
    if 0 < old < head.size:
        with services.log.session() as session:
            read = sql_log.reader(session)
            proof = merkle.consistency_proof(old, head.size, read)
    return Submission(old, tuple(proof), note).serialise()


def _post(url: str, body: bytes) -> _Answer:
    """The answer, read no further than an honest one is long."""
    place = url.rstrip("/") + ADD_CHECKPOINT
    until = time.monotonic() + LONGEST_S
    with httpx.stream(
        "POST", place, content=body, timeout=TIMEOUT_S, follow_redirects=False
    ) as response:
        received = b"".join(_bounded(response, until))
        kind = response.headers.get("content-type", "")
        return _Answer(response.status_code, kind, received)


def _bounded(response: httpx.Response, until: float) -> Iterator[bytes]:
    total = 0
    for chunk in response.iter_bytes():
        total += len(chunk)
        if total > MAX_ANSWER_BYTES:
            raise MalformedError("answer of a witness", "it is too long")
        if time.monotonic() > until:
            raise StoreUnavailable("the witness", f"no answer in {LONGEST_S:.0f} s")
        yield chunk


def _last_seen(services: Services, key: VerifierKey) -> int:
    """The size of the last checkpoint of ours that `key` cosigned; 0 when unknown."""
    newest = select(LogCheckpoint).order_by(LogCheckpoint.size.desc())
    with services.log.session() as session:
        for row in session.scalars(newest.limit(REMEMBERED)):
            if cosignatures(row.note, [key]):
                return row.size
    return 0
