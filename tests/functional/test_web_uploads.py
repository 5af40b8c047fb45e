"""Taking files in through the web: digests compared, refusals in words."""

from __future__ import annotations

import hashlib
import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from intake.tables import Exhibit
from tests.web_firm import Firm, make_firm, post, token_of

DATA = b"%PDF-1.7 a scan"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm that takes files of at most one megabyte."""
    return make_firm(tmp_path_factory.mktemp("uploads"), max_upload_mb="1")


def send(
    client: FlaskClient,
    firm: Firm,
    data: bytes,
    *,
    sha256: str = "",
    name: str = "a.pdf",
) -> TestResponse:
    """What upload.js sends: one file and the digest computed before."""
    file = FileStorage(io.BytesIO(data), name)
    boundary, body = encode_multipart({"sha256": sha256, "file": file})
    return client.post(
        f"/m/{firm.matter}/uploads",
        data=body,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Accept": "application/json", "X-CSRFToken": token_of(client)},
    )


def exhibits(firm: Firm) -> int:
    """Number of exhibits in custody."""
    with firm.services.log.session() as session:
        return session.scalar(select(func.count()).select_from(Exhibit)) or 0


def test_an_upload_is_answered_when_it_is_safe(firm: Firm) -> None:
    """201 names exhibit, leaf and digests, and both stores hold the bytes."""
    got = send(firm.browser("li.na"), firm, DATA, sha256=SHA256)
    assert got.status_code == 201
    answer = got.get_json()
    assert set(answer) >= {"exhibit", "leaf", "sha256", "sm3", "size", "duplicate_of"}
    assert (answer["sha256"], answer["size"]) == (SHA256, len(DATA))
    assert answer["duplicate_of"] is None
    for store in firm.services.log.stores:
        name = f"blobs/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"
        with store.open(name) as stream:
            assert stream.read() == DATA


def test_other_bytes_than_were_hashed_are_refused(firm: Firm) -> None:
    """A file that changed on its way is not taken, and the answer says so."""
    before = exhibits(firm)
    got = send(firm.browser("li.na"), firm, DATA + b"!", sha256=SHA256)
    assert got.status_code == 422
    assert got.get_json(force=True)["title"] == "digest_differs"
    assert exhibits(firm) == before


def test_a_claimed_digest_must_be_one(firm: Firm) -> None:
    """Something that is no SHA-256 is refused and not just ignored."""
    before = exhibits(firm)
    assert send(firm.browser("li.na"), firm, DATA, sha256="abc").status_code == 422
    assert exhibits(firm) == before


def test_duplicates_say_of_which(firm: Firm) -> None:
    """The same bytes again are kept and name the first exhibit."""
    browser = firm.browser("li.na")
    first = send(browser, firm, b"twice").get_json()
    assert send(browser, firm, b"twice").get_json()["duplicate_of"] == first["exhibit"]


@pytest.mark.parametrize(
    ("size", "status"), [(0, 422), (1 << 20, 201), ((1 << 20) + 1, 413), (3 << 20, 413)]
)
def test_the_limit_is_where_it_is_set(firm: Firm, size: int, status: int) -> None:
    """Empty files and files over the limit are refused; the limit itself is not."""
    assert send(firm.browser("li.na"), firm, b"x" * size).status_code == status


def test_without_script_a_form_takes_several_files(firm: Firm) -> None:
    """A plain form works; a refusal of one file does not stop the others."""
    browser = firm.browser("li.na")
    before = exhibits(firm)
    files = [(io.BytesIO(b"one"), "a.txt"), (io.BytesIO(b""), "空.txt"),
             (io.BytesIO(b"two"), "b.txt")]  # fmt: skip
    got = post(browser, f"/m/{firm.matter}/uploads", {"file": files})
    assert got.status_code == 302
    page = browser.get(got.location).get_data(as_text=True)
    assert "“a.txt”已入库" in page
    assert "空文件（0 字节）" in page
    assert exhibits(firm) == before + 2


def test_status_tells_how_far_the_reading_is(firm: Firm) -> None:
    """The page that waits learns state, name and picture of each exhibit."""
    exhibit = firm.read_exhibit()
    got = firm.browser("li.na").get(f"/m/{firm.matter}/status").get_json()
    line = got["exhibits"][0]
    assert (line["exhibit"], line["state"]) == (exhibit, "to_review")
    assert line["name"] == "20250829_借条_001.txt"
    assert line["thumbnail"] == f"/e/{exhibit}/thumbnail"


def test_nothing_is_left_in_the_spool(firm: Firm) -> None:
    """Accepted or refused, no temporary file stays."""
    browser = firm.browser("li.na")
    send(browser, firm, DATA)
    send(browser, firm, DATA, sha256="0" * 64)
    assert list(firm.services.spool.iterdir()) == []
