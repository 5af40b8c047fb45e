"""Verify an evidence bundle with nothing but Python 3.8 or newer, offline.

    python3 verify.py                          the folder this file lies in
    python3 verify.py BUNDLE                   an unzipped bundle, or the ZIP itself
    python3 verify.py --fingerprint HEX        with the key fingerprint on a paper
    python3 verify.py --policy FILE            with the firm's trust/keys from elsewhere
    python3 verify.py --json | --lang zh|en    for programs; in one language

The checks have the numbers of the bundle's REPORT.pdf. Each has one of three
answers: passed, failed, indeterminate (could not be checked). Exit code 0: all
passed; 1: one failed; 2: wrong usage; 3: none failed, but one could not be checked.

This file shares no code with the system that wrote the bundle. It needs no
installation, opens no connection and writes nothing.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import struct
import sys
import unicodedata
import zlib
from typing import Any, BinaryIO, Iterable, Iterator, NamedTuple

PASSED, FAILED, INDETERMINATE = "passed", "failed", "indeterminate"
RESULTS = {
    PASSED: ("通过", "passed"),
    FAILED: ("未通过", "failed"),
    INDETERMINATE: ("无法判断", "indeterminate"),
}
CHECKS = {
    1: ("container", "容器格式", "container"),
    2: ("names", "文件清单", "names"),
    3: ("checksums", "校验值清单", "checksums"),
    4: ("keys", "公钥来源", "keys"),
    5: ("checkpoint", "检查点签名", "checkpoint"),
    6: ("statement", "事件声明签名", "statement"),
    7: ("inclusion", "收录证明", "inclusion"),
    8: ("original", "原始文件", "original"),
    9: ("legal-name", "规范文件名", "legal name"),
    10: ("history", "事件衔接", "history"),
}

CHUNK = 1 << 20
MAX_ENTRIES = 200_000
MAX_NAME_BYTES = 255
MAX_TAG_FILE = 64 << 20
MAX_ENVELOPE = 1 << 20
MAX_NOTE = 256 << 10
MAX_PATH = 64
MAX_SIZE = 2**63 - 1
SLOW_SM3_FROM = 32 << 20  # this Python takes a minute or more from here on

HEX64 = re.compile("[0-9a-f]{64}")
DECIMAL = re.compile("0|[1-9][0-9]{0,18}")
TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class Refused(Exception):
    """Something is not as it must be: what it is, and why, in two languages."""

    def __init__(self, zh: str, en: str, subject: str | None = None) -> None:
        super().__init__(en)
        self.words = (zh, en)
        self.subject = subject


def need(condition: object, zh: str, en: str, subject: str | None = None) -> None:
    """Raise Refused unless the condition holds."""
    if not condition:
        raise Refused(zh, en, subject)


# --- Digests ------------------------------------------------------------------

SM3_START = (
    0x7380166F,
    0x4914B2B9,
    0x172442D7,
    0xDA8A0600,
    0xA96F30BC,
    0x163138AA,
    0xE38DEE4D,
    0xB0FB0E4E,
)
WORD = 0xFFFFFFFF


def rotate(value: int, count: int) -> int:
    """Rotate a 32-bit word to the left."""
    count %= 32
    return ((value << count) | (value >> (32 - count))) & WORD


SM3_CONSTANTS = tuple(
    rotate(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64)
)


class Sm3:
    """SM3 (GB/T 32905-2016) in plain Python, for when OpenSSL has none."""

    def __init__(self) -> None:
        self._state: tuple[int, ...] = SM3_START
        self._rest, self._length = b"", 0

    def update(self, data: bytes) -> None:
        """Hash more bytes."""
        self._length += len(data)
        data = self._rest + data
        whole = len(data) // 64 * 64
        for start in range(0, whole, 64):
            self._state = sm3_block(self._state, data[start : start + 64])
        self._rest = data[whole:]

    def hexdigest(self) -> str:
        """The digest of everything so far."""
        padding = b"\x80" + b"\0" * ((55 - self._length) % 64)
        data = self._rest + padding + struct.pack(">Q", self._length * 8)
        state = self._state
        for start in range(0, len(data), 64):
            state = sm3_block(state, data[start : start + 64])
        return "".join(f"{word:08x}" for word in state)


def sm3_block(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    """The compression function (section 5.3.3)."""
    w = list(struct.unpack(">16L", block))
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15)
        x ^= rotate(x, 15) ^ rotate(x, 23)
        w.append(x ^ rotate(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = ((a << 12) | (a >> 20)) & WORD
        ss1 = rotate((a12 + e + SM3_CONSTANTS[j]) & WORD, 7)
        if j < 16:
            ff, gg = a ^ b ^ c, e ^ f ^ g
        else:
            ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & WORD & g)
        tt1 = (ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) & WORD
        tt2 = (gg + h + ss1 + w[j]) & WORD
        a, b, c, d = tt1, a, rotate(b, 9), c
        e, f, g, h = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17), e, rotate(f, 19), g
    after = (a, b, c, d, e, f, g, h)
    return tuple(state[i] ^ after[i] for i in range(8))


def fast_sm3() -> Any:
    """An SM3 of the system's OpenSSL, or None."""
    try:
        return hashlib.new("sm3")
    except ValueError:
        return None


def sm3_hex(data: bytes) -> str:
    """SM3 of a short byte string."""
    sm3 = fast_sm3() or Sm3()
    sm3.update(data)
    return str(sm3.hexdigest())


def sha256(data: bytes) -> bytes:
    """SHA-256, 32 raw bytes."""
    return hashlib.sha256(data).digest()


# --- Ed25519 (RFC 8032, section 5.1) ------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    """A point of the curve in extended coordinates."""

    x: int
    y: int
    z: int
    t: int


def point_add(p: Point, q: Point) -> Point:
    """Sum of two points (section 5.1.4)."""
    a, b = (p.y - p.x) * (q.y - q.x) % P, (p.y + p.x) * (q.y + q.x) % P
    c, d = 2 * p.t * q.t * D % P, 2 * p.z * q.z % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return Point(e * f % P, g * h % P, f * g % P, e * h % P)


