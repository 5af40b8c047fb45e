"""Fields on the page of an exhibit: masked, whole on demand, gone with the exhibit."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import select

from intake.fields import ROLE, read_fields
from intake.reading import Candidate, Derivative, Field, Reading
from intake.readings import KeptDerivative, record_reading, take_lease
from intake.tables import Derivative as DerivativeRow
from integrity.digest import digest_bytes
from integrity.store.blobs import blob_name
from receipts.erasure import erase_exhibit
from tests.factories import CONSOLE
from tests.web_firm import PNG, Firm, make_firm
from workers.commands.files import show_exhibit

PERSON = "999999199001011238"
LINE = f"借款人：张三 身份证号：{PERSON}"
QUAD = (10.0, 10.0, 90.0, 10.0, 90.0, 20.0, 10.0, 20.0)
FIELDS = (
    Field("borrower", "张三", 1, LINE, QUAD, ""),
    Field("id_no", PERSON, 1, LINE, QUAD, "ok"),
    Field("amount_words", "壹仟贰佰元整", 1, "壹仟贰佰元整（¥2100.00）", None, "bad"),
)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A fresh firm."""
    return make_firm(tmp_path)


def _kept(firm: Firm, made: Derivative, data: bytes) -> KeptDerivative:
    digests = digest_bytes(data)
    firm.services.log.stores.keep_bytes(data, digests.sha256)
    return KeptDerivative(made, digests, len(data))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _exhibit(firm: Firm, fields: bytes | None = None) -> str:
    """An exhibit whose reading left a page, its text and `fields`."""
    exhibit = firm.exhibit("借条.txt", LINE.encode())
    lease = take_lease(firm.services, exhibit)
    assert lease is not None
    lines = [{"text": "借条", "score": 1, "quad": QUAD},
             {"text": LINE, "score": 1, "quad": QUAD}]  # fmt: skip
    text = {"pages": [{"page": 1, "text": f"借条\n{LINE}", "lines": lines}]}
    data = fields or _json({"fields": [asdict(each) for each in FIELDS]})
    kept = [
        _kept(firm, Derivative("page", 1, "p.png", "image/png", 100, 100), PNG),
        _kept(firm, Derivative("text", None, "t", "application/json"), _json(text)),
        _kept(firm, Derivative(ROLE, None, "f", "application/json"), data),
    ]
    dates = (
        Candidate("2025-02", 0.0, "2025年2月30日", 1, "label 签订日期, no such day"),
    )
    reading = Reading(
        "text/plain", 1, (f"借条\n{LINE}",), (), "", "", {}, (), dates, "none", (), (),
        (), 0,
    )  # fmt: skip
    assert record_reading(firm.services, lease, reading, kept)
    return exhibit


def _page(firm: Firm, path: str) -> str:
    answer = firm.browser("li.na").get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_masked_until_asked_for(firm: Firm) -> None:
    """The page masks personal numbers; a link without script shows them whole."""
    exhibit = _exhibit(firm)
    page = _page(firm, f"/e/{exhibit}")
    assert PERSON not in page
    assert "999***********1238" in page
    assert f"/e/{exhibit}?page=1&amp;fields=full#fields" in page
    full = _page(firm, f"/e/{exhibit}?fields=full")
    assert f"<b>{PERSON}</b>" in full
    assert "校验不符" in full
    assert "Borrower" in _page(firm, f"/e/{exhibit}?lang=en")


def test_each_leads_to_its_line(firm: Firm) -> None:
    """A field links to its line beside the picture; a person's number is in no
    address."""
    exhibit = _exhibit(firm)
    page = _page(firm, f"/e/{exhibit}?fields=full")
    assert f'href="/e/{exhibit}/text?page=1#line-2"' in page
    assert "q=%E5%BC%A0%E4%B8%89#line-2" in page
    assert f"q={PERSON}" not in page
    assert 'id="line-2"' in _page(firm, f"/e/{exhibit}/text?page=1")


def test_a_foreign_file_shows_no_fields(firm: Firm) -> None:
    """A fields.json that is not as agreed is passed over; the page stays."""
    exhibit = _exhibit(firm, b'{"fields": [{"name": "<b>"}]}')
    assert 'id="fields"' not in _page(firm, f"/e/{exhibit}")


def test_the_role_of_a_date_is_told(firm: Firm) -> None:
    """Beside each proposed date the review says what it is for and what is doubtful."""
    exhibit = _exhibit(firm)
    assert "签订日期，历法上无此日" in _page(firm, f"/e/{exhibit}/review")
    assert "signed on, no such day" in _page(firm, f"/e/{exhibit}/review?lang=en")


def test_erasure_takes_the_fields(firm: Firm) -> None:
    """After an erasure neither store has the file, and nothing is shown."""
    exhibit = _exhibit(firm)
    services = firm.services
    with services.log.session() as session:
        query = select(DerivativeRow.sha256).where(
            DerivativeRow.exhibit_id == exhibit, DerivativeRow.role == ROLE
        )
        (sha256,) = session.scalars(query)
        assert read_fields(services, session, exhibit) == FIELDS
    erase_exhibit(services, CONSOLE, None, exhibit, "当事人要求", "《个人信息保护法》")
    for store in services.log.stores:
        assert not store.exists(blob_name(sha256))
    with services.log.session() as session:
        assert read_fields(services, session, exhibit) == ()
    assert "张三" not in _page(firm, f"/e/{exhibit}")


def test_shown_on_the_command_line(
    firm: Firm, capsys: pytest.CaptureFixture[str]
) -> None:
    """`custody show` masks personal numbers; --full shows them."""
    exhibit = _exhibit(firm)
    show_exhibit(firm.services, exhibit, as_json=True)
    masked = capsys.readouterr().out.splitlines()[-1]  # before it: what was logged
    assert PERSON not in masked
    names = [each["name"] for each in json.loads(masked)["fields"]]
    assert names == ["borrower", "id_no", "amount_words"]
    show_exhibit(firm.services, exhibit, full=True, as_json=True)
    assert PERSON in capsys.readouterr().out
