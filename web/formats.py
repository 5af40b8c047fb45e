"""How values are printed on pages: times, sizes, digests, dates, types."""

from __future__ import annotations

import datetime as dt

from flask import Flask

from intake.date_roles import role_words
from intake.legal_date import parse_compact
from intake.naming import extension_for
from intake.tables import Exhibit
from intake.zone import ZONE
from web.context import services
from web.language import language, t

UNITS = ("B", "KB", "MB", "GB", "TB")
GROUP = 4
STEP = 1024
THREE_DIGITS = 100  # enough without a decimal


def init_formats(app: Flask) -> None:
    """Give templates the filters of this module."""
    for printer in (time_text, day_text, size_text, groups, date_text, type_text,
                    percent, short_digest, role_text):  # fmt: skip
        app.jinja_env.filters[printer.__name__] = printer
    app.jinja_env.globals.update(extension=extension, base_address=base_address)
    app.context_processor(lambda: {"firm": services().settings.firm_name})


def time_text(value: dt.datetime) -> str:
    """`2025-08-29 14:03:22 +08:00` on the machine's own clock."""
    local = value.astimezone(ZONE)
    zone = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} {zone[:3]}:{zone[3:5]}"


def day_text(value: dt.datetime) -> str:
    """`2025-08-29 14:03`, where the exact time stands elsewhere."""
    return f"{value.astimezone(ZONE):%Y-%m-%d %H:%M}"


def size_text(size: int) -> str:
    """Bytes as people say them: `3.4 MB`."""
    power = min((max(size, 1).bit_length() - 1) // 10, len(UNITS) - 1)
    value, unit = size / STEP**power, UNITS[power]
    whole = unit == UNITS[0] or value >= THREE_DIGITS
    return f"{value:.0f} {unit}" if whole else f"{value:.1f} {unit}"


def groups(digest: str) -> list[str]:
    """A digest in groups of four, as it is read aloud."""
    return [digest[i : i + GROUP] for i in range(0, len(digest), GROUP)]


def short_digest(digest: str) -> str:
    """The first 16 digits, grouped: enough for the eye, never for a check."""
    return " ".join(groups(digest[:16]))


def date_text(compact: str | None) -> str:
    """A date of eight digits as ISO 8601, or "no date"."""
    if compact is None:
        return "—"
    date = parse_compact(compact)
    return t("date-none") if date is None else date.iso()


def type_text(code: str | None) -> str:
    """The name of an evidence type in the reader's language."""
    if code is None:
        return "—"
    kind = services().types.by_code(code)
    return kind.zh if language() == "zh-CN" else kind.en


def extension(exhibit: Exhibit) -> str:
    """What stands in place of a missing picture: `PDF`."""
    return extension_for(exhibit.media_type).upper()


def base_address() -> str:
    """Where every real page of this firm lives."""
    return services().settings.base_url


def percent(per_mille: int | None) -> str:
    """A confidence as people read it: `87 %`."""
    return "—" if per_mille is None else f"{per_mille // 10} %"


def role_text(rule: str) -> str:
    """What a proposed date is for, by the rule that found it; "" if that says none."""
    return role_words(rule, language())
