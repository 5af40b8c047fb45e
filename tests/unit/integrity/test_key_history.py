"""Key changes: every rule on both sides, and the chain from leaf 0 to the file."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from integrity.errors import MalformedError, VerificationError
from integrity.key_change import (
    COMPROMISED,
    KEYS_CHANGED,
    MAX_NOTE_CHARACTERS,
    REASONS,
    change_facts,
    check_change,
)
from integrity.key_history import Stage, check_history, stages
from integrity.policy import (
    CertificateEntry,
    Role,
    RuleEntry,
    TrustedKey,
    TrustedKeys,
    TrustEntry,
    Witnesses,
    two_persons,
)
from integrity.statement import Actor, Event
from integrity.vkey import COSIGNATURE, ED25519, VerifierKey
from tests.bundle_factory import START
from tests.trust import with_entries

L = 40  # the leaf of the change
LATER = START + dt.timedelta(days=1)
CERTIFICATE = "c0" * 32


def key(number: int, name: str = "log", algorithm: int = ED25519) -> VerifierKey:
    return VerifierKey.of(name, algorithm, number.to_bytes(32, "big"))


LOG = TrustedKey(Role.LOG, key(1), 0, None, START, None)
WRITER = TrustedKey(Role.STATEMENT, key(2), 0, None, START, None)
SEAL = CertificateEntry(CERTIFICATE, 0, None, START, None)
WANG = TrustedKey(Role.PERSON, key(3, "wang"), 5, None, START, None)
RULE = RuleEntry(two_persons(), 6, None, START, None)
BEFORE = TrustedKeys((LOG, WRITER, SEAL, WANG, RULE))

NEW_LOG = TrustedKey(Role.LOG, key(11), L + 2, None, LATER, None)
NEW_WRITER = TrustedKey(Role.STATEMENT, key(12), L + 1, None, LATER, None)
NEW_SEAL = CertificateEntry("d1" * 32, L + 1, None, LATER, None)
NEW_PERSON = TrustedKey(Role.PERSON, key(13, "li"), L + 1, None, LATER, None)
NEW_WITNESS = TrustedKey(
    Role.WITNESS, key(14, "w", COSIGNATURE), L + 1, None, LATER, None
)
NEW_RULE = RuleEntry(two_persons(("a.b",)), L + 1, None, LATER, None)
NEW = (NEW_LOG, NEW_WRITER, NEW_SEAL, NEW_PERSON, NEW_WITNESS, NEW_RULE)


def _with(*changed: TrustEntry, base: TrustedKeys = BEFORE) -> TrustedKeys:
    """`base`, with lines of the same key or rule replaced and others appended."""
    replaced = {(entry.role, entry.what()): entry for entry in changed}
    kept = [replaced.pop((e.role, e.what()), e) for e in base.entries]
    return TrustedKeys((*kept, *replaced.values()))


def _ended(entry: TrustEntry, size: int | None) -> TrustEntry:
    return dataclasses.replace(entry, to_size=size, to_time=LATER)


ROTATED = _with(_ended(LOG, L + 1), _ended(WRITER, L + 1), NEW_LOG, NEW_WRITER)


def test_rotation() -> None:
    """Old keys end with the change, which they still sign; new ones begin after it."""
    check_change(BEFORE, ROTATED, L)
    assert list(ROTATED.statement_keys(L).values()) == [WRITER.key.public_key]
    assert list(ROTATED.statement_keys(L + 1).values()) == [NEW_WRITER.key.public_key]
    assert ROTATED.log_keys(L + 1, None) == (LOG.key,)
    assert ROTATED.log_keys(L + 2, None) == (NEW_LOG.key,)


def test_no_change_is_a_change_that_may_be_made() -> None:
    """The same file again takes nothing away."""
    check_change(BEFORE, BEFORE, L)


@pytest.mark.parametrize("entry", NEW, ids=lambda entry: entry.role.value)
def test_new_line_begins_after_the_change(entry: TrustEntry) -> None:
    """A line may begin right after the change or later, not at it or before."""
    check_change(BEFORE, _with(entry), L)
    later = dataclasses.replace(entry, from_size=entry.from_size + 5)
    check_change(BEFORE, _with(later), L)
    earlier = dataclasses.replace(entry, from_size=entry.from_size - 1)
    for compromised in (False, True):
        with pytest.raises(VerificationError, match="a new line begins before"):
            check_change(BEFORE, _with(earlier), L, compromised=compromised)


@pytest.mark.parametrize("end", [{"to_size": L + 9}, {"to_time": LATER}])
def test_new_line_has_no_end(end: dict[str, Any]) -> None:
    """Nobody announces a key that has ended already."""
    ended = dataclasses.replace(NEW_PERSON, **end)
    with pytest.raises(VerificationError, match="a new line has an end"):
        check_change(BEFORE, _with(ended), L)


@pytest.mark.parametrize("entry", [SEAL, WANG, RULE], ids=lambda e: e.role.value)
def test_line_ends_with_the_change(entry: TrustEntry) -> None:
    """An end is set right after the change at the earliest, so it covers the change."""
    check_change(BEFORE, _with(_ended(entry, L + 1)), L)
    check_change(BEFORE, _with(_ended(entry, L + 7)), L)
    with pytest.raises(VerificationError, match="a line ends before its change"):
        check_change(BEFORE, _with(_ended(entry, L)), L)


def test_compromised_key_ends_earlier() -> None:
    """What a stolen key signed since it was stolen no longer counts."""
    for entry in (SEAL, WANG):
        check_change(BEFORE, _with(_ended(entry, 7)), L, compromised=True)
    closed = _with(_ended(LOG, 7), NEW_LOG)
    check_change(BEFORE, closed, L, compromised=True)
    with pytest.raises(VerificationError, match="ends before its change"):
        check_change(BEFORE, closed, L)


def test_rule_is_never_switched_off_for_its_own_change() -> None:
    """One person cannot end the rule before the change and then make it alone."""
    with pytest.raises(VerificationError, match="ends before its change"):
        check_change(BEFORE, _with(_ended(RULE, L)), L, compromised=True)
    check_change(BEFORE, _with(_ended(RULE, L + 1)), L, compromised=True)


@pytest.mark.parametrize("changed", [RULE, NEW_PERSON], ids=lambda e: e.role.value)
def test_nothing_changes_before_a_listed_rule_of_two_begins(
    changed: TrustEntry,
) -> None:
    """History written anew cannot end the rule, or add persons, before its leaf."""
    begins = RULE.from_size
    ended = dataclasses.replace(RULE, to_size=begins, to_time=LATER)
    added = dataclasses.replace(NEW_PERSON, from_size=begins)
    after = _with(ended if changed is RULE else added)
    for compromised in (False, True):
        with pytest.raises(VerificationError, match="a rule of two begins at 6 only"):
            check_change(BEFORE, after, begins - 1, compromised=compromised)
    later = _with(dataclasses.replace(added, from_size=begins + 1))
    check_change(BEFORE, later, begins)


def test_the_first_rule_of_two_begins_with_the_next_leaf() -> None:
    """A change does not announce it for later: until then one person could undo it."""
    alone = TrustedKeys((LOG, WRITER, SEAL, WANG))
    next_leaf = dataclasses.replace(RULE, from_size=L + 1)
    check_change(alone, _with(next_leaf, base=alone), L)
    later = dataclasses.replace(RULE, from_size=L + 2)
    with pytest.raises(VerificationError, match="a rule of two begins at 42 only"):
        check_change(alone, _with(later, base=alone), L)


def test_a_listed_rule_that_has_not_begun_lets_pass_what_another_rule_covers() -> None:
    """A rule that two persons replace counts until the next one begins."""
    old = dataclasses.replace(RULE, to_size=L + 10, to_time=LATER)
    new = RuleEntry(two_persons(("a.b", KEYS_CHANGED)), L + 10, None, LATER, None)
    before = TrustedKeys((LOG, WRITER, SEAL, WANG, old, new))
    check_change(before, _with(NEW_PERSON, base=before), L)
    other = dataclasses.replace(new, rule=two_persons(("a.b",)))
    before = TrustedKeys((LOG, WRITER, SEAL, WANG, other))
    check_change(before, _with(NEW_PERSON, base=before), L)


def test_some_statement_key_signs_the_change() -> None:
    """If the only statement key ended earlier, the change itself would not count."""
    closed = _with(_ended(WRITER, L), NEW_WRITER)
    with pytest.raises(VerificationError, match="that can sign the change itself"):
        check_change(BEFORE, closed, L, compromised=True)
    closed = _with(_ended(WRITER, L + 1), NEW_WRITER)
    check_change(BEFORE, closed, L, compromised=True)


@pytest.mark.parametrize("entry", [LOG, WRITER], ids=lambda entry: entry.role.value)
def test_a_key_of_each_kind_remains(entry: TrustedKey) -> None:
    """A log without an open log key or statement key has no next event."""
    with pytest.raises(VerificationError, match=f"no {entry.role.value} key is left"):
        check_change(BEFORE, _with(_ended(entry, L + 1)), L)


@pytest.mark.parametrize("entry", BEFORE.entries, ids=lambda entry: entry.role.value)
def test_old_line_stays(entry: TrustEntry) -> None:
    """No line goes away, and none begins at another size or time than it did."""
    rest = TrustedKeys(tuple(e for e in BEFORE.entries if e != entry))
    with pytest.raises(VerificationError, match="gone or begins otherwise"):
        check_change(BEFORE, rest, L)
    for change in ({"from_size": entry.from_size + 1}, {"from_time": LATER}):
        other = dataclasses.replace(entry, **change)
        with pytest.raises(VerificationError, match="gone or begins otherwise"):
            check_change(BEFORE, _with(other), L)


def test_end_stays() -> None:
    """An end that was set is not moved, nor taken away."""
    ended = _with(dataclasses.replace(WANG, to_size=L - 9, to_time=LATER))
    check_change(ended, ended, L)
    for size in (L - 8, L - 10, L + 5, None):
        moved = _with(dataclasses.replace(WANG, to_size=size, to_time=LATER))
        with pytest.raises(VerificationError, match="size at which a line ended"):
            check_change(ended, moved, L, compromised=True)
    for time in (LATER + dt.timedelta(seconds=1), None):
        moved = _with(dataclasses.replace(WANG, to_size=L - 9, to_time=time))
        with pytest.raises(VerificationError, match="time at which a line ended"):
            check_change(ended, moved, L, compromised=True)


def test_time_may_be_set_later() -> None:
    """A line that ended by size may be given its date, once."""
    sized = _with(dataclasses.replace(WANG, to_size=L - 9))
    dated = _with(dataclasses.replace(WANG, to_size=L - 9, to_time=LATER))
    check_change(sized, dated, L)


# The chain.

FOUNDING_KEYS = TrustedKeys((LOG, WRITER, SEAL))
OLD_HOME = TrustedKeys((LOG, WRITER))  # of the first release: no line for the seal


def _event(kind: str, facts: dict[str, Any]) -> Event:
    actor = Actor("wang", "王律师", "lawyer")
    return Event(kind, actor, START, facts, (), {}, "5a" * 32)


FOUNDING = _event(
    "firm.initialised",
    {
        "firm": "示例律师事务所",
        "origin": "log",
        "keys": {
            "log": LOG.key.text(),
            "statement": WRITER.key.text(),
            "pdf_certificate_sha256": CERTIFICATE,
        },
    },
)


def _change(
    leaf: int, before: TrustedKeys, after: TrustedKeys, reason: str = "rotated"
) -> tuple[int, Event]:
    return leaf, _event("keys.changed", change_facts(before, after, reason, "note"))


PERSON = TrustedKey(Role.PERSON, key(3, "wang"), 5, None, START, None)
FIRST = TrustedKeys((*FOUNDING_KEYS.entries, PERSON))
SECOND = _with(_ended(LOG, 8), NEW_LOG, base=FIRST)
CHANGES = (_change(4, FOUNDING_KEYS, FIRST), _change(7, FIRST, SECOND))


def test_chain_from_leaf_0_to_the_file() -> None:
    """Each content of the file is known, with the leaf from which it held."""
    expected = (
        Stage(FOUNDING_KEYS.fingerprint(), FOUNDING_KEYS, 0),
        Stage(FIRST.fingerprint(), FIRST, 5),
        Stage(SECOND.fingerprint(), SECOND, 8),
    )
    assert check_history(SECOND.serialise(), FOUNDING, CHANGES) == expected
    assert stages(FOUNDING, CHANGES) == expected
    assert check_history(FIRST.serialise(), FOUNDING, CHANGES[:1]) == expected[:2]


def test_changes_one_after_the_other() -> None:
    """From leaf 1 on every event may be a change, of files of many persons too."""
    first = with_entries(FOUNDING_KEYS, [dataclasses.replace(PERSON, from_size=2)])
    crowd = [
        dataclasses.replace(PERSON, key=key(30 + n, f"person-{n}"), from_size=3)
        for n in range(20)
    ]
    second = with_entries(first, crowd)
    changes = (_change(1, FOUNDING_KEYS, first), _change(2, first, second))
    found = check_history(second.serialise(), FOUNDING, changes)
    assert [stage.from_leaf for stage in found] == [0, 2, 3]


@pytest.mark.parametrize("trust", [FOUNDING_KEYS, OLD_HOME])
def test_file_that_never_changed(trust: TrustedKeys) -> None:
    """Without changes the file holds the keys of leaf 0, all in use."""
    stage = Stage(trust.fingerprint(), trust, 0)
    assert check_history(trust.serialise(), FOUNDING, ()) == (stage,)
    assert stages(FOUNDING, ()) == ()


def test_home_of_the_first_release_changes_its_keys() -> None:
    """A file without a line for the seal is continued like any other."""
    after = _with(_ended(WRITER, 6), base=OLD_HOME)
    writer = dataclasses.replace(NEW_WRITER, from_size=6)
    after = with_entries(after, [writer])
    found = check_history(after.serialise(), FOUNDING, [_change(5, OLD_HOME, after)])
    assert [stage.trust for stage in found] == [OLD_HOME, after]


@pytest.mark.parametrize(
    ("trust", "changes", "reason"),
    [
        (FIRST, CHANGES, "lead to other keys"),
        (SECOND, CHANGES[:1], "lead to other keys"),
        (FIRST, (), "no event says so"),
        (_with(_ended(LOG, 9), base=FOUNDING_KEYS), (), "no event says so"),
        (SECOND, CHANGES[1:], "of another file"),
        (SECOND, CHANGES[::-1], "of another file"),
        (SECOND, (CHANGES[0], *CHANGES), "out of order"),
        (SECOND, (CHANGES[0], (4, CHANGES[1][1])), "out of order"),
        (FIRST, ((0, CHANGES[0][1]),), "out of order"),
        (FIRST, ((4, _event("a.b", CHANGES[0][1].facts)),), "no change of keys"),
    ],
)
def test_chain_that_does_not_hold(
    trust: TrustedKeys, changes: tuple[tuple[int, Event], ...], reason: str
) -> None:
    """A change left out, moved, repeated or of another chain is found."""
    with pytest.raises(VerificationError, match=reason):
        check_history(trust.serialise(), FOUNDING, changes)


def test_change_against_the_rules_breaks_the_chain() -> None:
    """The rules of a change are those of the chain, and compromise is its reason."""
    early = _with(_ended(PERSON, 6), base=FIRST)
    with pytest.raises(VerificationError, match="ends before its change"):
        check_history(
            early.serialise(), FOUNDING, (CHANGES[0], _change(9, FIRST, early))
        )
    changes = (CHANGES[0], _change(9, FIRST, early, "compromised"))
    assert check_history(early.serialise(), FOUNDING, changes)[-1].trust == early


def _founding(**changes: Any) -> Event:
    keys = {**FOUNDING.facts["keys"], **changes}
    return _event("firm.initialised", {**FOUNDING.facts, "keys": keys})


@pytest.mark.parametrize(
    ("founding", "reason"),
    [
        (_founding(log=NEW_LOG.key.text()), "first log key"),
        (_founding(log=None), "first log key"),
        (_founding(statement=LOG.key.text()), "first statement key"),
        (_founding(pdf_certificate_sha256="d1" * 32), "first certificate"),
        (_founding(pdf_certificate_sha256=None), "first certificate"),
        (_event("firm.initialised", {"keys": []}), "does not name the keys"),
        (_event("firm.initialised", {}), "does not name the keys"),
        (_event("keys.changed", FOUNDING.facts), "does not name the keys"),
    ],
)
def test_leaf_0_of_another_log(founding: Event, reason: str) -> None:
    """The chain begins with the keys that leaf 0 names."""
    for trust, changes in ((FOUNDING_KEYS, ()), (FIRST, CHANGES[:1])):
        with pytest.raises(VerificationError, match=reason):
            check_history(trust.serialise(), founding, changes)


@pytest.mark.parametrize(
    "entry",
    [
        dataclasses.replace(LOG, key=key(21)),
        dataclasses.replace(WRITER, key=key(22)),
        CertificateEntry("d1" * 32, 0, None, START, None),
        dataclasses.replace(PERSON, from_size=0),
        dataclasses.replace(RULE, from_size=0),
    ],
    ids=lambda entry: entry.role.value,
)
def test_line_that_pretends_to_be_of_the_beginning(entry: TrustEntry) -> None:
    """A line that begins at 0 and is not in leaf 0 is refused."""
    trust = with_entries(FOUNDING_KEYS, [entry])
    with pytest.raises(VerificationError, match=r"first|neither key"):
        check_history(trust.serialise(), FOUNDING, ())


def test_names_of_the_format() -> None:
    """These names are in the log for ever."""
    assert (KEYS_CHANGED, COMPROMISED) == ("keys.changed", "compromised")
    assert MAX_NOTE_CHARACTERS == 2000
    assert sorted(REASONS) == [
        "compromised",
        "pdf",
        "person-added",
        "person-removed",
        "rotated",
        "rule",
        "witness",
    ]


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_facts_of_a_change(reason: str) -> None:
    """The event holds the file before by its fingerprint and after as a whole."""
    assert change_facts(FOUNDING_KEYS, FIRST, reason, "n" * MAX_NOTE_CHARACTERS) == {
        "before": FOUNDING_KEYS.fingerprint(),
        "trust": FIRST.serialise().decode(),
        "reason": reason,
        "note": "n" * MAX_NOTE_CHARACTERS,
    }


def test_facts_that_no_change_has() -> None:
    """An unknown reason or a note too long is not written."""
    with pytest.raises(MalformedError, match="reason is unknown"):
        change_facts(FOUNDING_KEYS, FIRST, "because", "")
    with pytest.raises(MalformedError, match="a string of at most"):
        change_facts(FOUNDING_KEYS, FIRST, "rule", "n" * (MAX_NOTE_CHARACTERS + 1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"more": 1}, "an object with the fields"),
        ({"before": 1}, "a string of at most"),
        ({"trust": 1}, "a string of at most"),
        ({"trust": "x"}, "end in a newline"),
        ({"trust": "\ud800\n"}, "not UTF-8"),
        ({"reason": "because"}, "reason is unknown"),
        ({"note": None}, "a string of at most"),
    ],
)
def test_facts_of_another_form(change: dict[str, Any], reason: str) -> None:
    """Each way of not being a change of keys has its own reason."""
    facts = {**CHANGES[0][1].facts, **change}
    with pytest.raises(MalformedError, match=reason):
        stages(FOUNDING, [(4, _event("keys.changed", facts))])


def test_witnesses_rule_is_kept_like_any_line() -> None:
    """A rule about witnesses comes with them and ends like every rule."""
    rule = RuleEntry(Witnesses(1), L + 1, None, LATER, None)
    after = _with(NEW_WITNESS, rule)
    check_change(BEFORE, after, L)
    ended = _with(_ended(rule, L + 6), base=after)
    check_change(after, ended, L + 5)
    with pytest.raises(VerificationError, match="ends before its change"):
        check_change(after, _with(_ended(rule, L + 5), base=after), L + 5)
