"""One thing that the checker found, and how it can be mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from integrity.errors import StoreConflict, StoreUnavailable
from integrity.store.objects import ObjectStore

Mend = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, and whether it was mended."""

    finding: str
    place: str
    subject: str
    repaired: bool = False
    mend: Mend | None = None

    def mended(self) -> Finding:
        """The same finding, marked as repaired."""
        return replace(self, repaired=True, mend=None)


def replace_object(store: ObjectStore, name: str, good: bytes) -> None:
    """Put `good` where a damaged object lies, which is set aside, or where none is."""
    if store.exists(name):
        store.set_aside(name)
    try:
        store.put(name, [good])
    except StoreConflict:  # a folder lies there, which is no object
        store.set_aside(name)
        store.put(name, [good])


def blocked(store: ObjectStore, name: str) -> bool:
    """Whether something is there that cannot be opened, such as a folder."""
    try:
        store.open(name).close()
    except StoreUnavailable as error:
        return not isinstance(error.__cause__, FileNotFoundError)
    return False
