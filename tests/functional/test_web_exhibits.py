"""Pages and bytes of an exhibit: downloads, the integrity plate, review, check."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrity.proof import parse_proof
from integrity.store.blobs import blob_name
from tests.web_firm import PNG, Firm, make_firm, post


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A fresh firm."""
    return make_firm(tmp_path_factory.mktemp("exhibits"))


def test_the_original_is_saved_and_never_shown(firm: Firm) -> None:
    """Attachment, no sniffing, sandboxed, RFC 6266 name, byte for byte."""
    exhibit = firm.read_exhibit(data=b"<script>alert(1)</script>")
    got = firm.browser("li.na").get(f"/e/{exhibit}/original", buffered=True)
    assert got.data == b"<script>alert(1)</script>"
    assert got.content_type == "application/octet-stream"
    assert got.content_length == len(got.data)
    disposition = got.headers["Content-Disposition"]
    number = str(firm.row(exhibit).name).rpartition("_")[2]
    assert disposition.startswith("attachment; ")
    assert f"filename*=UTF-8''20250829_%E5%80%9F%E6%9D%A1_{number}" in disposition
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]


def test_hostile_names_stay_inside_their_header(firm: Firm) -> None:
    """A name with line ends and quotes makes no second header."""
    exhibit = firm.exhibit('a\r\nSet-Cookie: x=1;"b.txt', b"x")
    got = firm.browser("li.na").get(f"/e/{exhibit}/original", buffered=True)
    assert got.status_code == 200
    assert "x=1" not in " ".join(got.headers.getlist("Set-Cookie"))


def test_pictures_are_asked_for_again(firm: Firm) -> None:
    """A kept picture is used only after we said again that it may be."""
    exhibit = firm.read_exhibit()
    browser = firm.browser("li.na")
    got = browser.get(f"/e/{exhibit}/page/1")
    assert (got.data, got.mimetype) == (PNG, "image/png")
    assert got.headers["Cache-Control"] == "private, no-cache"
    again = browser.get(
        f"/e/{exhibit}/page/1", headers={"If-None-Match": got.headers["ETag"]}
    )
    assert again.status_code == 304
    assert browser.get(f"/e/{exhibit}/page/2").status_code == 404
    assert browser.get(f"/e/{exhibit}/page/0").status_code == 404


def test_the_proof_is_of_this_exhibit(firm: Firm) -> None:
    """The download parses and proves the exhibit's own leaf."""
    exhibit = firm.exhibit()
    got = firm.browser("li.na").get(f"/e/{exhibit}/proof")
    assert parse_proof(got.data).index == firm.row(exhibit).leaf


def test_the_plate_is_green_only_when_proven_now(firm: Firm) -> None:
    """Looking at the page proves nothing; "verify now" re-reads both copies."""
    exhibit = firm.exhibit()
    browser = firm.browser("li.na")
    page = browser.get(f"/e/{exhibit}/integrity").get_data(as_text=True)
    assert "plate neutral" in page
    assert "plate good" not in page
    page = post(browser, f"/e/{exhibit}/integrity", {}).get_data(as_text=True)
    assert "plate good" in page


@pytest.mark.parametrize("place", ["store", "second-store"])
@pytest.mark.parametrize("new", [b"hellO", None])
def test_a_bad_copy_is_named_and_nothing_is_green(
    firm: Firm, place: str, new: bytes | None
) -> None:
    """A changed or missing copy in either store turns the plate red."""
    exhibit = firm.exhibit(data=f"{place} {new!r}".encode())
    path = firm.services.settings.home / place / blob_name(firm.row(exhibit).sha256)
    path.chmod(0o644)
    path.unlink()
    if new is not None:
        path.write_bytes(new)
    browser = firm.browser("li.na")
    page = post(browser, f"/e/{exhibit}/integrity", {}).get_data(as_text=True)
    assert "plate bad" in page
    assert ("不同；请运行" if new else "缺失；请运行") in page


def test_review_previews_exactly_the_name_it_gives(firm: Firm) -> None:
    """The preview, the loose date, and the name after accepting agree."""
    exhibit = firm.read_exhibit()
    browser = firm.browser("li.na")
    asked = {"type": "合同", "date": "二〇二三年五月十二日"}
    preview = browser.get(f"/e/{exhibit}/name-preview", query_string=asked).get_json()
    assert str(preview["name"]).startswith("20230512_合同_0")
    assert preview["date"] == "2023年5月12日"
    assert post(browser, f"/e/{exhibit}/review", asked).status_code == 302
    assert firm.row(exhibit).name == preview["name"]


