"""Cosignatures: what a witness signs, and what does not pass for it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.cosignature import (
    MAX_POSIX_TIME,
    Cosignature,
    cosign,
    cosignatures,
    cosigned_message,
    witness_key,
)
from integrity.errors import MalformedError, VerificationError
from integrity.note import (
    SignatureLine,
    add_signature_lines,
    open_note,
    sign_note,
    split_note,
)
from integrity.vkey import COSIGNATURE, VerifierKey
from tests.bundle_factory import signer, verifier_key

LOG, FIRST, SECOND = signer("log", 1), signer("w.example/一", 2), signer("w2", 3)
FIRST_KEY = witness_key(FIRST.name, FIRST.public_key)
SECOND_KEY = witness_key(SECOND.name, SECOND.public_key)
TEXT = "log\n5\nAAAA\n"
NOTE = sign_note(TEXT, [LOG])
AT = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
LINE = cosign(TEXT, FIRST, AT)
BOTH = add_signature_lines(NOTE, [LINE, cosign(TEXT, SECOND, AT)])

times = st.integers(0, MAX_POSIX_TIME).map(
    lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC)
)


@given(times)
def test_cosignature_round_trip(at: dt.datetime) -> None:
    """A cosignature is found again with the witness and its time."""
    note = add_signature_lines(NOTE, [cosign(TEXT, FIRST, at)])
    assert cosignatures(note, [FIRST_KEY]) == (Cosignature(FIRST_KEY, at),)


@given(st.integers(0, 8 * len(LINE) - 9))
def test_flipped_bit_is_no_cosignature(bit: int) -> None:
    """No single changed bit of a line leaves it the cosignature of its witness."""
    changed = (int.from_bytes(LINE[:-1], "big") ^ (1 << bit)).to_bytes(len(LINE) - 1)
    try:
        assert cosignatures(NOTE + changed + b"\n", [FIRST_KEY]) == ()
    except (MalformedError, VerificationError):
        return


def test_line_is_that_of_the_specification() -> None:
    """Type 0x04 makes the key id; the blob is id, eight bytes of time, signature."""
    _, (line,) = split_note(f"{TEXT}\n".encode() + LINE)
    seconds = int(AT.timestamp())
    message = f"cosignature/v1\ntime {seconds}\n{TEXT}".encode()
    assert VerifierKey.of(FIRST.name, COSIGNATURE, FIRST.public_key) == FIRST_KEY
    assert (line.name, line.key_id) == (FIRST.name, FIRST_KEY.key_id)
    assert line.signature == seconds.to_bytes(8, "big") + FIRST.sign(message)
    assert cosigned_message(TEXT, seconds) == message


def test_order_is_that_of_the_lines() -> None:
    """Each witness asked about is found, others are not looked at."""
    keys = [cosigned.key for cosigned in cosignatures(BOTH, [SECOND_KEY, FIRST_KEY])]
    assert keys == [FIRST_KEY, SECOND_KEY]
    assert [c.key for c in cosignatures(BOTH, [SECOND_KEY])] == [SECOND_KEY]
    assert cosignatures(BOTH, []) == ()
    assert cosignatures(NOTE, [FIRST_KEY]) == ()


def test_log_still_opens_its_note() -> None:
    """A cosigned note is the log's note with two lines more."""
    note = open_note(BOTH, [verifier_key(LOG)])
    assert (note.text, len(note.other)) == (TEXT, 2)


def _line(blob: bytes) -> bytes:
    return SignatureLine(FIRST.name, FIRST_KEY.key_id, blob).text().encode()


SECONDS = (10).to_bytes(8, "big")


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        (SECONDS + bytes(64), "does not match"),
        (SECONDS + FIRST.sign(cosigned_message(TEXT, 11)), "does not match"),
        (SECONDS + FIRST.sign(TEXT.encode()), "does not match"),
        (FIRST.sign(TEXT.encode()), "another length"),
        (SECONDS + FIRST.sign(cosigned_message(TEXT, 10)) + b"\0", "another length"),
        (
            (MAX_POSIX_TIME + 1).to_bytes(8, "big")
            + FIRST.sign(cosigned_message(TEXT, MAX_POSIX_TIME + 1)),
            "no possible time",
        ),
    ],
)
def test_line_that_does_not_hold(blob: bytes, reason: str) -> None:
    """A line of a known witness that fails spoils the note."""
    with pytest.raises(VerificationError, match=reason):
        cosignatures(NOTE + _line(blob), [FIRST_KEY])
    assert cosignatures(NOTE + _line(blob), [SECOND_KEY]) == ()


def test_witness_cosigns_once() -> None:
    """Two lines of one witness, even with two times, are refused."""
    later = cosign(TEXT, FIRST, AT + dt.timedelta(seconds=1))
    with pytest.raises(MalformedError, match="cosigned it twice"):
        cosignatures(NOTE + LINE + later, [FIRST_KEY])


def test_two_witnesses_of_one_name_and_id_are_ambiguous() -> None:
    """A real collision of the 32 bits of the id: which of them signed, nobody knows."""
    one, other = (witness_key("w", n.to_bytes(32, "big")) for n in (6094, 23356))
    assert one.key_id == other.key_id
    with pytest.raises(MalformedError, match="two share a name and an id"):
        cosignatures(NOTE, [one, other])
    assert cosignatures(NOTE, [one, one]) == ()


def test_key_of_a_log_is_no_witness() -> None:
    """Only keys of type 0x04 cosign, so a log cannot pass for its own witness."""
    with pytest.raises(MalformedError, match="not that of cosignatures"):
        cosignatures(BOTH, [FIRST_KEY, verifier_key(LOG)])


def test_bounds_of_the_time() -> None:
    """From 1970 to the last second of 9999 a witness can sign, before it cannot."""
    first = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    for at in (first, dt.datetime.max.replace(tzinfo=dt.UTC)):
        (found,) = cosignatures(NOTE + cosign(TEXT, FIRST, at), [FIRST_KEY])
        assert found.time == at.replace(microsecond=0)
    before = dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    with pytest.raises(MalformedError, match="before 1970"):
        cosign(TEXT, FIRST, before)
