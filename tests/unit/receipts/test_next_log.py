"""The next log: what it may be called, and when it may be announced."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from intake.errors import Refused
from intake.services import today
from integrity.key_history import check_change
from integrity.keys import Ed25519Signer
from integrity.note import VerifierKey
from integrity.origins import Origin
from integrity.policy import Role, TrustedKey, TrustedKeys
from receipts.key_plan import open_lines, rotation
from receipts.next_log import (
    NextLog,
    announced_by,
    closing_log,
    next_origin,
    require_begun,
    segment_of,
)

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
FIRST = "custody.example/firm"


def vkey(number: int, name: str) -> VerifierKey:
    """The public half of key number so and so."""
    seed = number.to_bytes(32, "big")
    signer = Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(seed))
    return VerifierKey.ed25519(name, signer.public_key)


FOUNDED = TrustedKeys(
    (
        TrustedKey(Role.LOG, vkey(1, FIRST), 0, None, AT, None),
        TrustedKey(Role.STATEMENT, vkey(2, FIRST), 0, None, AT, None),
    )
)


def rolled(before: TrustedKeys, segment: str, leaf: int) -> TrustedKeys:
    """The keys after the next log was announced by event `leaf`."""
    new = vkey(leaf + 10, f"{FIRST}/{segment}").text()
    plan = rotation(Role.LOG, open_lines(before, Role.LOG), new)
    after = plan.after(before, leaf, AT)
    check_change(before, after, leaf)
    return after


def test_a_log_is_called_by_the_first_and_one_segment() -> None:
    """The name given, or by default this year; after a year, the next one."""
    assert next_origin(FOUNDED, "2027") == f"{FIRST}/2027"
    assert next_origin(FOUNDED) == f"{FIRST}/{today().year}"
    assert next_origin(rolled(FOUNDED, "2027", 8)) == f"{FIRST}/2028"
    assert next_origin(rolled(FOUNDED, "autumn", 8)) == f"{FIRST}/{today().year}"


@pytest.mark.parametrize("name", ["a", "0", "2027-b", "a" * 31, "tiles", "checkpoint-"])
def test_a_segment_is_letters_digits_and_hyphens(name: str) -> None:
    """Every name of that form can be had, up to 31 characters."""
    assert next_origin(FOUNDED, name) == f"{FIRST}/{name}"


@pytest.mark.parametrize(
    "name",
    ["-a", "A", "a_b", "a/b", "a b", "年", "..", "a" * 32, "a\n", "checkpoint", "tile"],
)
def test_other_names_are_refused(name: str) -> None:
    """Nothing that would not be one part of an address, or is a file of the first."""
    with pytest.raises(Refused) as refused:
        next_origin(FOUNDED, name)
    assert refused.value.code == "log_name"


def test_a_name_never_comes_back() -> None:
    """Not that of the open log, nor of one before it."""
    later = rolled(rolled(FOUNDED, "2027", 8), "2028", 30)
    for name in ("2027", "2028"):
        with pytest.raises(Refused) as refused:
            next_origin(later, name)
        assert refused.value.code == "log_name_used"


def test_the_key_of_a_log_without_entries_is_left_alone() -> None:
    """While the next log is announced, and in an empty home; from then on not."""
    later = rolled(FOUNDED, "2027", 8)  # its first entry is number 9
    for size in (8, 9):
        with pytest.raises(Refused) as refused:
            require_begun(later, size)
        assert refused.value.code == "log_announced"
    require_begun(later, 10)
    with pytest.raises(Refused) as refused:
        require_begun(FOUNDED, 0)
    assert refused.value.code == "log_empty"
    require_begun(FOUNDED, 1)


def test_a_closing_log_has_room_for_another_key_to_its_last_entry_but_one() -> None:
    """A key named by event 7 signs from the size 9 on, at which the log is closed."""
    later = rolled(FOUNDED, "2027", 8)  # its first entry is number 9
    assert closing_log(FOUNDED, 7) is None
    assert closing_log(later, 7) == Origin(FIRST, 0, 9)
    assert [closing_log(later, size) for size in (8, 9, 10)] == [None] * 3


def test_what_will_happen_is_told_with_numbers() -> None:
    """Event 8 is the last of the log that closes, 9 the first of the next."""
    later = rolled(FOUNDED, "2027", 8)
    coming = announced_by(FOUNDED, later)
    old, new = Origin(FIRST, 0, 9), Origin(f"{FIRST}/2027", 9, None)
    assert coming is not None
    assert coming == NextLog(old, new)
    assert "第 8 号" in coming.zh()
    assert "第 9 号" in coming.zh()
    assert "After event 8 " in coming.en()
    assert "from event 9 on" in coming.en()
    assert announced_by(later, later) is None
    assert [segment_of(later.origins(), each) for each in (old, new)] == ["", "2027"]
