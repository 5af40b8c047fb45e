"""The health page on witnesses, and on the key that closes a log."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update
from werkzeug.serving import make_server

from intake.services import Services, now
from integrity.cosignature import cosign, witness_key
from integrity.note import split_note
from integrity.store.db import writing
from integrity.store.tables import LogCheckpoint
from receipts import witness_reads
from receipts.key_changes import (
    apply_change,
    change_keys,
    plan_next_log,
    propose_change,
)
from receipts.key_plan import witness_added, witness_rule
from receipts.opening import open_services
from receipts.witness_reads import BEHIND_AFTER, Vouching, vouching
from tests.factories import CONSOLE
from tests.log_factory import signer
from tests.web_firm import Firm, make_firm
from web.app import create_app

EAST, WEST = signer(51, "east.example.cn"), signer(52, "west.example.cn")
URLS = f"{EAST.name}=https://{EAST.name},{WEST.name}=https://{WEST.name}"
AT = dt.datetime(2026, 3, 6, 7, 8, 9, tzinfo=dt.UTC)
A_SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    """Two witnesses are listed, of which one is wanted; both addresses are set."""
    firm = make_firm(tmp_path, witness_urls=URLS)
    for each in (EAST, WEST):
        key = witness_key(each.name, each.public_key)
        change_keys(firm.services, CONSOLE, witness_added(key.text()))
    rule = witness_rule(firm.services.log.keys.trusted, 1)
    change_keys(firm.services, CONSOLE, rule)
    yield firm
    firm.services.log.engine.dispose()


def cosigned(services: Services, *witnesses: str) -> int:
    """These witnesses cosign the newest checkpoint; how many events it covers."""
    note, keys = services.log.checkpoint(), services.log.keys
    size = keys.trusted.covered(keys.open_checkpoint(note))
    text = split_note(note)[0]
    lines = [cosign(text, e, AT) for e in (EAST, WEST) if e.name in witnesses]
    services.log.add_cosignatures(size, lines)
    return size


def seen(services: Services, at: dt.datetime | None = None) -> Vouching:
    """What is known of the witnesses."""
    trusted, settings = services.log.keys.trusted, services.settings
    with services.log.session() as session:
        return vouching(session, trusted, settings, at or now())


def lines(firm: Firm, lang: str = "zh-CN") -> dict[str, tuple[bool, str]]:
    """The lines of the health page: what, whether good, and what is told."""
    page = firm.browser("li.na", lang=lang).get("/health").get_data(as_text=True)
    found = re.findall(r'<li class="(good|bad)">(.*?)</li>', page, re.DOTALL)
    read = {}
    for state, inner in found:
        what = re.search(r"<b>(.*?)</b>", inner)
        assert what is not None
        told = re.sub(r"<[^>]+>", " ", inner.partition("</b>")[2])
        read[what.group(1)] = (state == "good", " ".join(told.split()))
    return read


def test_each_witness_is_shown_with_its_last_line(firm: Firm) -> None:
    """When it cosigned and how far; both keep up, and the rule is met."""
    size = cosigned(firm.services, EAST.name, WEST.name)
    for lang, words in (
        (
            "zh-CN",
            f"最近一次共同签名于 2026-03-06 15:08:09 +08:00，覆盖 {size} / {size} 条",
        ),
        ("en", f"covering {size} of {size} events"),
    ):
        found = lines(firm, lang)
        for each in (EAST, WEST):
            prefix = "见证方" if lang == "zh-CN" else "Witness"
            good, told = found[f"{prefix} {each.name}"]
            assert good
            assert words in told
    assert lines(firm)["外部见证"] == (True, "规则要求 1 个，当前跟上的有 2 个")


def waited(services: Services, longer: dt.timedelta) -> dt.datetime:
    """The time at which the newest checkpoint has waited that long."""
    with services.log.session() as session:
        newest = session.query(LogCheckpoint).order_by(LogCheckpoint.size.desc())
        return newest.first().signed_at + longer  # type: ignore[union-attr]


def test_a_witness_is_behind_when_a_checkpoint_waits_too_long(firm: Firm) -> None:
    """Of a busy log the newest is always young: the first that it lacks counts."""
    cosigned(firm.services, EAST.name, WEST.name)
    firm.exhibit(data=b"one")
    limit = waited(firm.services, BEHIND_AFTER)
    firm.exhibit(data=b"two")
    assert [e.behind for e in seen(firm.services, limit).witnesses] == [False, False]
    later = limit + A_SECOND
    assert [e.behind for e in seen(firm.services, later).witnesses] == [True, True]
    cosigned(firm.services, WEST.name)
    assert [e.behind for e in seen(firm.services, later).witnesses] == [True, False]


def long_ago(services: Services) -> None:
    """All checkpoints were signed an hour ago."""
    at = now() - dt.timedelta(hours=1)
    with writing(services.log.engine) as session:
        session.execute(update(LogCheckpoint).values(signed_at=at))


def test_a_witness_that_is_behind_is_a_line_with_its_remedy(firm: Firm) -> None:
    """Which one, since when, and what to do; files are received all the same."""
    before = cosigned(firm.services, EAST.name, WEST.name)
    firm.exhibit()
    size = cosigned(firm.services, WEST.name)
    long_ago(firm.services)
    good, told = lines(firm)[f"见证方 {EAST.name}"]
    assert not good
    assert f"覆盖 {before} / {size} 条" in told
    assert "custody log witnesses" in told
    assert lines(firm)[f"见证方 {WEST.name}"][0]
    assert lines(firm)["外部见证"][0]  # one is enough for the rule
    page = firm.browser("li.na").get("/health").get_data(as_text=True)
    assert "可以接收文件，但有需要处理的事项" in page
    assert firm.browser().get("/readyz").status_code == 200


def test_fewer_than_the_rule_wants_is_said(firm: Firm) -> None:
    """Nobody has cosigned for an hour: the rule is not met."""
    long_ago(firm.services)
    found = lines(firm, "en")
    good, told = found["Outside witnesses"]
    assert not good
    assert "the rule wants 1, 0 keep up" in told
    assert "custody keys witness add" in told
    assert "No cosignature yet" in found[f"Witness {EAST.name}"][1]


def test_a_witness_without_an_address_is_not_asked(tmp_path: Path) -> None:
    """It cannot keep up: what to set is said."""
    firm = make_firm(tmp_path)
    key = witness_key(EAST.name, EAST.public_key)
    change_keys(firm.services, CONSOLE, witness_added(key.text()))
    good, told = lines(firm)[f"见证方 {EAST.name}"]
    assert not good
    assert "CUSTODY_WITNESS_URLS" in told


def test_without_witnesses_health_says_what_would_not_show(tmp_path: Path) -> None:
    """No witness is no fault, and no silence either."""
    firm = make_firm(tmp_path)
    told = "没有外部见证：如本所另有一套日志，不会由此显现"
    assert lines(firm)["外部见证"] == (True, told)
    english = lines(firm, "en")["Outside witnesses"]
    told = "no witnesses: a second history, if the firm kept one, would not show"
    assert english == (True, told)


def test_a_line_that_does_not_hold_counts_for_nothing(firm: Firm) -> None:
    """A forged line in the name of a witness is none of its own."""
    services = firm.services
    size = cosigned(services, EAST.name)
    firm.exhibit()
    forged = cosign("another\n", EAST, AT)
    with writing(services.log.engine) as session:
        newest = session.query(LogCheckpoint).order_by(LogCheckpoint.size.desc())
        row = newest.first()
        assert row is not None
        row.note += forged
    assert [e.size for e in seen(services).witnesses] == [size, None]


def test_only_so_many_checkpoints_are_looked_at(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page stays quick beside a witness that stopped years ago."""
    cosigned(firm.services, EAST.name)
    firm.exhibit()
    for scanned, found in ((1, False), (2, True)):
        monkeypatch.setattr(witness_reads, "SCANNED", scanned)
        (east, _) = seen(firm.services).witnesses
        assert (east.size is not None) is found


