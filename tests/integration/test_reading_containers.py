"""Containers through the sandboxed reading: what is inside comes out as members."""

from __future__ import annotations

from pathlib import Path

import pytest

from intake.reading import Unreadable, UnreadableReason
from tests.outlook_files import attached, message, with_attachments
from tests.packed_files import Packed, rar4, rar5, seven_zip, tar
from tests.sandboxed_reading import codes, read_bytes

CONTRACT = "房屋租赁合同\n甲方：张三\n签订日期：2025年8月29日\n".encode()


def gz(*members: Packed) -> bytes:
    return tar(*members, packed=True)


@pytest.mark.parametrize(
    ("make", "name", "media_type"),
    [
        (seven_zip, "证据.7z", "application/x-7z-compressed"),
        (rar5, "证据.rar", "application/vnd.rar"),
        (rar4, "证据.rar", "application/vnd.rar"),
        (tar, "证据.tar", "application/x-tar"),
        (gz, "证据.tar.gz", "application/gzip"),
        (gz, "证据.tgz", "application/gzip"),
    ],
)
def test_archives(tmp_path: Path, make, name, media_type):
    """Each archive is told by its bytes; its members are there; it is no paper."""
    reading = read_bytes(tmp_path, make(Packed("合同.txt", CONTRACT)), name)
    assert reading.media_type == media_type
    assert codes(reading) <= {"NAME_ENCODING"}
    assert [each.claimed_name for each in reading.members] == ["合同.txt"]
    kept = tmp_path / "work" / reading.members[0].path
    assert kept.read_bytes() == CONTRACT
    assert (reading.date_basis, reading.dates) == ("none", ())
    assert reading.types[0].rule == "archive"


def test_nothing_is_left_of_a_refused_archive(tmp_path: Path):
    """Members that came before the unsafe name are gone after the refusal."""
    data = seven_zip(Packed("good", b"1"), Packed("../../evil", b"2"))
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path, data, "a.7z")
    assert caught.value.reason is UnreadableReason.ARCHIVE_UNSAFE_PATH
    assert list((tmp_path / "work").iterdir()) == []


def test_bomb(tmp_path: Path):
    """Much that came of little is refused within the limits of every day."""
    data = seven_zip(Packed("zeros", bytes(20 << 20)))
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path, data, "a.7z")
    assert caught.value.reason is UnreadableReason.ARCHIVE_BOMB


def test_outlook_message(tmp_path: Path):
    """A message of Outlook is told by its bytes, even without its usual name."""
    data = with_attachments(message(), attached("合同.txt", CONTRACT))
    for name in ("邮件.msg", "邮件"):
        reading = read_bytes(tmp_path, data, name)
        assert reading.media_type == "application/vnd.ms-outlook"
        assert reading.types[0].value == "email"
        assert (reading.dates[0].value, reading.date_basis) == (
            "2025-08-29", "document",
        )  # fmt: skip
        assert [each.claimed_name for each in reading.members] == ["合同.txt"]
        assert codes(reading) == {"ATTACHMENTS"}


CHAT = """张三 2025-01-02 12:34:56
房租什么时候转账？

李四 2025-01-02 12:35:10
明天付 [图片]

张三 2025-01-03 09:00:00
收到
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_exported_chat(tmp_path: Path, encoding):
    """A chat is counted, dated by its last message, and its text is as it came."""
    reading = read_bytes(tmp_path, CHAT.encode(encoding), "聊天记录.txt")
    assert reading.media_type == "text/plain"
    assert reading.page_texts == (CHAT,)
    details = [each.detail for each in reading.findings if each.code == "CHAT"]
    assert details == ["3 messages, 2 speakers, 2025-01-02 – 2025-01-03"]
    first = reading.dates[0]
    assert (first.value, first.rule) == ("2025-01-03", "chat last message")
    assert reading.date_basis == "document"


def test_exported_chat_as_a_page(tmp_path: Path):
    """The same in HTML, name and time in boxes of their own."""
    rows = "".join(
        f"<div class=m><span>{name}</span><div>{time}</div><p>{words}</p></div>"
        for name, time, words in (
            ("张三", "2025-01-02 12:34:56", "房租什么时候付？"),
            ("李四", "2025-01-02 12:35:10", "明天付"),
            ("张三", "2025-01-03 09:00:00", "收到"),
        )
    )
    page = f"<!DOCTYPE html><html><body>{rows}</body></html>".encode()
    reading = read_bytes(tmp_path, page, "聊天记录.html")
    assert "CHAT" in codes(reading)
    assert reading.dates[0].value == "2025-01-03"


def test_exported_chat_as_a_table(tmp_path: Path):
    """The same in CSV, as a spreadsheet opens it."""
    table = (
        "时间,发送人,内容\n2025-01-02 12:34,张三,房租什么时候付？\n"
        "2025-01-02 12:35,李四,明天付\n2025-01-03 09:00,张三,收到\n"
    )
    reading = read_bytes(tmp_path, table.encode("utf-8-sig"), "聊天记录.csv")
    assert codes(reading) == {"CHAT"}
    assert reading.dates[0].value == "2025-01-03"
