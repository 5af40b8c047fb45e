"""Pages that are read at the same time, put together in their order.

Each scanned page is read in a process of its own, forked when the model is loaded: as
many at a time as there are processors. When one crashes or hangs, that page has no
text and a finding; the other pages of a long scan are worth having all the same.
Only when no page at all could be read is the file unreadable.
"""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from PIL import Image

from intake.reading import Derivative, Finding, TextLine, Unreadable
from workers.forks import Fork, ForkBounds, Tell, wait_for
from workers.reading.content import Content, Context
from workers.reading.page_images import save_page
from workers.reading.scan import load_page_reader, read_scan
from workers.reading.second_look import Closer

# Of the time after which the parent ends the file: the page must end before that.
SILENCE: Final = 0.8
_LOOK_S: Final = 0.5


@dataclass(slots=True)
class _Waiting:
    """A page whose turn has not come: being read, or read already."""

    number: int
    fork: Fork | None
    part: Content | None
    image: Image.Image | None = None


class PageQueue:
    """Takes pages in their order and adds them to the content in that order."""

    def __init__(self, context: Context, content: Content) -> None:
        """Read for `context`, at most `limits.processes` pages at a time."""
        self._context = context
        self._content = content
        self._waiting: deque[_Waiting] = deque()
        self._failures: list[Unreadable] = []
        self._read = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in self._waiting:
            if each.fork is not None:
                each.fork.end()

    def new_part(self) -> Content:
        """An empty content for one page."""
        return Content(self._content.media_type, room=self._content.room)

    def add(self, number: int, part: Content) -> None:
        """Add page `number`, which is read already."""
        self._read += bool(part.derivatives or any(part.page_texts))
        self._waiting.append(_Waiting(number, None, part))
        self._put_together()

    def read(
        self,
        number: int,
        image: Image.Image,
        closer: Closer | None = None,
        note: str = "",
    ) -> None:
        """Begin to read the picture of page `number`; `closer` as in read_scan.

        `note` is the code of what is already known of the page.

        Raises:
            Unreadable: TOOL_MISSING.
        """
        engine = self._context.engine  # loaded here once, shared by all forks
        load_page_reader()
        limits = self._context.limits
        while len(self._running()) >= limits.processes:
            self._listen()
        engine.processes = limits.processes if self._context.pages == 1 else 1
        bounds = ForkBounds(limits.page_cpu, limits.page_memory, limits.stall * SILENCE)
        part = self.new_part()
        if note:
            part.note_page(note, number)
        page = _Waiting(number, None, None, image)
        page.fork = Fork(lambda tell: self._job(page, part, closer, tell), bounds)
        self._waiting.append(page)

    def finish(self) -> None:
        """Wait for all pages.

        Raises:
            Unreadable: no page could be read; the reason of the first.
        """
        while self._running():
            self._listen()
        self._put_together()
        if self._failures and not self._read:
            raise self._failures[0]

    def _job(
        self, page: _Waiting, part: Content, closer: Closer | None, tell: Tell
    ) -> dict[str, Any]:
        """In the fork: read, write the picture, and say what was found."""
        started = time.monotonic()
        context = dataclasses.replace(self._context, tell=tell)
        if page.image is not None:
            image = read_scan(context, part, page.number, page.image, closer)
            save_page(context, part, page.number, image)
        part.page_seconds.append(round(time.monotonic() - started, 3))
        return _as_json(part)

    def _running(self) -> list[Fork]:
        forks = (each.fork for each in self._waiting)
        return [fork for fork in forks if fork is not None and not fork.is_done]

    def _listen(self) -> None:
        running = self._running()
        wait_for(running, _LOOK_S)
        heard = [fork.listen() for fork in running]
        if any(heard):
            self._context.step()
        self._put_together()

    def _put_together(self) -> None:
        """Add what is read, up to the first page that is not."""
        for each in self._waiting:
            if each.fork is not None and each.fork.is_done:
                each.part, each.fork = self._part(each, each.fork), None
                each.image = None
        while self._waiting and self._waiting[0].part is not None:
            part = self._waiting.popleft().part
            if part is not None:
                self._content.absorb(part)

    def _part(self, page: _Waiting, fork: Fork) -> Content:
        part = self.new_part()
        try:
            _from_json(fork.result(), part)
        except Unreadable as why:
            self._failures.append(why)
            part = self.new_part()
            part.note_page("PAGE_UNREADABLE", page.number)
            part.add_text("")
            if page.image is not None:
                save_page(self._context, part, page.number, page.image)
            part.page_seconds.append(0.0)
        else:
            self._read += 1
        return part


def _as_json(part: Content) -> dict[str, Any]:
    return {
        "texts": part.page_texts,
        "lines": [dataclasses.astuple(line) for line in part.lines],
        "findings": [dataclasses.astuple(each) for each in part.findings],
        "noted": part.noted_pages,
        "derivatives": [dataclasses.astuple(each) for each in part.derivatives],
        "tools": part.tools,
        "seconds": part.page_seconds,
    }


def _from_json(found: dict[str, Any], part: Content) -> None:
    part.page_texts.extend(found["texts"])
    part.lines.extend(
        TextLine(page, text, score, tuple(quad))
        for page, text, score, quad in found["lines"]
    )
    part.findings.extend(Finding(*each) for each in found["findings"])
    for code, numbers in found["noted"].items():
        for number in numbers:
            part.note_page(code, number)
    part.derivatives.extend(Derivative(*each) for each in found["derivatives"])
    part.tools.update(found["tools"])
    part.page_seconds.extend(found["seconds"])
