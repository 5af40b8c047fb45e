"""The one-file verifier: notes, envelopes and events have one form, and bounds."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from integrity.canonical import canonical_json
from receipts.standalone import verify as standalone
from tests import bundle_samples as samples

Line = samples.Line
LOG = samples.Ed("log.example", 51)
STATEMENT = samples.Ed("statements.example", 52)
WITNESS = samples.Ed("witness.example", 53, 4)
LI, WANG = samples.Ed("li", 54), samples.Passkey("wang", 55)
ROOT = samples.b64(bytes(32))
TEXT = f"{LOG.name}\n5\n{ROOT}\n"


def refused(
    read: Callable[..., object], *given: Any, reason: str, **named: Any
) -> None:
    """Refused, and for this reason."""
    with pytest.raises(standalone.Refused, match=reason):
        read(*given, **named)


# --- Texts ------------------------------------------------------------------------


def test_base64_is_a_text() -> None:
    """A number in its place is refused like any other text that is none."""
    assert standalone.from_base64("AAAA") == bytes(3)
    for value in (5, None, ["AAAA"]):
        refused(standalone.from_base64, value, reason="bad base64")


def test_json_nests_so_deep() -> None:
    """33 levels are read, 34 are not."""
    assert standalone.parse_canonical(b"[" * 33 + b"]" * 33)
    refused(standalone.parse_canonical, b"[" * 34 + b"]" * 34, reason="too deep")


def test_fields_are_those_of_an_object() -> None:
    """A list of their names, or one field more or less, is no such object."""
    assert standalone.fields({"b": 2, "a": 1}, "a", "b") == [1, 2]
    for value in (["a", "b"], {"a": 1}, {"a": 1, "b": 2, "c": 3}, None):
        refused(standalone.fields, value, "a", "b", reason="fields of the statement")


def test_a_line_of_keys_is_so_long() -> None:
    """A rule of 1,044 characters is read, of one more it is not."""
    room = standalone.MAX_TEXT + 20 - len("two-persons:a.")
    rule = Line("rule", f"two-persons:a.{'b' * room}")
    assert standalone.Line(rule.text()[:-1]).kinds == {f"a.{'b' * room}"}
    rule.what += "b"
    refused(standalone.Line, rule.text()[:-1], reason="too long")


def test_a_list_of_keys_is_so_long() -> None:
    """A mebibyte is looked at, one byte more is not."""
    data = bytes(standalone.MAX_TRUST)
    refused(standalone.Keys, data, reason="newline")
    refused(standalone.Keys, data + b"\n", reason="too long")


# --- Notes and proofs -------------------------------------------------------------


def signature(key: samples.Ed, blob: bytes = bytes(64)) -> str:
    """A signature line by this key, whatever it signs."""
    return f"\u2014 {key.name} {samples.b64(key.hint() + blob)}\n"


def test_a_note_is_so_long_and_has_so_many_signatures() -> None:
    """256 KiB and 32 signatures are read; one more of either is not."""
    line = signature(LOG)
    room = standalone.MAX_NOTE - len(f"{TEXT}x\n\n{line}{signature(LOG, b'')}".encode())
    padding = "x" * (1 + room % 4)
    blob = bytes(64 + 3 * (room // 4))
    full = f"{TEXT}{padding}\n\n{line}{signature(LOG, blob[64:])}".encode()
    assert len(full) == standalone.MAX_NOTE
    assert standalone.parse_checkpoint(full).size == 5
    refused(standalone.parse_checkpoint, full + b"x", reason="too long")
    room = standalone.MAX_CHECKPOINT - len(f"{TEXT}\n")
    longest = f"{TEXT}{'x' * room}\n\n{line}".encode()
    assert standalone.parse_checkpoint(longest).size == 5
    longer = f"{TEXT}{'x' * room}x\n\n{line}".encode()
    refused(standalone.parse_checkpoint, longer, reason="too long")
    many = f"{TEXT}\n{line * 32}"
    assert len(standalone.parse_checkpoint(many.encode()).signatures) == 32
    more = (many + line).encode()
    refused(standalone.parse_checkpoint, more, reason="too many signatures")


NOTES: dict[str, tuple[str, str]] = {
    "a hyphen for a dash": (
        f"{TEXT}\n- {signature(LOG)[2:]}",
        "a bad signature line",
    ),
    "a name with a plus": (
        f"{TEXT}\n{signature(samples.Ed('a+b', 1))}",
        "a bad signature line",
    ),
    "no name": (f"{TEXT}\n\u2014  {samples.b64(bytes(68))}\n", "a bad signature line"),
    "a key id alone": (f"{TEXT}\n{signature(LOG, b'')}", "a bad signature line"),
    "no signature": (TEXT, "not a signed note"),
    "no last newline": (f"{TEXT}\n{signature(LOG)}"[:-1], "not a signed note"),
    "a tabulator": (f"{TEXT}\tx\n\n{signature(LOG)}", "a control character"),
    "two lines": (f"{LOG.name}\n5\n\n{signature(LOG)}", "bad lines"),
    "an empty line": (f"\n5\n{ROOT}\n\n{signature(LOG)}", "bad lines"),
    "a short root": (
        f"{LOG.name}\n5\n{samples.b64(bytes(31))}\n\n{signature(LOG)}",
        "not 32 bytes",
    ),
    "a size beyond 63 bits": (
        f"{LOG.name}\n{2**63}\n{ROOT}\n\n{signature(LOG)}",
        "out of range",
    ),
}


@pytest.mark.parametrize("case", NOTES)
def test_a_checkpoint_out_of_form_is_refused(case: str) -> None:
    """Text, signature lines, number and root have one form each."""
    text, reason = NOTES[case]
    refused(standalone.parse_checkpoint, text.encode(), reason=reason)


def test_a_checkpoint_has_so_many_lines_and_so_great_a_size() -> None:
    """19 lines, a name of 256 characters and 63 bits are read; more is not."""
    text = f"{LOG.name}\n{2**63 - 1}\n{ROOT}\n" + "x\n" * 16
    note = f"{text}\n{signature(LOG)}".encode()
    assert standalone.parse_checkpoint(note).size == standalone.MAX_SIZE
    longer = f"{text}x\n\n{signature(LOG)}".encode()
    refused(standalone.parse_checkpoint, longer, reason="bad lines")
    name, rest = "x" * 256, f"\n5\n{ROOT}\n\n{signature(LOG)}"
    assert standalone.parse_checkpoint(f"{name}{rest}".encode()).origin == name
    named = f"{name}x{rest}".encode()
    refused(standalone.parse_checkpoint, named, reason="bad lines")


def test_a_cosignature_has_a_time_and_64_bytes() -> None:
    """One byte less, or a time after the year 9999, is none (c2sp.org)."""
    key = standalone.Key(WITNESS.vkey())

    def cosigned(time: int, cut: int = 72) -> list[str]:
        message = f"cosignature/v1\ntime {time}\n{TEXT}".encode()
        blob = time.to_bytes(8, "big") + WITNESS.private.sign(message)
        note = f"{TEXT}\n{signature(WITNESS, blob[:cut])}".encode()
        return standalone.cosigned_by(note, [key])

    assert cosigned(253402300799) == [WITNESS.name]
    refused(cosigned, 253402300800, reason="does not match")
    refused(cosigned, 5, 71, reason="bad length")
    forged = signature(WITNESS, bytes(8) + WITNESS.private.sign(b"another text"))
    note = f"{TEXT}\n{forged}".encode()
    refused(standalone.cosigned_by, note, [key], reason="does not match")


PROOF = "c2sp.org/tlog-proof@v1\n"


def test_a_proof_without_extra_bytes_is_a_proof() -> None:
    """The line is optional in the format; that a bundle wants it is another rule."""
    proof = f"{PROOF}index 7\n{ROOT}\n\nnote".encode()
    assert standalone.parse_proof(proof) == (b"", 7, [bytes(32)], b"note")


PROOFS: dict[str, tuple[str, str]] = {
    "another first line": ("c2sp.org/tlog-proof@v2\nindex 7\n\nnote", "not a tlog"),
    "no note": (f"{PROOF}index 7\n", "not a tlog"),
    "an empty extra line": (f"{PROOF}extra \nindex 7\n\nnote", "empty extra"),
    "no index": (f"{PROOF}{ROOT}\n\nnote", "no index"),
    "nothing at all": (f"{PROOF}\nnote", "no index"),
    "65 hashes": (f"{PROOF}index 7\n{f'{ROOT}{chr(10)}' * 65}\nnote", "too long"),
}


@pytest.mark.parametrize("case", PROOFS)
def test_a_proof_out_of_form_is_refused(case: str) -> None:
    """Its lines come in one order, and not without end."""
    text, reason = PROOFS[case]
    refused(standalone.parse_proof, text.encode(), reason=reason)


def test_a_path_has_up_to_64_hashes() -> None:
    """That is enough for a log of 2**63 leaves."""
    path = f"{PROOF}index 7\n{f'{ROOT}{chr(10)}' * 64}\nnote"
    assert len(standalone.parse_proof(path.encode())[2]) == 64


# --- Envelopes and events ---------------------------------------------------------


def sealed(payload: bytes, *signatures: tuple[str, bytes]) -> bytes:
    """An envelope with these signatures, whatever they are worth."""
    return canonical_json(
        {
            "payload": samples.b64(payload),
            "payloadType": samples.PAYLOAD_TYPE,
            "signatures": [
                {"keyid": keyid, "sig": samples.b64(data)} for keyid, data in signatures
            ],
        }
    )


def by(number: int) -> str:
    """An id of a key; they are in the order of their numbers."""
    return f"{number:064x}"


SERVICE = (by(9), bytes(64))


def test_an_envelope_is_so_long() -> None:
    """A mebibyte is read, one byte more is not."""
    empty = len(sealed(b"", SERVICE))
    payload = bytes((standalone.MAX_ENVELOPE - empty) // 4 * 3)
    full = sealed(payload, SERVICE)
    assert standalone.Envelope(full).payload == payload
    over = full + bytes(standalone.MAX_ENVELOPE - len(full) + 1)
    refused(standalone.Envelope, over, reason="too long")


ENVELOPES: dict[str, tuple[bytes, str]] = {
    "nobody signed": (sealed(b""), "not 1 to 9"),
    "ten signed": (
        sealed(b"", *((by(n), bytes(64)) for n in range(10))),
        "not 1 to 9",
    ),
    "63 bytes": (sealed(b"", (by(9), bytes(63))), "not 64 bytes"),
    "an empty signature": (sealed(b"", SERVICE, (by(1), b"")), "empty or too long"),
    "a long signature": (
        sealed(b"", SERVICE, (by(1), bytes(standalone.MAX_ASSERTION + 1))),
        "empty or too long",
    ),
    "persons out of order": (
        sealed(b"", SERVICE, (by(2), b"x"), (by(1), b"x")),
        "not in order",
    ),
    "a person twice": (
        sealed(b"", SERVICE, (by(1), b"x"), (by(1), b"y")),
        "not in order",
    ),
    "the service as a person": (sealed(b"", SERVICE, (by(9), b"x")), "not in order"),
    "signatures that are a number": (
        sealed(b"").replace(b"[]", b"5"),
        "not 1 to 9",
    ),
    "no id of a key": (sealed(b"", ("A" * 64, bytes(64))), "id of a key"),
    "another type": (
        sealed(b"", SERVICE).replace(b"in-toto", b"in-tata"),
        "unknown type of payload",
    ),
    "one more field": (
        sealed(b"", SERVICE).replace(b'"payload"', b'"more":1,"payload"'),
        "fields",
    ),
}


@pytest.mark.parametrize("case", ENVELOPES)
def test_an_envelope_out_of_form_is_refused(case: str) -> None:
    """One signature of the service, then persons in the order of their keys."""
    data, reason = ENVELOPES[case]
    refused(standalone.Envelope, data, reason=reason)


def test_eight_persons_sign_at_most() -> None:
    """Nine signatures in all, and a person's may be 8 KiB long."""
    people = [(by(n), bytes(standalone.MAX_ASSERTION)) for n in range(8)]
    assert len(standalone.Envelope(sealed(b"", SERVICE, *people)).persons) == 8


