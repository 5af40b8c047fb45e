"""Check 16 of a bundle: what outsiders say of time, judged at their own time.

Two moments, never mixed. *Existed before*: a stamp over the checkpoint or an exhibit
shows that it was there at the authority's time. *Logged after*: a stamp that is itself
an event shows that every later event was logged after the authority's time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from integrity.canonical import time_text
from integrity.digest import digest_bytes
from integrity.errors import IntegrityError, VerificationError
from integrity.statement import Event
from integrity.timestamp import Stamp, judge
from receipts import bundle_layout as layout
from receipts.checks import TIME, Check, Words, indeterminate, passed
from receipts.log_checks import refused

LOG_STAMPED, EXHIBIT_STAMPED = "log.stamped", "exhibit.stamped"
STAMPED_KINDS = frozenset({LOG_STAMPED, EXHIBIT_STAMPED})
_FILES = ("query", "response", "chain")
_CHECK = "time stamp"

Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Judged:
    """A stamp that holds: over the checkpoint (`leaf` None), or of a stamping event."""

    stamp: Stamp
    leaf: int | None = None
    event: Event | None = None


def check_times(
    read: Read,
    contents: layout.Contents,
    events: Mapping[int, Event],
    subject: str,
) -> Iterator[tuple[Judged | None, Check]]:
    """Check 16: an answer for each stamp, and the stamp where it holds.

    Args:
        read: gives a file of the bundle.
        contents: the names of the bundle, sorted out.
        events: leaf number to event of the statements that passed check 6.
        subject: what a person calls the whole.
    """
    answers = [_of_checkpoint(read, names) for names in contents.stamps]
    for leaf, event in sorted(events.items()):
        if event.kind in STAMPED_KINDS or leaf in contents.stamped:
            answers.append(_of_event(read, leaf, event, contents.stamped))
    yield from answers
    if not answers:
        reason = Words(
            "没有时间戳：时间只有本所机器的记载",
            "there is no time stamp: times are those of the firm's machine only",
        )
        yield None, passed(TIME, subject, reason)


def existed_before(stamps: Sequence[Judged]) -> Judged | None:
    """The earliest stamp over the checkpoint of the bundle."""
    over = [each for each in stamps if each.leaf is None]
    return min(over, key=lambda each: each.stamp.time, default=None)


def logged_after(stamps: Sequence[Judged]) -> Judged | None:
    """The stamp, itself an event, before the first exhibit came into the log."""
    logged = [e for e in stamps if e.event and e.event.kind == LOG_STAMPED]
    return max(logged, key=lambda each: each.stamp.time, default=None)


def whole_second_after(moment: dt.datetime) -> dt.datetime:
    """The first whole second that is not before `moment`: "before" never says less."""
    whole = moment.replace(microsecond=0)
    return whole if whole == moment else whole + dt.timedelta(seconds=1)


def _of_checkpoint(read: Read, names: layout.StampNames) -> tuple[Judged | None, Check]:
    try:
        stamp = _judge(read, names, digest_bytes(read(layout.CHECKPOINT)).sha256)
    except IntegrityError as error:
        return None, refused(TIME, names.response, error)
    when = time_text(whole_second_after(stamp.time))
    reason = Words(
        f"检查点在 {when} 以前已存在（{_whose(stamp)}）",
        f"the checkpoint existed before {when} ({_whose(stamp)})",
    )
    return Judged(stamp), passed(TIME, names.response, reason)


def _of_event(
    read: Read, leaf: int, event: Event, stamped: Sequence[int]
) -> tuple[Judged | None, Check]:
    names = layout.stamp_names(leaf)
    if leaf not in stamped:
        reason = Words("时间戳文件不在包内", "the files of the stamp are not here")
        return None, indeterminate(TIME, names.response, reason)
    try:
        _check_files(read, names, event)
        stamp = _judge(read, names, event.subjects[0].digests.sha256)
        if event.facts.get("time") != time_text(stamp.time):
            raise VerificationError(_CHECK, "the event states another time")
    except IntegrityError as error:
        return None, refused(TIME, names.response, error)
    return Judged(stamp, leaf, event), passed(
        TIME, names.response, _event_words(leaf, event, stamp)
    )


def _check_files(read: Read, names: layout.StampNames, event: Event) -> None:
    """The files are those of the event, and the event is a stamp."""
    if event.kind not in STAMPED_KINDS:
        raise VerificationError(_CHECK, f"an event {event.kind} has no stamp")
    wanted = "checkpoint"
    if event.kind == EXHIBIT_STAMPED:
        wanted = str(event.facts.get("exhibit"))
    if not event.subjects or event.subjects[0].name != wanted:
        raise VerificationError(_CHECK, "the event is not about what it stamps")
    stated = [(subject.name, subject.digests) for subject in event.subjects[1:]]
    files = (names.query, names.response, names.chain)
    found = [
        (name, digest_bytes(read(file)))
        for name, file in zip(_FILES, files, strict=True)
    ]
    if stated != found:
        raise VerificationError(_CHECK, "the files are not those of the event")


def _judge(read: Read, names: layout.StampNames, sha256: str) -> Stamp:
    files = (read(names.query), read(names.response), read(names.chain))
    return judge(*files, imprint=bytes.fromhex(sha256))


def _event_words(leaf: int, event: Event, stamp: Stamp) -> Words:
    when = time_text(stamp.time)
    if event.kind == LOG_STAMPED:
        return Words(
            f"第 {leaf} 号以后的事件在 {when} 以后登记（{_whose(stamp)}）",
            f"events after {leaf} were logged after {when} ({_whose(stamp)})",
        )
    exhibit = event.facts.get("exhibit")
    when = time_text(whole_second_after(stamp.time))
    return Words(
        f"证据 {exhibit} 在 {when} 以前已存在（{_whose(stamp)}）",
        f"exhibit {exhibit} existed before {when} ({_whose(stamp)})",
    )


def _whose(stamp: Stamp) -> str:
    return f"{stamp.authority}; root {stamp.root}, SHA-256 {stamp.root_sha256}"
