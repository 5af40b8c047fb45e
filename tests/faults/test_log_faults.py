"""The fault table of the log: every operation fails once, in every way it can.

One event and its checkpoint are written, then another; the k-th operation on the way
fails. Then the process is started again. Whatever failed: no two signed heads of one
size, no answered event lost, no wrong leaf signed, and the log goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from integrity.checkpoint import claimed_checkpoint
from integrity.store.blobs import CHECKPOINT, FROZEN, read_object
from tests.faults.child import in_child
from tests.faults.fault_table import (
    AFTER,
    BEFORE,
    HALF,
    Fault,
    Promises,
    begin,
    check,
    failing_commits,
    faulty,
    named,
    watched,
)
from tests.faults.prepared import OpenHome, Prepared
from tests.rolling import LOG_2, NAMES, keys_of_three, roll_over

EVENTS = 3  # written while something fails
# Where a log ends: between the two events of the first transaction, or after them.
WITHIN, BETWEEN = 5, 6


@pytest.fixture(scope="module", params=[WITHIN, BETWEEN], ids=["within", "between"])
def ending(prepare: Callable[[], Prepared], request: pytest.FixtureRequest) -> Prepared:
    """The same log, whose end is announced for one of the next events."""
    prepared = prepare()
    begin(prepared.home)
    home = prepared.home
    home.keys = keys_of_three()
    roll_over(home.open(), request.param, NAMES[1], LOG_2.public_key)
    prepared.keep()
    return prepared


def test_every_operation_fails_in_every_way(template: Prepared) -> None:
    """Stores and database fail before, half-way and after; all of it is survived."""
    assert fail_everywhere(template, NAMES[0]) == 4


def test_every_operation_fails_where_a_log_ends(ending: Prepared) -> None:
    """So it is where the last checkpoint of a log and the next one's first are made."""
    assert fail_everywhere(ending, NAMES[1]) >= 4


def test_every_operation_is_killed(template: Prepared) -> None:
    """`kill -9` before every write, link, rename and commit is survived.

    Waiting for a disk changes nothing for who survives: being killed before an fsync
    and after it are one case.
    """
    kill_everywhere(template, NAMES[0], [(0,), (1,), (2,)])


def test_every_operation_is_killed_where_a_log_ends(ending: Prepared) -> None:
    """So it is across the end of a log, within a transaction and between two."""
    kill_everywhere(ending, NAMES[1], [(0, 1), (2,)])


def fail_everywhere(prepared: Prepared, last: str) -> int:
    """Let each operation fail in each way; returns how many can end half-way."""
    counting, home = Fault(), prepared.fresh()
    assert len(run_with(home, counting).answered) == EVENTS
    assert_wrote_into(home, last)
    assert counting.count > 30
    failed = 0
    table = [(at, BEFORE) for at in range(1, counting.count + 1)]
    # What only looks leaves nothing, so failing before and after it are one case.
    table += [(at, AFTER) for at in counting.changes]
    table += [(at, HALF) for at in counting.parted]
    for at, how in table:
        with named(f"operation {at} fails {how}"):
            home = prepared.fresh()
            promises = run_with(home, Fault(at, how))
            failed += len(promises.answered) < EVENTS
            check(watched(home, promises.heads.append), promises)
    # The table would prove nothing if what fails did not reach anybody.
    assert failed > len(table) * 0.9
    return len(counting.parted)


def run_with(home: OpenHome, fault: Fault) -> Promises:
    """Write events over failing parts, in one process that goes on trying.

    The first transaction is of two events, so that a store can keep one of the two.
    """
    promises = Promises()
    log = watched(home, promises.heads.append).open(faulty(home.stores(), fault))
    with failing_commits(log.engine, fault):
        promises.try_record(log, 0, 1)
        promises.try_record(log, 2)
    log.engine.dispose()
    return promises


def kill_everywhere(
    prepared: Prepared, last: str, groups: Sequence[Sequence[int]]
) -> None:
    """Kill a child that writes `groups` of events before each change of a file."""
    home = prepared.fresh()
    total = in_child(home, killed_at=0, groups=groups)[1]
    assert_wrote_into(home, last)
    assert total > 50
    for at in range(1, total + 1):
        with named(f"killed before change {at}"):
            home = prepared.fresh()
            promises, reached = in_child(home, killed_at=at, groups=groups)
            assert reached >= at
            check(watched(home, promises.heads.append), promises)


def assert_wrote_into(home: OpenHome, name: str) -> None:
    """The case that counts the operations came into the log of this name."""
    for store in home.stores():
        assert claimed_checkpoint(read_object(store, CHECKPOINT)).origin == name
        assert len(list(store.names(FROZEN))) == NAMES.index(name)
