"""Full-text search: the same answers on SQLite and on PostgreSQL, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select, text

from intake.errors import NotFound
from intake.review import CheckForm, check, review, withdraw
from intake.search import Found, search
from intake.search_follow import behind, follow, reindex
from intake.search_index import IndexedPage, holds, replace_pages
from intake.search_terms import loosened, parse_query, units_of
from intake.services import Services, actor_of
from intake.tables import Derivative, SearchPage, SearchState, User
from integrity.store.blobs import blob_name
from integrity.store.db import writing
from receipts.erasure import erase_exhibit
from receipts.maintenance import restore
from receipts.opening import open_services
from tests.factories import CONSOLE, make_settings
from tests.pg_server import Server
from tests.searching import (
    DATABASES,
    MATTER,
    OTHER,
    add_read,
    record_text,
    search_home,
)

LOAN = (
    "借 条\n今借到张三人民币伍万元整（¥50,000.00），\n"
    "月利率1.5%，于二○二六年八月前还清。"
)
CONTRACT = "買賣合同\n甲方：ＡＢＣ有限公司\n《合同法》第一百零七条，合\n同约定"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One PostgreSQL server for the module."""
    server = Server.create()
    server.start()
    yield server
    server.remove()


@pytest.fixture(params=DATABASES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """A home on each of the databases."""
    server = None
    if request.param == "postgresql":
        server = request.getfixturevalue("server")
    with search_home(tmp_path, request.param, server) as home:
        yield home


def ids(found: Found) -> list[str]:
    """The exhibits found, in their order."""
    return [each.exhibit.id for each in found.exhibits]


def find(home: Services, words: str) -> list[str]:
    """What the console finds."""
    return ids(search(home, None, words))


WORDS = (
    ("今借到张三", "loan"),
    ("条今借", "loan"),  # neither a space between characters nor a line end
    ("张三人民", "loan"),
    ("张人三民", ""),  # the same characters, not the phrase
    ("万元伍", ""),
    ("伍", "loan"),
    ("50000", "loan"),  # commas in numbers
    ("¥50,000", "loan"),
    ("500", "loan"),  # a number by its beginning
    ("000", "~loan"),  # within a number: only where nothing else is found
    ("0000", "~loan"),
    ("1.5", "loan"),
    ("二〇二六年", "loan"),
    ("合同约定", "contract"),  # across the end of a line
    ("买卖合同", "contract"),  # traditional in the text
    ("買賣", "contract"),
    ("abc", "contract"),  # full width in the text
    ("ab", "~contract"),  # words are whole where anything is found
    ("ABC有限", "contract"),
    ("合同法第一百", "contract"),  # signs count for nothing
    ("张三 还清", "loan"),
    ("张三 有限公司", ""),  # all terms, each in the same exhibit
    ('"张三 人民币"', "loan"),  # one phrase
    ("“三人民币”", "loan"),
    ("5元", ""),  # nothing between the units is left out
    ("六年八", "loan"),
    ("BC有限", "~contract"),
    ('"BC有限"', "contract"),  # in quotes: within words and numbers, too
    ('"000"', "loan"),
    ('"00元"', ""),
    ("0,00", "~loan"),  # the comma of 50,000
    ('"0,00"', "loan"),
    ("……", ""),
    ("", ""),
)


def test_words_and_what_they_find(home: Services) -> None:
    """Chinese by phrases, words whole, numbers by their beginning, folded forms."""
    names = {add_read(home, LOAN): "loan", add_read(home, "空白", CONTRACT): "contract"}
    for words, expected in WORDS:
        found = search(home, None, words)
        told = "~" * found.loose + ",".join(names[each] for each in ids(found))
        assert told == expected, words


ALPHABET = "合同约定张三借条甲乙，。 \n1205aAbB（）二○〇-,.ßé⑤𠮷"
PAGES = st.lists(st.text(ALPHABET, max_size=40), min_size=1, max_size=6)
QUERIES = st.text(ALPHABET.replace("\n", ""), min_size=1, max_size=5)


def test_the_index_finds_what_a_scan_finds(home: Services) -> None:
    """For any pages and any query the pages are those that a plain scan finds."""

    @examples(max_examples=60)
    @given(PAGES, QUERIES, st.data())
    def compare(pages: list[str], typed: str, data: st.DataObject) -> None:
        some = data.draw(st.sampled_from(pages))
        start = data.draw(st.integers(0, max(0, len(some) - 1)))
        for words in (typed, some[start : start + 4].replace("\n", "")):
            assert by_index(home, pages, words) == by_scan(pages, words)

    compare()


def by_index(home: Services, pages: list[str], words: str) -> list[set[int]]:
    """For each term the pages that the index finds."""
    with writing(home.log.engine) as session:
        replace_pages(
            session, "e1", [IndexedPage.of(n, [t]) for n, t in enumerate(pages)]
        )
        found = select(SearchPage.page)
        terms = parse_query(words)
        return [
            set(session.scalars(found.where(holds(session, term))))
            for term in (*terms, *loosened(terms))
        ]


def by_scan(pages: list[str], words: str) -> list[set[int]]:
    """The same by looking at each place of each page."""
    read = [[unit.text for unit in units_of(page)] for page in pages]
    terms = [term.units for term in parse_query(words)]
    return [
        {n for n, units in enumerate(read) if scan(units, term, matches)}
        for matches in (strictly, loosely)
        for term in terms
    ]


Units = Sequence[str]


def scan(units: Units, term: Units, matches: Callable[[Units, Units], bool]) -> bool:
    """Whether some place of the page matches."""
    places = range(len(units) - len(term) + 1)
    return any(matches(units[at : at + len(term)], term) for at in places)


def strictly(units: Units, term: Units) -> bool:
    """Unit for unit; the last, where it has a digit, may go on in the text."""
    last = term[-1]
    number = any(c.isdigit() for c in last) and (len(last) > 1 or last.isascii())
    same = units[-1].startswith(last) if number else units[-1] == last
    return same and [*units[:-1]] == [*term[:-1]]


def loosely(units: Units, term: Units) -> bool:
    """The first may have begun before, the last may go on."""
    if len(term) == 1:
        return term[0] in units[0]
    inside = [*units[1:-1]] == [*term[1:-1]]
    return inside and units[0].endswith(term[0]) and units[-1].startswith(term[-1])


def test_any_phrase_of_four_is_found(home: Services) -> None:
    """Whichever four characters of a text: its page is found, and the line marked."""
    exhibit = add_read(home, LOAN, CONTRACT)
    for page, words in enumerate((LOAN, CONTRACT), 1):
        flat = words.replace("\n", "").replace(" ", "")
        for at in range(0, len(flat) - 3, 5):
            phrase = flat[at : at + 4]
            (found,) = search(home, None, f'"{phrase}"').exhibits
            assert found.exhibit.id == exhibit
            assert page in {line.page for line in found.places.lines}, phrase


def test_lines_show_where_it_stands(home: Services) -> None:
    """The line as it was read, marked; with its page; a long line is cut."""
    add_read(home, "首页", f"{'前' * 300}约定的价款为{'后' * 300}", CONTRACT)
    (found,) = search(home, None, "价款").exhibits
    (line,) = found.places.lines
    assert line.page == 2
    assert [p.text for p in line.parts if p.marked] == ["价款"]
    assert (line.text[:2], line.text[-2:]) == ("…前", "后…")
    assert len(line.text) <= 102
    (found,) = search(home, None, "买卖合同 合同约定").exhibits
    marked = [[p.text for p in line.parts if p.marked] for line in found.places.lines]
    assert marked == [["買賣合同"], ["合同约定"]]
    assert found.places.lines[1].text == "《合同法》第一百零七条，合同约定"


def test_what_is_known_of_an_exhibit(home: Services) -> None:
    """Names, earlier ones too, type, date and notes; as they are after each event."""
    exhibit = add_read(home, "正文", name="微信图片scan0001.png")
    for words in (
        "扫描 正文", "微信图片", "scan0001", "scan", "0001", "借条", "loan",
        "2025-08-29", "20250829", "2025年8月", "20250829_借条_001",
    ):  # fmt: skip
        expected = [] if "扫描" in words else [exhibit]
        assert find(home, words) == expected, words
    review(home, CONSOLE, None, exhibit, "合同", "2024-01-02")
    for words in ("20240102_合同", "借条", "20250829_借条"):  # the type is in its name
        assert find(home, words) == [exhibit], words
    assert find(home, "loan") == []
    with home.log.session() as session:
        actor = actor_of(session.get_one(User, "li.na"))
    check(home, actor, "li.na", exhibit, CheckForm(1, "copy", "右下角有折痕"))
    (found,) = search(home, None, "折痕").exhibits
    assert [(line.page, line.text) for line in found.places.lines] == [
        (0, "右下角有折痕")
    ]
    withdraw(home, CONSOLE, None, exhibit, "重复提交")
    assert find(home, "重复提交") == [exhibit]


def test_only_matters_a_person_is_on(home: Services) -> None:
    """Others' matters give nothing: no result, no count, the answer of no matter."""
    mine = add_read(home, LOAN, matter=OTHER)
    others = add_read(home, LOAN)
    assert ids(search(home, "zhou.min", "张三")) == [mine]
    assert search(home, "zhou.min", "张三").total == 1
    assert ids(search(home, "li.na", "张三")) == [others, mine]
    assert ids(search(home, "li.na", "张三", OTHER)) == [mine]
    assert ids(search(home, "nobody", "张三")) == []
    for login, matter in (("zhou.min", MATTER), ("li.na", "2099-001")):
        with pytest.raises(NotFound):
            search(home, login, "张三", matter)


def test_nothing_of_an_erased_exhibit_stays(home: Services) -> None:
    """Neither rows nor tokens, nor by a worker that comes late with what it read."""
    kept, gone = add_read(home, "甲乙丙丁"), add_read(home, "戊己庚辛 11010119900307")
    assert find(home, "戊己庚辛") == [gone]
    tokens = tokens_kept(home)
    assert any(holding(home)) or home.log.engine.dialect.name == "postgresql"
    erase_exhibit(home, CONSOLE, None, gone, "要求", "第四十七条")
    with home.log.session() as session:
        rows = select(SearchPage.exhibit_id)
        assert set(session.scalars(rows)) == {kept}
    assert tokens_kept(home) < tokens
    assert not any(holding(home))
    assert find(home, "戊己庚辛") == find(home, "110101") == []
    assert reindex(home) == 2
    assert find(home, "甲乙丙丁") == [kept]
    assert find(home, "戊己庚辛") == []


def holding(home: Services) -> list[bool]:
    """For each file of SQLite whether it holds the text, or the text in units."""
    files = [path.read_bytes() for path in home.settings.home.glob("custody.db*")]
    needles = ("戊己庚辛".encode(), "戊 己 庚 辛".encode(), b"11010119900307")
    return [any(needle in data for needle in needles) for data in files]


def tokens_kept(home: Services) -> set[str]:
    """Every token that the database's index still knows."""
    with writing(home.log.engine) as session:
        if home.log.engine.dialect.name == "postgresql":
            query = "SELECT DISTINCT unnest(tokens)::text FROM search_tokens"
            return set(session.scalars(text(query)))
        words = "fts5vocab('main', 'search_tokens', 'row')"
        session.execute(text(f"CREATE VIRTUAL TABLE temp.words USING {words}"))
        found = set(session.scalars(text("SELECT term FROM temp.words")))
        session.execute(text("DROP TABLE temp.words"))
        return found


def test_a_reading_replaces_the_one_before(home: Services) -> None:
    """After a new reading the old text finds nothing."""
    from intake.review import read_again  # noqa: PLC0415

    exhibit = add_read(home, "第一次识别", "第二页")
    assert find(home, "第一次识别") == [exhibit]
    read_again(home, CONSOLE, None, exhibit)
    record_text(home, exhibit, "再次识别")
    assert find(home, "再次识别") == [exhibit]
    assert find(home, "第一次") == find(home, "第二页") == []


def test_an_old_home_is_filled_little_by_little(home: Services) -> None:
    """Without index or in another form: the scheduler's step brings it on."""
    exhibits = [add_read(home, f"编号{n}号") for n in range(5)]
    assert find(home, "编号3号") == [exhibits[3]]
    with writing(home.log.engine) as session:
        session.execute(delete(SearchState))
    assert [follow(home, 2), follow(home, 2), follow(home, 2)] == [3, 1, 0]
    assert find(home, "编号3号") == [exhibits[3]]
    with writing(home.log.engine) as session:
        session.get_one(SearchState, 1).form = 0
    found = search(home, None, "编号")
    assert (found.total, found.behind) == (5, 0)


def test_behind_is_said(home: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that cannot bring all of it up to date says how many are missing."""
    monkeypatch.setattr("intake.search.keep_up", lambda home: follow(home, 2))
    for _ in range(5):
        add_read(home, "同样的文字")
    found = search(home, None, "同样的文字")
    assert (found.total, found.behind) == (2, 3)


def test_a_word_that_is_everywhere(
    home: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are listed, as many as are looked for, and it is said."""
    monkeypatch.setattr("intake.search.MOST_FOUND", 2)
    exhibits = [add_read(home, "同样的文字") for _ in range(3)]
    found = search(home, None, "同样的文字")
    assert (ids(found), found.more) == (exhibits[:0:-1], True)


def test_a_lost_text_stops_nobody(home: Services) -> None:
    """A derivative that no store has: its exhibit is found by name, others by text."""
    lost = add_read(home, "丢失的文字")
    with home.log.session() as session:
        made = select(Derivative.sha256).where(Derivative.exhibit_id == lost)
        sha256 = session.scalars(made).one()
    for store in home.log.stores:
        store.erase(blob_name(sha256))
    other = add_read(home, "别的文字")
    assert find(home, "文字") == [other]
    assert find(home, "扫描") == [other, lost]


def test_two_that_follow_at_once_do_not_double(home: Services) -> None:
    """What another has indexed meanwhile is left as it is."""
    from intake import search_follow  # noqa: PLC0415

    add_read(home, "同时")
    assert follow(home, 0) == 1
    with home.log.session() as session:
        due = search_follow._next(session)
    assert follow(home) == 0
    with writing(home.log.engine) as session:
        assert search_follow._next(session) != due
        pages = session.scalar(select(func.count()).select_from(SearchPage))
        assert (behind(session), pages) == (0, 2)


def test_a_restored_home_finds_again(tmp_path: Path) -> None:
    """The index is no part of a copy; it is made anew from it."""
    with search_home(tmp_path, "sqlite", None) as home:
        exhibit = add_read(home, LOAN)
        second = home.settings.second_store_url
    restored = make_settings(tmp_path / "other")
    restore(restored, second)
    again = open_services(restored, complete=False)
    assert find(again, "今借到张三") == [exhibit]
    again.log.engine.dispose()


def test_common_words_page_by_page(
    home: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in nearly every exhibit: each page is the next of those, newest first."""
    monkeypatch.setattr("intake.search.PAGE", 3)
    texts = [
        f"{'合同约定' * (n % 4 > 0)}第{n}号{'公司' * (n % 3 > 0)}" for n in range(9)
    ]
    exhibits = [add_read(home, "封面", text, name="a.txt") for text in texts]
    by_age = [*zip(exhibits, texts, strict=True)][::-1]
    for words in ("合同", "公司", "合同 公司", '"同约定第"', "号"):
        terms = [part.strip('"') for part in words.split()]
        expected = [one for one, text in by_age if all(t in text for t in terms)]
        pages = [search(home, "li.na", words, page=n) for n in (1, 2, 3)]
        assert [one for page in pages for one in ids(page)] == expected, words
        assert {page.total for page in pages} == {len(expected)}
        assert ids(search(home, "li.na", words, MATTER)) == ids(pages[0])
        assert len(expected) > 3


def test_common_words_are_not_sorted(home: Services) -> None:
    """The database walks the newest first: no sorting, no join of all pages."""
    asked: list[tuple[str, Any]] = []

    def note(_one: object, _two: object, words: str, values: Any, *_: object) -> None:
        if words.startswith("SELECT exhibits.id"):
            asked.append((words, values))

    add_read(home, LOAN)
    event.listen(home.log.engine, "before_cursor_execute", note)
    assert find(home, "张三")
    event.remove(home.log.engine, "before_cursor_execute", note)
    (words, values), *_ = asked
    assert plan(home, words, values).isdisjoint({"TEMP", "Sort", "Join", "Hash"})


def plan(home: Services, words: str, values: Any) -> set[str]:
    """The words in which the database tells how it will find the answer."""
    with home.log.engine.connect() as connection:
        how = "EXPLAIN QUERY PLAN"
        if home.log.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off")  # it is a small one
            how = "EXPLAIN"
        rows = connection.exec_driver_sql(f"{how} {words}", values).all()
    return {word for row in rows for word in str(row[-1]).split()}