def test_a_bad_date_is_refused_with_what_was_typed(firm: Firm) -> None:
    """The form comes back with the words and the entry; nothing changed."""
    exhibit = firm.read_exhibit()
    got = post(
        firm.browser("li.na"), f"/e/{exhibit}/review", {"type": "合同", "date": "13.45"}
    )
    assert got.status_code == 422
    assert 'value="13.45"' in got.get_data(as_text=True)
    assert firm.row(exhibit).state == "to_review"


def test_accepting_goes_on_to_the_next(tmp_path: Path) -> None:
    """Review leads from one waiting exhibit to the next, then back to the matter."""
    firm = make_firm(tmp_path)
    first, second = firm.read_exhibit(), firm.read_exhibit("b.txt", b"b")
    browser = firm.browser("li.na")
    got = post(browser, f"/e/{first}/review", {"type": "", "date": ""})
    assert got.location == f"/e/{second}/review"
    got = post(browser, f"/e/{second}/review", {"type": "", "date": ""})
    assert got.location == f"/m/{firm.matter}"


def checked(firm: Firm, exhibit: str, login: str, pages: str, paper: str) -> int:
    """One person's half; returns the HTTP status."""
    data = {"pages": pages, "paper": paper, "condition": ""}
    return post(firm.browser(login), f"/e/{exhibit}/check", data).status_code


def reviewed(firm: Firm) -> str:
    """A reviewed exhibit."""
    exhibit = firm.read_exhibit()
    post(firm.browser("li.na"), f"/e/{exhibit}/review", {"type": "", "date": ""})
    return exhibit


def test_two_people_who_agree_make_it_checked(firm: Firm) -> None:
    """The second person sees it in the inbox; the first cannot be the second."""
    exhibit = reviewed(firm)
    assert checked(firm, exhibit, "li.na", "3", "original") == 302
    assert checked(firm, exhibit, "li.na", "3", "original") == 409
    inbox = firm.browser("wang.wu").get("/checks").get_data(as_text=True)
    assert str(firm.row(exhibit).name) in inbox
    assert checked(firm, exhibit, "wang.wu", "3", "original") == 302
    assert firm.row(exhibit).state == "checked"


def test_two_people_who_differ_open_it_again(firm: Firm) -> None:
    """Different counts are both recorded, and neither is shown to the next."""
    exhibit = reviewed(firm)
    checked(firm, exhibit, "li.na", "31", "original")
    checked(firm, exhibit, "wang.wu", "47", "original")
    assert firm.row(exhibit).state == "reviewed"
    page = firm.browser("wang.wu").get(f"/e/{exhibit}/check").get_data(as_text=True)
    assert "上一轮两人结果不一致" in page
    assert "31" not in page.partition("<main")[2].partition("</main")[0]


@pytest.mark.parametrize("pages", ["", "0", "-1", "1.5", "９", "1000000"])
def test_a_page_count_is_a_whole_number(firm: Firm, pages: str) -> None:
    """Anything else is refused in words."""
    assert checked(firm, reviewed(firm), "li.na", pages, "copy") == 422


def test_history_is_told_in_both_languages(firm: Firm) -> None:
    """Who did what, with old and new values, and the place in the log."""
    exhibit = firm.read_exhibit()
    data = {"type": "合同", "date": "2024-01-02"}
    post(firm.browser("li.na"), f"/e/{exhibit}/review", data)
    page = firm.browser("li.na").get(f"/e/{exhibit}/history").get_data(as_text=True)
    assert "李娜 审阅并确认。" in page
    assert "类型由 借条 改为 合同。" in page
    english = firm.browser("li.na", "en").get(f"/e/{exhibit}/history")
    assert "The date changed from 2025-08-29 to 2024-01-02." in english.get_data(
        as_text=True
    )


def test_a_candidate_fills_the_form_and_decides_nothing(firm: Firm) -> None:
    """Without script, chips and preview show the form again; only accept decides."""
    exhibit = firm.read_exhibit()
    browser = firm.browser("li.na")
    for more in ({"take_type": "合同"}, {"take_date": "2024-01-02"}, {"preview": "1"}):
        typed = {"type": "借条", "date": "2023-05-12"} | more
        got = post(browser, f"/e/{exhibit}/review", typed)
        assert got.status_code == 200
        wanted = more.get("take_type") or more.get("take_date") or "2023-05-12"
        assert f'value="{wanted}"' in got.get_data(as_text=True)
    assert firm.row(exhibit).state == "to_review"
