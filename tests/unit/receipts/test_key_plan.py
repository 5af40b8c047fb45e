"""Plans of key changes: whatever is planned follows the rules of the key history."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from intake.errors import Refused
from integrity.key_history import COMPROMISED, check_change
from integrity.keys import Ed25519Signer, key_id
from integrity.note import VerifierKey
from integrity.policy import (
    CertificateEntry,
    Role,
    TrustedKey,
    TrustedKeys,
    parse_trusted_keys,
)
from receipts.key_plan import (
    KeyPlan,
    compromise,
    line_of,
    open_lines,
    person_added,
    rotation,
    two_person_rule,
    witness_added,
    witness_rule,
)

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
OWN = (Role.LOG, Role.STATEMENT, Role.PDF)


def vkey(number: int, name: str = "log") -> VerifierKey:
    """The public half of key number so and so."""
    seed = number.to_bytes(32, "big")
    signer = Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(seed))
    return VerifierKey.ed25519(name, signer.public_key)


def line(role: Role, number: int) -> str:
    """Second field of the line of a key of this role."""
    return f"sha256:{number:064x}" if role is Role.PDF else vkey(number).text()


FIRST = TrustedKeys(
    (
        TrustedKey(Role.LOG, vkey(1), 0, None, AT, None),
        TrustedKey(Role.STATEMENT, vkey(2), 0, None, AT, None),
        CertificateEntry(f"{3:064x}", 0, None, AT, None),
    )
)
STEPS = st.tuples(
    st.sampled_from(OWN),
    st.integers(1, 30),  # leaves since the change before it
    st.none() | st.integers(0, 100),  # compromised since, or rotated
)


@given(st.lists(STEPS, max_size=8))
def test_every_sequence_of_changes_is_a_key_history(
    steps: list[tuple[Role, int, int | None]],
) -> None:
    """Each list follows from the one before; at each leaf somebody can sign."""
    trusted, leaf, number = FIRST, 0, 10
    for role, later, since in steps:
        leaf, number = leaf + later, number + 1
        new = line(role, number)
        (old,) = open_lines(trusted, role)
        if since is None:
            plan = rotation(role, (old,), new)
        else:
            plan = compromise(role, old, since, new)
        after = plan.after(trusted, leaf, AT + dt.timedelta(days=leaf))
        check_change(trusted, after, leaf, compromised=plan.reason == COMPROMISED)
        assert parse_trusted_keys(after.serialise()) == after
        assert after.statement_keys(leaf)
        assert after.statement_keys(leaf + 1)
        assert after.log_keys(leaf + 2, None)
        if since is None:
            assert after.log_keys(leaf + 1, None)
        assert len(after.pdf_certificates(leaf + 1)) == 1
        trusted = after


@pytest.mark.parametrize("since", [0, 5, 9, 10, 11, 50])
def test_a_compromise_ends_a_log_key_before_its_size(since: int) -> None:
    """It counts at since - 1 and not at since, and never beyond the change."""
    plan = compromise(Role.LOG, vkey(1).text(), since, vkey(9).text())
    after = plan.after(FIRST, 10, AT)
    ended = after.keys(Role.LOG)[0]
    assert ended.to_size == min(11, max(0, since - 1))
    assert ended.to_time == AT


def test_rules_replace_each_other_and_need_who_can_keep_them() -> None:
    """One rule of each kind is open; two persons and enough witnesses must be there."""
    with pytest.raises(Refused, match="at least two persons"):
        two_person_rule(FIRST, ("keys.changed",)).after(FIRST, 5, AT)
    with pytest.raises(Refused, match="more witnesses"):
        witness_rule(FIRST, 1).after(FIRST, 5, AT)
    trusted = FIRST
    for number, login in ((21, "li"), (22, "wang")):
        plan = person_added(login, vkey(number, login).text())
        trusted = plan.after(trusted, number, AT)
    trusted = two_person_rule(trusted, ("keys.changed",)).after(trusted, 30, AT)
    assert trusted.two_person_kinds(31) == {"keys.changed"}
    with pytest.raises(Refused, match="in force already"):
        two_person_rule(trusted, ("keys.changed",))
    with pytest.raises(Refused, match="one person could end the rule"):
        two_person_rule(trusted, ("receipt.voided",))
    kinds = ("keys.changed", "receipt.voided")
    trusted = two_person_rule(trusted, kinds).after(trusted, 40, AT)
    assert trusted.two_person_kinds(40) == {"keys.changed"}
    assert trusted.two_person_kinds(41) == set(kinds)
    trusted = two_person_rule(trusted, ()).after(trusted, 50, AT)
    assert trusted.two_person_kinds(51) == frozenset()
    with pytest.raises(Refused, match="in force already"):
        two_person_rule(trusted, ())
    with pytest.raises(Refused, match="in force already"):
        witness_rule(trusted, 0)
    with pytest.raises(Refused, match="no two sign"):
        two_person_rule(trusted, ("No Kind", "keys.changed"))
    with pytest.raises(Refused):
        witness_rule(trusted, 33)
    with pytest.raises(Refused):
        witness_added("no key")


def test_a_key_is_named_by_its_whole_id_or_by_enough_of_it() -> None:
    """Eight digits of an id, the id of the vkey, or the line itself; never fewer."""
    whole = key_id(vkey(1).public_key)
    for name in (whole, whole[:8], f"{vkey(1).key_id:08x}", vkey(1).text()):
        assert line_of(FIRST, Role.LOG, name) == vkey(1).text()
    for name in ("", whole[:7], "f" * 8):
        with pytest.raises(Refused):
            line_of(FIRST, Role.LOG, name)
    assert line_of(FIRST, Role.PDF, f"{3:064x}") == f"sha256:{3:064x}"


def test_a_plan_changes_no_line_that_ended() -> None:
    """Closing a closed key again leaves its end where it was."""
    once = rotation(Role.LOG, (vkey(1).text(),), vkey(9).text()).after(FIRST, 5, AT)
    again = KeyPlan("rotated", closes=frozenset({(Role.LOG, vkey(1).text())}))
    assert again.after(once, 20, AT) == once


# Log "log" closes with 60 entries; recorded at leaf 20 and later.
CLOSING = TrustedKeys(
    (
        TrustedKey(Role.LOG, vkey(1), 0, 60, AT, None),
        TrustedKey(Role.STATEMENT, vkey(2), 0, None, AT, None),
        TrustedKey(Role.LOG, vkey(4, "log/2027"), 61, None, AT, None),
    )
)


def log_lines(trusted: TrustedKeys) -> list[tuple[str, int, int | None]]:
    """Name, beginning and end of the log keys."""
    return [(e.key.name, e.from_size, e.to_size) for e in trusted.keys(Role.LOG)]


def test_further_key_of_a_closing_log_ends_with_it() -> None:
    """The lines that were there stay as they are."""
    plan = rotation(Role.LOG, (), vkey(5).text())
    after = plan.after(CLOSING, 20, AT)
    assert log_lines(after) == [*log_lines(CLOSING), ("log", 22, 60)]
    check_change(CLOSING, after, 20)
    assert log_lines(plan.after(CLOSING, 58, AT))[-1] == ("log", 60, 60)
    with pytest.raises(Refused):
        plan.after(CLOSING, 59, AT)


@pytest.mark.parametrize(
    ("since", "end"), [(0, 0), (15, 14), (21, 20), (22, 21), (40, 21)]
)
def test_doubted_key_of_a_closing_log_ends_before_its_end(since: int, end: int) -> None:
    """At the size before the doubt, at the latest with the change itself."""
    plan = compromise(Role.LOG, vkey(1).text(), since, vkey(5).text())
    after = plan.after(CLOSING, 20, AT)
    assert log_lines(after) == [
        ("log", 0, end), ("log/2027", 61, None), ("log", 22, 60)
    ]  # fmt: skip
    check_change(CLOSING, after, 20, compromised=True)


def test_end_that_is_reached_stays() -> None:
    """A key that has ended is not ended once more, and no other role's end moves."""
    gone = KeyPlan("compromised", "", frozenset({(Role.LOG, vkey(1).text())}), (), 5)
    assert gone.after(CLOSING, 60, AT) == CLOSING
    assert gone.after(CLOSING, 70, AT) == CLOSING