def point_decode(data: bytes) -> Point | None:
    """The point that 32 bytes stand for (section 5.1.3), or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return Point(x, y, 1, x * y % P)


def point_encode(p: Point) -> bytes:
    """The 32 bytes that stand for a point."""
    inverse = pow(p.z, P - 2, P)
    x, y = p.x * inverse % P, p.y * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point_decode(BASE_Y.to_bytes(32, "little"))


def ed25519_verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is that key's over the message (section 5.1.7)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key = point_decode(public_key)
    s = int.from_bytes(signature[32:], "little")
    if key is None or BASE is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    minus = Point((P - key.x) % P, key.y, key.z, (P - key.t) % P)
    table = {1: BASE, 2: minus, 3: point_add(BASE, minus)}
    total = Point(0, 1, 1, 0)
    for bit in range(255, -1, -1):
        total = point_add(total, total)
        which = (s >> bit & 1) | (k >> bit & 1) << 1
        if which:
            total = point_add(total, table[which])
    return point_encode(total) == signature[:32]


# --- Canonical texts ----------------------------------------------------------


def from_base64(text: Any) -> bytes:
    """Padded base64 in its one spelling."""
    need(isinstance(text, str), "base64 有误", "bad base64")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("base64 有误", "bad base64") from None
    need(to_base64(data) == text, "base64 写法不唯一", "base64 not canonical")
    return data


def to_base64(data: bytes) -> str:
    """Padded base64."""
    return base64.b64encode(data).decode("ascii")


def canonical_json(value: Any, depth: int = 0) -> str:
    """RFC 8785 for values without floats."""
    need(depth <= 32, "JSON 嵌套过深", "the JSON nests too deep")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        parts = (
            f"{canonical_json(key)}:{canonical_json(value[key], depth + 1)}"
            for key in keys
        )
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(v, depth + 1) for v in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        need(abs(value) < 2**53, "JSON 数值过大", "a JSON number is too large")
    need(not isinstance(value, float), "JSON 含小数", "the JSON holds a float")
    return json.dumps(value, ensure_ascii=False)


def parse_canonical(data: bytes) -> Any:
    """The value whose canonical JSON is exactly `data`."""
    try:
        value = json.loads(data.decode("utf-8"))
        same = canonical_json(value).encode("utf-8") == data
    except (ValueError, RecursionError):
        raise Refused("不是 JSON", "not JSON") from None
    need(same, "JSON 不是唯一写法", "the JSON is not in canonical form")
    return value


def fields(value: Any, *names: str) -> list[Any]:
    """The fields of an object that has exactly these."""
    shaped = isinstance(value, dict) and set(value) == set(names)
    need(shaped, "声明的字段有误", "the fields of the statement are wrong")
    return [value[name] for name in names]


def text_of(data: bytes) -> str:
    """UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("不是 UTF-8", "not UTF-8") from None


def number(text: str) -> int:
    """A decimal number in its one spelling."""
    need(DECIMAL.fullmatch(text), "数字写法有误", "a number is not plain decimal")
    return int(text)


# --- Keys, notes, checkpoints, proofs -----------------------------------------


class Key:
    """A line of trust/keys: role, key, and the tree sizes at which it counts."""

    def __init__(self, line: str) -> None:
        parts = line.split(" ")
        need(len(parts) == 6, "公钥行有误", "a line of the keys has not six fields")
        self.role, self.vkey = parts[0], parts[1]
        need(self.role in ("log", "statement"), "公钥角色未知", "unknown role of a key")
        self.from_size = number(parts[2])
        self.to_size = MAX_SIZE if parts[3] == "-" else number(parts[3])
        times = [time for time in parts[4:] if time != "-"]
        timed = parts[4] != "-" and all(TIME.fullmatch(time) for time in times)
        need(timed, "公钥时间有误", "a time of the keys is wrong")
        need(times == sorted(times), "公钥时间有误", "the times of a key are no range")
        ranged = self.from_size <= self.to_size <= MAX_SIZE
        need(ranged, "公钥范围有误", "the sizes of a key are no range")
        self._parse_vkey()

    def _parse_vkey(self) -> None:
        parts = self.vkey.split("+", 2)
        need(len(parts) == 3, "公钥写法有误", "a verifier key has not three parts")
        self.name, self.hint, material = parts[0], parts[1], from_base64(parts[2])
        named = self.name and not any(c.isspace() for c in self.name)
        need(named, "公钥名称有误", "a key has a bad name")
        need(len(material) == 33 and material[0] == 1, "不是 Ed25519", "not Ed25519")
        self.public = material[1:]
        hint = sha256(self.name.encode("utf-8") + b"\n" + material).hex()[:8]
        need(hint == self.hint, "公钥编号不符", "the id does not belong to the key")


def parse_keys(data: bytes) -> list[Key]:
    """The keys of trust/keys."""
    text = text_of(data)
    need(text.endswith("\n"), "公钥文件不完整", "the keys do not end in a newline")
    lines = text[:-1].split("\n")
    need(len(lines) <= 256, "公钥过多", "too many keys")
    keys = [Key(line) for line in lines]
    distinct = len({(key.role, key.vkey) for key in keys}) == len(keys)
    need(distinct, "公钥重复", "a key is listed twice")
    return keys


def log_policy(keys: list[Key]) -> bytes:
    """What trust/policy must say beside these keys."""
    lines = {key.public: f"log {key.vkey}\n" for key in keys if key.role == "log"}
    return ("".join(lines.values()) + "quorum none\n").encode("utf-8")


class Note(NamedTuple):
    """A checkpoint note, taken apart; no signature is checked yet."""

    text: bytes
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, str, bytes]]


class Head(NamedTuple):
    """A checkpoint whose signature was checked."""

    note: bytes
    origin: str
    size: int
    root: bytes


