"""Which date names a file, and what it is based on."""

from __future__ import annotations

from datetime import date

import pytest

from intake.evidence_types import EvidenceTypes
from intake.reading import Candidate, Reading
from workers.reading.propose import best_kind, propose

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


def test_archive_is_no_paper(types):
    """The names in an archive neither make it a contract nor date it."""
    got = propose(reading(CONTRACT, "application/zip"), types, TODAY)
    assert got.types[0].value == types.fallback.code
    assert (got.dates, got.date_basis) == ((), "none")


@pytest.mark.parametrize(
    ("confidence", "code"), [(0.8, "contract"), (0.79, "other"), (0.0, "other")]
)
def test_type_from_the_threshold_on(types, confidence, code):
    """A type names a file from the shared threshold on, below it a person chooses."""
    candidate = Candidate("contract", confidence, "", None, "")
    assert best_kind((candidate,), types).code == code


def test_month_alone_is_not_likely_enough(types):
    """A full date is proposed when likely, a month alone only when sure."""
    text = "证明\n兹证明张三在我处工作。\n2025年8月"
    got = propose(reading(text, "text/plain"), types, TODAY)
    assert got.dates[0].value == "2025-08"
    assert got.dates[0].confidence < 0.8
    assert got.date_basis == "none"
