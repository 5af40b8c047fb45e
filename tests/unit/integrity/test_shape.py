"""Parsed JSON has the stated shape or is refused."""

from __future__ import annotations

import pytest

from integrity.errors import MalformedError
from integrity.shape import MAX_TEXT_CHARACTERS, read_array, read_object, read_text


def test_exact_shape_is_handed_on() -> None:
    """A value of the stated shape comes back as it is."""
    assert read_object("w", {"a": 1, "b": 2}, "b", "a") == {"a": 1, "b": 2}
    assert read_array("w", [1, 2], 2) == [1, 2]
    assert read_text("w", "t" * MAX_TEXT_CHARACTERS) == "t" * MAX_TEXT_CHARACTERS
    assert read_text("w", "tt", 2) == "tt"


@pytest.mark.parametrize("claimed", [None, [], {}, {"a": 1}, {"a": 1, "b": 2, "c": 3}])
def test_other_object(claimed: object) -> None:
    """Missing and extra fields are refused, and the fields are named."""
    with pytest.raises(
        MalformedError, match=r"The w is .* the fields a, b is expected"
    ):
        read_object("w", claimed, "b", "a")


@pytest.mark.parametrize("claimed", [None, {}, "ab", [1, 2, 3]])
def test_other_array(claimed: object) -> None:
    """Only an array within the bound is one."""
    with pytest.raises(MalformedError, match="an array of at most 2 is expected"):
        read_array("w", claimed, 2)


@pytest.mark.parametrize("claimed", [None, 1, ["a"], "t" * (MAX_TEXT_CHARACTERS + 1)])
def test_other_text(claimed: object) -> None:
    """Only a string within the bound is one."""
    with pytest.raises(MalformedError, match="a string of at most"):
        read_text("w", claimed)
