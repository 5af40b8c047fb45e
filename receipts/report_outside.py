"""What others than the service vouch for in a bundle: witnesses and persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrity.checkpoint import claimed_checkpoint
from integrity.cosignature import Cosignature, cosignatures
from integrity.key_history import KEYS_CHANGED
from integrity.policy import TrustedKeys
from integrity.statement import Event
from receipts.person_checks import has_persons


@dataclass(frozen=True, slots=True)
class Outside:
    """Witnesses of the checkpoint, and what persons signed with keys of their own.

    `wanted` is how many witnesses the rule asks for, 0 without a rule; `ruled` tells
    whether a rule of two was in force at the checkpoint, `signed` counts the acts
    that carry persons' signatures, `key_changes` are leaf numbers.
    """

    witnesses: tuple[Cosignature, ...]
    wanted: int
    ruled: bool
    signed: int
    key_changes: tuple[int, ...]


def outside_of(
    checkpoint: bytes,
    keys: TrustedKeys,
    envelopes: Mapping[int, bytes],
    events: Mapping[int, Event],
) -> Outside:
    """What is there.

    Raises:
        MalformedError, VerificationError: a cosignature does not hold.
    """
    size = keys.covered(claimed_checkpoint(checkpoint))
    signed = [leaf for leaf in envelopes if has_persons(envelopes[leaf])]
    return Outside(
        witnesses=cosignatures(checkpoint, keys.witness_keys(size)),
        wanted=keys.witnesses_needed(size),
        ruled=bool(keys.two_person_kinds(size)),
        signed=len(signed),
        key_changes=tuple(
            leaf for leaf, event in sorted(events.items()) if event.kind == KEYS_CHANGED
        ),
    )
