"""A witness: a folder that remembers the newest checkpoint of each log it watches.

It cosigns a checkpoint only when that checkpoint extends the one it cosigned last,
and the new one is durable before the cosignature leaves (c2sp.org/tlog-witness). So
a firm that shows two histories to two people needs a witness that forgets.

    witness.key      its private key, mode 0600
    witness.name     its name, as in its cosignatures
    logs             one verifier key a line: the logs it watches
    seen/<sha256>    the last checkpoint it cosigned, by the origin's SHA-256
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrity.checkpoint import Checkpoint, claimed_checkpoint, open_checkpoint
from integrity.cosignature import cosign, witness_key
from integrity.errors import (
    IntegrityError,
    MalformedError,
    StoreConflict,
    StoreUnavailable,
    VerificationError,
)
from integrity.keys import create_key_file, load_key_file
from integrity.merkle import verify_consistency
from integrity.note import VerifierKey, check_key_name, parse_vkey
from integrity.store.durable import make_directory, write_durably
from integrity.witness import Submission, parse_submission, size_text

BAD_REQUEST, FORBIDDEN, NOT_FOUND = 400, 403, 404
CONFLICT, UNPROCESSABLE = 409, 422
MAX_LOGS = 1000
_KEY, _NAME, _LOGS, _SEEN = "witness.key", "witness.name", "logs", "seen"
_PRIVATE = 0o600


class WitnessRefusal(IntegrityError):
    """A checkpoint that is not cosigned; `status` and `body` are the HTTP answer."""

    code = "witness_refusal"

    def __init__(self, status: int, reason: str, body: bytes | None = None) -> None:
        super().__init__(f"Not cosigned: {reason}.", facts={"reason": reason})
        self.status = status
        self.body = body


class WitnessHome:
    """The witness in `folder`.

    Raises:
        StoreUnavailable, MalformedError, SigningRefused: there is none, or its key
            can be reached by others.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._signer = load_key_file(folder / _KEY, _read(folder / _NAME).strip())

    @classmethod
    def create(cls, folder: Path, name: str) -> WitnessHome:
        """Set up a witness called `name`, e.g. `witness.example.cn`.

        Raises:
            StoreConflict: there is one already; its key is never replaced.
        """
        check_key_name(name)
        if (folder / _KEY).exists():
            raise StoreConflict(str(folder), "there is a witness already")
        make_directory(folder / _SEEN)
        folder.chmod(0o700)
        write_durably(folder / _NAME, [f"{name}\n".encode()], _PRIVATE)
        write_durably(folder / _LOGS, [b""], _PRIVATE)
        create_key_file(folder / _KEY, name)
        return cls(folder)

    @property
    def key(self) -> VerifierKey:
        """The public key by which others check the cosignatures."""
        return witness_key(self._signer.name, self._signer.public_key)

    def logs(self) -> tuple[VerifierKey, ...]:
        """The keys of the logs that are watched."""
        return tuple(parse_vkey(line) for line in _read(self._folder / _LOGS).split())

    def watch(self, vkey: str) -> None:
        """Watch the log whose checkpoints are signed by `vkey`.

        Raises:
            MalformedError: not a verifier key, or too many logs.
        """
        with self._lock():
            known = dict.fromkeys([*self.logs(), parse_vkey(vkey)])
            if len(known) > MAX_LOGS:
                raise MalformedError("list of logs", f"more than {MAX_LOGS}")
            self._keep_logs(list(known))

    def unwatch(self, vkey: str) -> None:
        """Believe `vkey` no longer: a key that a firm has closed, or lost to a thief.

        What was seen of its log stays known.

        Raises:
            MalformedError: it is not watched.
        """
        with self._lock():
            known = self.logs()
            left = [key for key in known if key.text() != vkey]
            if len(left) == len(known):
                raise MalformedError("key of a log", "it is not watched here")
            self._keep_logs(left)

    def seen(self, origin: str) -> Checkpoint | None:
        """The last checkpoint of `origin` that was cosigned."""
        path = self._seen_path(origin)
        if not path.exists():
            return None
        return claimed_checkpoint(_read(path).encode())

    def add_checkpoint(self, body: bytes, at: dt.datetime) -> bytes:
        """Cosign what `body` submits, at the aware time `at`.

        Returns:
            The signature line, with its newline.

        Raises:
            WitnessRefusal: the checkpoint does not extend what was seen, is by an
                unknown log, or is malformed.
            StoreUnavailable: it could not be remembered, so nothing was signed.
        """
        try:
            submission = parse_submission(body)
            claimed = claimed_checkpoint(submission.checkpoint)
        except MalformedError as error:
            raise WitnessRefusal(BAD_REQUEST, str(error)) from error
        head = self._signed_by_its_log(submission.checkpoint, claimed.origin)
        # One at a time: between looking at the old size and writing the new one
        # nobody else may cosign (the race the specification warns of).
        with self._lock():
            self._require_growth(submission, head)
            write_durably(
                self._seen_path(head.origin), [submission.checkpoint], _PRIVATE
            )
        return cosign(head.text(), self._signer, at)

    def _signed_by_its_log(self, note: bytes, origin: str) -> Checkpoint:
        keys = [key for key in self.logs() if key.name == origin]
        if not keys:
            raise WitnessRefusal(NOT_FOUND, "it is of a log that is not watched here")
        try:
            return open_checkpoint(note, keys, origin)
        except VerificationError as error:
            raise WitnessRefusal(FORBIDDEN, error.reason) from error
        except MalformedError as error:
            raise WitnessRefusal(BAD_REQUEST, error.reason) from error

    def _require_growth(self, submission: Submission, head: Checkpoint) -> None:
        if submission.old_size > head.size:
            raise WitnessRefusal(BAD_REQUEST, "its old size is beyond its own size")
        last = self.seen(head.origin)
        known = 0 if last is None else last.size
        if submission.old_size != known:
            reason = f"the last checkpoint cosigned here had size {known}"
            raise WitnessRefusal(CONFLICT, reason, size_text(known))
        if last is None or known == 0:
            self._require_no_proof(submission)
            return
        if known == head.size and last.root != head.root:
            reason = "another checkpoint of this size was cosigned here"
            raise WitnessRefusal(CONFLICT, reason, size_text(known))
        try:
            verify_consistency(known, head.size, last.root, head.root, submission.proof)
        except VerificationError as error:
            raise WitnessRefusal(UNPROCESSABLE, error.reason) from error

    @staticmethod
    def _require_no_proof(submission: Submission) -> None:
        if submission.proof:
            raise WitnessRefusal(UNPROCESSABLE, "from size 0 the proof is empty")

    def _keep_logs(self, keys: list[VerifierKey]) -> None:
        lines = "".join(f"{key.text()}\n" for key in keys)
        write_durably(self._folder / _LOGS, [lines.encode()], _PRIVATE)

    def _seen_path(self, origin: str) -> Path:
        return self._folder / _SEEN / hashlib.sha256(origin.encode()).hexdigest()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        with (self._folder / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreUnavailable(f"witness file {path}", type(error).__name__) from error
