"""Files of trusted keys, put together for tests."""

from __future__ import annotations

from collections.abc import Sequence

from integrity.policy import TrustedKeys, TrustEntry


def with_entries(trusted: TrustedKeys, entries: Sequence[TrustEntry]) -> TrustedKeys:
    """The same keys and rules, and `entries` after them."""
    return TrustedKeys((*trusted.entries, *entries))
