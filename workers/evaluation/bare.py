"""The peer: RapidOCR as anybody calls it, default settings, page image in, lines out.

Run as `python -m workers.evaluation.bare` by the sandbox. One process reads all
files, so the model is loaded once; the time of loading is not counted.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from workers.reading.confine import allow_cpu, confine
from workers.reading.limits import Limits
from workers.reading.sandbox import ANSWER, PROGRESS

DPI: Final = 200


def main() -> None:
    """Read the request, confine this process, read each file, write each answer."""
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    confine(limits, request["parent"])
    work = Path(request["work"])
    os.chdir(work)
    # Decoders are loaded in the confined process only.
    from rapidocr import RapidOCR  # noqa: PLC0415 (as above)

    engine = RapidOCR()
    allow_cpu(limits, limits.pages)
    for place, name in enumerate(request["files"]):
        (work / PROGRESS).write_text(f"{len(request['files'])} {place}")
        answer = json.dumps(_read(engine, Path(name)), ensure_ascii=False)
        (work / f"{place}.json").write_text(answer, "utf-8")
    (work / ANSWER).write_text("done")


def _read(engine: Any, path: Path) -> dict[str, Any]:
    texts, seconds = [], 0.0
    try:
        for pixels in _pages(path):
            started = time.monotonic()
            result = engine(pixels)
            seconds += time.monotonic() - started
            texts.append("\n".join(result.txts or ()))
            (Path.cwd() / PROGRESS).write_text(f"{len(texts)} {path.name}"[:40])
    except Exception as error:  # noqa: BLE001 (decoders raise anything at all)
        return {"reason": type(error).__name__, "pages": 0, "text": "", "seconds": 0}
    text = "\n".join(texts)
    return {"reason": "", "pages": len(texts), "text": text, "seconds": seconds}


def _pages(path: Path) -> Iterator[Any]:
    """Each page in the channel order of OpenCV."""
    import numpy as np  # noqa: PLC0415 (confined process only)

    for page in _pictures(path):
        yield np.ascontiguousarray(np.asarray(page.convert("RGB"))[:, :, ::-1])


def _pictures(path: Path) -> Iterator[Any]:
    from PIL import Image, ImageOps, ImageSequence  # noqa: PLC0415 (as above)

    if path.suffix.lower() != ".pdf":
        with Image.open(path) as image:
            for frame in ImageSequence.Iterator(image):
                yield ImageOps.exif_transpose(frame)
        return
    import pypdfium2  # type: ignore[import-untyped]  # noqa: PLC0415 (as above)

    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            yield page.render(scale=DPI / 72).to_pil()


if __name__ == "__main__":
    main()
