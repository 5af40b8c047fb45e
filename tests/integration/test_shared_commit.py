"""Units of work of several threads in one transaction: kept together, undone alone."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, ForeignKey, Integer, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from integrity.errors import StoreUnavailable
from integrity.store import shared_commit
from integrity.store.db import connect, reading, writing
from integrity.store.direct import Direct
from integrity.store.shared_commit import MOST_UNITS, SharedCommit, Unit
from tests.integration.test_postgresql import postgresql  # noqa: F401
from tests.log_factory import ACTOR, LogHome, log_size, record

INSERT = "INSERT INTO numbers (n) VALUES (:n)"


class Base(DeclarativeBase):
    pass


class Number(Base):
    __tablename__ = "numbers"
    n: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)


class Part(Base):
    """Whether its number is there is looked at by the commit, not before."""

    __tablename__ = "parts"
    n: Mapped[int] = mapped_column(
        ForeignKey("numbers.n", deferrable=True, initially="DEFERRED"), primary_key=True
    )


class Failed(Exception):
    """What a unit of work raises of its own."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = connect(f"sqlite:///{tmp_path_factory.mktemp('numbers') / 'a.db'}")
    else:
        url = request.getfixturevalue("postgresql")
        name = f"numbers_{secrets.token_hex(4)}"
        server = create_engine(url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        server.dispose()
        made = connect(url.removesuffix("postgres") + name)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture(autouse=True)
def nothing_yet(engine: Engine) -> None:
    with writing(engine) as session:
        session.execute(text("DELETE FROM numbers"))


class Threads:
    """Runs units of work so that they share a transaction, in the order given."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.commits = 0
        self.learned: list[int] = []
        self.shared = SharedCommit[int](self._begin, self.learned.append)

    def _begin(self) -> AbstractContextManager[Session]:
        self.commits += 1
        return writing(self.engine, lazily=True)

    def run(
        self, bodies: Sequence[Callable[[Unit[int]], None]]
    ) -> list[BaseException | None]:
        """What came of each; each next one queues before the one before is done."""
        outcomes: list[BaseException | None] = [None] * len(bodies)
        started = threading.Semaphore(0)

        def work(place: int) -> None:
            try:
                with self.shared.unit() as unit:
                    started.release()
                    self._until_queued(last=place == len(bodies) - 1)
                    bodies[place](unit)
            except Exception as error:  # noqa: BLE001 (looked at by the test)
                outcomes[place] = error

        threads = [threading.Thread(target=work, args=(n,)) for n in range(len(bodies))]
        for thread in threads:
            thread.start()
            if thread is threads[0]:
                started.acquire()
            else:
                self._until_waiting_or_over(thread)
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        return outcomes

    def _until_queued(self, *, last: bool) -> None:
        """Somebody waits, unless nobody else will come."""
        end = time.monotonic() + 5
        while not last and not self.shared._waiting and time.monotonic() < end:
            time.sleep(0.001)

    def _until_waiting_or_over(self, thread: threading.Thread) -> None:
        end = time.monotonic() + 0.02
        while thread.is_alive() and time.monotonic() < end:
            time.sleep(0.001)

    def kept(self) -> list[int]:
        with reading(self.engine) as session:
            query = text("SELECT n FROM numbers ORDER BY n")
            return [n for (n,) in session.execute(query)]


def add(n: int) -> Callable[[Unit[int]], None]:
    """A unit that writes `n`, as events are written."""

    def body(unit: Unit[int]) -> None:
        Direct(unit.session).write(INSERT, [{"n": n}])
        unit.leave(n, is_last=False)

    return body


def add_row(n: int) -> Callable[[Unit[int]], None]:
    """A unit that writes `n` by an object, as pages do."""
    return lambda unit: unit.session.add(Number(n=n))


def add_and_fail(n: int) -> Callable[[Unit[int]], None]:
    def body(unit: Unit[int]) -> None:
        add(n)(unit)
        raise Failed

    return body


def ask_and_fail(n: int) -> Callable[[Unit[int]], None]:
    """As `add_and_fail`, when what it wrote was sent to the database."""

    def body(unit: Unit[int]) -> None:
        add_row(n)(unit)
        assert unit.session.get(Number, n) is not None
        assert Direct(unit.session).rows("SELECT count(*) FROM numbers")
        raise Failed

    return body


def test_units_share_a_transaction(engine: Engine) -> None:
    """Four units, one commit; each finds what the one before it left."""
    threads = Threads(engine)
    found: list[int | None] = []

    def noting(n: int) -> Callable[[Unit[int]], None]:
        def body(unit: Unit[int]) -> None:
            found.append(unit.found)
            add(n)(unit)

        return body

    assert threads.run([noting(n) for n in range(1, 5)]) == [None] * 4
    assert threads.kept() == [1, 2, 3, 4]
    assert threads.commits == 1
    assert found[0] is None
    assert sorted(found[1:]) == sorted(n for n in found[1:] if n)
    assert len(threads.learned) == 1


def test_nothing_is_acknowledged_before_the_commit(engine: Engine) -> None:
    """A unit is not left while the transaction that it shares is open."""
    threads = Threads(engine)
    seen: list[list[int]] = []
    left = threading.Event()

    def watching(unit: Unit[int]) -> None:
        seen.append(threads.kept())
        assert not left.wait(0.05)
        add(2)(unit)

    def first() -> None:
        with threads.shared.unit() as unit:
            threads._until_queued(last=False)
            add(1)(unit)
        left.set()

    thread = threading.Thread(target=first)
    thread.start()
    while not threads.shared._busy:
        time.sleep(0.001)
    with threads.shared.unit() as unit:
        watching(unit)
    thread.join()
    assert seen == [[]]
    assert threads.kept() == [1, 2]


@pytest.mark.parametrize("failing", [add_and_fail, ask_and_fail])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_failing_unit_is_undone_alone(
    engine: Engine, failing: Callable[[int], Callable[[Unit[int]], None]], place: int
) -> None:
    """Whichever of three fails: its own error, nothing of it kept, the others kept."""
    threads = Threads(engine)
    bodies = [add_row(1), add(2), add_row(3)]
    bodies[place] = failing(place + 1)
    outcomes = threads.run(bodies)
    assert [type(x) for x in outcomes if x] == [Failed]
    assert isinstance(outcomes[place], Failed)
    assert threads.kept() == [n for n in (1, 2, 3) if n != place + 1]


@pytest.mark.parametrize("adding", [add, add_row])
def test_what_the_database_refuses_is_acknowledged_to_nobody(
    engine: Engine, adding: Callable[[int], Callable[[Unit[int]], None]]
) -> None:
    """The same number twice: its unit is told; whoever was told nothing is kept."""
    threads = Threads(engine)
    bodies = [add(1), adding(1), add(2)]
    outcomes = threads.run(bodies)
    assert outcomes[1] is not None
    told = [n for n, outcome in zip((1, 1, 2), outcomes, strict=True) if not outcome]
    assert threads.kept() == told
    assert threads.run([add(7)]) == [None]


def test_all_are_told_that_the_commit_failed(engine: Engine) -> None:
    """No unit of a transaction that could not be committed is acknowledged."""
    threads = Threads(engine)

    def add_part(unit: Unit[int]) -> None:
        unit.session.add(Part(n=9))

    outcomes = threads.run([add(1), add_part, add(3)])
    assert [type(x) for x in outcomes] == [StoreUnavailable] * 3
    assert threads.kept() == []
    assert threads.run([add(4)]) == [None]
    assert threads.kept() == [4]


def test_broken_transaction_is_acknowledged_to_nobody(engine: Engine) -> None:
    """A unit that ends the transaction itself takes all of it along, and they know."""
    threads = Threads(engine)

    def end(unit: Unit[int]) -> None:
        Direct(unit.session).rows("SELECT 1")
        unit.session.connection().connection.rollback()
        raise Failed

    outcomes = threads.run([add(1), end, add(3)])
    assert isinstance(outcomes[0], StoreUnavailable)
    assert isinstance(outcomes[1], Failed)
    assert outcomes[2] is None
    assert threads.kept() == [3]


def test_nobody_follows_the_last(engine: Engine) -> None:
    """After a unit that says so the transaction is committed, whoever waits."""
    threads = Threads(engine)

    def last(unit: Unit[int]) -> None:
        add(1)(unit)
        unit.leave(1, is_last=True)

    assert threads.run([last, add(2)]) == [None, None]
    assert threads.commits == 2
    assert threads.learned == [1, 2]


def test_a_transaction_has_an_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most so many units share one, however many queue."""
    monkeypatch.setattr(shared_commit, "LONGEST_S", 60.0)
    threads = Threads(engine)
    count = MOST_UNITS + 1
    assert threads.run([add(n) for n in range(count)]) == [None] * count
    assert threads.kept() == list(range(count))
    assert threads.commits == 2


def test_old_transaction_lets_nobody_in(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who came first does not wait for ever because others keep coming."""
    monkeypatch.setattr(shared_commit, "LONGEST_S", 0.0)
    threads = Threads(engine)
    assert threads.run([add(1), add(2)]) == [None, None]
    assert threads.commits == 2


def test_unit_that_does_not_end_holds_nobody_for_ever(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits in vain is told so, and the one inside still commits."""
    monkeypatch.setattr(shared_commit, "WAIT_S", 0.05)
    shared = SharedCommit[int](lambda: writing(engine), lambda _: None)
    refused = []

    def wait() -> None:
        with suppress(StoreUnavailable), shared.unit():
            return
        refused.append(True)

    with shared.unit() as unit:
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(10)
        add(1)(unit)
    assert refused == [True]
    assert Threads(engine).kept() == [1]


def test_outcome_that_does_not_come_is_none(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit whose transaction another one keeps open is not acknowledged."""
    monkeypatch.setattr(shared_commit, "OUTCOME_S", 0.05)
    threads = Threads(engine)

    def slow(unit: Unit[int]) -> None:
        add(2)(unit)
        time.sleep(0.5)

    first, second = threads.run([add(1), slow])
    assert isinstance(first, StoreUnavailable)
    assert second is None


def test_database_that_is_gone_is_told_to_each(tmp_path: Path) -> None:
    """Where no transaction can begin, each is told; then it goes on as before."""
    reached = []

    def begin() -> AbstractContextManager[Session]:
        if not reached:
            raise StoreUnavailable("database", "gone")
        return writing(connect(f"sqlite:///{tmp_path / 'b.db'}"))

    shared = SharedCommit[int](begin, lambda _: None)
    for _ in range(2):
        with pytest.raises(StoreUnavailable), shared.unit():
            pytest.fail("nothing can be done without a database")
    reached.append(True)
    with shared.unit() as unit:
        assert Direct(unit.session).rows("SELECT 1") == [(1,)]


KINDS = [add, add_row, add_and_fail, ask_and_fail]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(range(len(KINDS))), min_size=1, max_size=8))
def test_kept_is_what_was_acknowledged(engine: Engine, kinds: list[int]) -> None:
    """Whatever fails in whatever order: in the database stands what was told so."""
    with writing(engine) as session:
        session.execute(text("DELETE FROM numbers"))
    threads = Threads(engine)
    outcomes = threads.run([KINDS[kind](n) for n, kind in enumerate(kinds)])
    assert [outcome is None for outcome in outcomes] == [kind < 2 for kind in kinds]
    assert threads.kept() == [n for n, outcome in enumerate(outcomes) if not outcome]


def test_log_of_many_writers_is_one_log(tmp_path: Path) -> None:
    """Events of threads that share commits have leaves of their own, and each proof."""
    home = LogHome(tmp_path)
    log = home.begin()
    leaves: list[int] = []

    def write(number: int) -> None:
        for turn in range(5):
            if number % 3 == 0 and turn == 2:
                with suppress(Failed), log.transaction() as tx:
                    tx.record("test.happened", ACTOR, {"number": number})
                    raise Failed
            with log.transaction() as tx:
                leaves.append(tx.record("test.happened", ACTOR, {"number": number}))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(leaves) == list(range(1, 61))
    assert log_size(log) == 61
    assert all(log.prove(leaf).index == leaf for leaf in leaves)
    assert record(home.open()) == 61
