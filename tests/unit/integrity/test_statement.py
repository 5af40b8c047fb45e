"""Statements that open to the event that was sealed, and to nothing else."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from integrity.canonical import canonical_json, pae
from integrity.digest import digest_bytes
from integrity.envelope import MAX_ENVELOPE_BYTES, PAYLOAD_TYPE, wrap
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Ed25519Signer, signature_verifies
from integrity.shape import MAX_TEXT_CHARACTERS
from integrity.statement import (
    MAX_SUBJECTS,
    MAX_TOOLS,
    PREDICATE_TYPE,
    Actor,
    Event,
    Subject,
    key_id,
    leaf_text,
    open_statement,
    seal,
)

SIGNER = Ed25519Signer("statement", Ed25519PrivateKey.from_private_bytes(b"s" * 32))
KEYS = {key_id(SIGNER.public_key): SIGNER.public_key}
SUBJECT = Subject("e0123456789ab", digest_bytes(b"original"))
EVENT = Event(
    kind="exhibit.received",
    actor=Actor("li", "李律师", "lawyer"),
    time=dt.datetime(2025, 8, 29, 6, 3, 22, tzinfo=dt.UTC),
    facts={"exhibit": "e0123456789ab", "size": 8, "parent": None},
    subjects=(SUBJECT,),
    tools={"custody": "0.1.0"},
    salt="5a" * 32,
)
ENVELOPE = seal(EVENT, SIGNER)
GOLDEN_SHA256 = "fd2d7704d35634559b5dd687a1b0e2a0a5ec3c72ac29c90dde27ece3bb698d6f"

EARLIEST = dt.datetime(1000, 1, 2)  # noqa: DTZ001  # bounds carry no zone

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
facts = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)
events = st.builds(
    Event,
    kind=st.from_regex(r"\A[a-z_]{1,9}(\.[a-z_]{1,9}){1,2}\Z"),
    actor=st.builds(Actor, texts, texts, texts),
    time=st.datetimes(EARLIEST, timezones=st.just(dt.UTC)),
    facts=facts,
    subjects=st.lists(
        st.builds(Subject, texts, st.binary(max_size=9).map(digest_bytes)), max_size=3
    ).map(tuple),
    tools=st.dictionaries(texts, texts, max_size=3),
    salt=st.binary(min_size=32, max_size=32).map(bytes.hex),
)


@given(events)
def test_sealed_event_opens_to_itself(event: Event) -> None:
    """Opening gives the event that was sealed, and sealing it again the bytes."""
    envelope = seal(event, SIGNER)
    opened = open_statement(envelope, KEYS)
    assert opened == event
    assert seal(opened, SIGNER) == envelope


@given(st.integers(0, 8 * len(ENVELOPE) - 1))
def test_flipped_bit_is_refused(bit: int) -> None:
    """No single changed bit of an envelope leaves it valid."""
    number = int.from_bytes(ENVELOPE, "big") ^ (1 << bit)
    with pytest.raises((MalformedError, VerificationError)):
        open_statement(number.to_bytes(len(ENVELOPE), "big"), KEYS)


def test_golden_envelope() -> None:
    """The first release wrote these bytes; every later one must read them."""
    assert digest_bytes(ENVELOPE).sha256 == GOLDEN_SHA256
    assert json.loads(ENVELOPE).keys() == {"payload", "payloadType", "signatures"}


def test_envelope_is_dsse_over_an_in_toto_statement() -> None:
    """Read by hand with nothing of ours: payload type, PAE signature, fields."""
    envelope = json.loads(ENVELOPE)
    payload = base64.b64decode(envelope["payload"])
    (signed,) = envelope["signatures"]
    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert signature_verifies(
        SIGNER.public_key,
        base64.b64decode(signed["sig"]),
        b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(payload), payload),
    )
    assert json.loads(payload) == {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": SUBJECT.name, "digest": SUBJECT.digests.as_dict()}],
        "predicateType": "urn:custody:event:v1",
        "predicate": {
            "kind": "exhibit.received",
            "actor": {"login": "li", "name": "李律师", "role": "lawyer"},
            "time": "2025-08-29T06:03:22Z",
            "facts": {"exhibit": "e0123456789ab", "size": 8, "parent": None},
            "tools": {"custody": "0.1.0"},
            "salt": "5a" * 32,
        },
    }


def test_time_is_kept_in_utc_with_whole_seconds() -> None:
    """An event has the time that its statement will say, from the beginning."""
    east = dt.timezone(dt.timedelta(hours=8))
    local = dt.datetime(2025, 8, 29, 14, 3, 22, 999999, tzinfo=east)
    event = dataclasses.replace(EVENT, time=local)
    assert event == EVENT
    assert event.time.tzinfo is dt.UTC


def test_time_without_zone_is_refused() -> None:
    """A time that could be any of two dozen is no time."""
    with pytest.raises(MalformedError, match="no time zone"):
        dataclasses.replace(EVENT, time=dt.datetime(2025, 8, 29))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "received"}, "kind has the wrong form"),
        ({"kind": "exhibit.Received"}, "kind has the wrong form"),
        ({"kind": "exhibit.received\n"}, "kind has the wrong form"),
        ({"salt": "5A" * 32}, "salt has the wrong form"),
        ({"salt": "5a" * 31}, "salt has the wrong form"),
        ({"facts": {"ratio": 0.5}}, "hold a float"),
        ({"facts": {"deep": [{"ratio": (1.0,)}]}}, "hold a float"),
        ({"facts": {"big": 2**53}}, "exceeds safe integer"),
        ({"facts": {"name": "\ud800"}}, "non-UTF-8"),
        ({"facts": {"bytes": b""}}, "unsupported type"),
        ({"facts": []}, "facts are not an object"),
        ({"tools": []}, "tools are not an object"),
        ({"tools": {"ocr": 5}}, "a string of at most"),
        ({"actor": Actor("l" * (MAX_TEXT_CHARACTERS + 1), "", "")}, "a string of at"),
    ],
)
def test_event_that_would_not_open_is_not_sealed(
    changes: dict[str, Any], reason: str
) -> None:
    """Nothing is signed that the reader would refuse."""
    with pytest.raises(MalformedError, match=reason):
        seal(dataclasses.replace(EVENT, **changes), SIGNER)


def test_bounds() -> None:
    """Names, subjects and tools up to their bounds are sealed, one more is not."""
    name = "n" * MAX_TEXT_CHARACTERS
    tools = {f"tool{number}": "1" for number in range(MAX_TOOLS)}
    subjects = (SUBJECT,) * MAX_SUBJECTS
    most = dataclasses.replace(
        EVENT, actor=Actor(name, name, name), tools=tools, subjects=subjects
    )
    assert open_statement(seal(most, SIGNER), KEYS) == most
    with pytest.raises(MalformedError, match=f"at most {MAX_TOOLS}"):
        seal(dataclasses.replace(EVENT, tools={**tools, "more": "1"}), SIGNER)
    with pytest.raises(MalformedError, match=f"at most {MAX_SUBJECTS}"):
        seal(dataclasses.replace(EVENT, subjects=(*subjects, SUBJECT)), SIGNER)


def test_envelope_bound() -> None:
    """An envelope of the bound's length passes; a longer one is not looked at."""
    room = (MAX_ENVELOPE_BYTES - len(ENVELOPE)) // 4 * 3 - 64
    large = dataclasses.replace(EVENT, facts={"text": "t" * room})
    assert open_statement(seal(large, SIGNER), KEYS) == large
    larger = dataclasses.replace(EVENT, facts={"text": "t" * (room + 256)})
    with pytest.raises(MalformedError, match="longer than"):
        seal(larger, SIGNER)
    with pytest.raises(MalformedError, match="longer than"):
        open_statement(b"x" * (MAX_ENVELOPE_BYTES + 1), KEYS)
    with pytest.raises(MalformedError, match="cannot be parsed"):
        open_statement(b"x" * MAX_ENVELOPE_BYTES, KEYS)


