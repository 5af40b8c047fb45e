"""receipts.sm3: the digest of GB/T 32905, whichever library computes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from receipts.sm3 import Hasher, _OtherSm3, new_sm3

# GB/T 32905-2016, appendix A.1 and A.2.
EXAMPLES = (
    (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
)


@pytest.mark.parametrize("make", [new_sm3, _OtherSm3])
@pytest.mark.parametrize(("data", "digest"), EXAMPLES)
def test_the_examples_of_the_standard(
    make: Callable[[], Hasher], data: bytes, digest: str
) -> None:
    """In one piece or in two; asking for the digest does not end it."""
    hasher = make()
    hasher.update(data[:2])
    assert hasher.hexdigest() != digest
    hasher.update(data[2:])
    assert hasher.hexdigest() == digest
