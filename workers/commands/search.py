"""`custody search`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from intake.search import Found, FoundExhibit, search
from intake.search_follow import FACTS
from intake.search_lines import FoundLine
from workers.commands.output import emit, json_option, language, services

WORDS = {
    "zh": {
        "none": "没有找到。", "known": "名称与记录", "page": "第 {page} 页",
        "more": "共找到 {total} 件证据，此处列出 {shown} 件；请加词缩小范围。",
        "loose": "没有完全一致的内容；以下仅在较长的词或数字之中含有所查内容。",
        "behind": "另有 {behind} 件证据尚未编入索引；请稍后再查，"
        "或运行 custody db reindex。",
    },
    "en": {
        "none": "Nothing was found.", "known": "known of it", "page": "page {page}",
        "more": "{total} exhibits were found, {shown} are shown; add a word.",
        "loose": "Nothing is the same; these only have it within longer words or"
        " numbers.",
        "behind": "{behind} exhibits are not indexed yet: search again later, or run"
        " custody db reindex.",
    },
}  # fmt: skip


@click.command("search")
@click.option("--matter", "matter_number", default=None, metavar="NUMBER")
@json_option
@click.argument("words", nargs=-1, required=True, metavar="WORDS…")
def search_command(
    matter_number: str | None, as_json: bool, words: tuple[str, ...]
) -> None:
    """Find exhibits by their text: all words; "in quotes" one phrase."""
    home = services(complete=False)
    found = search(home, None, " ".join(words), matter_number)
    for each in found.exhibits:
        for line in each.places.lines:
            record = _record(each, line) | {"loose": found.loose}
            emit(record, _line(each, line), as_json=as_json)
    for note in _notes(found):
        click.echo(note, err=True)


def _record(each: FoundExhibit, line: FoundLine) -> dict[str, Any]:
    exhibit = each.exhibit
    return {
        "exhibit": exhibit.id,
        "matter": each.matter.number,
        "name": exhibit.name,
        "file": exhibit.original_name,
        "page": line.page or None,
        "line": line.text,
        "marked": [part.text for part in line.parts if part.marked],
        "pages": each.places.pages,
    }


def _line(each: FoundExhibit, line: FoundLine) -> str:
    words = WORDS[language()]
    name = each.exhibit.name or each.exhibit.original_name
    known = line.page == FACTS
    page = words["known"] if known else words["page"].format(page=line.page)
    shown = (
        click.style(part.text, bold=True, underline=True) if part.marked else part.text
        for part in line.parts
    )
    return f"{each.exhibit.id}  {name}  {page}  {''.join(shown)}"


def _notes(found: Found) -> Iterator[str]:
    words, shown = WORDS[language()], len(found.exhibits)
    if found.loose:
        yield words["loose"]
    if not found.total:
        yield words["none"]
    if found.total > shown:
        yield words["more"].format(total=found.total, shown=shown)
    if found.behind:
        yield words["behind"].format(behind=found.behind)
