"""What the child does to itself before it touches the file.

Order matters: limits first, then the bond to the parent, then no way to gain rights.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal

from workers.reading.limits import Limits

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38


def confine(limits: Limits, parent: int) -> None:
    """Set resource limits; die with the parent; give up gaining privileges."""
    _limit(resource.RLIMIT_AS, limits.memory)
    _limit(resource.RLIMIT_CPU, limits.cpu)
    _limit(resource.RLIMIT_FSIZE, limits.file_size)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_CORE, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != parent:
        # The parent died between starting us and the bond above.
        os._exit(1)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    # The kernel announces the soft limit by a signal of its own and kills at the
    # hard one; a second between them lets the parent tell what happened.
    above = value + 1 if kind == resource.RLIMIT_CPU else value
    resource.setrlimit(kind, (value, above))