PREDICATE: dict[str, Any] = {
    "kind": "exhibit.read",
    "actor": {"login": "li", "name": "li", "role": "paralegal"},
    "time": "2025-08-29T06:03:22Z",
    "facts": {},
    "tools": {"custody": "1"},
    "salt": "0" * 64,
}
SUBJECT = {"name": "x", "digest": {"sha256": "0" * 64, "sm3": "1" * 64}}
LONG = "x" * 1025
STATED: dict[str, Any] = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [SUBJECT],
    "predicateType": "urn:custody:event:v1",
}


def event(predicate: dict[str, Any] | None = None, **stated: Any) -> standalone.Event:
    """An event in which something may be other than it should be."""
    whole = {**STATED, "predicate": {**PREDICATE, **(predicate or {})}, **stated}
    return standalone.Event(canonical_json(whole))


def test_an_event_is_read_up_to_its_bounds() -> None:
    """1,000 subjects, 64 tools, texts of 1,024 characters."""
    tools = {f"{n}": LONG[1:] for n in range(64)}
    found = event({"tools": tools}, subject=[{**SUBJECT, "name": LONG[1:]}] * 1000)
    assert len(found.subjects) == 1000


@pytest.mark.parametrize(
    "predicate",
    [
        {"kind": "exhibit"},
        {"kind": "Exhibit.read"},
        {"kind": 5},
        {"kind": "a." + LONG},
        {"actor": {"login": 5, "name": "li", "role": "paralegal"}},
        {"actor": {"login": "li", "name": LONG, "role": "paralegal"}},
        {"time": "2025-08-29T06:03:22"},
        {"time": "2025-02-29T06:03:22Z"},
        {"time": None},
        {"facts": []},
        {"tools": []},
        {"tools": {f"{n}": "1" for n in range(65)}},
        {"tools": {"custody": 1}},
        {"tools": {LONG: "1"}},
        {"salt": "0" * 63},
    ],
    ids=range(15),
)
def test_an_event_out_of_form_is_refused(predicate: dict[str, Any]) -> None:
    """Kind, actor, time, facts, tools and salt are what they must be."""
    refused(event, predicate, reason="the statement is malformed")


