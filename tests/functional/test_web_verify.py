"""Verify: members about their matters, strangers about what they hold."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from integrity.digest import digest_bytes
from receipts.export import export_bundle
from receipts.issue import IssueForm, issue_receipt
from tests.factories import CONSOLE
from tests.web_firm import Firm, make_firm, post, token_of

HELD = b"a document that the firm holds"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm that holds one known document."""
    firm = make_firm(tmp_path_factory.mktemp("verify"))
    firm.read_exhibit("contract.txt", HELD)
    return firm


def ask(client: FlaskClient, matter: str = "", **files: bytes) -> TestResponse:
    """What verify.js sends: names and digests."""
    rows = []
    for name, data in files.items():
        digests = digest_bytes(data)
        row = {"name": name, "sha256": digests.sha256, "sm3": digests.sm3}
        rows.append(row)
    return client.post(
        "/verify/digests",
        json={"files": rows, "matter": matter},
        headers={"Accept": "application/json", "X-CSRFToken": token_of(client)},
    )


def send(client: FlaskClient, data: bytes, *, original: bytes = b"") -> str:
    """Send a file to be verified; returns the page."""
    form: dict[str, object] = {"file": (io.BytesIO(data), "untrusted")}
    if original:
        form["original"] = (io.BytesIO(original), "original")
    got = post(client, "/verify/file", form)
    # The client keeps a long body in a file and leaves it open.
    got.request.environ["wsgi.input"].close()
    return got.get_data(as_text=True)


def verdicts(got: TestResponse) -> list[str]:
    """The verdicts of an answer."""
    return [line["verdict"] for line in got.get_json()["files"]]


def test_members_learn_match_altered_and_unknown(firm: Firm) -> None:
    """Same bytes match; the name with other bytes is altered; the rest is unknown."""
    got = ask(firm.browser("li.na"), **{"x": HELD, "contract.txt": b"?", "y": b"!"})
    assert verdicts(got) == ["match", "altered", "unknown"]


def test_members_of_other_matters_learn_nothing(firm: Firm) -> None:
    """What others hold is unknown, by digest and by name."""
    browser = firm.browser("zhou.min")
    got = ask(browser, **{"x": HELD, "contract.txt": b"?"})
    assert verdicts(got) == ["unknown", "unknown"]
    assert ask(browser, firm.matter, x=HELD).status_code == 404


def test_before_filing_names_what_is_missing(firm: Firm) -> None:
    """Against one matter, exhibits without a copy among the files are listed."""
    browser = firm.browser("li.na")
    assert ask(browser, firm.matter, x=HELD).get_json()["missing"] == []
    missing = ask(browser, firm.matter, x=b"other").get_json()["missing"]
    assert missing == ["20250829_借条_001.txt"]


@pytest.mark.parametrize("files", [None, "x", [1], [{"name": "a", "sha256": "0"}]])
def test_bad_questions_are_refused_in_words(firm: Firm, files: object) -> None:
    """What is not a list of digests is refused without a trace."""
    browser = firm.browser("li.na")
    headers = {"Accept": "application/json", "X-CSRFToken": token_of(browser)}
    got = browser.post("/verify/digests", json={"files": files}, headers=headers)
    assert got.status_code == 422


def test_strangers_get_one_answer_for_held_and_not_held(firm: Firm) -> None:
    """Digest or file, held or not: the same bytes come back."""
    browser = firm.browser()
    assert ask(browser, x=HELD).data == ask(browser, x=b"never seen").data
    assert send(browser, HELD) == send(browser, b"never seen, but as long......")


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7 no receipt", b"PK\x03\x04 no bundle", b"x"]
)
def test_a_bare_file_is_not_called_altered(firm: Firm, data: bytes) -> None:
    """A PDF or ZIP of somebody else was not verified and does not read as failed."""
    page = send(firm.browser(), data)
    assert "plate neutral" in page
    assert "单独的文件或校验值不作答复" in page


@pytest.mark.slow
def test_strangers_verify_what_they_hold(firm: Firm, tmp_path: Path) -> None:
    """Bundle, receipt and proof pass; with one byte changed they do not."""
    exhibit = firm.browser("li.na").get(f"/m/{firm.matter}/status").get_json()
    key = exhibit["exhibits"][0]["exhibit"]
    form = IssueForm("2025-001", "received", "某某公司", (key,))
    issued = issue_receipt(firm.services, CONSOLE, None, form)
    with firm.services.log.stores.open_blob(issued.pdf_sha256) as stream:
        receipt = stream.read()
    bundle = tmp_path / "b.zip"
    export_bundle(firm.services, CONSOLE, None, "2025-001", (), bundle)
    proof = firm.services.log.prove(firm.row(key).leaf).serialise()
    browser = firm.browser()
    for data in (receipt, bundle.read_bytes()):
        assert "plate good" in send(browser, data)
        changed = bytearray(data)
        changed[len(data) // 2] ^= 1
        assert "plate good" not in send(browser, bytes(changed))
    assert "plate good" in send(browser, proof, original=HELD)
    assert "plate bad" in send(browser, proof, original=HELD + b"!")
