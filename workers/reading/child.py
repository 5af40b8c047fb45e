"""The disposable process that decodes one file (`python -m workers.reading.child`).

It is told everything on standard input and answers with one JSON file in its work
folder. Decoders are imported only here, and only after the limits stand.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from intake.evidence_types import EvidenceTypes
from intake.identify import UNKNOWN, identify
from intake.reading import Reading, Unreadable, UnreadableReason
from workers.reading.confine import confine
from workers.reading.limits import Limits
from workers.reading.sandbox import ANSWER

_OOXML = "application/vnd.openxmlformats-officedocument."
READERS = {
    "application/pdf": "pdf:read",
    "text/plain": "text:read",
    "message/rfc822": "mail:read",
    "application/zip": "archive:read",
    f"{_OOXML}wordprocessingml.document": "office:read_docx",
    f"{_OOXML}spreadsheetml.sheet": "office:read_xlsx",
    f"{_OOXML}presentationml.presentation": "office:read_other",
    "application/vnd.oasis.opendocument.text": "office:read_other",
}
FAMILIES = {"image": "image:read", "audio": "media:read", "video": "media:read"}
NOT_PICTURES = ("image/svg+xml", "image/jp2", "image/avif")


def main() -> None:
    """Confine this process, read the file, write the answer."""
    request = json.loads(sys.stdin.buffer.read())
    limits = Limits(**request["limits"])
    confine(limits, request["parent"])
    answer = Path(request["work"]) / ANSWER
    try:
        answer.write_bytes(_read(request, limits).to_json())
    except Unreadable as why:
        _refuse(answer, why.reason, why.detail)
    except MemoryError:
        _refuse(answer, UnreadableReason.LIMIT_MEM, "")
    except RecursionError:
        _refuse(answer, UnreadableReason.NESTING_LIMIT, "")
    except Exception as error:  # noqa: BLE001 (a decoder of hostile bytes may raise anything; the type says enough)
        _refuse(answer, UnreadableReason.CORRUPT, type(error).__name__)


def _read(request: dict[str, Any], limits: Limits) -> Reading:
    started = time.monotonic()
    path, work = Path(request["original"]), Path(request["work"])
    if path.stat().st_size == 0:
        raise Unreadable(UnreadableReason.EMPTY, "0 bytes")
    found = identify(path, request["claimed_name"])
    reader = _reader(found.media_type)
    from workers.reading.assemble import assemble
    from workers.reading.content import Content, Context

    context = Context(work, limits, request["engine"], request["claimed_name"])
    content = Content(found.media_type, findings=list(found.findings))
    reader(path, content, context)
    types_file = request["types_file"]
    types = EvidenceTypes.load(Path(types_file) if types_file else None)
    received_on = date.fromisoformat(request["received_on"])
    return assemble(content, context, types, received_on, started)


def _reader(media_type: str) -> Callable[..., None]:
    family = media_type.partition("/")[0]
    if media_type in NOT_PICTURES or media_type == UNKNOWN:
        raise Unreadable(UnreadableReason.TYPE_NOT_ALLOWED, media_type)
    place = READERS.get(media_type) or FAMILIES.get(family)
    if place is None:
        raise Unreadable(UnreadableReason.TYPE_NOT_ALLOWED, media_type)
    module, _, function = place.partition(":")
    loaded = importlib.import_module(f"workers.reading.formats.{module}")
    reader: Callable[..., None] = getattr(loaded, function)
    return reader


def _refuse(answer: Path, reason: UnreadableReason, detail: str) -> None:
    refusal = {"unreadable": reason.value, "detail": detail[:500]}
    answer.write_text(json.dumps(refusal), "utf-8")


if __name__ == "__main__":
    main()