def test_statements_of_other_kinds_and_subjects_are_refused() -> None:
    """Another type, more or other subjects than an event can have."""
    unknown = "unknown type of statement"
    refused(event, _type="x", reason=unknown)
    refused(event, predicateType="urn:custody:event:v2", reason=unknown)
    for subjects in ({}, [SUBJECT] * 1001):
        refused(event, subject=subjects, reason="the statement is malformed")
    digests = {"sha256": "0" * 64, "sm3": "A" * 64}
    for subject in ({**SUBJECT, "name": LONG}, {**SUBJECT, "digest": digests}):
        refused(event, subject=[subject], reason="a subject is malformed")


# --- Passkeys ---------------------------------------------------------------------


def asserted(key: samples.Passkey, **changes: Any) -> bool:
    """Whether a passkey's assertion over a message counts, changed as told."""
    message = b"what is signed"
    made = json.loads(base64.b64decode(key.person_signature(message)))
    assertion = canonical_json({**made, **changes})
    verifier = standalone.Key(WANG.vkey())
    challenge = standalone.sha256(message)
    return standalone.passkey_signed(verifier, assertion, challenge)


def test_a_passkey_signs_when_its_holder_was_there_and_verified() -> None:
    """Both flags are set, or it does not count (Web Authentication, 7.2)."""
    assert asserted(WANG)
    for flags in (0x00, 0x01, 0x04, 0xFA):
        key = samples.Passkey(WANG.name, WANG.seed, flags)
        refused(asserted, key, reason="nobody was present and verified")
    assert asserted(samples.Passkey(WANG.name, WANG.seed, 0xFF))
    assert not asserted(samples.Passkey("wang", WANG.seed + 1))


