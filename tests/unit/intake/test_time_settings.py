"""Settings of time authorities: what is taken, and what stops the start."""

from __future__ import annotations

import pytest

from intake.errors import SettingsError
from intake.settings import Settings


def settings(**values: str) -> Settings:
    """Settings with these values."""
    return Settings.from_env({f"CUSTODY_{k.upper()}": v for k, v in values.items()})


def test_urls_are_separated_by_commas() -> None:
    """Blanks and an empty part are nothing; the order is kept."""
    urls = " https://b.example/tsa , http://a.example:318/x?y=1,, "
    wanted = ("https://b.example/tsa", "http://a.example:318/x?y=1")
    assert settings(tsa_urls=urls).time_authorities == wanted
    assert settings().time_authorities == ()


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example", "https://", "a.example/tsa", "http://a:port/", "http://[a"],
)
def test_what_is_no_address_stops_the_start(url: str) -> None:
    """The refusal names the setting and the value."""
    with pytest.raises(SettingsError) as error:
        settings(tsa_urls=f"https://good.example,{url}")
    assert error.value.code == "setting_value"
    assert error.value.facts["value"] == url


def test_hours_are_at_least_one() -> None:
    """An hour is the default and the least."""
    assert settings().stamp_hours == 1
    assert settings(stamp_hours="24").stamp_hours == 24
    with pytest.raises(SettingsError):
        settings(stamp_hours="0")
