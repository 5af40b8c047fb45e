"""Regular expressions that cannot stall: every repeat has an end, none is nested.

Python's `re` backtracks. With unbounded or nested repeats a rule can take longer
than anybody waits on a page made for it; with bounded ones the work at each
character has a fixed limit, and the time grows with the length of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LARGEST_REPEAT = 1_000
LARGEST_WORK = 20_000  # product of the free choices of a rule's repeats

_COUNTED = re.compile(r"\{([0-9]{1,9})(?:(,)([0-9]{0,9}))?\}")


@dataclass(slots=True)
class _Scan:
    """Walks over a rule; `choices[-1]`: does the open group hold a choice?"""

    rule: str
    at: int = 0
    work: int = 1
    closed_with_choice: bool = False
    choices: list[bool] = field(default_factory=lambda: [False])

    def run(self) -> None:
        while self.at < len(self.rule):
            char = self.rule[self.at]
            counted = _COUNTED.match(self.rule, self.at)
            if char == "\\":
                self._step(2)
            elif char == "[":
                self._step(_class_length(self.rule, self.at))
            elif char == "(":
                self._open()
            elif char == ")":
                self._close()
            elif char in "*+":
                raise ValueError(f"{char} has no upper limit, write {{1,9}}")
            elif counted is not None:
                self._count(counted)
            elif char in "?|":
                self.choices[-1] = True
                self._free(2 if char == "?" else 1)
                self._step(1)
            else:
                self._step(1)

    def _step(self, length: int) -> None:
        self.at += length
        self.closed_with_choice = False

    def _open(self) -> None:
        self.choices.append(False)
        self._step(2 if self.rule.startswith("(?", self.at) else 1)

    def _close(self) -> None:
        inner = self.choices.pop() if len(self.choices) > 1 else False
        self.choices[-1] = self.choices[-1] or inner
        self._step(1)
        self.closed_with_choice = inner

    def _count(self, counted: re.Match[str]) -> None:
        least, ranged, most = int(counted[1]), counted[2], counted[3]
        if ranged and not most:
            raise ValueError(f"{counted[0]} has no upper limit")
        last = int(most) if ranged else least
        if last > LARGEST_REPEAT:
            raise ValueError(f"{counted[0]} exceeds {LARGEST_REPEAT} repeats")
        if last > 1 and self.closed_with_choice:
            raise ValueError("a choice or a repeat stands inside a repeated group")
        if last > least:
            self.choices[-1] = True
        self._free(last - least + 1)
        self._step(len(counted[0]))

    def _free(self, choices: int) -> None:
        self.work *= max(choices, 1)


def _class_length(rule: str, start: int) -> int:
    """Length of the character class `[...]` that begins at `start`."""
    at = start + 1
    at += rule.startswith("^", at)
    at += rule.startswith("]", at)
    while at < len(rule) and rule[at] != "]":
        at += 2 if rule[at] == "\\" else 1
    return at + 1 - start


def compile_bounded(rule: str) -> re.Pattern[str]:
    """Compile `rule`.

    Raises:
        ValueError: with the reason: not a regular expression, a repeat without an
            upper limit, a choice or a repeat inside a repeated group, more than 20 000
            ways to match at one place, a back-reference, or a match with nothing.
    """
    try:
        pattern = re.compile(rule)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error
    if re.search(r"\\[1-9]|\(\?P=", rule):
        raise ValueError("a back-reference is not allowed")
    scan = _Scan(rule)
    scan.run()
    if scan.work > LARGEST_WORK:
        raise ValueError(f"its repeats allow {scan.work} ways, over {LARGEST_WORK}")
    if pattern.match("") is not None:
        raise ValueError("it matches nothing at all")
    return pattern
