"""The hierarchy of refusals and what each of them tells."""

from __future__ import annotations

import pytest

from integrity.errors import (
    CustodyError,
    IntegrityError,
    MalformedError,
    SigningRefused,
    StoreConflict,
    StoreIdentityError,
    StoreUnavailable,
    VerificationError,
)

# Made within the test: `make mutants` cannot change what was made before it.
Refusal = tuple[type[IntegrityError], tuple[object, ...], str, str, dict[str, object]]
REFUSALS: list[Refusal] = [
    (
        MalformedError,
        ("note", "it is not UTF-8"),
        "malformed",
        "The note is malformed: it is not UTF-8.",
        {"what": "note", "reason": "it is not UTF-8"},
    ),
    (
        VerificationError,
        ("note signature", "it does not match"),
        "verification",
        "The check of the note signature failed: it does not match.",
        {"check": "note signature", "reason": "it does not match"},
    ),
    (
        VerificationError,
        (4, "it does not match"),
        "verification",
        "Check 4 failed: it does not match.",
        {"check": 4, "reason": "it does not match"},
    ),
    (
        StoreConflict,
        ("second:log/checkpoint", "changed meanwhile"),
        "store_conflict",
        "second:log/checkpoint was not written: changed meanwhile.",
        {"what": "second:log/checkpoint", "reason": "changed meanwhile"},
    ),
    (
        StoreUnavailable,
        ("first:blobs/x", "no space"),
        "store_unavailable",
        "first:blobs/x is not available: no space.",
        {"what": "first:blobs/x", "reason": "no space"},
    ),
    (
        StoreIdentityError,
        ("second", "/mnt/b", "other"),
        "store_identity",
        (
            "The second store at /mnt/b is not the one that was set up "
            "(its marker is other)."
        ),
        {"place": "second", "root": "/mnt/b", "state": "other"},
    ),
    (
        SigningRefused,
        ("the database is older",),
        "signing_refused",
        "Nothing was signed: the database is older.",
        {"reason": "the database is older"},
    ),
]


@pytest.mark.parametrize(("kind", "values", "code", "sentence", "facts"), REFUSALS)
def test_refusal_tells_code_sentence_and_facts(
    kind: type[IntegrityError],
    values: tuple[object, ...],
    code: str,
    sentence: str,
    facts: dict[str, object],
) -> None:
    """Every refusal has a stable code, one sentence, and the values in it."""
    error = kind(*values)
    assert (error.code, str(error), error.facts) == (code, sentence, facts)
    assert {name: getattr(error, name) for name in facts} == facts


def test_codes_are_distinct() -> None:
    """A program can tell the kinds of refusal apart by code alone."""
    kinds = {kind for kind, *_ in REFUSALS}
    assert len({kind.code for kind in kinds}) == len(kinds)


def test_code_can_be_given_where_a_class_serves_many() -> None:
    """An error may carry a code of its own; other instances keep the class's."""
    error = CustodyError("Too large.", code="too_large", facts={"limit": 1})
    assert (error.code, error.facts) == ("too_large", {"limit": 1})
    assert CustodyError("Else.").code == "error"
    assert CustodyError("Else.").facts == {}
