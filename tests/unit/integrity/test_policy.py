"""Trusted keys: one file, judged by the size and date of what was signed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrity.errors import MalformedError
from integrity.keys import key_id
from integrity.merkle import MAX_TREE_SIZE
from integrity.policy import (
    MAX_FILE_BYTES,
    MAX_KEYS,
    MAX_WITNESSES,
    CertificateEntry,
    PersonKey,
    Role,
    RuleEntry,
    TrustedKey,
    TrustedKeys,
    TwoPersons,
    Witnesses,
    parse_trusted_keys,
    two_persons,
)
from integrity.tlog_policy_reader import parse_policy
from integrity.vkey import COSIGNATURE, ED25519, VerifierKey
from tests.passkeys import Device
from tests.trust import with_entries


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
def validity(draw: st.DrawFn) -> tuple[Any, ...]:
    from_size, to_size = sorted([draw(sizes), draw(sizes)])
    from_time, to_time = sorted([draw(times), draw(times)])
    return (
        from_size,
        draw(st.sampled_from([None, to_size])),
        from_time,
        draw(st.sampled_from([None, to_time])),
    )


kinds = st.from_regex(r"\A[a-z_]{1,9}(\.[a-z_]{1,9}){1,2}\Z")
rules = st.one_of(
    st.lists(kinds, min_size=1, max_size=4).map(lambda some: two_persons(tuple(some))),
    st.integers(1, MAX_WITNESSES).map(Witnesses),
)
key_names = st.sampled_from(["日志", "a-"])
PASSKEYS = [Device(login, secret).vkey for login in "ab" for secret in (2, 3, 4)]
algorithms = {Role.WITNESS: COSIGNATURE, Role.LOG: ED25519, Role.STATEMENT: ED25519}


@st.composite
def key_entries(draw: st.DrawFn) -> TrustedKey:
    role = draw(st.sampled_from([*algorithms, Role.PERSON]))
    if role is Role.PERSON and draw(st.booleans()):
        return TrustedKey(role, draw(st.sampled_from(PASSKEYS)), *draw(validity()))
    algorithm = algorithms.get(role, ED25519)
    public_key = draw(st.binary(min_size=32, max_size=32))
    # A second name of log keys begins a second log: test_origins.py has those.
    name = "日志" if role is Role.LOG else draw(key_names)
    verifier = VerifierKey.of(name, algorithm, public_key)
    return TrustedKey(role, verifier, *draw(validity()))


@st.composite
def other_entries(draw: st.DrawFn) -> CertificateEntry | RuleEntry:
    certificate = draw(st.binary(min_size=32, max_size=32)).hex()
    kind = draw(st.sampled_from([CertificateEntry, RuleEntry]))
    what: Any = certificate if kind is CertificateEntry else draw(rules)
    entry = kind(what, *draw(validity()))
    if isinstance(what, Witnesses) and entry.to_size is None:
        # An open one wants witnesses that are listed: test_witness_rule_needs_them.
        return dataclasses.replace(entry, to_size=entry.from_size)
    return entry


keys = st.lists(
    key_entries() | other_entries(),
    min_size=1,
    max_size=6,
    unique_by=(
        lambda entry: (entry.role, entry.what()),
        lambda entry: entry.key.public_key if hasattr(entry, "key") else entry,
    ),
).map(lambda chosen: TrustedKeys(tuple(chosen)))


@settings(deadline=None)
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


def test_statement_keys_are_judged_by_leaf() -> None:
    """A key counts from its first leaf and before its end."""
    first = dataclasses.replace(WRITER, to_size=7)
    second = dataclasses.replace(WRITER, key=key(4, "statement"), from_size=7)
    trusted = TrustedKeys((OLD, first, second))
    one, two = (key_id(entry.key.public_key) for entry in (first, second))
    assert list(trusted.statement_keys()) == [one, two]
    assert list(trusted.statement_keys(0)) == [one]
    assert list(trusted.statement_keys(6)) == [one]
    assert list(trusted.statement_keys(7)) == [two]


def test_certificates_are_judged_by_leaf() -> None:
    """So do certificates; that of leaf 0 counts until the first line of one."""
    first, second = "1a" * 32, "2b" * 32
    trusted = with_entries(
        KEYS,
        [
            CertificateEntry(first, 5, 9, START, None),
            CertificateEntry(second, 8, None, START, None),
        ],
    )
    assert trusted.pdf_certificates(4) == frozenset()
    assert trusted.pdf_certificates(4, "0c" * 32) == {"0c" * 32}
    assert trusted.pdf_certificates(5, "0c" * 32) == {first}
    assert trusted.pdf_certificates(8) == {first, second}
    assert trusted.pdf_certificates(9) == {second}
    assert KEYS.pdf_certificates(10**6, "0c" * 32) == {"0c" * 32}
    assert KEYS.pdf_certificates(0) == frozenset()


def test_persons_are_judged_by_leaf() -> None:
    """A person's key is found by its id while it counts, with whose it is."""
    device = Device("zhao").vkey
    trusted = with_entries(
        KEYS,
        [
            TrustedKey(Role.PERSON, key(5, "wang"), 3, 6, START, None),
            TrustedKey(Role.PERSON, device, 4, None, START, None),
        ],
    )
    wang, zhao = key_id(key(5).public_key), key_id(device.public_key)
    assert trusted.person_keys(2) == {}
    assert trusted.person_keys(3) == {wang: PersonKey("wang", key(5, "wang"))}
    assert list(trusted.person_keys(5)) == [wang, zhao]
    assert trusted.person_keys(6) == {zhao: PersonKey("zhao", device)}


