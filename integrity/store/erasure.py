"""Erasure under the privacy law: what an `exhibit.erased` event may take away.

The leaf of a statement is two digest lines over its envelope. When the envelope is
erased those lines stay, so the tree, every proof and every signed checkpoint stay as
they are. The event that erases names each leaf with both digests: whoever has the
event can write the leaf again without the statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integrity.canonical import JsonValue
from integrity.digest import Digests
from integrity.envelope import parse_envelope
from integrity.errors import IntegrityError, MalformedError, VerificationError
from integrity.persons import check_two_persons, verified_logins
from integrity.policy import TrustedKeys
from integrity.statement import Event, event_of, open_statement

ERASED = "exhibit.erased"


class LeafErased(IntegrityError):
    """The statement of this leaf was erased under the law; its leaf text is kept."""

    code = "leaf_erased"

    def __init__(self, leaf: int) -> None:
        super().__init__(f"Statement {leaf} was erased.", facts={"leaf": leaf})
        self.leaf = leaf


def verified_event(envelope: bytes, trusted: TrustedKeys, leaf: int) -> Event:
    """The event of `leaf`, by keys that count there, signed by whom the rule wants.

    Raises:
        MalformedError, VerificationError: it is not one.
    """
    event = open_statement(envelope, trusted.statement_keys(leaf))
    wanted = event.kind in trusted.two_person_kinds(leaf)
    if wanted or parse_envelope(envelope).persons:
        logins = verified_logins(envelope, trusted, leaf)
        check_two_persons(event, logins, trusted, leaf)
    return event


def erased_leaves(event: Event, leaf: int) -> Mapping[int, bytes]:
    """Leaf number to leaf text of what the event of `leaf` erases; {} of another kind.

    Raises:
        MalformedError: its facts do not name earlier leaves with both digests.
    """
    if event.kind != ERASED:
        return {}
    named = event.facts.get("leaves")
    if not isinstance(named, list):
        raise MalformedError("erasure", "it names no leaves")
    found = dict(_named(claimed) for claimed in named)
    if len(found) != len(named):
        raise MalformedError("erasure", "it names a leaf twice")
    if any(not 0 <= erased < leaf for erased in found):
        raise MalformedError("erasure", "it names a leaf that is not before it")
    return found


def named_by(envelope: bytes, trusted: TrustedKeys, leaf: int) -> Mapping[int, bytes]:
    """As `erased_leaves`, of the statement of `leaf`; {} when it is no good erasure."""
    try:
        if event_of(parse_envelope(envelope).payload).kind != ERASED:
            return {}
        return erased_leaves(verified_event(envelope, trusted, leaf), leaf)
    except IntegrityError:
        return {}


def digests_text(digests: Digests) -> bytes:
    """The leaf text of the envelope that has these digests."""
    return (
        f"SHA256 (statement) = {digests.sha256}\nSM3 (statement) = {digests.sm3}\n"
    ).encode("ascii")


def digests_of_text(text: bytes) -> Digests:
    """The digests in a leaf text: what an erasing event names a leaf by.

    Raises:
        MalformedError: it is no leaf text.
    """
    words = text.decode("ascii", "replace").split()
    if len(words) != _WORDS:
        raise MalformedError("leaf text", "it has another form")
    digests = Digests(words[3], words[7])
    if digests_text(digests) != text:
        raise MalformedError("leaf text", "it has another form")
    return digests


def erasure_facts(texts: Mapping[int, bytes]) -> list[dict[str, JsonValue]]:
    """The fact `leaves` of an erasing event, from the leaf texts."""
    return [
        {"leaf": leaf, **digests_of_text(texts[leaf]).as_dict()}
        for leaf in sorted(texts)
    ]


class Erasures:
    """What verified events have erased, and what seems erased and awaits its event."""

    def __init__(self) -> None:
        self._texts: dict[int, bytes] = {}

    def add(self, event: Event, leaf: int) -> None:
        """Take note of what the verified event of `leaf` erases.

        Raises:
            MalformedError: see erased_leaves.
        """
        self._texts.update(erased_leaves(event, leaf))

    def text(self, leaf: int) -> bytes | None:
        """The leaf text that an event names for `leaf`; None when none does."""
        return self._texts.get(leaf)

    def leaves(self) -> Iterator[int]:
        """Every leaf that an event erases, in order."""
        return iter(sorted(self._texts))

    def require(self, leaf: int, text: bytes) -> None:
        """Check that an event erases `leaf` and names it rightly.

        Raises:
            VerificationError: none does.
        """
        if self._texts.get(leaf) != text:
            reason = f"no event erases statement {leaf} as it was"
            raise VerificationError("erasure", reason)


_WORDS = 8


def _named(claimed: Any) -> tuple[int, bytes]:
    if not isinstance(claimed, dict) or set(claimed) != {"leaf", "sha256", "sm3"}:
        raise MalformedError("erasure", "a leaf is not named by number and digests")
    leaf, sha256, sm3 = claimed["leaf"], claimed["sha256"], claimed["sm3"]
    if not isinstance(leaf, int) or isinstance(leaf, bool):
        raise MalformedError("erasure", "a leaf has no number")
    if not isinstance(sha256, str) or not isinstance(sm3, str):
        raise MalformedError("erasure", "a digest is no text")
    return leaf, digests_text(Digests(sha256, sm3))
