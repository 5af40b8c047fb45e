"""The copies of one statement, and the choice of the one the log commits to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from integrity import merkle
from integrity.errors import CustodyError
from integrity.policy import TrustedKeys
from integrity.statement import leaf_text, open_statement

Preference = Literal["majority", "node"]


@dataclass(slots=True)
class LeafCopies:
    """What each place has for one leaf; None when it has nothing.

    Attributes:
        leaf: number of the leaf.
        places: envelope by place.
        node: the leaf hash that the database keeps.
        text: the leaf text that the database keeps of an erased statement.
    """

    leaf: int
    node: bytes | None = None
    text: bytes | None = None
    places: dict[str, bytes | None] = field(default_factory=dict)

    def add(self, place: str, envelope: object) -> None:
        """Note what a place has.

        A database column holds whatever somebody wrote into it, so anything but
        bytes counts as altered bytes.
        """
        known = envelope if isinstance(envelope, bytes) or envelope is None else b"?"
        self.places[place] = known

    def choose(self, prefer: Preference, trusted: TrustedKeys) -> bytes | None:
        """The envelope that a statement key of ours signed; None when there is none."""
        votes = Counter(e for e in self.places.values() if e is not None)
        sound = Counter({e: n for e, n in votes.items() if is_sound(e, trusted)})
        if not sound:
            return None
        by_node = [e for e in sound if leaf_hash_of(e) == self.node]
        ((majority, count),) = sound.most_common(1)
        if prefer == "node" and by_node:
            return by_node[0]
        return majority if count > 1 or not by_node else by_node[0]

    def differing(self, good: bytes | None) -> list[tuple[str, bool]]:
        """Each place that has not `good`, and whether it has anything."""
        return [
            (place, envelope is not None)
            for place, envelope in self.places.items()
            if good is None or envelope != good
        ]

    def source(self, good: bytes) -> str:
        """A place that has `good`."""
        return next(place for place, e in self.places.items() if e == good)


def is_sound(envelope: bytes | None, trusted: TrustedKeys) -> bool:
    """Whether a statement key of ours ever signed it, in its one form."""
    if envelope is None:
        return False
    try:
        open_statement(envelope, trusted.statement_keys())
    except CustodyError:
        return False
    return True


def leaf_hash_of(envelope: bytes) -> bytes:
    """The RFC 6962 leaf hash of a statement."""
    return merkle.leaf_hash(leaf_text(envelope))
