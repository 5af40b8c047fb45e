"""Messages as Outlook saves them, made for tests."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from workers.reading.compound_writer import Storage, compound_file
from workers.reading.msg_parts import PROPERTIES

SENT = datetime(2025, 8, 29, 15, 30, tzinfo=UTC)  # 23:30 in Beijing


def part(
    header: int, texts: dict[int, str | bytes], integers: dict[int, int] | None = None
) -> Storage:
    """A storage with its properties; text as bytes is kept in eight bits."""
    made: Storage = {}
    rows = [struct.pack("<HHLQ", 3, tag, 6, n) for tag, n in (integers or {}).items()]
    for tag, text in texts.items():
        kind = "001F" if isinstance(text, str) else "001E"
        data = text.encode("utf-16-le") if isinstance(text, str) else text
        made[f"__substg1.0_{tag:04X}{kind}"] = data
        rows.append(struct.pack("<HHLQ", int(kind, 16), tag, 6, len(data)))
    made[PROPERTIES] = bytes(header) + b"".join(rows)
    return made


def message(header: int = 32, subject: str | bytes = "关于租金的说明") -> Storage:
    """A message from 张三 to 李四 with a time of sending and a body."""
    texts: dict[int, str | bytes] = {
        0x001A: "IPM.Note", 0x0037: subject, 0x0C1A: "张三",
        0x5D01: "zhang@example.cn", 0x1000: "租金已付。",
    }  # fmt: skip
    made = part(header, texts)
    ticks = int((SENT - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10**7
    table = made[PROPERTIES]
    assert isinstance(table, bytes)
    made[PROPERTIES] = table + struct.pack("<HHLQ", 0x40, 0x0039, 6, ticks)
    person: dict[int, str | bytes] = {0x3001: "李四", 0x39FE: "li@example.cn"}
    made["__recip_version1.0_#00000000"] = part(8, person, {0x0C15: 1})
    return made


def attached(name: str, data: bytes | Storage) -> Storage:
    """An attachment: bytes, or a message within."""
    made = part(8, {0x3707: name}, {0x3705: 1 if isinstance(data, bytes) else 5})
    kind = "0102" if isinstance(data, bytes) else "000D"
    made[f"__substg1.0_3701{kind}"] = data
    return made


def with_attachments(whole: Storage, *attachments: Storage) -> bytes:
    """The file of a message."""
    numbered = {
        f"__attach_version1.0_#{number:08X}": each
        for number, each in enumerate(attachments)
    }
    return compound_file({**whole, **numbered})
