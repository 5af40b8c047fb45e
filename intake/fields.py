"""The fields that a reading kept of an exhibit, read back from the stores.

The file was written by our own process from a stranger's text: what is not as it must
be is no field.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.reading import Field, fields_from_json
from intake.services import Services
from intake.tables import Derivative
from integrity.errors import MalformedError

ROLE: Final = "fields"
LIMIT_BYTES: Final = 4 << 20


def read_fields(
    services: Services, session: Session, exhibit_id: str
) -> tuple[Field, ...]:
    """The fields of an exhibit in the order of the reading; none after its erasure.

    Raises:
        StoreUnavailable: no store has the file whole.
    """
    query = select(Derivative).where(
        Derivative.exhibit_id == exhibit_id, Derivative.role == ROLE
    )
    made = session.scalar(query.limit(1))
    return () if made is None else fields_in(services, made)


def fields_in(services: Services, made: Derivative) -> tuple[Field, ...]:
    """The fields in the derivative `made`."""
    if made.size > LIMIT_BYTES:
        return ()
    with services.log.stores.open_blob(made.sha256) as stream:
        data = stream.read()
    try:
        return fields_from_json(data)
    except MalformedError:
        return ()
