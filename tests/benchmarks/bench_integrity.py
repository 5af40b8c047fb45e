"""Numbers of the proof machine; `make bench` prints them, nothing is asserted tightly.

The machine stands in the first line, since a number without it says nothing.
"""

from __future__ import annotations

import io
import os
import platform
import time
from collections.abc import Callable

from integrity.digest import DigestReader
from integrity.merkle import inclusion_proof, leaf_hash, new_nodes, root_at

MIB = 1 << 20
SIZE = 64 * MIB
LEAVES = 20_000


def bench_both_digests() -> None:
    """SHA-256 and SM3 in one pass over bytes in memory."""
    reader = DigestReader(io.BytesIO(bytes(SIZE)))
    seconds = _timed(lambda: _drain(reader))
    _print("both digests, one pass", f"{SIZE / MIB / seconds:.0f} MiB/s")


def bench_append_and_prove() -> None:
    """Leaves appended to a tree in memory, then a proof and a root."""
    nodes: dict[tuple[int, int], bytes] = {}

    def read(level: int, index: int) -> bytes:
        return nodes[level, index]

    def append() -> None:
        for number in range(LEAVES):
            for level, index, value in new_nodes(
                number, leaf_hash(b"%d" % number), read
            ):
                nodes[level, index] = value

    _print("leaves appended", f"{LEAVES / _timed(append):.0f} a second")
    proving = _timed(lambda: inclusion_proof(LEAVES // 3, LEAVES, read))
    _print("inclusion proof", f"{proving * 1e6:.0f} µs")
    _print("root", f"{_timed(lambda: root_at(LEAVES, read)) * 1e6:.0f} µs")


def _drain(reader: DigestReader) -> None:
    while reader.read(MIB):
        pass


def _timed(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def _print(what: str, number: str) -> None:
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_version()}"
    )
    print(f"\n{what:24} {number:>16}   ({machine})", end="")
