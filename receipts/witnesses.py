"""Ask the firm's witnesses to cosign the newest checkpoint (c2sp.org/tlog-witness).

It happens after a checkpoint was published, never before: a witness that is down,
slow or refuses, because it was not told of a new log yet, blocks nobody. What is
missing then is said where proofs are shown, and asked for again at the next sweep.

To a witness each log of the firm is a log of its own, which begins at size 0: sizes
that travel are those of the log. Which witnesses count is judged, as everywhere, by
the number of entries that the checkpoint covers, those of earlier logs included.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from intake.services import Services
from integrity.checkpoint import Checkpoint, claimed_checkpoint
from integrity.cosignature import cosignatures
from integrity.errors import IntegrityError, MalformedError, StoreUnavailable
from integrity.note import VerifierKey, add_signature_lines
from integrity.origins import Origin
from integrity.store import sql_log
from integrity.witness import ADD_CHECKPOINT, SIZE_TYPE, Submission, parse_size
from receipts.logs import checkpoints_of, logs_of

if TYPE_CHECKING:  # slow to import, and most commands ask no witness
    import httpx

TIMEOUT_S = 5.0  # of each wait; a byte every few seconds would pass it for hours
LONGEST_S = 20.0  # of one answer
MAX_ANSWER_BYTES = 16 << 10
REMEMBERED = 50  # earlier checkpoints in which a witness's last line is looked for
LOGS = 2  # the log that goes on, and the one before: it may lack lines at its end
OK, CONFLICT = 200, 409


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness as health shows it; `problem` is empty when it cosigned."""

    name: str
    cosigned: bool
    problem: str


@dataclass(frozen=True, slots=True)
class _Head:
    """A checkpoint of ours, and the log that it is of."""

    origin: Origin
    checkpoint: Checkpoint
    note: bytes

    @property
    def covered(self) -> int:
        """Number of entries up to its end, those of earlier logs included."""
        return self.origin.covered(self.checkpoint)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    kind: str
    body: bytes


def gather(
    services: Services, origin: Origin | None = None
) -> tuple[WitnessState, ...]:
    """Collect the cosignatures that the newest checkpoint lacks, and keep them.

    Args:
        services: the home.
        origin: one of the firm's logs; None for the one of the newest checkpoint.

    Raises:
        StoreUnavailable: the log cannot be read, or the lines cannot be kept.
    """
    head = _head(services, origin)
    if head is None:
        return ()
    lines, states = list[bytes](), list[WitnessState]()
    for key in services.log.keys.trusted.witness_keys(head.covered):
        line, state = _one(services, key, head)
        lines += [line] if line else []
        states.append(state)
    if lines:
        services.log.add_cosignatures(head.covered, lines)
    return tuple(states)


def gather_due(services: Services) -> None:
    """As `gather`, for the log before as well: its last checkpoint may lack lines.

    Raises:
        StoreUnavailable: as `gather`.
    """
    with services.log.session() as session:
        logs = logs_of(session, services.log.keys.trusted)
    for log in [log for log in logs if log.note is not None][-LOGS:]:
        gather(services, log.origin)


def gather_for_paper(services: Services) -> None:
    """Ask the witnesses before a paper or bundle takes the newest checkpoint with it.

    Those that do not answer are left out: then the paper says that they are missing.
    """
    if services.settings.witnesses:
        gather(services)


def _head(services: Services, origin: Origin | None) -> _Head | None:
    with services.log.session() as session:
        if origin is None:
            newest = sql_log.latest_checkpoint(session)
        else:
            newest = sql_log.head_checkpoint(session, origin)
    if newest is None:
        return None
    checkpoint = claimed_checkpoint(newest.note)
    named = services.log.keys.trusted.origin_named(checkpoint.origin)
    return _Head(named, checkpoint, newest.note)


def _one(
    services: Services, key: VerifierKey, head: _Head
) -> tuple[bytes, WitnessState]:
    import httpx  # noqa: PLC0415 (as above)

    if cosignatures(head.note, [key]):
        return b"", WitnessState(key.name, cosigned=True, problem="")
    url = services.settings.witnesses.get(key.name)
    if url is None:
        return b"", WitnessState(key.name, cosigned=False, problem="no address")
    try:
        line = _ask(services, url, key, head)
    except (httpx.HTTPError, httpx.InvalidURL, IntegrityError) as error:
        problem = f"{type(error).__name__}: {error}"[:200]
        return b"", WitnessState(key.name, cosigned=False, problem=problem)
    return line, WitnessState(key.name, cosigned=True, problem="")


def _ask(services: Services, url: str, key: VerifierKey, head: _Head) -> bytes:
    """The line of one witness, checked.

    A witness that knows another size than we thought names it, and is asked once
    more from there.
    """
    known = _last_seen(services, key, head.origin)
    answer = _post(url, _submission(services, known, head))
    if answer.status == CONFLICT and answer.kind == SIZE_TYPE:
        known = parse_size(answer.body)
        if known > head.checkpoint.size:
            raise MalformedError("answer of a witness", "it has seen a longer log")
        answer = _post(url, _submission(services, known, head))
    if answer.status != OK:
        raise StoreUnavailable(f"witness {key.name}", f"it answered {answer.status}")
    return _line_of(key, head.note, answer.body)


def _line_of(key: VerifierKey, note: bytes, body: bytes) -> bytes:
    """The one line by `key` among those answered; others are ignored."""
    for line in body.splitlines(keepends=True):
        if cosignatures(add_signature_lines(note, [line]), [key]):
            return line
    raise MalformedError("answer of a witness", "it holds no line by its key")


def _submission(services: Services, old: int, head: _Head) -> bytes:
    proof: list[bytes] = []
    if 0 < old < head.checkpoint.size:
        proof = services.log.consistency(head.origin.first + old, head.covered)
    return Submission(old, tuple(proof), head.note).serialise()


def _post(url: str, body: bytes) -> _Answer:
    """The answer, read no further than an honest one is long."""
    import httpx  # noqa: PLC0415 (as above)

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


def _last_seen(services: Services, key: VerifierKey, origin: Origin) -> int:
    """The size of the last checkpoint of this log that `key` cosigned; 0: unknown."""
    with services.log.session() as session:
        for row in session.scalars(checkpoints_of(origin).limit(REMEMBERED)):
            if cosignatures(row.note, [key]):
                return row.size - origin.first
    return 0