def _witness(number: int, name: str = "w", **more: Any) -> TrustedKey:
    verifier = VerifierKey.of(name, COSIGNATURE, number.to_bytes(32, "big"))
    return dataclasses.replace(
        TrustedKey(Role.WITNESS, verifier, 0, None, START, None), **more
    )


def test_witnesses_are_judged_by_size() -> None:
    """Both ends are included, and one key under two names is one witness."""
    trusted = with_entries(
        KEYS,
        [
            _witness(11, from_size=4, to_size=6),
            _witness(12, from_size=5),
            _witness(12, "renamed", from_size=5),
            RuleEntry(Witnesses(1), 4, 5, START, None),
            RuleEntry(Witnesses(2), 5, 6, START, None),
        ],
    )
    counts = [len(trusted.witness_keys(size)) for size in range(3, 8)]
    assert counts == [0, 1, 2, 2, 1]
    assert [trusted.witnesses_needed(size) for size in range(3, 8)] == [0, 1, 2, 2, 0]


def test_kinds_that_want_two_persons() -> None:
    """All rules in force at a leaf add up; a rule may come back later."""
    rule = TwoPersons(("keys.changed",))
    trusted = with_entries(
        KEYS,
        [
            RuleEntry(rule, 3, 5, START, None),
            RuleEntry(two_persons(("receipt.voided", "a.b")), 4, None, START, None),
            RuleEntry(rule, 6, None, START, None),
        ],
    )
    found = [sorted(trusted.two_person_kinds(leaf)) for leaf in (2, 3, 4, 5, 6)]
    both = ["a.b", "keys.changed", "receipt.voided"]
    assert found == [[], ["keys.changed"], both, ["a.b", "receipt.voided"], both]


def test_default_rule() -> None:
    """The acts that want two persons unless the firm says otherwise."""
    assert two_persons().text() == (
        "two-persons:exhibit.checked,exhibit.erased,keys.changed,receipt.voided"
    )


def test_witness_rule_needs_witnesses() -> None:
    """An open rule asks for no more witnesses than are in use."""
    asked = RuleEntry(Witnesses(2), 0, None, START, None)
    with_entries(KEYS, [_witness(11), _witness(12), asked])
    for closed in ({"to_size": 9}, {"key": _witness(11, "renamed").key}):
        entries = [_witness(11), _witness(12, **closed), asked]
        with pytest.raises(MalformedError, match="more witnesses are wanted"):
            with_entries(KEYS, entries)
    with_entries(KEYS, [dataclasses.replace(asked, to_size=9)])


