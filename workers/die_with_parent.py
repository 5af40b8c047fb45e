"""`python -m workers.die_with_parent PARENT -- COMMAND…`: never outlive the parent.

Linux delivers a signal to a process whose parent dies (prctl(2), PR_SET_PDEATHSIG),
even when the parent had no time to say anything (`kill -9`). The setting survives
execve(2), so this module binds itself and then becomes the command. It is not
inherited by the command's own children: a program that forks long-lived children
calls `bind` in each of them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_NO_PARENT = 1
_USAGE = 2
_NOT_FOUND = 127


def wrapped(command: Sequence[str]) -> list[str]:
    """`command`, to be started by the process it must not outlive."""
    parent = str(os.getpid())
    return [
        sys.executable,
        "-P",
        "-m",
        "workers.die_with_parent",
        parent,
        "--",
        *command,
    ]


def bind(expected_parent: int | None = None) -> None:
    """Let the kernel kill this process when its parent dies.

    The signal is SIGKILL: a polite one may be ignored, and everything that the
    product promises is already durable before it is promised.

    Args:
        expected_parent: the process that started this one; if it died before the
            kernel was told, this process ends at once.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    parent = os.getppid()
    orphaned = parent == _NO_PARENT if expected_parent is None else False
    if orphaned or expected_parent not in (None, parent):
        os._exit(128 + signal.SIGKILL)


def main() -> None:
    """Bind, then become the command after `--`."""
    match sys.argv[1:]:
        case [parent, "--", *command] if command and parent.isdigit():
            bind(int(parent))
            _become(command)
        case _:
            print("usage: die_with_parent PARENT -- COMMAND…", file=sys.stderr)
            sys.exit(_USAGE)


def _become(command: list[str]) -> None:
    try:
        os.execvp(command[0], command)  # noqa: S606  no shell is wanted
    except OSError as error:
        print(f"{command[0]} cannot be started: {error.strerror}", file=sys.stderr)
        sys.exit(_NOT_FOUND)


if __name__ == "__main__":
    main()
