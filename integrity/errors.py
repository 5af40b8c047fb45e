"""Refusals of the proof machine, one class a kind and one reason a refusal.

Every error of the product derives from `CustodyError`. `code` is stable and is
what programs compare; `facts` are the values a message needs in any language;
`str()` is one plain English sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class CustodyError(Exception):
    """Something was refused or could not be done, for a reason we can name."""

    code: str = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.facts: dict[str, object] = dict(facts or {})


class IntegrityError(CustodyError):
    """A refusal by the proof machine."""

    code = "integrity"


class MalformedError(IntegrityError):
    """Bytes or a value are not in the one form we read and write."""

    code = "malformed"

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(
            f"The {what} is malformed: {reason}.",
            facts={"what": what, "reason": reason},
        )
        self.what = what
        self.reason = reason


class VerificationError(IntegrityError):
    """A well-formed value does not prove what it should.

    `check` names the check that failed: a number of the verifier's list, or the
    word for it (`inclusion proof`, `note signature` …).
    """

    code = "verification"

    def __init__(self, check: int | str, reason: str) -> None:
        super().__init__(
            f"The check of the {check} failed: {reason}."
            if isinstance(check, str)
            else f"Check {check} failed: {reason}.",
            facts={"check": check, "reason": reason},
        )
        self.check = check
        self.reason = reason


class _StoreError(IntegrityError):
    """A store and the reason it failed."""

    sentence: ClassVar[str]

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(
            self.sentence.format(what=what, reason=reason),
            facts={"what": what, "reason": reason},
        )
        self.what = what
        self.reason = reason


class StoreConflict(_StoreError):
    """A name already holds other bytes; nothing was overwritten."""

    code = "store_conflict"
    sentence = "{what} was not written: {reason}."


class StoreUnavailable(_StoreError):
    """A store could not be read or written; the outcome may be unknown."""

    code = "store_unavailable"
    sentence = "{what} is not available: {reason}."


class StoreIdentityError(IntegrityError):
    """The place is not the store that was set up there.

    Attributes:
        place: which of the stores (`first`, `second`).
        root: where it was looked for.
        state: `absent` (no marker), `bad` (unreadable marker) or `other`
            (the marker of another store).
    """

    code = "store_identity"

    def __init__(self, place: str, root: str, state: str) -> None:
        super().__init__(
            f"The {place} store at {root} is not the one that was set up "
            f"(its marker is {state}).",
            facts={"place": place, "root": root, "state": state},
        )
        self.place = place
        self.root = root
        self.state = state


class SigningRefused(IntegrityError):
    """We will not sign, because the signature would promise something untrue."""

    code = "signing_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Nothing was signed: {reason}.", facts={"reason": reason})
        self.reason = reason
