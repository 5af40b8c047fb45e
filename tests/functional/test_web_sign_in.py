"""Signing in and out: cookies, one-time links, locks, forged forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from intake.users import TRIES, new_link
from tests.web_firm import PASSWORD, Firm, make_firm, post, token_of


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A fresh firm: these tests change passwords and locks."""
    return make_firm(tmp_path_factory.mktemp("sign_in"))


def test_unknown_login_and_wrong_password_read_the_same(firm: Firm) -> None:
    """Nobody learns here which logins exist."""
    browser = firm.browser()
    pages = []
    for login in ("li.na", "nobody"):
        got = post(browser, "/sign-in", {"login": login, "password": "wrong password"})
        assert got.status_code == 401
        pages.append(got.get_data(as_text=True))
    assert "登录名或密码不正确" in pages[0]
    assert "登录名或密码不正确" in pages[1]


def test_many_wrong_passwords_lock_the_login(firm: Firm) -> None:
    """After eight tries even the right password waits."""
    browser = firm.browser()
    for _ in range(TRIES):
        post(browser, "/sign-in", {"login": "zhou.min", "password": "wrong password"})
    got = post(browser, "/sign-in", {"login": "zhou.min", "password": PASSWORD})
    assert got.status_code == 429


def test_signing_out_ends_a_stolen_cookie(firm: Firm) -> None:
    """A copy of the cookie is worthless after its owner signed out."""
    browser, thief = firm.browser("li.na"), firm.browser()
    cookie = browser.get_cookie("custody")
    assert cookie is not None
    thief.set_cookie("custody", cookie.value)
    assert thief.get("/").status_code == 200
    assert post(browser, "/sign-out", {}).status_code == 302
    assert thief.get("/").status_code == 302
    firm.sign_ins.clear()


def test_cookie_cannot_be_read_by_scripts_or_sent_across_sites(firm: Firm) -> None:
    """HttpOnly and SameSite=Lax, always."""
    browser = firm.browser()
    got = post(browser, "/sign-in", {"login": "li.na", "password": PASSWORD})
    cookie = next(c for c in got.headers.getlist("Set-Cookie") if "custody=" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_behind_https_cookies_are_secure(tmp_path: Path) -> None:
    """With an https address the cookie is Secure, host-bound, and HSTS is sent."""
    firm = make_firm(tmp_path / "https", base_url="https://custody.example")
    got = firm.app.test_client().get("/sign-in", base_url="https://custody.example")
    cookie = got.headers["Set-Cookie"]
    assert cookie.startswith("__Host-custody=")
    assert "; Secure;" in cookie
    assert got.headers["Strict-Transport-Security"].startswith("max-age=")


def test_secret_key_is_kept_for_the_service_alone(firm: Firm) -> None:
    """The key that signs cookies has mode 0600 and is not in the settings' place."""
    path = firm.services.settings.home / "web-secret.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().strip() == firm.app.secret_key


def test_one_time_link_sets_a_password_once(firm: Firm) -> None:
    """The link opens a form, sets the password, signs in, and is worthless then."""
    token = new_link(firm.services, "admin")
    browser = firm.browser()
    assert "admin" in browser.get(f"/setup/{token}").get_data(as_text=True)
    both = {"password": "another password", "again": "another password"}
    assert post(browser, f"/setup/{token}", both).status_code == 302
    assert browser.get("/").status_code == 200
    assert browser.get(f"/setup/{token}").status_code == 410


@pytest.mark.parametrize(
    ("password", "again"), [("short", "short"), ("long enough 1", "long enough 2")]
)
def test_bad_passwords_leave_the_link_usable(
    firm: Firm, password: str, again: str
) -> None:
    """A weak or mistyped password is refused in words and the link still works."""
    token = new_link(firm.services, "admin")
    browser = firm.browser()
    got = post(browser, f"/setup/{token}", {"password": password, "again": again})
    assert got.status_code == 422
    assert browser.get(f"/setup/{token}").status_code == 200


@pytest.mark.parametrize(
    "claimed",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/a\nb"],
)
def test_sign_in_goes_on_to_our_own_pages_only(firm: Firm, claimed: str) -> None:
    """`next` cannot send a person to another site."""
    browser = firm.browser()
    data = {"login": "li.na", "password": PASSWORD, "next": claimed}
    assert post(browser, "/sign-in", data).location == "/"


def test_forms_without_token_change_nothing(firm: Firm) -> None:
    """A form from another site is refused, whatever it asks."""
    browser = firm.browser("li.na")
    got = browser.post(
        "/matters/new", data={"number": "9", "title": "x", "client": "y"}
    )
    assert got.status_code == 400
    assert "页面已过期" in got.get_data(as_text=True)
    assert browser.get("/m/9").status_code == 404


def test_a_token_of_somebody_else_is_worthless(firm: Firm) -> None:
    """A token belongs to one session."""
    browser, other = firm.browser("li.na"), firm.browser("wang.wu")
    data = {"number": "9", "title": "x", "client": "y", "csrf_token": token_of(other)}
    assert browser.post("/matters/new", data=data).status_code == 400


def test_large_forms_are_refused_before_they_are_read(firm: Firm) -> None:
    """Only uploads may be large; a form of a megabyte is not even parsed."""
    browser = firm.browser("li.na")
    got = browser.post("/matters/new", data={"title": "x" * (1 << 20)})
    assert got.status_code == 413
