"""Reading parsed JSON of a stated shape: exactly these fields, at most so many."""

from __future__ import annotations

from typing import Any

from integrity.errors import MalformedError

MAX_TEXT_CHARACTERS = 1024  # a file name is 255 bytes; the path of a ZIP member more


def read_object(what: str, claimed: object, *names: str) -> dict[str, Any]:
    """`claimed`, an object with exactly the fields `names`.

    Raises:
        MalformedError: about `what`: something else, a field missing or extra.
    """
    if not isinstance(claimed, dict) or claimed.keys() != set(names):
        reason = f"an object with the fields {', '.join(sorted(names))} is expected"
        raise MalformedError(what, reason)
    return claimed


def read_array(what: str, claimed: object, limit: int) -> list[Any]:
    """`claimed`, an array of at most `limit` values.

    Raises:
        MalformedError: about `what`.
    """
    if not isinstance(claimed, list) or len(claimed) > limit:
        raise MalformedError(what, f"an array of at most {limit} is expected")
    return claimed


def read_text(what: str, claimed: object, limit: int = MAX_TEXT_CHARACTERS) -> str:
    """`claimed`, a string of at most `limit` characters.

    Raises:
        MalformedError: about `what`.
    """
    if not isinstance(claimed, str) or len(claimed) > limit:
        reason = f"a string of at most {limit} characters is expected"
        raise MalformedError(what, reason)
    return claimed