def parse_checkpoint(note: bytes) -> Note:
    """Take a checkpoint note apart."""
    need(len(note) <= MAX_NOTE, "检查点过长", "the checkpoint is too long")
    head, blank, block = text_of(note).rpartition("\n\n")
    framed = blank and block.endswith("\n")
    need(framed, "检查点格式有误", "the checkpoint is not a signed note")
    lines = head.split("\n")
    lined = len(lines) >= 3 and all(lines)
    need(lined, "检查点行数有误", "bad lines in the checkpoint")
    clean = not any(c < " " and c != "\n" for c in head)
    need(clean, "检查点含控制字符", "a control character in the checkpoint")
    root = from_base64(lines[2])
    need(len(root) == 32, "根摘要长度有误", "the root is not 32 bytes")
    signatures = [parse_signature(line) for line in block[:-1].split("\n")]
    need(len(signatures) <= 32, "签名过多", "too many signatures")
    text = (head + "\n").encode("utf-8")
    return Note(text, lines[0], number(lines[1]), root, signatures)


def parse_signature(line: str) -> tuple[str, str, bytes]:
    """Name, key id and signature of a signature line."""
    need(line.startswith("\u2014 "), "签名行有误", "a bad signature line")
    name, _, encoded = line[2:].partition(" ")
    blob = from_base64(encoded)
    need(name and len(blob) > 4, "签名行有误", "a bad signature line")
    return name, blob[:4].hex(), blob[4:]


def verify_checkpoint(data: bytes, keys: list[Key]) -> Head:
    """The checkpoint, signed by a log key that counts at its size."""
    note = parse_checkpoint(data)
    valid = {}
    for key in keys:
        if key.role == "log" and key.from_size <= note.size <= key.to_size:
            valid[(key.name, key.hint)] = key
    signed = None
    for name, hint, signature in note.signatures:
        known = valid.get((name, hint))
        if known is not None:
            good = ed25519_verify(known.public, signature, note.text)
            need(good, "检查点签名不成立", "the signature does not match")
            signed = signed or known
    if signed is None:
        raise Refused(
            "没有当时有效的日志密钥的签名", "not signed by a log key valid then"
        )
    need(signed.name == note.origin, "检查点属于另一日志", "it is of another log")
    return Head(data, note.origin, note.size, note.root)


def parse_proof(data: bytes) -> tuple[bytes, int, list[bytes], bytes]:
    """Extra bytes, index, path and checkpoint note of a .tlog-proof file."""
    head, blank, note = data.partition(b"\n\n")
    lines = text_of(head).split("\n")
    headed = blank and lines[0] == "c2sp.org/tlog-proof@v1"
    need(headed, "证明格式有误", "not a tlog-proof file")
    lines.pop(0)
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0)[6:])
        need(extra, "证明格式有误", "an empty extra line")
    indexed = lines and lines[0].startswith("index ")
    need(indexed, "证明没有序号", "the proof has no index")
    index = number(lines.pop(0)[6:])
    need(len(lines) <= MAX_PATH, "证明路径过长", "the path of the proof is too long")
    path = [from_base64(line) for line in lines]
    return extra, index, path, note


def verify_path(index: int, value: bytes, path: list[bytes], head: Head) -> None:
    """Inclusion of a leaf hash, by RFC 9162 section 2.1.3.2."""
    need(0 <= index < head.size, "日志没有这一条", "the log has no such leaf")
    whole = all(len(hashed) == 32 for hashed in [value, head.root, *path])
    need(whole, "摘要长度有误", "a hash is not 32 bytes")
    node, last = index, head.size - 1
    for sibling in path:
        need(last, "证明路径过长", "the path is too long")
        if node & 1 or node == last:
            value = sha256(b"\x01" + sibling + value)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            value = sha256(b"\x01" + value + sibling)
        node, last = node >> 1, last >> 1
    need(last == 0, "证明路径过短", "the path is too short")
    need(
        value == head.root, "路径不通向检查点的根", "the path does not lead to the root"
    )


def leaf_hash(envelope: bytes) -> bytes:
    """Hash of the leaf that stands for an envelope."""
    lines = (
        f"SHA256 (statement) = {sha256(envelope).hex()}\n"
        f"SM3 (statement) = {sm3_hex(envelope)}\n"
    )
    return sha256(b"\x00" + lines.encode("ascii"))


# --- Statements ---------------------------------------------------------------

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Event:
    """A custody event: kind, facts, and subjects as name -> digests."""

    def __init__(self, payload: bytes) -> None:
        kind, subjects, predicate_type, predicate = fields(
            parse_canonical(payload), "_type", "subject", "predicateType", "predicate"
        )
        typed = kind == "https://in-toto.io/Statement/v1"
        typed = typed and predicate_type == "urn:custody:event:v1"
        need(typed, "声明类型未知", "unknown type of statement")
        self.kind, actor, time, self.facts, tools, salt = fields(
            predicate, "kind", "actor", "time", "facts", "tools", "salt"
        )
        fields(actor, "login", "name", "role")
        shaped = isinstance(self.kind, str) and isinstance(self.facts, dict)
        shaped = shaped and isinstance(tools, dict) and isinstance(subjects, list)
        shaped = shaped and matches(TIME, time) and matches(HEX64, salt)
        need(shaped, "声明内容有误", "the statement is malformed")
        self.subjects = [subject_of(subject) for subject in subjects]

    def text(self, leaf: int, fact: str) -> str:
        """A fact that must be a text."""
        value = self.facts.get(fact)
        if not isinstance(value, str) or not value:
            raise Refused(f"第 {leaf} 号事件缺 {fact}", f"event {leaf} has no {fact}")
        return value


