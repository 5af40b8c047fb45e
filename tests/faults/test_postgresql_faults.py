"""What only a server can do to a log: be killed alone, or answer and not be heard.

The questions that two transactions and their publications ask PostgreSQL are counted
on the wire. At each of them the server is killed and starts again, or the connection
ends, before the question or after its answer, which is then not heard.
"""

from __future__ import annotations

import pytest

from tests.faults.accidents import Accident, Strike, cut, kill, shut_down
from tests.faults.fault_table import AFTER, BEFORE, Promises, check, named, watched
from tests.faults.prepared import PreparedOnPostgresql
from tests.faults.wire import COMMIT, Wire
from tests.pg_server import Server


@pytest.mark.parametrize("strike", [cut, shut_down, kill])
def test_the_server_is_lost_at_every_question(
    log_home: PreparedOnPostgresql, server: Server, wire: Wire, strike: Strike
) -> None:
    """Nobody is told what is not known, nothing is written twice, and it goes on."""
    counting = Accident(server)
    assert write_through(log_home, wire, counting) == (True, [0, 1])
    questions = counting.questions
    assert len(questions) > 10
    outcomes = set()
    for how in (BEFORE, AFTER):
        for at, question in enumerate(questions, start=1):
            with named(f"question {at} of {len(questions)}, {how}: {question!r}"):
                accident = Accident(server, strike, at, how)
                told, written = write_through(log_home, wire, accident)
            outcomes.add((told, 0 in written))
    assert outcomes <= {(True, True), (False, False), (False, True)}
    # The table would prove nothing if no accident had come through to anybody.
    assert {(False, False), (False, True)} <= outcomes


def test_the_answer_to_a_commit_is_not_heard(
    log_home: PreparedOnPostgresql, server: Server, wire: Wire
) -> None:
    """Committed, and nobody knows: refused, written once, and found at the restart."""
    assert after_commit(log_home, server, wire, cut) == (False, [0, 1])


def test_what_is_committed_lazily_is_lost_with_the_server(
    log_home: PreparedOnPostgresql, server: Server, wire: Wire
) -> None:
    """So the table shows what it claims to: after that commit nobody was answered."""
    for strike in (shut_down, kill):
        told, written = after_commit(log_home, server, wire, strike)
        assert not told
        assert 0 not in written


def after_commit(
    prepared: PreparedOnPostgresql, server: Server, wire: Wire, strike: Strike
) -> tuple[bool, list[int]]:
    """As `write_through`, struck when the first commit was answered."""
    counting = Accident(server)
    write_through(prepared, wire, counting)
    commits = [COMMIT in question for question in counting.questions]
    accident = Accident(server, strike, commits.index(True) + 1, AFTER)
    return write_through(prepared, wire, accident)


def write_through(
    prepared: PreparedOnPostgresql, wire: Wire, accident: Accident
) -> tuple[bool, list[int]]:
    """Write an event through an accident, then another in the same process.

    Returns:
        Whether the first was answered; which are written, after a restart.
    """
    home, promises = prepared.fresh(), Promises()
    log = watched(home, promises.heads.append).open()
    with log.session():
        pass  # whoever goes on has been connected before
    with accident.watching(wire):
        told = promises.try_record(log, 0)
    promises.try_record(log, 1)
    home.close()
    return told, check(home, promises)
