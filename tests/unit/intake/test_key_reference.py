"""Where a private key lies, in one line: three forms, each with one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.errors import Refused
from intake.key_reference import (
    MAX_REFERENCE,
    AgentReference,
    FileReference,
    TokenReference,
    parse_reference,
)

MODULE = "?module-path=/usr/lib/softhsm/libsofthsm2.so"
FINGERPRINT = "SHA256:" + "aB0+/" * 8 + "xyz"
WORDS = st.text(
    st.characters(min_codepoint=33, exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]),
    min_size=1,
    max_size=20,
)


def test_the_three_forms_are_read() -> None:
    """A file name or path, a fingerprint of the agent, a PKCS #11 URI."""
    assert parse_reference("file:log.key") == FileReference("log.key")
    assert parse_reference("file:/safe/log.key") == FileReference("/safe/log.key")
    assert parse_reference(f"agent:{FINGERPRINT}") == AgentReference(FINGERPRINT)
    uri = f"pkcs11:token=The%20Firm;object=log;id=%01%ff{MODULE}&pin-source=file:/p"
    assert parse_reference(uri) == TokenReference(
        "/usr/lib/softhsm/libsofthsm2.so",
        token="The Firm",
        object="log",
        id=b"\x01\xff",
        pin_source="file:/p",
    )


@given(WORDS, WORDS, st.binary(min_size=1, max_size=8))
def test_what_is_written_is_read_again(token: str, label: str, key: bytes) -> None:
    """A token's reference reads back equal, whatever its names hold."""
    made = TokenReference("/lib/x.so", token=token, object=label, id=key)
    assert parse_reference(made.text()) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log.key",
        "file:",
        "file:..",
        "file:a/b",
        "file:../log.key",
        "http://x/y",
        "agent:",
        "agent:SHA256:short",
        f"agent:{FINGERPRINT}x",
        "agent:MD5:00:11",
        "pkcs11:object=log",
        "pkcs11:object=log?module-path=lib.so",
        f"pkcs11:token=x{MODULE}",
        f"pkcs11:object=a;object=b{MODULE}",
        f"pkcs11:object=a;colour=red{MODULE}",
        f"pkcs11:object{MODULE}",
        f"pkcs11:object=a;type=public{MODULE}",
        f"pkcs11:object=%ff{MODULE}",
        f"pkcs11:object=a{MODULE}&pin-value=1234",
        "file:a\n",
        "file:" + "a" * MAX_REFERENCE,
    ],
)
def test_anything_else_is_refused_in_words(text: str) -> None:
    """No form, an unknown or doubled attribute, a secret, no absolute library."""
    with pytest.raises(Refused) as caught:
        parse_reference(text)
    assert caught.value.code == "key_reference"


def test_the_longest_reference_is_read() -> None:
    """The bound is the last length that is taken."""
    text = "file:/" + "a" * (MAX_REFERENCE - len("file:/"))
    assert parse_reference(text).text() == text


def test_a_pin_in_the_address_is_refused_and_not_repeated() -> None:
    """A reference is printed and kept, so the sentence asks for a file instead."""
    with pytest.raises(Refused, match="CUSTODY_KEY_PIN_FILE"):
        parse_reference(f"pkcs11:object=a{MODULE}&pin-value=1234")