@contextlib.contextmanager
def served(firm: Firm) -> Iterator[str]:
    """The application on a free port; its address."""
    server = make_server("127.0.0.1", 0, firm.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.network
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_page_fits_a_desk_and_a_telephone(
    chromium: Browser, tmp_path: Path, width: int, lang: str
) -> None:
    """One witness that keeps up, one behind with a long name: nothing sticks out."""
    long = signer(53, f"{'witness' * 9}.example.cn")
    firm = make_firm(tmp_path, witness_urls=f"{URLS},{long.name}=https://w.example")
    for each in (EAST, long):
        key = witness_key(each.name, each.public_key)
        change_keys(firm.services, CONSOLE, witness_added(key.text()))
    cosigned(firm.services, EAST.name)
    long_ago(firm.services)
    firm.browser("li.na")
    with served(firm) as url:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        cookies = {"custody": firm.sign_ins["li.na"], "custody-lang": lang}
        context.add_cookies(
            [{"name": n, "value": v, "url": url} for n, v in cookies.items()]
        )
        page = context.new_page()
        page.goto(f"{url}/health")
        for each in (EAST, long):
            row = page.locator("ul.health li", has_text=each.name)
            assert row.is_visible()
            assert row.evaluate("e => e.classList[0]") == (
                "good" if each is EAST else "bad"
            )
        wide = page.evaluate("document.documentElement.scrollWidth")
        context.close()
    assert wide <= width


def test_the_key_of_a_closing_log_is_missed(tmp_path: Path) -> None:
    """Nothing is recorded until it is back, and the page does not say otherwise."""
    firm = make_firm(tmp_path)
    plan = plan_next_log(firm.services, "2027")
    apply_change(firm.services, propose_change(firm.services, CONSOLE, plan, 6))
    assert firm.browser().get("/readyz").status_code == 200
    firm.services.log.engine.dispose()
    (firm.services.settings.home / "keys" / "log.key").unlink()
    services = open_services(firm.services.settings)
    again = Firm(services, create_app(services), firm.matter, firm.other_matter)
    assert again.browser().get("/readyz").status_code == 503
    good, told = lines(again)["签名密钥"]
    assert not good
    assert "custody keys rotate log" in told
