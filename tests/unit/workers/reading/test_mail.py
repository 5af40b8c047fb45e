"""A message: headers and body as text, attachments as members, dated by its header."""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from email.message import EmailMessage
from pathlib import Path

import pytest

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.limits import Limits
from workers.reading.mail import read


def read_mail(folder: Path, data: bytes, **limits: int) -> Content:
    original = folder / "original.eml"
    original.write_bytes(data)
    work = folder / "work"
    work.mkdir()
    content = Content("message/rfc822")
    limit = dataclasses.replace(Limits(), **limits)
    read(original, Context(work, limit, "", "a.eml"), content)
    return content


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"] = "张三 <zhang@example.cn>"
    made["To"] = "li@example.cn"
    made["Subject"] = "关于租金的说明"
    made["Date"] = "Fri, 29 Aug 2025 23:30:00 +0800"
    made.set_content("租金已付。")
    return made


def test_headers_and_body(tmp_path):
    """People see who wrote to whom, when, about what, and the words."""
    text = read_mail(tmp_path, message().as_bytes()).page_texts[0]
    assert "From: 张三 <zhang@example.cn>" in text
    assert "Subject: 关于租金的说明" in text
    assert "租金已付。" in text


def test_date_as_the_sender_wrote_it(tmp_path):
    """The day is the sender's, not that day in UTC."""
    dates = read_mail(tmp_path, message().as_bytes()).dates
    assert [each.value for each in dates] == ["2025-08-29"]


def test_attachments_become_members(tmp_path):
    """An attachment is kept byte for byte with its Chinese name as data."""
    made = message()
    made.add_attachment(b"%PDF-1.7 x", "application", "pdf", filename="../合同.pdf")
    content = read_mail(tmp_path, made.as_bytes())
    assert [each.claimed_name for each in content.members] == ["../合同.pdf"]
    kept = tmp_path / "work" / content.members[0].path
    assert kept.read_bytes() == b"%PDF-1.7 x"
    assert [each.code for each in content.findings] == ["ATTACHMENTS"]


def test_attached_message_is_one_member(tmp_path):
    """A forwarded message is an exhibit of its own, not part of this one's text."""
    made = message()
    inner = message()
    inner.replace_header("Subject", "里面的邮件")
    made.add_attachment(inner)
    content = read_mail(tmp_path, made.as_bytes())
    assert len(content.members) == 1
    assert "里面的邮件" not in content.page_texts[0]


def test_body_in_gb2312(tmp_path):
    """Text that says GB 2312 and uses characters of GBK is read."""
    data = (
        b"From: a@b\r\nSubject: =?gb2312?B?"
        + b64encode("合同".encode("gbk"))
        + b"?=\r\n"
        b"Content-Type: text/plain; charset=gb2312\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + "朱镕基、喆".encode("gbk")
    )
    text = read_mail(tmp_path, data).page_texts[0]
    assert "Subject: 合同" in text
    assert "朱镕基、喆" in text


def test_html_body(tmp_path):
    """A body that is HTML only is shown as words."""
    made = message()
    made.set_content("<p>租金<script>x()</script>已付</p>", subtype="html")
    assert "租金已付" in read_mail(tmp_path, made.as_bytes()).page_texts[0]


def test_two_senders(tmp_path):
    """Two From headers can be shown differently by two programs: ambiguous."""
    data = b"From: a@b\r\nFrom: c@d\r\nSubject: x\r\n\r\nhi"
    found = read_mail(tmp_path, data).findings
    assert [each.code for each in found] == ["AMBIGUOUS"]


def nested(levels: int) -> bytes:
    head = b"From: a@b\r\n"
    body = b"Content-Type: text/plain\r\n\r\nhi\r\n"
    for i in range(levels):
        mark = b"b%d" % i
        body = (
            b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n'
            b"--" + mark + b"\r\n" + body + b"\r\n--" + mark + b"--\r\n"
        )
    return head + body


def test_depth(tmp_path):
    """Parts within parts are followed to the limit and refused beyond it."""
    at, beyond = tmp_path / "at", tmp_path / "beyond"
    at.mkdir()
    beyond.mkdir()
    assert "hi" in read_mail(at, nested(5)).page_texts[0]
    with pytest.raises(Unreadable) as caught:
        read_mail(beyond, nested(6))
    assert caught.value.reason is UnreadableReason.NESTING_LIMIT


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"From: a@b\r\nDate: yesterday\r\n\r\n",
        b"From: =?x?Q?=?=\r\nSubject: =?utf-8?B?!!!?=\r\n\r\n",
        b"From: a\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: a\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
        b"Content-Disposition: attachment; filename*=x'y'%FF\r\n\r\nx",
    ],
)
def test_broken_messages_are_still_read(tmp_path, data):
    """Broken headers and bodies cost themselves only."""
    assert len(read_mail(tmp_path, data).page_texts) == 1
