"""Trusted keys: one file, judged by the size and date of what was signed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrity.errors import MalformedError
from integrity.keys import key_id
from integrity.merkle import MAX_TREE_SIZE
from integrity.note import VerifierKey
from integrity.policy import (
    MAX_FILE_BYTES,
    MAX_KEYS,
    Role,
    TrustedKey,
    TrustedKeys,
    parse_trusted_keys,
)


def key(number: int, name: str = "firm.example/log") -> VerifierKey:
    return VerifierKey.ed25519(name, number.to_bytes(32, "big"))


START = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
TURN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
OLD = TrustedKey(Role.LOG, key(1), 0, 100, START, TURN)
NEW = TrustedKey(Role.LOG, key(2), 100, None, TURN, None)
WRITER = TrustedKey(Role.STATEMENT, key(3, "statement"), 0, None, START, None)
KEYS = TrustedKeys((OLD, NEW, WRITER))
FILE = KEYS.serialise()
GOLDEN = (
    "log firm.example/log+fdca1a8a+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"
    " 0 100 2025-01-01T00:00:00Z 2026-01-01T00:00:00Z\n"
    "log firm.example/log+e895365e+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAC"
    " 100 - 2026-01-01T00:00:00Z -\n"
    "statement statement+233fd174+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD"
    " 0 - 2025-01-01T00:00:00Z -\n"
)

EARLIEST = dt.datetime(1000, 1, 2)  # noqa: DTZ001  # bounds carry no zone

sizes = st.integers(0, MAX_TREE_SIZE)
times = st.datetimes(EARLIEST, timezones=st.just(dt.UTC))


@st.composite
def entries(draw: st.DrawFn) -> TrustedKey:
    from_size, to_size = sorted([draw(sizes), draw(sizes)])
    from_time, to_time = sorted([draw(times), draw(times)])
    return TrustedKey(
        draw(st.sampled_from(Role)),
        key(draw(st.integers(0, 2**256 - 1)), draw(st.sampled_from(["日志", "a-"]))),
        from_size,
        draw(st.sampled_from([None, to_size])),
        from_time,
        draw(st.sampled_from([None, to_time])),
    )


keys = st.lists(
    entries(), min_size=1, max_size=5, unique_by=lambda entry: (entry.role, entry.key)
).map(lambda chosen: TrustedKeys(tuple(chosen)))


@given(keys)
def test_file_round_trip(trusted: TrustedKeys) -> None:
    """Keys are read back from their file."""
    assert parse_trusted_keys(trusted.serialise()) == trusted


@given(st.integers(0, 8 * len(FILE) - 1))
@example(177)  # the year 25, which strftime does not write with four digits
def test_whatever_parses_has_these_bytes(bit: int) -> None:
    """A file with one bit changed is refused or the one form of other keys."""
    data = (int.from_bytes(FILE, "big") ^ (1 << bit)).to_bytes(len(FILE), "big")
    try:
        trusted = parse_trusted_keys(data)
    except MalformedError:
        return
    assert trusted.serialise() == data
    assert trusted != KEYS


def test_golden_file() -> None:
    """The first release printed the fingerprint of these bytes on paper."""
    assert GOLDEN.encode() == FILE
    assert KEYS.fingerprint() == hashlib.sha256(GOLDEN.encode()).hexdigest()
    assert parse_trusted_keys(FILE) == KEYS


@pytest.mark.parametrize(
    ("size", "at", "expected"),
    [
        (0, START, [OLD]),
        (0, START - SECOND, []),
        (99, TURN, [OLD]),
        (99, TURN + SECOND, []),
        (100, TURN - SECOND, [OLD]),
        (100, TURN, [OLD, NEW]),
        (100, TURN + SECOND, [NEW]),
        (101, TURN - SECOND, []),
        (101, TURN, [NEW]),
        (MAX_TREE_SIZE, TURN + 36500 * 86400 * SECOND, [NEW]),
        (0, None, [OLD]),
        (100, None, [OLD, NEW]),
        (101, None, [NEW]),
    ],
)
def test_log_keys_are_judged_by_size_and_date(
    size: int, at: dt.datetime | None, expected: list[TrustedKey]
) -> None:
    """A key counts from its first to its last size and date, both included."""
    assert KEYS.log_keys(size, at) == tuple(entry.key for entry in expected)


def test_statement_keys_are_found_by_id() -> None:
    """Every key that ever signed statements is there under its id, no other."""
    public_key = WRITER.key.public_key
    assert KEYS.statement_keys() == {key_id(public_key): public_key}


def test_log_policy_is_that_of_c2sp() -> None:
    """Other people's tools read the log keys, each once, and that no witness signs."""
    again = dataclasses.replace(OLD, key=key(1, "renamed.example"))
    trusted = TrustedKeys((*KEYS.entries, again))
    assert trusted.log_policy().decode() == (
        f"log {again.key.text()}\nlog {NEW.key.text()}\nquorum none\n"
    )


