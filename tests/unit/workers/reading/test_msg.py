"""Outlook's messages are read as EML is: people, time, words, attachments."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import olefile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.reading import Unreadable, UnreadableReason
from tests.outlook_files import attached, message, part, with_attachments
from workers.reading.compound_writer import compound_file
from workers.reading.content import Content, Context
from workers.reading.limits import Limits
from workers.reading.ole import read


def read_msg(folder: Path, data: bytes, depth: int = 0, **limits: int) -> Content:
    folder.mkdir(exist_ok=True)
    original = folder / "original.msg"
    original.write_bytes(data)
    work = folder / "work"
    work.mkdir()
    content = Content("application/vnd.ms-outlook")
    limit = dataclasses.replace(Limits(), **limits)
    read(original, Context(work, limit, "", "a.msg", depth), content)
    return content


def kept(folder: Path, content: Content, number: int = 0) -> bytes:
    return (folder / "work" / content.members[number].path).read_bytes()


def test_headers_body_and_day(tmp_path):
    """Who wrote to whom, when in the firm's zone, about what, and the words."""
    content = read_msg(tmp_path, compound_file(message()))
    text = content.page_texts[0]
    for line in (
        "From: 张三 <zhang@example.cn>", "To: 李四 <li@example.cn>",
        "Subject: 关于租金的说明", "Date: 2025-08-29 23:30:00+08:00", "租金已付。",
    ):  # fmt: skip
        assert line in text
    assert [each.value for each in content.dates] == ["2025-08-29"]
    assert content.findings == []


def test_day_as_the_sender_wrote_it(tmp_path):
    """Where the header of the sender is kept, its day counts, in its own zone."""
    made = message()
    header = "Date: Thu, 28 Aug 2025 23:30:00 -0500\r\nFrom: a@b\r\nFrom: c@d\r\n\r\n"
    made["__substg1.0_007D001F"] = header.encode("utf-16-le")
    content = read_msg(tmp_path, compound_file(made))
    assert [each.value for each in content.dates] == ["2025-08-28"]
    assert [each.code for each in content.findings] == ["AMBIGUOUS"]


def test_eight_bit_text_is_chinese(tmp_path):
    """Text that an old Outlook kept in GBK is read."""
    data = compound_file(message(subject="合同、喆".encode("gbk")))
    assert "Subject: 合同、喆" in read_msg(tmp_path, data).page_texts[0]


def test_html_body(tmp_path):
    """A body that is HTML only is shown as words."""
    made = message()
    del made["__substg1.0_1000001F"]
    made["__substg1.0_10130102"] = "<p>租金<script>x()</script>已付</p>".encode()
    assert "租金已付" in read_msg(tmp_path, compound_file(made)).page_texts[0]


def test_attachments_become_members(tmp_path):
    """An attachment is kept byte for byte with its name as data."""
    large = bytes(range(256)) * 400
    data = with_attachments(
        message(), attached("../合同.pdf", b"%PDF-1.7 x"), attached("b.bin", large)
    )
    content = read_msg(tmp_path, data)
    names = [each.claimed_name for each in content.members]
    assert names == ["../合同.pdf", "b.bin"]
    assert kept(tmp_path, content) == b"%PDF-1.7 x"
    assert kept(tmp_path, content, 1) == large
    assert [each.code for each in content.findings] == ["ATTACHMENTS"]


def test_message_within_is_a_message_of_its_own(tmp_path):
    """A forwarded message comes out as a file that opens, with its own attachment."""
    inner = message(24, "里面的邮件")
    inner["__attach_version1.0_#00000000"] = attached("a.txt", b"1" * 9999)
    content = read_msg(
        tmp_path / "outer", with_attachments(message(), attached("回复", inner))
    )
    assert [each.claimed_name for each in content.members] == ["回复.msg"]
    assert "里面的邮件" not in content.page_texts[0]
    again = read_msg(tmp_path / "inner", kept(tmp_path / "outer", content), depth=1)
    assert "Subject: 里面的邮件" in again.page_texts[0]
    assert [each.value for each in again.dates] == ["2025-08-29"]
    assert kept(tmp_path / "inner", again) == b"1" * 9999


def test_number_and_depth(tmp_path):
    """As many attachments and levels as the limits are taken, one more is refused."""
    data = with_attachments(message(), *(attached(n, b"1") for n in "ab"))
    enough = read_msg(tmp_path / "1", data, depth=4, mail_parts=2)
    assert len(enough.members) == 2
    for folder, more, reason in (
        ("2", {"mail_parts": 1}, UnreadableReason.ARCHIVE_MEMBER_LIMIT),
        ("3", {"depth": 5}, UnreadableReason.NESTING_LIMIT),
    ):
        with pytest.raises(Unreadable) as caught:
            read_msg(tmp_path / folder, data, **more)
        assert caught.value.reason is reason


def test_what_is_not_inside_is_said(tmp_path):
    """Linked files, protected mail and bodies in RTF only are named."""
    made = message()
    del made["__substg1.0_1000001F"]
    made["__substg1.0_10090102"] = b"LZFu"
    linked = part(8, {0x3707: "x.doc"}, {0x3705: 2})
    data = with_attachments(made, linked, attached("message.rpmsg", b"1"))
    codes = {each.code for each in read_msg(tmp_path, data).findings}
    assert codes == {"EXTERNAL_REF", "ENCRYPTED", "PART_MISSING", "ATTACHMENTS"}


@pytest.mark.parametrize("cut", [600, 1000, 3000, -1500, -600])
def test_broken_file(tmp_path, cut):
    """A message that is cut off is refused in words."""
    data = with_attachments(message(), attached("a", b"1" * 9000))
    with pytest.raises(Unreadable) as caught:
        read_msg(tmp_path, data[:cut])
    assert caught.value.reason is UnreadableReason.CORRUPT


NAMES = st.text(st.characters(codec="ascii", exclude_characters="/\\:!\0"), min_size=1)


@settings(max_examples=30)
@given(
    st.dictionaries(
        NAMES.map(lambda name: f"s{name.upper()[:28]}"),
        st.binary(max_size=9000),
        max_size=40,
    )
)
def test_compound_file_keeps_every_byte(streams):
    """Whatever streams go in come out of another reader as they were."""
    data = compound_file({**streams, "folder": dict(streams)})
    with olefile.OleFileIO(io.BytesIO(data), raise_defects=20) as container:
        for name, stream in streams.items():
            assert container.openstream([name]).read() == stream
            assert container.openstream(["folder", name]).read() == stream


def test_large_compound_file():
    """Beyond 6 MiB the sectors are larger; the bytes are the same."""
    large = bytes(7 << 20) + b"end"
    data = compound_file({"a": large, "b": b"small"})
    with olefile.OleFileIO(io.BytesIO(data)) as container:
        assert container.openstream("a").read() == large
        assert container.openstream("b").read() == b"small"
