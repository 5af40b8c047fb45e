"""Policies of other people's tools: read as the specification says, written one way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrity.errors import MalformedError
from integrity.tlog_policy import (
    MAX_POLICY_ENTRIES,
    NONE,
    LogPolicy,
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    firm_policy,
)
from integrity.tlog_policy_reader import (
    MAX_POLICY_BYTES,
    parse_policy,
    read_policy,
)
from integrity.vkey import COSIGNATURE, ED25519, VerifierKey


def log_key(number: int) -> VerifierKey:
    return VerifierKey.of("log.example", ED25519, number.to_bytes(32, "big"))


def witness_key(number: int) -> VerifierKey:
    return VerifierKey.of("w.example", COSIGNATURE, number.to_bytes(32, "big"))


LOG = f"log {log_key(1).text()}\n"
X1, X2, X3 = (f"witness X{n} {witness_key(n).text()}\n" for n in (1, 2, 3))
Y1 = f"witness Y1 {witness_key(4).text()}\n"
GROUPS = "group X 2 X1 X2 X3\ngroup all 2 X Y1\n"
TEXT = f"{LOG}{X1}{X2}{X3}{Y1}{GROUPS}quorum all\n"
POLICY = parse_policy(TEXT.encode())

words = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs"], exclude_characters="\u2028"),
    min_size=1,
    max_size=8,
).filter(lambda word: word != NONE)
addresses = st.none() | words


@st.composite
def policies(draw: st.DrawFn) -> LogPolicy:
    numbers = st.sets(st.integers(0, 2**200), max_size=3).map(sorted)
    names = draw(st.lists(words, unique=True, min_size=6, max_size=6))
    logs = [PolicyLog(log_key(n), draw(addresses)) for n in draw(numbers)]
    witnesses = [
        PolicyWitness(names.pop(), witness_key(n), draw(addresses))
        for n in draw(numbers)
    ]
    free = [witness.name for witness in witnesses]
    groups = list[PolicyGroup]()
    while names and len(free) > 1 and draw(st.booleans()):
        members = draw(st.lists(st.sampled_from(free), unique=True, min_size=1))
        threshold = draw(st.integers(1, len(members)))
        groups.append(PolicyGroup(names.pop(), threshold, tuple(members)))
        free = [*(name for name in free if name not in members), groups[-1].name]
    quorum = draw(st.sampled_from([NONE, *free]))
    return LogPolicy(tuple(logs), tuple(witnesses), tuple(groups), quorum)


@settings(deadline=None)
@given(policies())
def test_policy_round_trip(policy: LogPolicy) -> None:
    """A policy is read back from its one form."""
    assert parse_policy(policy.serialise()) == policy


@given(st.integers(0, 8 * len(TEXT) - 1))
def test_whatever_parses_has_these_bytes(bit: int) -> None:
    """A policy with one bit changed is refused or the one form of another."""
    data = (int.from_bytes(TEXT.encode(), "big") ^ (1 << bit)).to_bytes(len(TEXT))
    try:
        policy = parse_policy(data)
    except MalformedError:
        return
    assert policy.serialise() == data
    assert policy != POLICY


def test_spellings_of_the_specification() -> None:
    """Comments, blank lines, tabs, any order, `any` and `all` mean the same."""
    loose = (
        f"# who\n\n \t# where\n{Y1}\t{X2}{X1} {X3}"
        "group\tX  2 \tX1 X2 X3 \t\ngroup all all X Y1\n"
        f"quorum all\n{LOG}"
    )
    policy = read_policy(loose.encode())
    order = [witness.name for witness in policy.witnesses]
    assert order == ["Y1", "X2", "X1", "X3"]
    assert (policy.groups, policy.quorum) == (POLICY.groups, "all")
    with pytest.raises(MalformedError, match="canonical form"):
        parse_policy(loose.encode())
    any_of = read_policy(f"{X1}{X2}group g any X1 X2\nquorum g\n".encode())
    assert any_of.groups == (PolicyGroup("g", 1, ("X1", "X2")),)


def test_addresses_and_bytes_that_are_no_text() -> None:
    """An address is kept, and bytes with the high bit set are names like any other."""
    data = f"log {log_key(1).text()} https://日志.example/\n".encode()
    data += b"witness \xff\xe8 " + witness_key(1).text().encode() + b" u\n"
    data += b"quorum \xff\xe8\n"
    policy = parse_policy(data)
    assert policy.logs[0].url == "https://日志.example/"
    assert policy.witnesses[0].url == "u"
    assert policy.witnesses[0].key == witness_key(1)
    assert policy.quorum == policy.witnesses[0].name


def test_names_in_any_script() -> None:
    """Only spaces and tabs part words: a name may end in another white space."""
    wide = "X\u3000"
    text = f"witness {wide} {witness_key(1).text()}\nquorum {wide}\n"
    assert parse_policy(text.encode()).quorum == wide
    assert parse_policy(f"{X1}group X 1 X1\nquorum X\n".encode()).quorum == "X"


def test_policy_of_a_firm() -> None:
    """Its witnesses are numbered from one; a number of them is wanted, or none is."""
    logs, witnesses = (log_key(1), log_key(2)), (witness_key(1), witness_key(2))
    known = (
        PolicyWitness("w1", witness_key(1)),
        PolicyWitness("w2", witness_key(2)),
    )
    listed = tuple(map(PolicyLog, logs))
    group = PolicyGroup("witnesses", 1, ("w1", "w2"))
    assert firm_policy(logs, witnesses, 1) == (
        LogPolicy(listed, known, (group,), "witnesses")
    )
    assert firm_policy(logs, witnesses, 0) == LogPolicy(listed, known, (), NONE)
    with pytest.raises(MalformedError, match="threshold of a group"):
        firm_policy(logs, witnesses, 3)


def test_policy_of_no_log_and_no_witness() -> None:
    """Only the quorum must be there."""
    assert parse_policy(b"quorum none\n") == LogPolicy(())


def test_quorum_of_one_or_none() -> None:
    """A quorum may be one witness, or nobody."""
    assert parse_policy(f"{X1}{X2}quorum X2\n".encode()).quorum == "X2"
    assert parse_policy(f"{X1}quorum none\n".encode()).quorum == NONE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "end in a newline"),
        ("quorum none", "end in a newline"),
        ("\n", "no quorum"),
        (LOG, "no quorum"),
        ("quorum none\nquorum none\n", "two quorums"),
        ("quorum\n", "none that the specification knows"),
        ("quorum a b\n", "none that the specification knows"),
        ("Quorum none\n", "none that the specification knows"),
        ("log\nquorum none\n", "none that the specification knows"),
        (f"{LOG[:-1]} a b\nquorum none\n", "none that the specification knows"),
        ("witness w\nquorum none\n", "none that the specification knows"),
        ("group g\nquorum none\n", "none that the specification knows"),
        ("quorum none\r\n", "control character"),
        ("quorum none\x7f\n", "control character"),
        ("quorum g\n", "quorum is not defined before it"),
        (f"quorum X1\n{X1}", "quorum is not defined before it"),
        (f"{X1}group g 1 X1 X2\n{X2}quorum g\n", "not defined before it"),
        (f"{X1}group g 1 g\nquorum g\n", "not defined before it"),
        (f"{X1}group g 1 none\nquorum g\n", "not defined before it"),
        (f"{X1}group g 1\nquorum g\n", "not 1 to its members"),
        (f"{X1}group g all\nquorum g\n", "not 1 to its members"),
        (f"{X1}group g 0 X1\nquorum g\n", "not a number, any or all"),
        (f"{X1}group g 01 X1\nquorum g\n", "not a number, any or all"),
        (f"{X1}group g -1 X1\nquorum g\n", "not a number, any or all"),
        (f"{X1}group g 2 X1\nquorum g\n", "not 1 to its members"),
        (f"{X1}group g 1 X1 X1\nquorum g\n", "a member twice"),
        (f"{X1}group g 1 X1\ngroup h 1 X1\nquorum g\n", "member of two groups"),
        (f"{X1}group X1 1 X1\nquorum X1\n", "defined twice"),
        (f"{X1}group none 1 X1\nquorum none\n", "defined twice"),
        (X1.replace("X1", "none") + "quorum none\n", "defined twice"),
        (f"{X1}{X2.replace('X2', 'X1')}quorum X1\n", "defined twice"),
        (f"{X1}{X1.replace('X1', 'X2')}quorum X1\n", "listed twice"),
        (f"{LOG}{LOG}quorum none\n", "listed twice"),
        (f"log {witness_key(1).text()}\nquorum none\n", "of a type"),
        (f"witness w {log_key(1).text()}\nquorum none\n", "of a type"),
        ("log x\nquorum none\n", "verifier key"),
    ],
)
def test_other_policy_is_refused(text: str, reason: str) -> None:
    """Each way of not being a policy has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        read_policy(text.encode())


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"quorum": "g"}, "quorum is not defined"),
        ({"logs": (PolicyLog(log_key(1), ""),)}, "empty or holds white space"),
        ({"logs": (PolicyLog(log_key(1), "a b"),)}, "empty or holds white space"),
        (
            {"witnesses": (PolicyWitness("a\tb", witness_key(1)),)},
            "empty or holds white space",
        ),
        (
            {"witnesses": (PolicyWitness("", witness_key(1)),)},
            "empty or holds white space",
        ),
        ({"groups": (PolicyGroup("g", 1, ("w",)),)}, "not defined before it"),
    ],
)
def test_policy_that_no_file_can_carry(
    policy: dict[str, tuple[object, ...]], reason: str
) -> None:
    """What would not be read again cannot be made."""
    with pytest.raises(MalformedError, match=reason):
        LogPolicy(**{"logs": (), **policy})  # type: ignore[arg-type]


def test_bounds() -> None:
    """As many entries and bytes as the bounds are read, one more is not."""
    most = "".join(f"log {log_key(n).text()}\n" for n in range(MAX_POLICY_ENTRIES))
    assert len(parse_policy(f"{most}quorum none\n".encode()).logs) == MAX_POLICY_ENTRIES
    with pytest.raises(MalformedError, match=f"more than {MAX_POLICY_ENTRIES}"):
        parse_policy(f"{most}{X1}quorum none\n".encode())
    quorum = b"quorum none\n"
    comment = b"#" * (MAX_POLICY_BYTES - len(quorum) - 1) + b"\n"
    assert read_policy(comment + quorum) == LogPolicy(())
    with pytest.raises(MalformedError, match="longer than"):
        read_policy(b"#" + comment + quorum)