def test_unknown_key_and_wrong_signature() -> None:
    """A stranger's statement and a forged one are told apart."""
    stranger = Ed25519Signer("x", Ed25519PrivateKey.from_private_bytes(b"x" * 32))
    with pytest.raises(VerificationError, match="unknown key"):
        open_statement(seal(EVENT, stranger), KEYS)
    wrong_key = {key_id(SIGNER.public_key): stranger.public_key}
    with pytest.raises(VerificationError, match="does not match"):
        open_statement(ENVELOPE, wrong_key)


def _envelope(change: Callable[[dict[str, Any]], None]) -> bytes:
    envelope = json.loads(ENVELOPE)
    change(envelope)
    return canonical_json(envelope)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", "an object with the fields"),
        (_envelope(lambda e: e.update(more=1)), "an object with the fields"),
        (_envelope(lambda e: e.pop("payloadType")), "an object with the fields"),
        (_envelope(lambda e: e.update(payloadType="text")), "payload type is not"),
        (_envelope(lambda e: e.update(payload=1)), "a string of at most"),
        (_envelope(lambda e: e.update(payload="A")), "not base64"),
        (_envelope(lambda e: e.update(payload="e31=")), "canonical form"),
        (_envelope(lambda e: e.update(signatures={})), "an array of at most 9"),
        (_envelope(lambda e: e.update(signatures=[])), "no signature"),
        (
            _envelope(lambda e: e["signatures"].append(e["signatures"][0])),
            "in order, each once",
        ),
        (_envelope(lambda e: e["signatures"][0].pop("keyid")), "an object with"),
        (_envelope(lambda e: e["signatures"][0].update(keyid=1)), "a string of at"),
        (_envelope(lambda e: e["signatures"][0].update(sig="AA==")), "not 64 bytes"),
        (ENVELOPE + b"\n", "canonical form"),
        (json.dumps(json.loads(ENVELOPE)).encode(), "canonical form"),
    ],
)
def test_other_envelope_is_refused(data: bytes, reason: str) -> None:
    """Each way of not being an envelope has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        open_statement(data, KEYS)


def _signed(change: Callable[[dict[str, Any]], None]) -> bytes:
    statement = json.loads(base64.b64decode(json.loads(ENVELOPE)["payload"]))
    change(statement)
    return wrap(canonical_json(statement), SIGNER)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (wrap(b"{ }", SIGNER), "canonical form"),
        (_signed(lambda s: s.update(more=1)), "an object with the fields"),
        (_signed(lambda s: s.update(_type="x")), "type is not"),
        (_signed(lambda s: s.update(predicateType="x")), "predicate is not"),
        (_signed(lambda s: s.update(subject={})), "an array of at most"),
        (_signed(lambda s: s["subject"][0].update(more=1)), "an object with"),
        (_signed(lambda s: s["subject"][0].update(name=1)), "a string of at most"),
        (_signed(lambda s: s["subject"][0]["digest"].pop("sm3")), "an object with"),
        (_signed(lambda s: s["subject"][0]["digest"].update(sm3="0")), "sm3 digest"),
        (_signed(lambda s: s["subject"][0]["digest"].update(sm3=0)), "a string of"),
        (_signed(lambda s: s["predicate"].pop("salt")), "an object with"),
        (_signed(lambda s: s["predicate"].update(time=0)), "a string of at most"),
        (_signed(lambda s: s["predicate"]["facts"].update(x=0.5)), "hold a float"),
        (_signed(lambda s: s["predicate"]["actor"].pop("role")), "an object with"),
    ],
)
def test_signed_statement_of_another_form_is_refused(data: bytes, reason: str) -> None:
    """Our own signature does not make a malformed statement an event."""
    with pytest.raises(MalformedError, match=reason):
        open_statement(data, KEYS)


def test_cksum_checks_the_leaf(tmp_path: Path) -> None:
    """`cksum -c` reads the leaf and finds the envelope it stands for."""
    (tmp_path / "statement").write_bytes(ENVELOPE)
    (tmp_path / "leaf").write_bytes(leaf_text(ENVELOPE))
    done = _cksum(tmp_path)
    assert (done.returncode, done.stdout) == (0, "statement: OK\nstatement: OK\n")
    (tmp_path / "statement").write_bytes(ENVELOPE[:-1] + b"]")
    done = _cksum(tmp_path)
    assert done.returncode == 1
    assert done.stdout == "statement: FAILED\nstatement: FAILED\n"


def test_leaf_has_two_lines() -> None:
    """The leaf is the two digest lines of the exact envelope bytes."""
    assert leaf_text(b"abc") == (
        b"SHA256 (statement) = "
        b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
        b"SM3 (statement) = "
        b"66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0\n"
    )


def test_names_of_the_formats() -> None:
    """These names are in every proof we gave; they never change."""
    assert PREDICATE_TYPE == "urn:custody:event:v1"
    assert pae(PAYLOAD_TYPE, b"") == b"DSSEv1 28 application/vnd.in-toto+json 0 "


def _cksum(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["cksum", "-c", "leaf"]
    return subprocess.run(
        command, cwd=folder, check=False, capture_output=True, text=True
    )