def test_times_are_kept_in_utc_with_whole_seconds() -> None:
    """A key's times are those that its line will say."""
    east = dt.timezone(dt.timedelta(hours=8))
    local = START.astimezone(east).replace(microsecond=7)
    entry = TrustedKey(Role.LOG, key(1), 0, 100, local, local)
    assert entry.from_time == entry.to_time == START


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"from_time": dt.datetime(2025, 1, 1)}, "no time zone"),  # noqa: DTZ001
        ({"to_time": dt.datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001
        ({"to_time": START - SECOND}, "end before they begin"),
        ({"from_size": -1}, "no range of sizes"),
        ({"from_size": 101}, "no range of sizes"),
        ({"to_size": MAX_TREE_SIZE + 1}, "no range of sizes"),
        ({"from_size": MAX_TREE_SIZE + 1, "to_size": None}, "no range of sizes"),
    ],
)
def test_entry_that_cannot_be(changes: dict[str, Any], reason: str) -> None:
    """A validity that ends before it begins is refused."""
    with pytest.raises(MalformedError, match=reason):
        dataclasses.replace(OLD, **changes)


LINE = OLD.line()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "end in a newline"),
        (LINE, "end in a newline"),
        ("\n", "not 6 fields|has not 6"),
        (f"{LINE}\n\n", "has not 6 fields"),
        (f"# comment\n{LINE}\n", "has not 6 fields"),
        (f"{LINE} \n", "has not 6 fields"),
        (f"{LINE}\r\n", "time is not like"),
        (LINE.replace(" 0 ", "  0 ") + "\n", "has not 6 fields"),
        (LINE.replace("log ", "Log ", 1) + "\n", "role is unknown"),
        (LINE.replace("log ", "witness ", 1) + "\n", "role is unknown"),
        (LINE.replace("AQ", "Ag", 1) + "\n", "verifier key"),
        (LINE.replace(" 0 ", " 00 ") + "\n", "size is not a decimal"),
        (LINE.replace(" 0 ", " - ") + "\n", "size is not a decimal"),
        (LINE.replace(" 100 ", " +100 ") + "\n", "size is not a decimal"),
        (LINE.replace("2025-01-01T00:00:00Z", "-") + "\n", "time is not like"),
        (LINE.replace("2026-01-01T00", "2026-13-01T00") + "\n", "no date and time"),
        (LINE.replace("2026-01-01T00", "2024-01-01T00") + "\n", "before they begin"),
        (f"{LINE}\n{LINE}\n", "listed twice"),
    ],
)
def test_other_file_is_refused(text: str, reason: str) -> None:
    """Each way of not being a key file has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_trusted_keys(text.encode())


def test_file_that_is_no_text() -> None:
    """Bytes that are not UTF-8 are no key file."""
    with pytest.raises(MalformedError, match="not UTF-8"):
        parse_trusted_keys(b"\xff\n")


def test_bounds() -> None:
    """One to 256 keys make a file; its length is looked at first."""
    most = tuple(dataclasses.replace(OLD, key=key(n)) for n in range(MAX_KEYS))
    trusted = TrustedKeys(most)
    assert parse_trusted_keys(trusted.serialise()) == trusted
    with pytest.raises(MalformedError, match=f"not 1 to {MAX_KEYS}"):
        TrustedKeys((*most, NEW, WRITER))
    with pytest.raises(MalformedError, match=f"not 1 to {MAX_KEYS}"):
        TrustedKeys(())
    with pytest.raises(MalformedError, match=f"not 1 to {MAX_KEYS}"):
        parse_trusted_keys(trusted.serialise() + WRITER.line().encode() + b"\n")
    with pytest.raises(MalformedError, match="end in a newline"):
        parse_trusted_keys(b"x" * MAX_FILE_BYTES)
    with pytest.raises(MalformedError, match="longer than"):
        parse_trusted_keys(b"x" * (MAX_FILE_BYTES + 1))
