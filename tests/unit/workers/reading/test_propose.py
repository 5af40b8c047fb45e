"""Which date names a file, and what it is based on."""

from __future__ import annotations

from datetime import date

import pytest

from intake.evidence_types import EvidenceTypes
from intake.reading import Candidate, Reading
from workers.reading.propose import propose

TODAY = date(2025, 9, 1)
CONTRACT = (
    "房屋租赁合同\n甲方：张三\n乙方：李四\n租赁期限、租金、违约责任如下。\n"
    "签订日期：2025年8月29日"
)


def reading(text: str, media_type: str, *stored: Candidate) -> Reading:
    return Reading(
        media_type, 1, (text,), (), "", "", {}, (), stored, "none", (), (), (), 0.1
    )


def camera(value: str, confidence: float = 0.7) -> Candidate:
    return Candidate(value, confidence, value, None, "exif DateTimeOriginal")


@pytest.fixture(scope="module")
def types() -> EvidenceTypes:
    return EvidenceTypes.load()


def test_written_date_before_camera(types):
    """A paper that was photographed is dated by its text, the camera is offered."""
    got = propose(reading(CONTRACT, "image/jpeg", camera("2025-08-31")), types, TODAY)
    assert (got.dates[0].value, got.date_basis) == ("2025-08-29", "document")
    assert "2025-08-31" in [each.value for each in got.dates]


def test_camera_without_text(types):
    """A photograph without text is dated by the camera, and says so."""
    got = propose(reading("", "image/jpeg", camera("2025-08-31")), types, TODAY)
    assert (got.dates[0].value, got.date_basis) == ("2025-08-31", "exif")


@pytest.mark.parametrize("value", ["2031-01-01", "1901-01-01"])
def test_clock_that_is_wrong(types, value):
    """A camera date in the future or before 1949 names nothing but is offered."""
    got = propose(reading("", "image/jpeg", camera(value)), types, TODAY)
    assert got.date_basis == "none"
    assert [(each.value, each.confidence) for each in got.dates] == [(value, 0.0)]


def test_message_is_dated_by_its_header(types):
    """In a message the header counts before dates that the text mentions."""
    header = Candidate("2025-08-30", 0.95, "Date: …", None, "mail Date")
    got = propose(reading(CONTRACT, "message/rfc822", header), types, TODAY)
    assert (got.dates[0].value, got.date_basis) == ("2025-08-30", "document")


def test_office_date_is_only_offered(types):
    """When a program saved a file says nothing about the paper."""
    saved = Candidate("2025-08-30", 0.3, "…", None, "office created")
    got = propose(reading("没有日期的一句话。", "text/plain", saved), types, TODAY)
    assert got.date_basis == "none"
    assert got.dates == (saved,)


def test_hostile_metadata_date(types):
    """A date field that is no date disappears."""
    got = propose(reading("", "image/jpeg", camera("2025-13-45")), types, TODAY)
    assert got.dates == ()
