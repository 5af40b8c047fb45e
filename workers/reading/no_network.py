"""A filter on system calls that leaves a process, and all it starts, no network.

The kernel runs it (seccomp, Linux 3.5): a socket of the Internet families is refused
with EACCES, whoever asks. It needs `no_new_privs`, cannot be taken back, and passes
to programs that are started. Sockets inside the machine (AF_UNIX) stay: programs use
them to speak with themselves.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from dataclasses import dataclass
from typing import Final

_PR_SET_SECCOMP = 22
_MODE_FILTER = 2
_ALLOW = 0x7FFF_0000
_REFUSE = 0x0005_0000 | errno.EACCES
# Classic BPF (linux/bpf_common.h): load a word, jump if equal or greater, return.
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# Places in `struct seccomp_data`.
_NUMBER, _MACHINE, _ARGUMENT = 0, 4, 16
_UNIX = 1  # AF_UNIX, the one family that is left


@dataclass(frozen=True, slots=True)
class _Calls:
    """The kernel's mark of a machine, and the numbers of its calls."""

    machine: int
    socket: int
    ring: int = 425  # io_uring_setup, a way round: its rings can open sockets


_MACHINES: Final = {
    "x86_64": _Calls(0xC000_003E, 41),
    "aarch64": _Calls(0xC000_00B7, 198),
}
_OTHER_NUMBERS: Final = 0x4000_0000  # the x32 numbers of x86_64


class NoFilterError(OSError):
    """This system does not offer the filter."""


def forbid_network() -> None:
    """Refuse this process and its children any network from now on.

    Raises:
        NoFilterError: the machine is not known here, or the kernel refuses.
    """
    calls = _MACHINES.get(os.uname().machine)
    if calls is None:
        raise NoFilterError(errno.ENOSYS, f"no filter for {os.uname().machine}")
    program = _program(calls)
    code = ctypes.create_string_buffer(program, len(program))
    filter_ = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, filter_, 0, 0) != 0:
        raise NoFilterError(ctypes.get_errno(), "the kernel refused the filter")


def _program(calls: _Calls) -> bytes:
    """The filter: (code, steps if true, steps if false, value) for each instruction."""
    refused, allowed = 8, 9
    rows = (
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 0, refused - 2, calls.machine),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, refused - 4, 0, _OTHER_NUMBERS),
        (_EQUAL, refused - 5, 0, calls.ring),
        (_EQUAL, 0, allowed - 6, calls.socket),
        (_LOAD, 0, 0, _ARGUMENT),
        (_EQUAL, allowed - 8, 0, _UNIX),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(struct.pack("=HBBI", *row) for row in rows)