def matches(pattern: re.Pattern[str], value: Any) -> bool:
    """Whether a value is a text of this form."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def subject_of(value: Any) -> tuple[str, tuple[str, str]]:
    """Name and (SHA-256, SM3) of a subject."""
    name, digest = fields(value, "name", "digest")
    digests = fields(digest, "sha256", "sm3")
    shaped = all(matches(HEX64, digest) for digest in digests)
    need(shaped and isinstance(name, str), "声明对象有误", "a subject is malformed")
    return name, (digests[0], digests[1])


def open_statement(envelope: bytes, keys: list[Key]) -> Event:
    """The event in an envelope that one of the statement keys signed."""
    need(len(envelope) <= MAX_ENVELOPE, "声明过长", "the statement is too long")
    payload, payload_type, signatures = fields(
        parse_canonical(envelope), "payload", "payloadType", "signatures"
    )
    single = isinstance(signatures, list) and len(signatures) == 1
    need(single, "声明应有一个签名", "the statement has not one signature")
    claimed_key, signature = fields(signatures[0], "keyid", "sig")
    need(payload_type == PAYLOAD_TYPE, "声明类型未知", "unknown type of payload")
    payload, signature = from_base64(payload), from_base64(signature)
    publics = {sha256(k.public).hex(): k.public for k in keys if k.role == "statement"}
    public = publics.get(claimed_key) if isinstance(claimed_key, str) else None
    if public is None:
        raise Refused("签名密钥不在公钥文件中", "signed by an unknown key")
    kind = PAYLOAD_TYPE.encode("ascii")
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    good = ed25519_verify(public, signature, message)
    need(good, "声明签名不成立", "the signature does not match")
    return Event(payload)


# --- Places: a folder or the ZIP ----------------------------------------------


class Folder:
    """An unzipped bundle. Names are compared in normal form NFC."""

    whole = ("文件夹（未见 ZIP 本身）", "a folder; the ZIP itself was not seen")

    def __init__(self, root: str) -> None:
        self._paths: dict[str, str] = {}
        for folder, folders, files in os.walk(root):
            for name in folders + files:
                self._take(os.path.join(folder, name), root, name in files)
        self.names = sorted(self._paths)

    def _take(self, path: str, root: str, is_file: bool) -> None:
        shown = os.path.relpath(path, root).replace(os.sep, "/")
        shown = unicodedata.normalize("NFC", shown)
        need(not os.path.islink(path), "是符号链接", "a symbolic link", shown)
        if is_file:
            need(os.path.isfile(path), "不是普通文件", "not a plain file", shown)
            need(shown not in self._paths, "文件名重复", "a name twice", shown)
            self._paths[shown] = path

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return os.path.getsize(self._paths[name])

    def crc(self, _name: str) -> int | None:
        """The CRC-32 stated for a file: a folder states none."""
        return None

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a file."""
        with open(self._paths[name], "rb") as stream:
            chunk = stream.read(CHUNK)
            while chunk:
                yield chunk
                chunk = stream.read(CHUNK)


