"""Signed notes: one form, known keys only, nothing believed that fails."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import MalformedError, VerificationError
from integrity.keys import Ed25519Signer
from integrity.note import (
    ED25519,
    MAX_KEY_NAME_CHARACTERS,
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    MAX_VKEY_CHARACTERS,
    SignatureLine,
    VerifierKey,
    open_note,
    parse_vkey,
    sign_note,
)


def signer_of(name: str, seed: int) -> Ed25519Signer:
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return Ed25519Signer(name, key)


def key_of(signer: Ed25519Signer) -> VerifierKey:
    return VerifierKey.ed25519(signer.name, signer.public_key)


FIRM = signer_of("example.com/日志", 1)
WITNESS = signer_of("witness.example", 2)
FIRM_KEY, WITNESS_KEY = key_of(FIRM), key_of(WITNESS)
TEXT = "a\n\n证据\n"
NOTE = sign_note(TEXT, [FIRM])
HEAD, LINE = NOTE.decode().rsplit("\n\n", 1)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n")).map(
    lambda text: text + "\n"
)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@given(texts, names)
def test_signed_note_opens(text: str, name: str) -> None:
    """What is signed opens to the same text, whatever blank lines it holds."""
    signer = signer_of(name, 3)
    note = open_note(sign_note(text, [signer]), [key_of(signer)])
    assert (note.text, note.verified, note.other) == (text, (key_of(signer),), ())


@given(st.integers(0, 8 * len(NOTE) - 1))
def test_flipped_bit_is_refused(bit: int) -> None:
    """No single changed bit of a note leaves it valid."""
    number = int.from_bytes(NOTE, "big") ^ (1 << bit)
    with pytest.raises((MalformedError, VerificationError)):
        open_note(number.to_bytes(len(NOTE), "big"), [FIRM_KEY])


def test_unknown_lines_are_handed_back_unverified() -> None:
    """Lines by other keys keep their order and are believed by nobody."""
    data = sign_note(TEXT, [WITNESS, FIRM])
    note = open_note(data, [FIRM_KEY])
    line = SignatureLine(WITNESS.name, WITNESS_KEY.key_id, WITNESS.sign(TEXT.encode()))
    assert (note.verified, note.other) == ((FIRM_KEY,), (line,))
    both = open_note(data, [FIRM_KEY, WITNESS_KEY])
    assert (both.verified, both.other) == ((WITNESS_KEY, FIRM_KEY), ())


def test_unknown_lines_may_share_a_name_or_repeat() -> None:
    """A post-quantum line of the same name, even twice, does not disturb ours."""
    line = f"— {FIRM.name} {base64.b64encode(bytes(2424)).decode()}\n"
    note = open_note(NOTE + (line + line).encode(), [FIRM_KEY])
    assert note.verified == (FIRM_KEY,)
    assert len(note.other) == 2


def test_known_key_that_does_not_verify_spoils_the_note() -> None:
    """One failing line of a known key refuses the note, though another verifies."""
    wrong = SignatureLine(WITNESS.name, WITNESS_KEY.key_id, bytes(64))
    blob = wrong.key_id.to_bytes(4, "big") + wrong.signature
    line = f"— {wrong.name} {base64.b64encode(blob).decode()}\n"
    with pytest.raises(VerificationError, match=r"that of witness\.example does not"):
        open_note(NOTE + line.encode(), [FIRM_KEY, WITNESS_KEY])


def test_note_of_strangers_is_refused() -> None:
    """A note that no known key signed is not opened."""
    with pytest.raises(VerificationError, match="none is by a key we know"):
        open_note(NOTE, [WITNESS_KEY])
    with pytest.raises(VerificationError, match="none is by a key we know"):
        open_note(NOTE, [])


def test_same_key_twice_is_refused() -> None:
    """A second line of a known key says nothing and has no place in one form."""
    with pytest.raises(MalformedError, match="signed it twice"):
        open_note(NOTE + LINE.encode(), [FIRM_KEY])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "block of signature lines"),
        (NOTE[:-1], "block of signature lines"),
        (TEXT.encode(), "does not begin with a dash"),
        (f"{HEAD}\n{LINE}".encode(), "does not begin with a dash"),
        (f"{HEAD}\n\n".encode(), "block of signature lines"),
        (f"{HEAD}\n\n\n".encode(), "block of signature lines"),
        (NOTE + b"\n", "block of signature lines"),
        (NOTE + b"trailing\n", "does not begin with a dash"),
        (NOTE.replace("— ".encode(), b"- "), "does not begin with a dash"),
        (NOTE.replace(b"a\n", b"a\r\n"), "control character"),
        (NOTE.replace(b"a\n", b"a\t\n"), "control character"),
        (NOTE.replace(b"a\n", b"a\0\n"), "control character"),
        (NOTE.replace(b"a\n", b"\xff\n"), "not UTF-8"),
        (f"{HEAD}\n\n—  {LINE[2:]}".encode(), "key name .*not 1 to"),
        (f"{HEAD}\n\n— n\u3000m AAAAAAA=\n".encode(), "space or a plus"),
        (f"{HEAD}\n\n— n+m AAAAAAA=\n".encode(), "space or a plus"),
        (f"{HEAD}\n\n— n\n".encode(), "too short"),
        (f"{HEAD}\n\n— n AAAAAA==\n".encode(), "too short"),
        (f"{HEAD}\n\n— n AAAAAAA\n".encode(), "not base64"),
        (f"{HEAD}\n\n— n  AAAAAAA=\n".encode(), "not base64"),
        (f"{HEAD}\n\n— n AAAAAAB=\n".encode(), "canonical form"),
    ],
)
def test_other_form_is_refused(data: bytes, reason: str) -> None:
    """Each way of not being a note has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        open_note(data, [FIRM_KEY])


