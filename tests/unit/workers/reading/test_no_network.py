"""The filter that leaves a process without a network, asked for in a real process."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASK = """
import ctypes, socket, subprocess, sys
from workers.reading.no_network import forbid_network
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
if sys.argv[1] == "on":
    forbid_network()
family = getattr(socket, sys.argv[2])
open_one = f"import socket; socket.socket({int(family)})"
done = subprocess.run([sys.executable, "-c", open_one], capture_output=True)
try:
    socket.socket(family).close()
    print("open", done.returncode)
except PermissionError:
    print("refused", done.returncode)
"""


@pytest.mark.parametrize(
    ("filtered", "family", "answer"),
    [
        ("on", "AF_INET", "refused 1"),
        ("on", "AF_INET6", "refused 1"),
        ("on", "AF_UNIX", "open 0"),
        ("off", "AF_INET", "open 0"),
    ],
)
def test_families(filtered, family, answer):
    """Internet sockets are refused, to children too; those inside the machine stay."""
    command = [sys.executable, "-c", ASK, filtered, family]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout.strip() == answer
