"""What the child does to itself before it touches the file, in this order.

1. Resource limits: address space, processor time, file size, descriptors, no core.
2. Death with the parent; no tracing by others; no way to gain privileges.

Filters on files and system calls belong behind step 2: they need `no_new_privs`.
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
_GRACE_S = 5


def confine(limits: Limits, parent: int) -> None:
    """Set the limits; die with process `parent`; give up gaining privileges.

    Raises:
        OSError: the system did not grant one of them; nothing may be read then.
    """
    _limit(resource.RLIMIT_AS, limits.memory)
    _limit(resource.RLIMIT_FSIZE, limits.file_size)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_CORE, 0)
    # The soft limit grows with the pages that are announced, up to the hard one.
    _limit(resource.RLIMIT_CPU, limits.cpu, _most_cpu(limits))
    _control(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _control(_PR_SET_DUMPABLE, 0)
    _control(_PR_SET_NO_NEW_PRIVS, 1)
    if os.getppid() != parent:
        # The parent died between starting us and the bond above.
        os._exit(1)


def allow_cpu(limits: Limits, pages: int) -> None:
    """Raise the soft limit on processor time for a file of `pages` pages.

    A process that was not confined has none, and is given none.
    """
    if resource.getrlimit(resource.RLIMIT_CPU)[1] == resource.RLIM_INFINITY:
        return
    _limit(resource.RLIMIT_CPU, limits.cpu + limits.cpu_page * pages, _most_cpu(limits))


def _most_cpu(limits: Limits) -> int:
    # At the soft limit comes a signal that says why; at the hard one, death.
    return limits.cpu + limits.cpu_page * limits.pages + _GRACE_S


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    hard = soft if hard is None else hard
    _, granted = resource.getrlimit(kind)
    if granted != resource.RLIM_INFINITY:
        hard = min(hard, granted)
    resource.setrlimit(kind, (min(soft, hard), hard))


def _control(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")