def test_signature_bound() -> None:
    """As many lines as the bound are read and written, one more is not."""
    line = "— x AAAAAAA=\n".encode()
    most = NOTE + line * (MAX_SIGNATURES - 1)
    assert len(open_note(most, [FIRM_KEY]).other) == MAX_SIGNATURES - 1
    with pytest.raises(MalformedError, match=f"more than {MAX_SIGNATURES}"):
        open_note(most + line, [FIRM_KEY])
    signers = [signer_of(f"n{number}", number) for number in range(MAX_SIGNATURES)]
    sign_note(TEXT, signers)
    with pytest.raises(MalformedError, match=f"more than {MAX_SIGNATURES}"):
        sign_note(TEXT, [*signers, FIRM])


def test_length_bound() -> None:
    """A note of the bound's length is written and read, a longer one is not."""
    room = MAX_NOTE_BYTES - len(sign_note("\n", [FIRM]))
    longest = sign_note("a" * room + "\n", [FIRM])
    assert len(longest) == MAX_NOTE_BYTES
    open_note(longest, [FIRM_KEY])
    with pytest.raises(MalformedError, match="longer than"):
        sign_note("a" * room + "a\n", [FIRM])
    with pytest.raises(MalformedError, match="longer than"):
        open_note(b"a" + longest, [FIRM_KEY])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "newline"),
        ("a", "newline"),
        ("a\r\n", "control"),
        ("\ud800\n", "surrogate"),
    ],
)
def test_text_that_no_note_can_carry(text: str, reason: str) -> None:
    """A text that would not open again is not signed."""
    with pytest.raises(MalformedError, match=reason):
        sign_note(text, [FIRM])


def test_note_needs_a_signer() -> None:
    """A note without signature is no note."""
    with pytest.raises(MalformedError, match="needs a signature"):
        sign_note(TEXT, [])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "not 1 to"),
        ("n" * (MAX_KEY_NAME_CHARACTERS + 1), "not 1 to"),
        ("a b", "space or a plus"),
        ("a+b", "space or a plus"),
        ("a\u2003b", "space or a plus"),
        ("a\x00b", "control character"),
        ("a\ud800", "surrogate"),
    ],
)
def test_key_name_that_no_note_can_carry(name: str, reason: str) -> None:
    """A key with such a name neither verifies nor signs."""
    with pytest.raises(MalformedError, match=reason):
        VerifierKey.ed25519(name, FIRM.public_key)
    with pytest.raises(MalformedError, match=reason):
        sign_note(TEXT, [signer_of(name, 1)])


@given(names, st.binary(min_size=32, max_size=32))
def test_vkey_round_trip(name: str, public_key: bytes) -> None:
    """A verifier key is read back from its text, of one spelling."""
    key = VerifierKey.ed25519(name, public_key)
    assert parse_vkey(key.text()) == key


def test_longest_vkey() -> None:
    """The longest name fits into a vkey; a longer text is not looked at."""
    key = VerifierKey.ed25519("n" * MAX_KEY_NAME_CHARACTERS, FIRM.public_key)
    assert parse_vkey(key.text()) == key
    with pytest.raises(MalformedError, match="three parts"):
        parse_vkey("n" * MAX_VKEY_CHARACTERS)
    with pytest.raises(MalformedError, match="longer than"):
        parse_vkey("n" * (MAX_VKEY_CHARACTERS + 1))


GOOD_NAME, GOOD_ID, GOOD_KEY = FIRM_KEY.text().split("+", 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "three parts"),
        (f"{GOOD_NAME}+{GOOD_ID}", "three parts"),
        (f"{GOOD_NAME}+{GOOD_ID.upper()}0+{GOOD_KEY}", "8 lower-case hex"),
        (f"{GOOD_NAME}+0x{GOOD_ID[2:]}+{GOOD_KEY}", "8 lower-case hex"),
        (f"{GOOD_NAME}+00000000+{GOOD_KEY}", "does not belong"),
        (f"other+{GOOD_ID}+{GOOD_KEY}", "does not belong"),
        (f"{GOOD_NAME}+{GOOD_ID}+", "holds no key"),
        (f"{GOOD_NAME}+{GOOD_ID}+{GOOD_KEY}\n", "canonical form|not base64"),
        (f"{GOOD_NAME}+{GOOD_ID}+AQ==", "not 32 bytes"),
        (f"{GOOD_NAME}+{GOOD_ID}+B{GOOD_KEY[1:]}", "not Ed25519"),
        (f"+{GOOD_ID}+{GOOD_KEY}", "not 1 to"),
    ],
)
def test_other_vkey_is_refused(text: str, reason: str) -> None:
    """Each way of not being a verifier key has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_vkey(text)


def test_two_keys_of_one_name_and_id_are_ambiguous() -> None:
    """Keys that notes cannot tell apart are refused; the same key twice is one."""
    other = object.__new__(VerifierKey)  # a real collision costs 2**32 keys
    for field, value in [
        ("name", FIRM_KEY.name),
        ("key_id", FIRM_KEY.key_id),
        ("algorithm", ED25519),
        ("public_key", WITNESS_KEY.public_key),
    ]:
        object.__setattr__(other, field, value)
    with pytest.raises(MalformedError, match="share a name and an id"):
        open_note(NOTE, [FIRM_KEY, other])
    assert open_note(NOTE, [FIRM_KEY, FIRM_KEY]).verified == (FIRM_KEY,)
