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
    COSIGNATURE,
    ED25519,
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    SignatureLine,
    VerifierKey,
    add_signature_lines,
    open_note,
    sign_note,
    split_note,
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


def test_key_that_signs_no_notes() -> None:
    """A witness's key among the keys of a log is a mistake of the caller."""
    witness = VerifierKey.of("w", COSIGNATURE, WITNESS.public_key)
    with pytest.raises(MalformedError, match="w does not sign notes"):
        open_note(NOTE, [FIRM_KEY, witness])


def test_name_that_no_note_can_carry_signs_none() -> None:
    """A signer with such a name is refused before it is asked."""
    with pytest.raises(MalformedError, match="space or a plus"):
        sign_note(TEXT, [signer_of("a b", 1)])
    with pytest.raises(MalformedError, match="surrogate"):
        sign_note(TEXT, [signer_of("a\ud800", 1)])


lines = st.builds(
    SignatureLine,
    names,
    st.integers(0, 2**32 - 1),
    st.binary(min_size=1, max_size=99),
)


@given(texts, st.lists(lines, min_size=1, max_size=MAX_SIGNATURES))
def test_note_round_trip(text: str, signatures: list[SignatureLine]) -> None:
    """Text and lines are read back from a note, and make its bytes again."""
    block = "".join(line.text() for line in signatures)
    assert split_note(f"{text}\n{block}".encode()) == (text, tuple(signatures))


@given(st.integers(0, 8 * len(NOTE) - 1))
def test_whatever_splits_has_these_bytes(bit: int) -> None:
    """A note with one bit changed is refused or the one form of another note."""
    data = (int.from_bytes(NOTE, "big") ^ (1 << bit)).to_bytes(len(NOTE))
    try:
        text, signatures = split_note(data)
    except MalformedError:
        return
    assert f"{text}\n{''.join(line.text() for line in signatures)}".encode() == data


EXTRA = SignatureLine("w", 7, b"x" * 72).text().encode()
OTHER = SignatureLine("w", 8, b"y" * 72).text().encode()


def test_lines_are_added_behind_all_else() -> None:
    """The note stays as it is, and opens with the lines that came later."""
    longer = add_signature_lines(NOTE, [EXTRA, OTHER])
    assert longer == NOTE + EXTRA + OTHER
    assert [line.key_id for line in open_note(longer, [FIRM_KEY]).other] == [7, 8]
    assert add_signature_lines(NOTE, []) == NOTE


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        ([b"text\n"], "does not begin with a dash"),
        ([b"\n"], "block of signature lines"),
        ([b"more\n\n" + EXTRA], "not signature lines"),
        ([EXTRA + OTHER], "not signature lines"),
        ([EXTRA[:-1]], "block of signature lines"),
        ([EXTRA, b""], "not signature lines"),
        ([EXTRA, EXTRA], "w signed it already"),
        ([LINE.encode()], "signed it already"),
        ([EXTRA] * MAX_SIGNATURES, f"more than {MAX_SIGNATURES}"),
    ],
)
def test_other_lines_are_not_added(added: list[bytes], reason: str) -> None:
    """What is no new signature line leaves the note without it."""
    with pytest.raises(MalformedError, match=reason):
        add_signature_lines(NOTE, added)


def test_nothing_is_added_to_what_is_no_note() -> None:
    """A text that becomes a note only by the new lines is refused."""
    with pytest.raises(MalformedError, match="block of signature lines"):
        add_signature_lines(b"text\n", [b"\n" + EXTRA])