class Zip:
    """The ZIP, of which every byte outside the content is rebuilt and compared."""

    whole = ("ZIP 逐字节重建一致", "the ZIP, rebuilt, is equal byte for byte")

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._total = stream.seek(0, 2)
        entries, directory_offset = self._claimed()
        self.names = [name for name, _, _ in entries]
        check_names(self.names)
        self._entries: dict[str, tuple[int, int, int]] = {}
        offset, directory = 0, b""
        for name, size, crc in entries:
            local, central = zip_headers(name, size, crc, offset)
            same = self._at(offset, len(local)) == local
            need(same, "ZIP 文件头不合规定", "local header not canonical", name)
            self._entries[name] = (offset + len(local), size, crc)
            offset += len(local) + size
            directory += central
        need(offset == directory_offset, "ZIP 大小不合", "sizes do not add up")
        tail = directory + zip_end(len(entries), len(directory), offset)
        same = self._at(offset, self._total - offset) == tail
        need(same, "ZIP 目录不合规定", "the ZIP directory is not canonical")

    def _at(self, offset: int, length: int) -> bytes:
        self._stream.seek(offset)
        return self._stream.read(max(0, length))

    def _claimed(self) -> tuple[list[tuple[str, int, int]], int]:
        """(name, size, CRC) of each entry, and the offset of the directory."""
        tail = self._at(max(0, self._total - 98), 98)
        ended = len(tail) >= 22 and tail[-22:-18] == b"PK\x05\x06"
        need(ended, "ZIP 结尾有误", "the ZIP has no end record at its end")
        count, size, offset = struct.unpack("<H2L", tail[-12:-2])
        large = count == 0xFFFF or 0xFFFFFFFF in (size, offset)
        if large and len(tail) == 98 and tail[:4] == b"PK\x06\x06":
            count, size, offset = struct.unpack("<3Q", tail[32:56])
        bounded = count <= MAX_ENTRIES and size <= MAX_TAG_FILE
        bounded = bounded and offset + size <= self._total
        need(bounded, "ZIP 目录越界", "the ZIP directory is out of bounds")
        directory, entries, position = self._at(offset, size), [], 0
        for _ in range(count):
            entry, position = zip_entry(directory, position)
            entries.append(entry)
        return entries, offset

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self._entries[name][1]

    def crc(self, name: str) -> int | None:
        """The CRC-32 stated for a file."""
        return self._entries[name][2]

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a file."""
        offset, size, _ = self._entries[name]
        for position in range(offset, offset + size, CHUNK):
            yield self._at(position, min(CHUNK, offset + size - position))


def zip_entry(directory: bytes, position: int) -> tuple[tuple[str, int, int], int]:
    """(name, size, CRC) that a central header claims, and where the next begins."""
    fixed = directory[position : position + 46]
    whole = len(fixed) == 46 and fixed[:4] == b"PK\x01\x02"
    need(whole, "ZIP 目录有误", "the ZIP directory is broken")
    crc, size = struct.unpack("<L4xL", fixed[16:28])
    names, extras = struct.unpack("<2H", fixed[28:32])
    start = position + 46
    extra = directory[start + names : start + names + extras]
    if size == 0xFFFFFFFF and len(extra) >= 12:
        size = struct.unpack("<Q", extra[4:12])[0]
    name = text_of(directory[start : start + names])
    return (name, size, crc), start + names + extras


def zip_headers(name: str, size: int, crc: int, offset: int) -> tuple[bytes, bytes]:
    """Local and central header of an entry in the canonical ZIP."""
    raw, limit = name.encode("utf-8"), 0xFFFFFFFF
    large, far = size >= limit, offset >= limit
    shown = limit if large else size
    common = (0x0800, 0, 0, 33, crc, shown, shown, len(raw))
    extra = struct.pack("<2H2Q", 1, 16, size, size) if large else b""
    version = 45 if large else 20
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", version, *common, len(extra))
    values = ([size, size] if large else []) + ([offset] if far else [])
    extra64 = b""
    if values:
        extra64 = struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)
    version = 45 if values else 20
    central = struct.pack("<4s2H", b"PK\x01\x02", 3 << 8 | version, version)
    central += struct.pack("<4H3L2H", *common, len(extra64))
    central += struct.pack("<3H2L", 0, 0, 0, 0o100644 << 16, limit if far else offset)
    return local + raw + extra, central + raw + extra64


def zip_end(count: int, size: int, offset: int) -> bytes:
    """Everything after the central directory of the canonical ZIP."""
    records, limit = b"", 0xFFFFFFFF
    if count >= 0xFFFF or size >= limit or offset >= limit:
        head = (b"PK\x06\x06", 44, 3 << 8 | 45, 45, 0, 0)
        records = struct.pack("<4sQ2H2L4Q", *head, count, count, size, offset)
        records += struct.pack("<4sLQL", b"PK\x06\x07", 0, offset + size, 1)
    few = min(count, 0xFFFF)
    end = (b"PK\x05\x06", 0, 0, few, few, min(size, limit), min(offset, limit), 0)
    return records + struct.pack("<4s4H2LH", *end)


def check_names(names: list[str]) -> None:
    """Refuse names that are unsafe, unsorted, twice, or equal but for case."""
    ordered = all(names[i] < names[i + 1] for i in range(len(names) - 1))
    need(ordered, "ZIP 次序有误", "the ZIP is not in order")
    files: set[str] = set()
    folders: dict[str, str] = {}
    for name in names:
        need(is_safe(name), "文件名不安全", "an unsafe name", ascii(name))
        need(name.casefold() not in files, "文件名冲突", "names collide", name)
        files.add(name.casefold())
        parts = name.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            spelled = folders.setdefault(folder.casefold(), folder)
            need(spelled == folder, "文件名冲突", "names collide", name)
    need(not files & set(folders), "文件名冲突", "a name is a file and a folder")


def is_safe(name: str) -> bool:
    """Whether a name may be unpacked on any system."""
    if not 0 < len(name.encode("utf-8")) <= MAX_NAME_BYTES:
        return False
    kinds = {unicodedata.category(character) for character in name}
    if any(kind[0] == "C" or kind in ("Zl", "Zp") for kind in kinds):
        return False
    if unicodedata.normalize("NFC", name) != name or set(name) & set('\\:*?"<>|'):
        return False
    return all(part and part[-1] not in ". " for part in name.split("/"))


# --- The checks ---------------------------------------------------------------

FIXED = (
    "bagit.txt",
    "bag-info.txt",
    "manifest-sha256.txt",
    "checksums-sm3.txt",
    "tagmanifest-sha256.txt",
    "checkpoint",
    "trust/keys",
    "trust/policy",
    "REPORT.pdf",
    "VERIFY.txt",
    "verify.py",
)
NAMING = ("exhibit.read", "exhibit.unreadable", "exhibit.reviewed")


LOG_FILE = re.compile(
    r"statements/([0-9]{8})\.dsse\.json|proofs/([0-9]{8})\.tlog-proof"
)
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class Answer(NamedTuple):
    """One answer of one check."""

    check: int
    result: str
    subject: str
    zh: str
    en: str


class Exhibit(NamedTuple):
    """What the events say about one exhibit."""

    ident: str
    name: str
    leaf: int
    matter: str
    digests: tuple[str, str]
    size: int


class Measured(NamedTuple):
    """SHA-256, SM3 where it was computed, and size of a file."""

    sha256: str
    sm3: str | None
    size: int


class Verifier:
    """Does the checks in order and keeps the answers."""

    def __init__(
        self,
        place: Folder | Zip,
        policy: list[Key] | None,
        fingerprint: str | None,
        slow: bool,
    ) -> None:
        self.place, self.policy = place, policy
        self.fingerprint = fingerprint
        self.answers: list[Answer] = []
        self.measured: dict[str, Measured] = {}
        self.originals = [n for n in place.names if n.startswith("data/")]
        total = sum(place.size(name) for name in self.originals)
        self.with_sm3 = slow or fast_sm3() is not None or total <= SLOW_SM3_FROM

    def say(self, check: int, good: bool, subject: str, zh: str, en: str) -> None:
        """Keep an answer: passed or failed."""
        result = PASSED if good else FAILED
        self.answers.append(Answer(check, result, subject, zh, en))

    def cannot_say(self, check: int, subject: str, zh: str, en: str) -> None:
        """Keep the answer that something could not be checked."""
        self.answers.append(Answer(check, INDETERMINATE, subject, zh, en))

    def fail(self, check: int, subject: str, refused: Refused) -> None:
        """Keep a refusal as a failed check."""
        self.say(check, False, refused.subject or subject, *refused.words)

    def answered(self, check: int) -> bool:
        """Whether there is an answer to a check already."""
        return any(answer.check == check for answer in self.answers)

    def run(self) -> None:
        """All checks; those that make no sense after a failure are left out."""
        leaves = self.names()
        if leaves is None:
            return
        self.measure()
        self.container()
        self.lists()
        keys = self.keys()
        if keys is None:
            return
        events = self.statements(leaves, keys)
        head = self.checkpoint(keys)
        if head is not None:
            self.inclusions(leaves, head)
            self.exhibits(leaves, events, head, keys)

    def tag(self, name: str, limit: int = MAX_TAG_FILE) -> bytes:
        """The content of a file other than an original."""
        need(self.place.size(name) <= limit, "文件过大", "the file is too large", name)
        return b"".join(self.place.chunks(name))

    def names(self) -> list[int] | None:
        """Check 2; the leaf numbers, or None if names are missing or unlisted."""
        there = set(self.place.names)
        found = filter(None, map(LOG_FILE.fullmatch, there))
        leaves = {0} | {int(match.group(1) or match.group(2)) for match in found}
        due = set(FIXED) | {n for n in there if re.fullmatch("data/[^/]+", n)}
        due |= {f"statements/{leaf:08d}.dsse.json" for leaf in leaves}
        due |= {f"proofs/{leaf:08d}.tlog-proof" for leaf in leaves}
        for name in sorted(due - there):
            self.say(2, False, name, "应有而缺少", "it is missing")
        for name in sorted(there - due):
            self.say(2, False, name, "不应有此文件", "a bundle has no such file")
        if due != there:
            return None
        count = len(there)
        self.say(2, True, "bundle", f"共 {count} 个文件，不多不少", f"{count} files")
        return sorted(leaves)

    def measure(self) -> None:
        """Read every file once: SHA-256, SM3 of originals, CRC-32 in a ZIP."""
        for name in self.place.names:
            sha, crc, size = hashlib.sha256(), 0, 0
            wanted = self.with_sm3 and name in self.originals
            sm3 = (fast_sm3() or Sm3()) if wanted else None
            for chunk in self.place.chunks(name):
                sha.update(chunk)
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
                if sm3:
                    sm3.update(chunk)
            if self.place.crc(name) not in (None, crc):
                self.say(1, False, name, "内容与 CRC-32 不符", "CRC-32 differs")
            digest = sm3.hexdigest() if sm3 else None
            self.measured[name] = Measured(sha.hexdigest(), digest, size)

    def container(self) -> None:
        """Check 1: a BagIt bag whose stated size is the actual one."""
        size = sum(self.measured[name].size for name in self.originals)
        oxum = f"Payload-Oxum: {size}.{len(self.originals)}"
        lines = self.tag("bag-info.txt").decode("utf-8", "replace").split("\n")
        if self.tag("bagit.txt") != BAGIT:
            self.say(1, False, "bagit.txt", "不是 BagIt 1.0", "not BagIt 1.0")
        elif len(lines) != 6 or lines[3] != oxum:
            zh, en = "所载大小不是实际大小", "Payload-Oxum is not the actual size"
            self.say(1, False, "bag-info.txt", zh, en)
        elif not self.answered(1):
            self.say(1, True, "bundle", *self.place.whole)

    def lists(self) -> None:
        """Check 3: the lists are exactly those that the files call for."""
        tags = [n for n in self.place.names if not n.startswith("data/")]
        tags.remove("tagmanifest-sha256.txt")
        self.compare_sha256("manifest-sha256.txt", self.originals)
        self.compare_sha256("tagmanifest-sha256.txt", tags)
        if self.with_sm3:
            due = {n: f"SM3 ({n}) = {self.measured[n].sm3}\n" for n in self.originals}
            self.compare("checksums-sm3.txt", due)
        else:
            zh = "本机没有快速的 SM3；加 --slow 可慢速核对（SHA-256 已核对）"
            en = "no fast SM3 here; --slow checks it slowly (SHA-256 was checked)"
            self.cannot_say(3, "checksums-sm3.txt", zh, en)
        if not self.answered(3):
            count = len(self.place.names) - 1
            zh, en = f"{count} 个文件的校验值一致", f"{count} files are as listed"
            self.say(3, True, "bundle", zh, en)

    def compare_sha256(self, listed_in: str, names: list[str]) -> None:
        """A BagIt manifest against the files."""
        due = {name: f"{self.measured[name].sha256}  {name}\n" for name in names}
        self.compare(listed_in, due)

    def compare(self, listed_in: str, due: dict[str, str]) -> None:
        """One list against the lines it must have, in order."""
        actual = self.tag(listed_in)
        lines = {name: due[name].encode("utf-8") for name in sorted(due)}
        if actual == b"".join(lines.values()):
            return
        present = set(actual.split(b"\n"))
        wrong = [name for name, line in lines.items() if line[:-1] not in present]
        for name in wrong or [listed_in]:
            zh, en = f"与 {listed_in} 所列不符", f"it is not as {listed_in} lists it"
            self.say(3, False, name, zh, en)

    def keys(self) -> list[Key] | None:
        """Check 4; the keys to judge by, or None if they cannot be read."""
        data = self.tag("trust/keys")
        try:
            own = parse_keys(data)
        except Refused as refused:
            self.fail(4, "trust/keys", refused)
            return None
        if self.tag("trust/policy") != log_policy(own):
            zh, en = "与 trust/keys 不一致", "it does not agree with trust/keys"
            self.say(4, False, "trust/policy", zh, en)
        if self.policy is not None:
            self.against_policy(own, self.policy)
            return self.policy
        self.against_fingerprint(sha256(data).hex())
        return own

    def against_policy(self, own: list[Key], policy: list[Key]) -> None:
        """Check 4 with keys from elsewhere."""
        known = {(key.role, key.vkey) for key in policy}
        if all((key.role, key.vkey) in known for key in own):
            self.say(4, True, "trust/keys", "都在所给公钥文件中", "all in the policy")
        else:
            zh, en = "含有所给文件之外的公钥", "it has keys that the policy has not"
            self.say(4, False, "trust/keys", zh, en)

    def against_fingerprint(self, own: str) -> None:
        """Check 4 with a fingerprint from a paper, or with nothing."""
        if self.fingerprint is None:
            zh = f"以包内公钥为准；请与纸质文书上所印的公钥指纹比对：{own}"
            en = f"by the keys in the bundle; compare with a paper: fingerprint {own}"
            self.say(4, True, "trust/keys", zh, en)
        elif self.fingerprint == own:
            self.say(4, True, "trust/keys", "指纹一致", "the fingerprint is the same")
        else:
            zh, en = f"指纹不同，是 {own}", f"another fingerprint: {own}"
            self.say(4, False, "trust/keys", zh, en)

    def statements(self, leaves: list[int], keys: list[Key]) -> dict[int, Event]:
        """Check 6; the events whose statements passed."""
        events = {}
        for leaf in leaves:
            name = f"statements/{leaf:08d}.dsse.json"
            try:
                event = open_statement(self.tag(name, MAX_ENVELOPE), keys)
            except Refused as refused:
                self.fail(6, name, refused)
                continue
            events[leaf] = event
            zh, en = f"{event.kind}，签名有效", f"{event.kind}: the signature holds"
            self.say(6, True, name, zh, en)
        return events

    def checkpoint(self, keys: list[Key]) -> Head | None:
        """Check 5; the checkpoint, if it passed."""
        try:
            head = verify_checkpoint(self.tag("checkpoint"), keys)
        except Refused as refused:
            self.fail(5, "checkpoint", refused)
            return None
        zh = f"日志 {head.origin} 共 {head.size} 条，签名有效"
        en = f"log {head.origin} of size {head.size}: the signature holds"
        self.say(5, True, "checkpoint", zh, en)
        return head

    def inclusions(self, leaves: list[int], head: Head) -> None:
        """Check 7: each leaf, rebuilt from its statement, is in the log."""
        for leaf in leaves:
            name = f"proofs/{leaf:08d}.tlog-proof"
            try:
                self.inclusion(leaf, name, head)
            except Refused as refused:
                self.fail(7, name, refused)
                continue
            zh, en = f"第 {leaf} 号叶子在日志中", f"leaf {leaf} is in the log"
            self.say(7, True, name, zh, en)

    def inclusion(self, leaf: int, name: str, head: Head) -> None:
        """Refuse a leaf that is not in the log."""
        envelope = self.tag(f"statements/{leaf:08d}.dsse.json", MAX_ENVELOPE)
        extra, index, path, note = parse_proof(self.tag(name))
        need(index == leaf, "是另一条的证明", "it is the proof of another leaf")
        need(note == head.note, "所附检查点不同", "it carries another checkpoint")
        need(extra == envelope, "所附声明不同", "it carries another statement")
        verify_path(index, leaf_hash(envelope), path, head)

    def exhibits(
        self, leaves: list[int], events: dict[int, Event], head: Head, keys: list[Key]
    ) -> None:
        """Checks 8, 9 and 10, from the events whose statements passed."""
        complete = len(events) == len(leaves)
        if not complete:
            zh, en = "有声明未通过检查 6", "a statement did not pass check 6"
            self.cannot_say(10, "bundle", zh, en)
        try:
            exhibits = exhibits_of(events)
            if complete:
                self.belong(exhibits, events, head, keys)
        except Refused as refused:
            if complete:
                self.fail(10, "bundle", refused)
            return
        if complete:
            self.legal_names(exhibits)
        for name in self.originals:
            self.original(name, exhibits.get(name[5:]))

    def belong(
        self,
        exhibits: dict[str, Exhibit],
        events: dict[int, Event],
        head: Head,
        keys: list[Key],
    ) -> None:
        """Check 10: one log, one matter, the keys of leaf 0."""
        founders = [n for n, e in events.items() if e.kind == "firm.initialised"]
        need(founders == [0], "0 号事件有误", "leaf 0 is not the founding event")
        facts = events[0].facts
        need(facts.get("origin") == head.origin, "属于另一日志", "event 0: another log")
        stated = facts.get("keys")
        for role in ("log", "statement"):
            known = {key.vkey for key in keys if key.role == role}
            bound = isinstance(stated, dict) and stated.get(role) in known
            need(bound, "0 号事件的公钥不符", "a key of event 0 is not among ours")
        firm, matter = text_of(self.tag("bag-info.txt")).split("\n")[:2]
        same = firm == f"Source-Organization: {facts.get('firm')}"
        need(same, "单位不符", "another firm than in event 0", "bag-info.txt")
        matters = {f"External-Identifier: {e.matter}" for e in exhibits.values()}
        need(matters == {matter}, "案件不符", "another matter", "bag-info.txt")
        count = len(exhibits)
        zh, en = f"{count} 项证据，同一案件", f"{count} exhibits of one matter"
        self.say(10, True, "bundle", zh, en)

    def original(self, name: str, exhibit: Exhibit | None) -> None:
        """Check 8: the bytes of an original are those that were received."""
        if exhibit is None:
            zh, en = "没有事件说明其字节", "no event says what its bytes must be"
            self.cannot_say(8, name, zh, en)
            return
        file, (sha, sm3) = self.measured[name], exhibit.digests
        same = file.sha256 == sha and file.size == exhibit.size
        same = same and file.sm3 in (None, sm3)
        zh = f"与入库时（第 {exhibit.leaf} 号事件）登记的{'一致' if same else '不同'}"
        verb = "are" if same else "are not"
        en = f"the bytes {verb} those recorded at receipt (event {exhibit.leaf})"
        self.say(8, same, name, zh, en)

    def legal_names(self, exhibits: dict[str, Exhibit]) -> None:
        """Check 9: originals have the newest names, all and only those."""
        there = {name[5:] for name in self.originals}
        for name in sorted(there - set(exhibits)):
            zh, en = "没有事件给过此名", "no event gave this as newest name"
            self.say(9, False, f"data/{name}", zh, en)
        for name, exhibit in exhibits.items():
            zh = f"应是证据 {exhibit.ident} 最近的名称"
            en = f"the newest name of exhibit {exhibit.ident}"
            self.say(9, name in there, f"data/{name}", zh, en)


def exhibits_of(events: dict[int, Event]) -> dict[str, Exhibit]:
    """Legal name -> what the events say about the exhibit of that name."""
    grouped: dict[str, list[tuple[int, Event]]] = {}
    for leaf, event in sorted(events.items()):
        if event.kind.startswith("exhibit."):
            grouped.setdefault(event.text(leaf, "exhibit"), []).append((leaf, event))
    exhibits: dict[str, Exhibit] = {}
    for ident, history in grouped.items():
        exhibit = exhibit_of(ident, history)
        fresh = exhibit.name not in exhibits
        need(fresh, "两项证据同名", "two exhibits have one name", exhibit.name)
        exhibits[exhibit.name] = exhibit
    return exhibits


def exhibit_of(ident: str, history: list[tuple[int, Event]]) -> Exhibit:
    """What the events of one exhibit say about it."""
    first, received = history[0]
    kinds = [event.kind for _, event in history]
    once = kinds[0] == "exhibit.received" and kinds.count(kinds[0]) == 1
    need(once, "证据不是从入库开始", "not received exactly once and first", ident)
    single = len(received.subjects) == 1 and received.subjects[0][0] == ident
    need(single, "入库事件的对象有误", "its receipt has another subject", ident)
    digests, size = received.subjects[0][1], received.facts.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise Refused("入库事件没有大小", "its receipt states no size", ident)
    matter, name = received.text(first, "matter"), ident
    received.text(first, "original_name")
    for leaf, event in history:
        same = event.facts.get("matter", matter) == matter
        need(same, "属于另一案件", "it is in another matter", ident)
        for subject, others in event.subjects:
            same = subject != ident or others == digests
            need(same, "事件所指字节不同", "an event is about other bytes", ident)
        if event.kind in NAMING:
            name = event.text(leaf, "name")
    return Exhibit(ident, name, first, matter, digests, size)


# --- Output -------------------------------------------------------------------


def verdict_of(answers: Iterable[Answer]) -> str:
    """Failed if any failed, else indeterminate if any is or none is there."""
    results = {answer.result for answer in answers}
    if FAILED in results:
        return FAILED
    return INDETERMINATE if INDETERMINATE in results or not results else PASSED


def as_json(answers: list[Answer], lang: str) -> str:
    """One JSON object on one line."""
    checks = [
        {
            "number": answer.check,
            "name": CHECKS[answer.check][0],
            "result": answer.result,
            "reason": answer.zh if lang == "zh" else answer.en,
            "subject": answer.subject,
        }
        for answer in answers
    ]
    whole = {"verdict": verdict_of(answers), "checks": checks}
    return json.dumps(whole, ensure_ascii=False)


def in_language(lang: str | None, zh: str, en: str) -> str:
    """One language, or both."""
    return {"zh": zh, "en": en}.get(lang or "", f"{zh} / {en}")


def as_text(answers: list[Answer], lang: str | None) -> str:
    """Lines for a person: a line a check, and one for each thing not passed."""
    lines = []
    for check in sorted({answer.check for answer in answers}):
        group = [answer for answer in answers if answer.check == check]
        good = sum(answer.result == PASSED for answer in group)
        title = in_language(lang, *CHECKS[check][1:])
        result = in_language(lang, *RESULTS[verdict_of(group)])
        lines.append(f"{check:2d} {title}: {result} ({good}/{len(group)})")
        for answer in group:
            if answer.result != PASSED or len(group) == 1:
                reason = in_language(lang, answer.zh, answer.en)
                lines.append(printable(f"     {answer.subject}: {reason}"))
    verdict = in_language(lang, *RESULTS[verdict_of(answers)])
    return "\n".join([*lines, f"== {verdict} =="])


def printable(text: str) -> str:
    """Text without control or reordering characters: names may be hostile."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="核验证据包 / verify an evidence bundle, offline"
    )
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("bundle", nargs="?", default=here, help="folder or ZIP")
    parser.add_argument("--policy", help="trust/keys of the firm, from elsewhere")
    parser.add_argument("--fingerprint", help="key fingerprint printed on a paper")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--lang", choices=("zh", "en"), help="one language")
    parser.add_argument("--slow", action="store_true", help="SM3 even if slow")
    return parser.parse_args(argv)


