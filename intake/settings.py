"""Every setting of the product, read once from the environment, then frozen.

`CUSTODY_<NAME>` sets a value, `CUSTODY_<NAME>_FILE` names a file that holds it
(for secrets). A name nobody knows is an error: a mistyped setting must not be
silently ignored by a service that people trust.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from intake.errors import SettingsError
from intake.queue_socket import queue_url

PREFIX = "CUSTODY_"
FILE_SUFFIX = "_FILE"
ENGINES = ("rapidocr", "tesseract")
DEFAULT_HOME = "custody-data"
DEFAULT_BASE_URL = "http://127.0.0.1:8000"
SCHEMES = {
    "database_url": ("sqlite:///", "postgresql://", "postgresql+psycopg://"),
    "redis_url": ("redis://", "rediss://", "unix://"),
}
ADDRESS = "address"
UNDATED = ("received", "none")
CERTIFICATES = ("monthly", "off")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process; see docs/operations.md for each."""

    database_url: str
    redis_url: str
    store_url: str
    second_store_url: str
    evidence_types: str
    home: Path = Path(DEFAULT_HOME)
    base_url: str = DEFAULT_BASE_URL
    firm_name: str = "本所"
    ocr_engine: str = "rapidocr"
    tsa_urls: str = ""
    tsa_roots: str = ""
    stamp_hours: int = 1
    certificates: str = "monthly"
    witness_urls: str = ""
    max_upload_mb: int = 512
    secret_key: str = ""
    log_key: str = ""
    statement_key: str = ""
    pdf_key: str = ""
    key_passphrase: str = ""
    key_pin: str = ""
    undated: str = "received"
    lang: str = "zh-CN"
    trusted_proxies: int = 0

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from environment variables.

        Raises:
            SettingsError: an unknown name, a bad value or an unreadable file.
        """
        known = {field.name for field in fields(cls)}
        values: dict[str, str] = {}
        for variable, value in environ.items():
            if variable.startswith(PREFIX):
                name, text = _named_value(variable, value, known)
                values[name] = text
        return cls(**_with_defaults(_converted(values)))

    @property
    def time_authorities(self) -> tuple[str, ...]:
        """The URLs in `tsa_urls`, in their order."""
        return _listed(self.tsa_urls)

    @property
    def max_upload_bytes(self) -> int:
        """The largest file accepted, in bytes."""
        return self.max_upload_mb << 20

    @property
    def witnesses(self) -> dict[str, str]:
        """Name of a witness -> its address, from `name=url,name=url`."""
        pairs = (pair.strip().partition("=") for pair in self.witness_urls.split(","))
        return {name: url for name, equals, url in pairs if equals}


def _with_defaults(values: dict[str, Any]) -> dict[str, Any]:
    """What follows from the home folder when nothing else was said."""
    home = values.get("home", Path(DEFAULT_HOME)).absolute()
    base_url = values.get("base_url") or _announced(home)
    places = {
        "database_url": f"sqlite:///{home}/custody.db",
        "redis_url": queue_url(home),
        "store_url": f"{home}/store",
        "second_store_url": f"{home}/second-store",
        "evidence_types": f"{home}/evidence-types.yaml",
    }
    given = {name: value for name, value in values.items() if value != ""}
    return places | given | {"home": home, "base_url": base_url.rstrip("/")}


def _announced(home: Path) -> str:
    """The address that `custody up` on this home printed last."""
    try:
        return (home / ADDRESS).read_text("utf-8").strip() or DEFAULT_BASE_URL
    except (OSError, UnicodeError):
        return DEFAULT_BASE_URL


def _named_value(variable: str, value: str, known: set[str]) -> tuple[str, str]:
    name = variable.removeprefix(PREFIX).lower()
    if name in known:
        return name, value
    of_file = name.removesuffix(FILE_SUFFIX.lower())
    if name != of_file and of_file in known:
        return of_file, _read_secret(variable, Path(value))
    raise SettingsError("setting_unknown", name=variable)


def _read_secret(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError("setting_file", name=variable, path=str(path)) from error


def _converted(values: dict[str, str]) -> dict[str, Any]:
    converted: dict[str, Any] = dict(values)
    if "home" in values:
        converted["home"] = Path(values["home"]).expanduser()
    numbers = (("max_upload_mb", 1), ("trusted_proxies", 0), ("stamp_hours", 1))
    for name, least in numbers:
        if name in values:
            converted[name] = _integer(name, values[name], least)
    _require_one_of("ocr_engine", values, ENGINES)
    _require_one_of("certificates", values, CERTIFICATES)
    _require_one_of("undated", values, UNDATED)
    _require_one_of("lang", values, ("zh-CN", "en"))
    for name, schemes in SCHEMES.items():
        if values.get(name) and not values[name].startswith(schemes):
            raise _bad(name, values[name].partition("://")[0], " | ".join(schemes))
    for url in _listed(values.get("tsa_urls", "")):
        _require_web_host("tsa_urls", url)
    if "base_url" in values:
        _require_web_address("base_url", values["base_url"])
    for pair in filter(None, values.get("witness_urls", "").split(",")):
        name, _, url = pair.strip().partition("=")
        _require_web_address("witness_urls", url if name else "")
    return converted


def _integer(name: str, value: str, least: int) -> int:
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise _bad(name, value, f"a whole number, at least {least}")
    return int(value)


def _require_one_of(
    name: str, values: dict[str, str], allowed: tuple[str, ...]
) -> None:
    if name in values and values[name] not in allowed:
        raise _bad(name, values[name], " | ".join(allowed))


def _require_web_address(name: str, value: str) -> None:
    try:
        parts = urlsplit(value)
    except ValueError:
        raise _bad(name, value, "http(s)://host[:port]") from None
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query:
        raise _bad(name, value, "http(s)://host[:port]")


def _listed(value: str) -> tuple[str, ...]:
    return tuple(url for url in (part.strip() for part in value.split(",")) if url)


def _require_web_host(name: str, value: str) -> None:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port  # refuses a port that is no number
    except ValueError:
        good = False
    if not good:
        raise _bad(name, value, "http(s)://host[:port]/path, …")


def _bad(name: str, value: str, wanted: str) -> SettingsError:
    variable = PREFIX + name.upper()
    return SettingsError("setting_value", name=variable, value=value, wanted=wanted)