CHALLENGE = hashlib.sha256(b"what is signed").digest()
ASKED = base64.urlsafe_b64encode(CHALLENGE).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "client",
    [
        [],
        {"challenge": ASKED},
        {"type": "webauthn.create", "challenge": ASKED},
        {"type": "webauthn.get"},
        {"type": "webauthn.get", "challenge": ASKED[:-1]},
        {"type": "webauthn.get", "challenge": f"{ASKED}="},
    ],
    ids=range(6),
)
def test_an_assertion_is_about_the_statement(client: Any) -> None:
    """What the browser says it signed: this challenge, and to sign in with."""
    changes = {"clientDataJSON": samples.b64(json.dumps(client).encode())}
    refused(asserted, WANG, **changes, reason="about something else")


@pytest.mark.parametrize(
    ("field", "inside", "outside"),
    [
        ("authenticatorData", 37, 36),
        ("authenticatorData", 1024, 1025),
        ("clientDataJSON", 4096, 4097),
        ("signature", 72, 73),
    ],
)
def test_an_assertion_is_bounded(field: str, inside: int, outside: int) -> None:
    """By the length of its parts it is refused before anything is done with them."""
    changes = {field: samples.b64(bytes(outside))}
    refused(asserted, WANG, **changes, reason="of bad length")
    changes = {field: samples.b64(bytes(inside))}
    refused(asserted, WANG, **changes, reason="^(?!.*bad length)")