def fingerprint_of(text: str | None) -> str | None:
    """A typed fingerprint: case, spaces and hyphens do not matter."""
    return None if text is None else re.sub("[\\s-]", "", text.lower())


def verify(options: argparse.Namespace) -> list[Answer]:
    """The answers, for the command line given."""
    policy = None
    if options.policy:
        with open(options.policy, "rb") as stream:
            policy = parse_keys(stream.read(MAX_TAG_FILE))
    if os.path.isdir(options.bundle):
        return answers_about(options, policy, None)
    with open(options.bundle, "rb") as stream:
        return answers_about(options, policy, stream)


def answers_about(
    options: argparse.Namespace, policy: list[Key] | None, stream: BinaryIO | None
) -> list[Answer]:
    """The answers about a ZIP that is open as `stream`, or about the folder."""
    fingerprint = fingerprint_of(options.fingerprint)
    try:
        place = Zip(stream) if stream else Folder(options.bundle)
    except Refused as refused:
        subject = refused.subject or "bundle"
        return [Answer(1, FAILED, subject, *refused.words)]
    verifier = Verifier(place, policy, fingerprint, options.slow)
    try:
        verifier.run()
    except Refused as refused:
        verifier.fail(1, "bundle", refused)
    return verifier.answers


def main(argv: list[str] | None = None) -> int:
    """Verify and print; the exit code."""
    options = arguments(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        answers = verify(options)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except Refused as refused:
        print(f"--policy: {' / '.join(refused.words)}", file=sys.stderr)
        return 2
    lang = options.lang
    print(as_json(answers, lang or "en") if options.json else as_text(answers, lang))
    return {PASSED: 0, FAILED: 1, INDETERMINATE: 3}[verdict_of(answers)]


if __name__ == "__main__":
    sys.exit(main())
