"""Exported chats: messages are told by the form of their lines, not by any program.

Exporters write a line with a name and a time, and below it or behind it the words; or
a table with columns for them. Three such messages in the order of time make a chat.
What the lines say is never changed; this only counts, and offers the days.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from intake.zone import ZONE
from workers.reading.content import Content

LEAST_MESSAGES: Final = 3
MOST_LINES: Final = 500_000
LONGEST_NAME: Final = 60
LONGEST_LINE: Final = 10_000
LAST, FIRST = 0.9, 0.6
IN_ORDER: Final = 0.9
"""The share of messages that are not earlier than the one before."""

_DAY = r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?"
_CLOCK = r"(?:[上下]午 ?)?\d{1,2}:\d{2}(?::\d{2})?(?:\.\d{1,3})?(?: ?[AP]M)?"
_TIME = rf"(?P<time>{_DAY},?[ T]{{1,3}}{_CLOCK})"
_NAME = rf"(?P<name>[^\s:：\[\]][^:：\n]{{0,{LONGEST_NAME - 1}}}?)"
_FORMS: Final = (
    re.compile(rf"{_NAME}[ \t]+[(\[（]?{_TIME}[)\]）]?"),  # 昵称 2025-01-02 12:34:56
    re.compile(rf"\[?{_TIME}\]?[ \t]+(?:- )?{_NAME}(?:[:：].*)?"),
)
_TIME_ALONE = re.compile(_TIME)
_SPLIT_DAY = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})")
_SPLIT_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
# Lines of a program's own diary look the same but for these.
_NO_PEOPLE: Final = frozenset(
    {
        "info",
        "warn",
        "warning",
        "error",
        "debug",
        "trace",
        "fatal",
        "notice",
        "critical",
    }
)
_COLUMNS: Final = {
    "time": ("时间", "消息时间", "发送时间", "strtime", "createtime", "time", "date",
             "timestamp", "datetime"),
    "name": ("发送人", "发送者", "发言人", "昵称", "发信人", "nickname", "sender",
             "remark", "talker", "from", "author", "name"),
    "words": ("内容", "消息", "消息内容", "聊天内容", "strcontent", "content",
              "message", "msg", "text"),
}  # fmt: skip
_UNIX_SECONDS, _UNIX_MILLISECONDS = 10, 13  # digits
_NOON: Final = 12


@dataclass(frozen=True, slots=True)
class Message:
    """Who wrote at what time (as the export says, no zone), and its line."""

    name: str
    time: datetime
    line: str


def note_chat(text: str, content: Content) -> None:
    """If the text is a chat: a finding with its size, its last and first day."""
    messages = find_messages(text)
    if not messages:
        return
    first = min(messages, key=lambda each: each.time)
    last = max(messages, key=lambda each: each.time)
    speakers = len({each.name for each in messages})
    days = f"{first.time.date()} – {last.time.date()}"
    content.find("CHAT", f"{len(messages)} messages, {speakers} speakers, {days}")
    _add_day(last, LAST, "chat last message", content)
    if first.time.date() != last.time.date():
        _add_day(first, FIRST, "chat first message", content)


def find_messages(text: str) -> list[Message]:
    """The messages of a chat; none where the text is anything else."""
    lines = text.split("\n")[:MOST_LINES]
    found = list(_of_table(lines)) or list(_of_lines(lines))
    ordered = sum(one.time <= two.time for one, two in pairwise(found))
    enough = len(found) >= LEAST_MESSAGES
    return found if enough and ordered >= IN_ORDER * (len(found) - 1) else []


def _add_day(message: Message, confidence: float, role: str, content: Content) -> None:
    day = message.time.date().isoformat()
    content.add_date(day, confidence, message.line, role)


def _of_lines(lines: Iterable[str]) -> Iterator[Message]:
    before = ""
    for line in lines:
        stripped = line.strip()
        found = _of_line(stripped, before)
        if found is not None:
            yield found
        before = stripped


def _of_line(line: str, before: str) -> Message | None:
    if len(line) > LONGEST_LINE or ":" not in line:
        return None
    alone = _TIME_ALONE.fullmatch(line)
    if alone and 0 < len(before) <= LONGEST_NAME:
        return _message(before, alone["time"], f"{before} {line}")
    for form in _FORMS:
        match = form.fullmatch(line)
        if match:
            return _message(match["name"], match["time"], line)
    return None


def _message(name: str, time: str, line: str) -> Message | None:
    moment = _moment(time)
    who = name.strip().rstrip(":：")
    if moment is None or who.casefold() in _NO_PEOPLE or _SPLIT_DAY.search(who):
        return None
    return Message(who, moment, line[:200])


def _of_table(lines: Sequence[str]) -> Iterator[Message]:
    """Rows under a heading that has a time, a person and words."""
    heading = lines[0].lstrip("\ufeff") if lines else ""
    separator = "\t" if "\t" in heading else ","
    titles = [cell.strip().strip('"').casefold() for cell in heading.split(separator)]
    places = {kind: _place(titles, names) for kind, names in _COLUMNS.items()}
    when, who = places["time"], places["name"]
    if when is None or who is None or places["words"] is None:
        return
    try:
        for row in csv.reader(lines[1:], delimiter=separator):
            if len(row) > max(when, who) and row[who].strip():
                moment = _moment(row[when])
                if moment is not None:
                    yield Message(row[who].strip(), moment, row[when])
    except csv.Error:
        return


def _place(titles: Sequence[str], names: Sequence[str]) -> int | None:
    return next((titles.index(name) for name in names if name in titles), None)


def _moment(text: str) -> datetime | None:
    """A time as an export writes it; exports state no zone: it is the firm's."""
    day, clock = _SPLIT_DAY.search(text), _SPLIT_CLOCK.search(text)
    if day is None or clock is None:
        return _unix(text.strip())
    year, month, of_month = (int(part) for part in day.groups())
    hour, minute, second = (int(part or 0) for part in clock.groups())
    late = "下午" in text or text.rstrip().upper().endswith("PM")
    hour += _NOON if late and hour < _NOON else 0
    try:
        return datetime(year, month, of_month, hour, minute, second, tzinfo=ZONE)
    except ValueError:
        return None


def _unix(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970, as databases keep them."""
    if not text.isascii() or not text.isdigit():
        return None
    if len(text) not in (_UNIX_SECONDS, _UNIX_MILLISECONDS):
        return None
    return datetime.fromtimestamp(int(text[:_UNIX_SECONDS]), ZONE)