def test_key_of_a_person_is_hers_alone() -> None:
    """Neither the service nor another person may have it."""
    wang = TrustedKey(Role.PERSON, key(5, "wang"), 0, 9, START, None)
    li = dataclasses.replace(wang, key=key(5, "li"), from_size=9, to_size=None)
    ours = dataclasses.replace(wang, key=key(3, "wang"))
    for entries, name in (([wang, li], "wang"), ([ours], "wang")):
        with pytest.raises(MalformedError, match=f"of {name} is somebody else's"):
            with_entries(KEYS, entries)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (1, "the key of witness w is the firm's too"),
        (3, "the key of witness w is the firm's too"),
        (5, "the key of wang is somebody else's too"),
    ],
)
def test_witness_is_not_the_firm_itself(number: int, reason: str) -> None:
    """A witness's key is no key of a log, of statements or of a person as well."""
    wang = TrustedKey(Role.PERSON, key(5, "wang"), 0, None, START, None)
    keys = with_entries(KEYS, [wang])
    with pytest.raises(MalformedError, match=reason):
        with_entries(keys, [_witness(number, to_size=9)])
    assert with_entries(keys, [_witness(11), _witness(11, "renamed")])


def test_lines_with_a_verifier_key() -> None:
    """Keys can be asked for by role; certificates and rules are not among them."""
    rule = RuleEntry(two_persons(), 1, None, START, None)
    trusted = with_entries(KEYS, [rule])
    assert trusted.keys() == KEYS.entries
    assert trusted.keys(Role.STATEMENT) == (WRITER,)
    assert trusted.keys(Role.LOG, Role.STATEMENT) == KEYS.entries


def test_policy_names_witnesses_and_how_many() -> None:
    """Other people's tools read the witnesses in use and the number wanted of them."""
    trusted = with_entries(
        KEYS,
        [
            _witness(11, to_size=9),
            _witness(12),
            _witness(13),
            RuleEntry(Witnesses(1), 5, None, START, None),
        ],
    )
    text = trusted.log_policy().decode()
    assert text == (
        f"log {OLD.key.text()}\nlog {NEW.key.text()}\n"
        f"witness w1 {_witness(12).key.text()}\n"
        f"witness w2 {_witness(13).key.text()}\n"
        "group witnesses 1 w1 w2\nquorum witnesses\n"
    )
    assert parse_policy(text.encode()).serialise() == text.encode()


@settings(deadline=None)
@given(keys)
def test_policy_of_any_keys_is_in_its_one_form(trusted: TrustedKeys) -> None:
    """Whatever the keys are, the policy made of them is read back."""
    data = trusted.log_policy()
    assert parse_policy(data).serialise() == data


def test_log_policy_is_that_of_c2sp() -> None:
    """Other people's tools read the log keys, each once, and that no witness signs."""
    closed = dataclasses.replace(NEW, to_size=200)
    again = TrustedKey(Role.LOG, key(1, "renamed.example"), 201, None, START, None)
    trusted = TrustedKeys((OLD, closed, WRITER, again))
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
LATER_WRITER = dataclasses.replace(WRITER, from_size=WRITER.from_size + 1)


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
        (LINE.replace("log ", "court ", 1) + "\n", "role is unknown"),
        (LINE.replace("log ", "witness ", 1) + "\n", "of another role's type"),
        (LINE.replace("log ", "pdf ", 1) + "\n", "sha256: and 64 hex digits"),
        (LINE.replace("log ", "rule ", 1) + "\n", "rule is .*unknown"),
        (LINE.replace("AQ", "Ag", 1) + "\n", "verifier key"),
        (LINE.replace(" 0 ", " 00 ") + "\n", "size is not a decimal"),
        (LINE.replace(" 0 ", " - ") + "\n", "size is not a decimal"),
        (LINE.replace(" 100 ", " +100 ") + "\n", "size is not a decimal"),
        (LINE.replace("2025-01-01T00:00:00Z", "-") + "\n", "time is not like"),
        (LINE.replace("2026-01-01T00", "2026-13-01T00") + "\n", "no date and time"),
        (LINE.replace("2026-01-01T00", "2024-01-01T00") + "\n", "before they begin"),
        (f"{LINE}\n{LINE}\n", "listed twice"),
        (f"{WRITER.line()}\n{LATER_WRITER.line()}\n", "listed twice"),
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
