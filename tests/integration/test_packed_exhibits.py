"""What came packed becomes exhibits of the matter, under the archive or message."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from intake.matters import MatterForm, open_matter
from intake.services import Services
from intake.tables import Exhibit
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, make_settings
from tests.outlook_files import attached, message, with_attachments
from tests.packed_files import Packed, rar5, seven_zip
from workers.jobs import process_exhibit

NOTE = "借条\n今借到张三人民币壹万元整\n借款人：李四\n2025年3月6日\n".encode()


@pytest.fixture
def home(tmp_path: Path) -> Services:
    """A home with one matter."""
    services = open_services(make_settings(tmp_path))
    form = MatterForm("2025-001", "借款", "张三", leads=(), assistants=())
    open_matter(services, CONSOLE, form)
    return services


def read_all(services: Services, name: str, data: bytes) -> list[Exhibit]:
    """Receive and read a file, then whatever comes out of it; all, oldest first."""
    add_bytes(services, "2025-001", name, data)
    done: set[str] = set()
    while True:
        with services.log.session() as session:
            rows = list(session.scalars(select(Exhibit).order_by(Exhibit.received_at)))
        left = [row for row in rows if row.id not in done]
        if not left:
            return rows
        for row in left:
            process_exhibit(services, row.id)
            done.add(row.id)


def test_rar_in_7z(home: Services):
    """A note in a RAR in a 7z is an exhibit two levels down, typed and dated."""
    data = seven_zip(Packed("证据/里.rar", rar5(Packed("借条.txt", NOTE))))
    outer, inner, note = read_all(home, "证据.7z", data)
    assert (inner.parent_id, note.parent_id) == (outer.id, inner.id)
    assert note.original_name == "借条.txt"
    assert note.media_type == "text/plain"
    assert (note.type, note.date, note.via) == ("iou_loan", "20250306", "archive")
    assert outer.media_type == "application/x-7z-compressed"


def test_attachment_of_an_outlook_message(home: Services):
    """The attachment of a message that is attached to a message is found, too."""
    within = message(24, "里面的邮件")
    within["__attach_version1.0_#00000000"] = attached("借条.txt", NOTE)
    data = with_attachments(message(), attached("转发", within))
    outer, inner, note = read_all(home, "邮件.msg", data)
    assert [outer.media_type, inner.media_type] == ["application/vnd.ms-outlook"] * 2
    assert (inner.parent_id, note.parent_id) == (outer.id, inner.id)
    assert (outer.type, outer.date, inner.via) == ("email", "20250829", "mail")
    assert note.original_name == "借条.txt"
