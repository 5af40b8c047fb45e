"""A function in a forked process: its memory, its time and its crash stay there.

What is loaded before the fork (a model, a picture) is shared with it and not copied.
The answer comes back through a pipe as JSON; progress as empty lines before it. The
process dies with its parent, has processor time and memory of its own bounded, and
keeps every limit and filter of its parent. Only for a parent with one thread.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from intake.reading import MAX_JSON_BYTES, Unreadable, UnreadableReason
from workers.die_with_parent import bind

Tell = Callable[[], None]
Job = Callable[[Tell], Any]

_CHUNK: Final = 1 << 16
_FINISHED: Final = b"}"


@dataclass(frozen=True, slots=True)
class ForkBounds:
    """Processor seconds, bytes of memory beyond the parent's, seconds of silence."""

    cpu: int
    memory: int
    silence: float


class Fork:
    """One running process; `result` must be called, or `end`."""

    def __init__(self, job: Job, bounds: ForkBounds) -> None:
        """Start `job`, which is given a function to tell progress with."""
        self._bounds = bounds
        self._heard = bytearray()
        self._moved = time.monotonic()
        self._status: int | None = None
        self._late = False
        reading, writing = os.pipe()
        parent = os.getpid()
        # Else a collection in the fork would write to, and so copy, every page.
        gc.freeze()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(reading)
            _run(job, bounds, writing, parent)
        gc.unfreeze()
        os.close(writing)
        self._pipe = reading

    @property
    def is_done(self) -> bool:
        """Whether it ended, one way or the other."""
        return self._status is not None

    def listen(self) -> bool:
        """Take what it said by now; whether that was anything.

        To be called when its pipe is ready, and often enough to notice silence.
        """
        if self.is_done:
            return False
        if not select.select([self._pipe], [], [], 0)[0]:
            if time.monotonic() - self._moved > self._bounds.silence:
                self._late = True
                self.end()
            return False
        said = os.read(self._pipe, _CHUNK)
        self._heard += said.replace(b"\n", b"")
        self._moved = time.monotonic()
        if not said or len(self._heard) > MAX_JSON_BYTES:
            self.end(kill=bool(said))
        return True

    def end(self, *, kill: bool = True) -> None:
        """Kill it if it still runs, and forget it."""
        if self._status is not None:
            return
        if kill:
            os.kill(self._pid, signal.SIGKILL)
        self._status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        os.close(self._pipe)

    def result(self) -> Any:
        """What the job returned; waits for it.

        Raises:
            Unreadable: the reason the job gave, or what it died of.
        """
        while not self.is_done:
            wait_for([self], 0.5)
            self.listen()
        if self._late:
            raise Unreadable(UnreadableReason.LIMIT_TIME, "no progress")
        if self._status != 0 or not self._heard.endswith(_FINISHED):
            raise _death(self._status or 0)
        answer = json.loads(self._heard)
        if "value" in answer:
            return answer["value"]
        raise Unreadable(UnreadableReason(answer["unreadable"]), answer["detail"])


def wait_for(forks: Sequence[Fork], seconds: float) -> None:
    """Return when one of the running `forks` has something to say, or time is up."""
    pipes = [fork._pipe for fork in forks if not fork.is_done]  # noqa: SLF001 (ours)
    if pipes:
        select.select(pipes, [], [], seconds)


def where(error: BaseException) -> str:
    """The class of an error and the module it came from; never its message."""
    frames = traceback.extract_tb(error.__traceback__)
    module = Path(frames[-1].filename).stem if frames else "?"
    return f"{type(error).__name__} in {module}"


def _run(job: Job, bounds: ForkBounds, pipe: int, parent: int) -> NoReturn:
    code = 1
    try:
        bind(parent)
        _limit(bounds)
        answer = json.dumps(_answer(job, lambda: _say(pipe, b"\n"))).encode()
        _say(pipe, answer)
        code = 0
    finally:
        # No handler of the parent may run here, nor its buffers be written twice.
        os._exit(code)


def _answer(job: Job, tell: Tell) -> dict[str, Any]:
    try:
        return {"value": job(tell)}
    except Unreadable as why:
        reason, detail = why.reason, why.detail
    except MemoryError:
        reason, detail = UnreadableReason.LIMIT_MEM, "MemoryError"
    except Exception as error:  # noqa: BLE001 (decoders raise anything at all)
        reason, detail = UnreadableReason.CORRUPT, where(error)
    return {"unreadable": reason.value, "detail": detail}


def _limit(bounds: ForkBounds) -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf(
        "SC_PAGE_SIZE"
    )
    for kind, most in (
        (resource.RLIMIT_AS, size + bounds.memory),
        (resource.RLIMIT_CPU, bounds.cpu),
    ):
        _, hard = resource.getrlimit(kind)
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (soft, hard))


def _say(pipe: int, said: bytes) -> None:
    rest = memoryview(said)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _death(status: int) -> Unreadable:
    if status == -signal.SIGXCPU:
        return Unreadable(UnreadableReason.LIMIT_TIME, "processor time")
    if status == -signal.SIGXFSZ:
        return Unreadable(UnreadableReason.LIMIT_OUTPUT, "file size")
    if status < 0:
        name = signal.Signals(-status).name
        return Unreadable(UnreadableReason.KILLED_READER, name)
    return Unreadable(UnreadableReason.KILLED_READER, f"exit {status}")
