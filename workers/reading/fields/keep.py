"""The fields of a reading as a derivative: `fields.json`.

They are personal data, so they lie in the stores, from where an erasure takes them, and
never in a statement of the log.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from intake.reading import Derivative, Reading
from workers.reading.fields.find import add_fields

NAME: Final = "fields.json"
ROLE: Final = "fields"


def keep_fields(reading: Reading, work: Path) -> Reading:
    """The reading with its fields, which are also written into `work`, if any.

    Shape: `{"fields": [{"name", "value", "page", "line", "quad", "check"}]}`, with a
    quad of eight numbers in pixels of the page picture, or null.
    """
    read = add_fields(reading)
    if not read.fields:
        return read
    rows = [asdict(field) for field in read.fields]
    data = json.dumps({"fields": rows}, ensure_ascii=False)
    (work / NAME).write_text(data, "utf-8")
    made = Derivative(ROLE, None, NAME, "application/json")
    return replace(read, derivatives=(*read.derivatives, made))
