#!/usr/bin/env python3
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

    def __init__(self, zh, en, subject=None):
        super().__init__(en)
        self.words = (zh, en)
        self.subject = subject


def need(condition, zh, en, subject=None):
    """Raise Refused unless the condition holds."""
    if not condition:
        raise Refused(zh, en, subject)


# --- Digests -------------------------------------------------------------------

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


def rotate(value, count):
    """Rotate a 32-bit word to the left."""
    count %= 32
    return ((value << count) | (value >> (32 - count))) & WORD


SM3_CONSTANTS = tuple(
    rotate(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64)
)


class Sm3:
    """SM3 (GB/T 32905-2016) in plain Python, for when OpenSSL has none."""

    def __init__(self):
        self._state, self._rest, self._length = SM3_START, b"", 0

    def update(self, data):
        """Hash more bytes."""
        self._length += len(data)
        data = self._rest + data
        whole = len(data) // 64 * 64
        for start in range(0, whole, 64):
            self._state = sm3_block(self._state, data[start : start + 64])
        self._rest = data[whole:]

    def hexdigest(self):
        """The digest of everything so far."""
        padding = b"\x80" + b"\0" * ((55 - self._length) % 64)
        data = self._rest + padding + struct.pack(">Q", self._length * 8)
        state = self._state
        for start in range(0, len(data), 64):
            state = sm3_block(state, data[start : start + 64])
        return "".join("%08x" % word for word in state)


def sm3_block(state, block):
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
    return tuple(x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h)))


def fast_sm3():
    """An SM3 of the system's OpenSSL, or None."""
    try:
        return hashlib.new("sm3")
    except ValueError:
        return None


def sm3_hex(data):
    """SM3 of a short byte string."""
    sm3 = fast_sm3() or Sm3()
    sm3.update(data)
    return sm3.hexdigest()


def sha256(data):
    """SHA-256, 32 raw bytes."""
    return hashlib.sha256(data).digest()


# --- Ed25519 (RFC 8032, section 5.1) --------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def point_add(p, q):
    """Sum of two points in extended coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_decode(data):
    """The point that 32 bytes stand for, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else (0, y, 1, 0)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def point_encode(p):
    """The 32 bytes that stand for a point."""
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point_decode(BASE_Y.to_bytes(32, "little"))


def ed25519_verify(public_key, signature, message):
    """Whether the signature is that key's over the message."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key = point_decode(public_key)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    minus = ((P - key[0]) % P, key[1], key[2], (P - key[3]) % P)
    table = {1: BASE, 2: minus, 3: point_add(BASE, minus)}
    total = (0, 1, 1, 0)
    for bit in range(255, -1, -1):
        total = point_add(total, total)
        which = (s >> bit & 1) | (k >> bit & 1) << 1
        if which:
            total = point_add(total, table[which])
    return point_encode(total) == signature[:32]


# --- Canonical texts -------------------------------------------------------------


def from_base64(text):
    """Padded base64 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("base64 有误", "bad base64") from None
    need(to_base64(data) == text, "base64 写法不唯一", "base64 not canonical")
    return data


def to_base64(data):
    """Padded base64."""
    return base64.b64encode(data).decode("ascii")


def canonical_json(value, depth=0):
    """RFC 8785 for values without floats."""
    need(depth <= 32, "JSON 嵌套过深", "the JSON nests too deep")
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        parts = [canonical_json(k) + ":" + canonical_json(value[k], depth + 1) for k in keys]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical_json(v, depth + 1) for v in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool):
        need(abs(value) < 2**53, "JSON 数值过大", "a JSON number is too large")
    need(not isinstance(value, float), "JSON 含小数", "the JSON holds a float")
    return json.dumps(value, ensure_ascii=False)


def parse_canonical(data):
    """The value whose canonical JSON is exactly `data`."""
    try:
        value = json.loads(data.decode("utf-8"))
        same = canonical_json(value).encode("utf-8") == data
    except (ValueError, RecursionError):
        raise Refused("不是 JSON", "not JSON") from None
    need(same, "JSON 不是唯一写法", "the JSON is not in canonical form")
    return value


def fields(value, *names):
    """The fields of an object that has exactly these."""
    shaped = isinstance(value, dict) and set(value) == set(names)
    need(shaped, "声明的字段有误", "the fields of the statement are wrong")
    return [value[name] for name in names]


def text_of(data):
    """UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("不是 UTF-8", "not UTF-8") from None


def number(text):
    """A decimal number in its one spelling."""
    need(DECIMAL.fullmatch(text), "数字写法有误", "a number is not plain decimal")
    return int(text)


# --- Keys, notes, checkpoints, proofs ---------------------------------------------


class Key:
    """A line of trust/keys: role, key, and the tree sizes at which it counts."""

    def __init__(self, line):
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

    def _parse_vkey(self):
        parts = self.vkey.split("+", 2)
        need(len(parts) == 3, "公钥写法有误", "a verifier key has not three parts")
        self.name, self.hint, material = parts[0], parts[1], from_base64(parts[2])
        named = self.name and not any(c.isspace() for c in self.name)
        need(named, "公钥名称有误", "a key has a bad name")
        need(len(material) == 33 and material[0] == 1, "不是 Ed25519", "not Ed25519")
        self.public = material[1:]
        hint = sha256(self.name.encode("utf-8") + b"\n" + material).hex()[:8]
        need(hint == self.hint, "公钥编号不符", "the id does not belong to the key")


def parse_keys(data):
    """The keys of trust/keys."""
    text = text_of(data)
    need(text.endswith("\n"), "公钥文件不完整", "the keys do not end in a newline")
    lines = text[:-1].split("\n")
    need(len(lines) <= 256, "公钥过多", "too many keys")
    keys = [Key(line) for line in lines]
    distinct = len({(key.role, key.vkey) for key in keys}) == len(keys)
    need(distinct, "公钥重复", "a key is listed twice")
    return keys


def log_policy(keys):
    """What trust/policy must say beside these keys."""
    seen = {key.public: "log %s\n" % key.vkey for key in keys if key.role == "log"}
    first = {}
    for key in keys:
        if key.role == "log":
            first.setdefault(key.public, seen[key.public])
    return ("".join(first.values()) + "quorum none\n").encode("utf-8")


def parse_checkpoint(note):
    """Text, origin, size and root of a checkpoint note; no signature is checked."""
    need(len(note) <= MAX_NOTE, "检查点过长", "the checkpoint is too long")
    head, blank, block = text_of(note).rpartition("\n\n")
    framed = blank and block.endswith("\n")
    need(framed, "检查点格式有误", "the checkpoint is not a signed note")
    lines = head.split("\n")
    need(len(lines) >= 3 and all(lines), "检查点行数有误", "bad lines in the checkpoint")
    clean = not any(c < " " and c != "\n" for c in head)
    need(clean, "检查点含控制字符", "a control character in the checkpoint")
    root = from_base64(lines[2])
    need(len(root) == 32, "根摘要长度有误", "the root is not 32 bytes")
    signatures = [parse_signature(line) for line in block[:-1].split("\n")]
    need(len(signatures) <= 32, "签名过多", "too many signatures")
    return (head + "\n").encode("utf-8"), lines[0], number(lines[1]), root, signatures


def parse_signature(line):
    """Name, key id and signature of a signature line."""
    need(line.startswith("\u2014 "), "签名行有误", "a bad signature line")
    name, _, encoded = line[2:].partition(" ")
    blob = from_base64(encoded)
    need(name and len(blob) > 4, "签名行有误", "a bad signature line")
    return name, blob[:4].hex(), blob[4:]


def verify_checkpoint(note, keys):
    """Origin, size and root of a checkpoint that one of the log keys signed."""
    text, origin, size, root, signatures = parse_checkpoint(note)
    valid = {}
    for key in keys:
        if key.role == "log" and key.from_size <= size <= key.to_size:
            valid[(key.name, key.hint)] = key
    signed = None
    for name, hint, signature in signatures:
        key = valid.get((name, hint))
        if key is not None:
            good = ed25519_verify(key.public, signature, text)
            need(good, "检查点签名不成立", "the signature does not match")
            signed = signed or key
    known = signed is not None
    need(known, "没有当时有效的日志密钥的签名", "not signed by a log key valid then")
    need(signed.name == origin, "检查点属于另一日志", "it is of another log")
    return origin, size, root


def parse_proof(data):
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
    path = [from_base64(line) for line in lines]
    sized = len(path) <= MAX_PATH and all(len(value) == 32 for value in path)
    need(sized, "证明路径有误", "the path of the proof is wrong")
    return extra, index, path, note


def verify_path(index, size, value, path, root):
    """Inclusion of a leaf hash, by RFC 9162 section 2.1.3.2."""
    need(0 <= index < size, "日志没有这一条", "the log has no such leaf")
    node, last = index, size - 1
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
    need(value == root, "路径不通向检查点的根", "the path does not lead to the root")


def leaf_hash(envelope):
    """Hash of the leaf that stands for an envelope."""
    leaf = "SHA256 (statement) = %s\nSM3 (statement) = %s\n"
    text = leaf % (sha256(envelope).hex(), sm3_hex(envelope))
    return sha256(b"\x00" + text.encode("ascii"))


# --- Statements --------------------------------------------------------------------

PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Event:
    """A custody event: kind, facts, and subjects as name -> digests."""

    def __init__(self, payload):
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
        shaped = shaped and isinstance(time, str) and TIME.fullmatch(time)
        shaped = shaped and isinstance(salt, str) and HEX64.fullmatch(salt)
        need(shaped, "声明内容有误", "the statement is malformed")
        self.subjects = [subject_of(subject) for subject in subjects]

    def text(self, leaf, fact):
        """A fact that must be a text."""
        value = self.facts.get(fact)
        zh, en = "第 %d 号事件缺 %s" % (leaf, fact), "event %d has no %s" % (leaf, fact)
        need(isinstance(value, str) and value, zh, en)
        return value


def subject_of(value):
    """Name and (SHA-256, SM3) of a subject."""
    name, digest = fields(value, "name", "digest")
    digests = fields(digest, "sha256", "sm3")
    shaped = all(isinstance(d, str) and HEX64.fullmatch(d) for d in digests)
    need(shaped and isinstance(name, str), "声明对象有误", "a subject is malformed")
    return name, tuple(digests)


def open_statement(envelope, keys):
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
    public = publics.get(claimed_key)
    need(public is not None, "签名密钥不在公钥文件中", "signed by an unknown key")
    kind = PAYLOAD_TYPE.encode("ascii")
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    good = ed25519_verify(public, signature, message)
    need(good, "声明签名不成立", "the signature does not match")
    return Event(payload)


# --- Places: a folder or the ZIP -----------------------------------------------------


class Folder:
    """An unzipped bundle. Names are compared in normal form NFC."""

    def __init__(self, root):
        self.paths = {}
        for folder, folders, files in os.walk(root):
            for name in folders + files:
                path = os.path.join(folder, name)
                plain = not os.path.islink(path)
                shown = os.path.relpath(path, root).replace(os.sep, "/")
                need(plain, "是符号链接", "a symbolic link", shown)
                if name in files:
                    need(os.path.isfile(path), "不是普通文件", "not a file", shown)
                    shown = unicodedata.normalize("NFC", shown)
                    need(shown not in self.paths, "文件名重复", "name twice", shown)
                    self.paths[shown] = path
        self.names = sorted(self.paths)
        self.whole = ("文件夹（未见 ZIP 本身）", "a folder; the ZIP itself was not seen")

    def size(self, name):
        """Bytes of a file."""
        return os.path.getsize(self.paths[name])

    def chunks(self, name):
        """The content of a file."""
        with open(self.paths[name], "rb") as stream:
            chunk = stream.read(CHUNK)
            while chunk:
                yield chunk
                chunk = stream.read(CHUNK)


class Zip:
    """The ZIP, of which every byte outside the content is rebuilt and compared."""

    def __init__(self, path):
        self.stream = open(path, "rb")
        self.total = self.stream.seek(0, 2)
        entries, directory = self._claimed()
        self.entries, offset, rebuilt = {}, 0, []
        for name, size, crc in entries:
            local, central = zip_headers(name, size, crc, offset)
            same = self._at(offset, len(local)) == local
            need(same, "ZIP 文件头不合规定", "local header not canonical", name)
            self.entries[name] = (offset + len(local), size, crc)
            offset += len(local) + size
            rebuilt.append(central)
        tail = b"".join(rebuilt)
        tail += zip_end(len(entries), len(tail), offset)
        need(offset == directory, "ZIP 大小不合", "sizes do not add up")
        same = self._at(offset, self.total - offset) == tail
        need(same, "ZIP 目录不合规定", "the ZIP directory is not canonical")
        self.names = [name for name, _, _ in entries]
        check_names(self.names)
        self.whole = ("ZIP 逐字节重建一致", "the ZIP, rebuilt, is equal byte for byte")

    def _at(self, offset, length):
        self.stream.seek(offset)
        return self.stream.read(max(0, length))

    def _claimed(self):
        """(name, size, CRC) of each entry, and the offset of the directory."""
        tail = self._at(max(0, self.total - 98), 98)
        ended = len(tail) >= 22 and tail[-22:-18] == b"PK\x05\x06"
        need(ended, "ZIP 结尾有误", "the ZIP has no end record at its end")
        count, size, offset = struct.unpack("<H2L", tail[-12:-2])
        if len(tail) == 98 and tail[:4] == b"PK\x06\x06":
            if count == 0xFFFF or 0xFFFFFFFF in (size, offset):
                count, size, offset = struct.unpack("<3Q", tail[32:56])
        bounded = count <= MAX_ENTRIES and size <= MAX_TAG_FILE
        bounded = bounded and offset + size <= self.total
        need(bounded, "ZIP 目录越界", "the ZIP directory is out of bounds")
        directory, entries, position = self._at(offset, size), [], 0
        for _ in range(count):
            fixed = directory[position : position + 46]
            whole = len(fixed) == 46 and fixed[:4] == b"PK\x01\x02"
            need(whole, "ZIP 目录有误", "the ZIP directory is broken")
            crc, length = struct.unpack("<L4xL", fixed[16:28])
            names, extras = struct.unpack("<2H", fixed[28:32])
            start = position + 46
            extra = directory[start + names : start + names + extras]
            if length == 0xFFFFFFFF and len(extra) >= 12:
                length = struct.unpack("<Q", extra[4:12])[0]
            entries.append((text_of(directory[start : start + names]), length, crc))
            position = start + names + extras
        return entries, offset

    def size(self, name):
        """Bytes of a file."""
        return self.entries[name][1]

    def chunks(self, name):
        """The content of a file; Refused at its end if the CRC-32 is wrong."""
        offset, size, expected = self.entries[name]
        crc = 0
        for position in range(offset, offset + size, CHUNK):
            chunk = self._at(position, min(CHUNK, offset + size - position))
            crc = zlib.crc32(chunk, crc)
            yield chunk
        need(crc == expected, "内容与 CRC-32 不符", "CRC-32 differs", name)


def zip_headers(name, size, crc, offset):
    """Local and central header of an entry in the canonical ZIP."""
    raw, limit = name.encode("utf-8"), 0xFFFFFFFF
    large, far = size >= limit, offset >= limit
    shown = limit if large else size
    extra = struct.pack("<2H2Q", 1, 16, size, size) if large else b""
    version = 45 if large else 20
    common = (0x0800, 0, 0, 33, crc, shown, shown, len(raw))
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", version, *common, len(extra))
    values = ([size, size] if large else []) + ([offset] if far else [])
    fields64 = b""
    if values:
        fields64 = struct.pack("<2H%dQ" % len(values), 1, 8 * len(values), *values)
    version = 45 if values else 20
    central = struct.pack("<4s2H", b"PK\x01\x02", 3 << 8 | version, version)
    central += struct.pack("<4H3L2H", *common, len(fields64))
    last = (0, 0, 0, 0o100644 << 16, limit if far else offset)
    central += struct.pack("<3H2L", *last)
    return local + raw + extra, central + raw + fields64


def zip_end(count, size, offset):
    """Everything after the central directory of the canonical ZIP."""
    records, limit = b"", 0xFFFFFFFF
    if count >= 0xFFFF or size >= limit or offset >= limit:
        head = (b"PK\x06\x06", 44, 3 << 8 | 45, 45, 0, 0)
        records = struct.pack("<4sQ2H2L4Q", *head, count, count, size, offset)
        records += struct.pack("<4sLQL", b"PK\x06\x07", 0, offset + size, 1)
    few = min(count, 0xFFFF)
    end = (b"PK\x05\x06", 0, 0, few, few, min(size, limit), min(offset, limit), 0)
    return records + struct.pack("<4s4H2LH", *end)


def check_names(names):
    """Refuse names that are unsafe, unsorted, twice, or equal but for case."""
    need(names == sorted(names), "ZIP 次序有误", "the ZIP is not in order")
    seen = {}
    for name in names:
        parts = name.split("/")
        safe = 0 < len(name.encode("utf-8")) <= MAX_NAME_BYTES
        safe = safe and not any(c in '\\:*?"<>|\x7f' for c in name)
        safe = safe and not any(unicodedata.category(c)[0] == "C" for c in name)
        safe = safe and not any(unicodedata.category(c) in ("Zl", "Zp") for c in name)
        safe = safe and unicodedata.normalize("NFC", name) == name
        safe = safe and all(part and part[-1] not in ". " for part in parts)
        need(safe, "文件名不安全", "an unsafe name", ascii(name))
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            spelled = (path, depth < len(parts))
            other = seen.setdefault(path.lower().casefold(), spelled)
            fresh = other == spelled and spelled[1] or other is spelled
            need(fresh, "文件名冲突", "a name collides with another", name)


# --- The checks ------------------------------------------------------------------------

FIXED = (
    "bagit.txt bag-info.txt manifest-sha256.txt checksums-sm3.txt checkpoint "
    "tagmanifest-sha256.txt trust/keys trust/policy REPORT.pdf VERIFY.txt verify.py"
).split()
NAMING = ("exhibit.read", "exhibit.unreadable", "exhibit.reviewed")


class Verifier:
    """Does the checks in order and keeps the answers."""

    def __init__(self, place, policy, fingerprint, slow):
        self.place, self.policy = place, policy
        self.fingerprint, self.slow = fingerprint, slow
        self.answers = []
        self.digests = {}
        self.sm3_done = True

    def say(self, check, result, subject, zh, en):
        """Keep an answer."""
        self.answers.append((check, result, subject, zh, en))

    def fail(self, check, subject, refused):
        """Keep a refusal as a failed check."""
        self.say(check, FAILED, refused.subject or subject, *refused.words)

    def run(self):
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

    def data_names(self):
        """The originals."""
        return [name for name in self.place.names if name.startswith("data/")]

    def tag(self, name, limit=MAX_TAG_FILE):
        """The content of a file other than an original."""
        need(self.place.size(name) <= limit, "文件过大", "the file is too large", name)
        try:
            return b"".join(self.place.chunks(name))
        except Refused:
            self.place.entries[name] = self.place.entries[name][:2] + (-1,)
            offset, size, _ = self.place.entries[name]
            return self.place._at(offset, size)

    def names(self):
        """Check 2; the leaf numbers, or None if names are missing or unlisted."""
        there, leaves = set(self.place.names), {0}
        for name in there:
            found = re.fullmatch(
                r"statements/([0-9]{8})\.dsse\.json|proofs/([0-9]{8})\.tlog-proof", name
            )
            if found:
                leaves.add(int(found.group(1) or found.group(2)))
        due = set(FIXED)
        due.update(n for n in there if re.fullmatch("data/[^/]+", n))
        due.update("statements/%08d.dsse.json" % leaf for leaf in leaves)
        due.update("proofs/%08d.tlog-proof" % leaf for leaf in leaves)
        for name in sorted(due - there):
            self.say(2, FAILED, name, "应有而缺少", "it is missing")
        for name in sorted(there - due):
            self.say(2, FAILED, name, "不应有此文件", "a bundle has no such file")
        if due != there:
            return None
        zh, en = "共 %d 个文件，不多不少", "%d files, none else"
        self.say(2, PASSED, "bundle", zh % len(there), en % len(there))
        return sorted(leaves)

    def measure(self):
        """Read every file once: SHA-256 and SM3."""
        total = sum(self.place.size(name) for name in self.data_names())
        slow = fast_sm3() is None and total > SLOW_SM3_FROM and not self.slow
        self.sm3_done = not slow
        for name in self.place.names:
            original = name.startswith("data/")
            sha, sm3 = hashlib.sha256(), None
            if original and self.sm3_done:
                sm3 = fast_sm3() or Sm3()
            size = 0
            try:
                for chunk in self.place.chunks(name):
                    sha.update(chunk)
                    size += len(chunk)
                    if sm3:
                        sm3.update(chunk)
            except Refused as refused:
                self.fail(1, name, refused)
            digest = sm3.hexdigest() if sm3 else None
            self.digests[name] = (sha.hexdigest(), digest, size)

    def container(self):
        """Check 1: a BagIt bag whose stated size is the actual one."""
        sizes = [self.digests[name][2] for name in self.data_names()]
        oxum = "Payload-Oxum: %d.%d" % (sum(sizes), len(sizes))
        lines = self.tag("bag-info.txt").decode("utf-8", "replace").split("\n")
        bagit = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        if self.tag("bagit.txt") != bagit:
            self.say(1, FAILED, "bagit.txt", "不是 BagIt 1.0", "not BagIt 1.0")
        elif len(lines) != 6 or lines[3] != oxum:
            zh, en = "所载大小不是实际大小", "Payload-Oxum is not the actual size"
            self.say(1, FAILED, "bag-info.txt", zh, en)
        elif not any(answer[0] == 1 for answer in self.answers):
            self.say(1, PASSED, "bundle", *self.place.whole)

    def lists(self):
        """Check 3: the lists are exactly those that the files call for."""
        data, before = self.data_names(), len(self.answers)
        tags = [n for n in self.place.names if n not in data]
        tags.remove("tagmanifest-sha256.txt")
        line = "%s  %s\n"
        self.compare("manifest-sha256.txt", data, line, 0)
        self.compare("tagmanifest-sha256.txt", tags, line, 0)
        if self.sm3_done:
            self.compare("checksums-sm3.txt", data, "SM3 (%s) = %s\n", 1)
        else:
            zh = "本机没有快速的 SM3；加 --slow 可慢速核对（SHA-256 已核对）"
            en = "no fast SM3 here; --slow checks it slowly (SHA-256 was checked)"
            self.say(3, INDETERMINATE, "checksums-sm3.txt", zh, en)
        if len(self.answers) == before:
            zh, en = "%d 个文件的校验值一致", "the digests of %d files are those listed"
            count = len(self.place.names) - 1
            self.say(3, PASSED, "bundle", zh % count, en % count)

    def compare(self, name, files, line, which):
        """One list against the digests."""
        due = {}
        for file in sorted(files):
            digest = self.digests[file][which]
            pair = (digest, file) if which == 0 else (file, digest)
            due[file] = (line % pair).encode("utf-8")
        actual = self.tag(name)
        if actual == b"".join(due.values()):
            return
        present = set(actual.splitlines(True))
        wrong = [file for file, text in due.items() if text not in present]
        for file in wrong or [name]:
            zh, en = "与 %s 所列不符" % name, "it is not as %s lists it" % name
            self.say(3, FAILED, file, zh, en)

    def keys(self):
        """Check 4; the keys to judge by, or None if they cannot be read."""
        data = self.tag("trust/keys")
        try:
            own = parse_keys(data)
        except Refused as refused:
            self.fail(4, "trust/keys", refused)
            return None
        if self.tag("trust/policy") != log_policy(own):
            zh, en = "与 trust/keys 不一致", "it does not agree with trust/keys"
            self.say(4, FAILED, "trust/policy", zh, en)
        print_of_own = sha256(data).hex()
        if self.policy is not None:
            known = {(key.role, key.vkey) for key in self.policy}
            strange = [k for k in own if (k.role, k.vkey) not in known]
            result = FAILED if strange else PASSED
            zh = "含有所给公钥文件之外的公钥" if strange else "都在所给公钥文件中"
            en = "keys that the policy does not know" if strange else "all in the policy"
            self.say(4, result, "trust/keys", zh, en)
            return self.policy
        if self.fingerprint is not None:
            same = self.fingerprint == print_of_own
            zh = "指纹与所给的一致" if same else "指纹是 %s，与所给的不同" % print_of_own
            en = "the fingerprint is the one given"
            en = en if same else "the fingerprint is %s, not the one given" % print_of_own
            self.say(4, PASSED if same else FAILED, "trust/keys", zh, en)
            return own
        zh = "公钥取自包内；请与纸质文书上所印的公钥指纹比对：" + print_of_own
        en = "the keys come from the bundle; compare with a paper: " + print_of_own
        self.say(4, INDETERMINATE, "trust/keys", zh, en)
        return own

    def statements(self, leaves, keys):
        """Check 6; the events whose statements passed."""
        events = {}
        for leaf in leaves:
            name = "statements/%08d.dsse.json" % leaf
            try:
                event = open_statement(self.tag(name, MAX_ENVELOPE), keys)
            except Refused as refused:
                self.fail(6, name, refused)
                continue
            events[leaf] = event
            self.say(6, PASSED, name, event.kind + "，签名有效", event.kind + ": signed")
        return events

    def checkpoint(self, keys):
        """Check 5; note, origin, size and root."""
        note = self.tag("checkpoint")
        try:
            origin, size, root = verify_checkpoint(note, keys)
        except Refused as refused:
            self.fail(5, "checkpoint", refused)
            return None
        zh, en = "日志 %s 共 %d 条，签名有效", "log %s of size %d: signed"
        self.say(5, PASSED, "checkpoint", zh % (origin, size), en % (origin, size))
        return note, origin, size, root

    def inclusions(self, leaves, head):
        """Check 7: each leaf, rebuilt from its statement, is in the log."""
        note, _, size, root = head
        for leaf in leaves:
            name = "proofs/%08d.tlog-proof" % leaf
            try:
                envelope = self.tag("statements/%08d.dsse.json" % leaf, MAX_ENVELOPE)
                extra, index, path, own_note = parse_proof(self.tag(name))
                need(index == leaf, "是另一条的证明", "the proof of another leaf")
                need(own_note == note, "检查点不同", "another checkpoint")
                need(extra == envelope, "声明不同", "another statement")
                verify_path(index, size, leaf_hash(envelope), path, root)
            except Refused as refused:
                self.fail(7, name, refused)
                continue
            zh, en = "第 %d 号叶子在日志中" % leaf, "leaf %d is in the log" % leaf
            self.say(7, PASSED, name, zh, en)

    def exhibits(self, leaves, events, head, keys):
        """Checks 8, 9 and 10, from the events whose statements passed."""
        complete = len(events) == len(leaves)
        if not complete:
            zh, en = "有声明未通过检查 6", "a statement did not pass check 6"
            self.say(10, INDETERMINATE, "bundle", zh, en)
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
        self.originals(exhibits)

    def belong(self, exhibits, events, head, keys):
        """Check 10: one log, one matter, the keys of leaf 0."""
        founders = [n for n, e in events.items() if e.kind == "firm.initialised"]
        need(founders == [0], "0 号事件有误", "leaf 0 is not the founding event")
        facts = events[0].facts
        need(facts.get("origin") == head[1], "属于另一日志", "event 0: another log")
        stated = facts.get("keys")
        for role in ("log", "statement"):
            known = {key.vkey for key in keys if key.role == role}
            bound = isinstance(stated, dict) and stated.get(role) in known
            need(bound, "0 号事件的公钥不符", "the keys of event 0 are not among ours")
        lines = text_of(self.tag("bag-info.txt")).split("\n")
        matters = {exhibit["matter"] for exhibit in exhibits.values()}
        same = lines[0] == "Source-Organization: %s" % facts.get("firm")
        need(same, "单位不符", "another firm than in event 0", "bag-info.txt")
        same = {lines[1]} == {"External-Identifier: " + matter for matter in matters}
        need(same, "案件不符", "not the one matter of the exhibits", "bag-info.txt")
        zh, en = "%d 项证据，同一案件，自入库开始", "%d exhibits, one matter, from receipt on"
        self.say(10, PASSED, "bundle", zh % len(exhibits), en % len(exhibits))

    def originals(self, exhibits):
        """Check 8: the bytes of each original are those that were received."""
        for name in self.data_names():
            exhibit = exhibits.get(name[5:])
            if exhibit is None:
                zh, en = "没有事件说明其字节", "no event says what its bytes must be"
                self.say(8, INDETERMINATE, name, zh, en)
                continue
            sha, sm3, size = self.digests[name]
            same = sha == exhibit["digests"][0] and size == exhibit["size"]
            if sm3 is not None:
                same = same and sm3 == exhibit["digests"][1]
            leaf = exhibit["leaf"]
            zh = "与入库时（第 %d 号事件）登记的%s" % (leaf, "一致" if same else "不同")
            en = "the bytes %s those recorded at receipt (event %d)"
            en = en % ("are" if same else "are not", leaf)
            self.say(8, PASSED if same else FAILED, name, zh, en)

    def legal_names(self, exhibits):
        """Check 9: originals have the newest names, all and only those."""
        there = {name[5:] for name in self.data_names()}
        for name in sorted(there - set(exhibits)):
            zh, en = "没有事件给过此名", "no event gave this as newest name"
            self.say(9, FAILED, "data/" + name, zh, en)
        for name, exhibit in exhibits.items():
            there_is = name in there
            zh = "证据 %s 最近的名称" if there_is else "证据 %s 应以此名在包中"
            en = "the newest name of exhibit %s"
            en = en if there_is else "exhibit %s should be here under this name"
            result = PASSED if there_is else FAILED
            self.say(9, result, "data/" + name, zh % exhibit["id"], en % exhibit["id"])


def exhibits_of(events):
    """Legal name -> what the events say about the exhibit of that name."""
    grouped = {}
    for leaf, event in sorted(events.items()):
        if event.kind.startswith("exhibit."):
            grouped.setdefault(event.text(leaf, "exhibit"), []).append((leaf, event))
    exhibits = {}
    for exhibit, history in grouped.items():
        told = exhibit_of(exhibit, history)
        zh, en = "两项证据同名", "two exhibits have one name"
        need(told["name"] not in exhibits, zh, en, told["name"])
        exhibits[told["name"]] = told
    return exhibits


def exhibit_of(exhibit, history):
    """What the events of one exhibit say about it."""
    leaf, received = history[0]
    kinds = [event.kind for _, event in history]
    once = kinds[0] == "exhibit.received" and kinds.count(kinds[0]) == 1
    need(once, "证据不是从入库开始", "not received exactly once and first", exhibit)
    single = len(received.subjects) == 1 and received.subjects[0][0] == exhibit
    need(single, "入库事件的对象有误", "its receipt has another subject", exhibit)
    digests, size = received.subjects[0][1], received.facts.get("size")
    sized = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    need(sized, "入库事件没有大小", "its receipt states no size", exhibit)
    matter, name = received.text(leaf, "matter"), exhibit
    received.text(leaf, "original_name")
    for number_of, event in history:
        same = event.facts.get("matter", matter) == matter
        need(same, "属于另一案件", "it is in another matter", exhibit)
        for subject, others in event.subjects:
            same = subject != exhibit or others == digests
            need(same, "事件所指字节不同", "an event is about other bytes", exhibit)
        if event.kind in NAMING:
            name = event.text(number_of, "name")
    return {
        "id": exhibit,
        "name": name,
        "leaf": leaf,
        "matter": matter,
        "digests": digests,
        "size": size,
    }


# --- Output ------------------------------------------------------------------------------


def verdict_of(answers):
    """Failed if any failed, else indeterminate if any is or none is there."""
    results = {answer[1] for answer in answers}
    if FAILED in results:
        return FAILED
    return INDETERMINATE if INDETERMINATE in results or not results else PASSED


def as_json(answers, lang):
    """One JSON object on one line."""
    checks = [
        {
            "number": check,
            "name": CHECKS[check][0],
            "result": result,
            "reason": zh if lang == "zh" else en,
            "subject": subject,
        }
        for check, result, subject, zh, en in answers
    ]
    fields_of = {"verdict": verdict_of(answers), "checks": checks}
    return json.dumps(fields_of, ensure_ascii=False)


def as_text(answers, lang):
    """Lines for a person: a line a check, and one for each thing not passed."""

    def both(zh, en):
        return zh if lang == "zh" else en if lang == "en" else zh + " / " + en

    lines = []
    for check in sorted({answer[0] for answer in answers}):
        group = [answer for answer in answers if answer[0] == check]
        good = sum(answer[1] == PASSED for answer in group)
        head = "%2d %s: %s" % (check, both(*CHECKS[check][1:]), both(*RESULTS[verdict_of(group)]))
        lines.append("%s (%d/%d)" % (head, good, len(group)))
        for _, result, subject, zh, en in group:
            if result != PASSED or len(group) == 1:
                lines.append("     %s: %s" % (printable(subject), printable(both(zh, en))))
    verdict = verdict_of(answers)
    lines.append("== %s ==" % both(*RESULTS[verdict]))
    return "\n".join(lines)


def printable(text):
    """Text without control or reordering characters: names may be hostile."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def arguments(argv):
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


def verify(options):
    """The answers, for the command line given."""
    policy, fingerprint = None, options.fingerprint
    if options.policy:
        with open(options.policy, "rb") as stream:
            policy = parse_keys(stream.read(MAX_TAG_FILE))
    if fingerprint is not None:
        fingerprint = re.sub("[^0-9a-f]", "", fingerprint.lower())
    try:
        folder = os.path.isdir(options.bundle)
        place = Folder(options.bundle) if folder else Zip(options.bundle)
        verifier = Verifier(place, policy, fingerprint, options.slow)
    except Refused as refused:
        return [(1, FAILED, refused.subject or "bundle") + refused.words]
    try:
        verifier.run()
    except Refused as refused:
        verifier.fail(1, "bundle", refused)
    finally:
        if not folder:
            place.stream.close()
    return verifier.answers


def main(argv=None):
    """Verify and print; the exit code."""
    options = arguments(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        answers = verify(options)
    except OSError as error:
        print("%s: %s" % (error.filename, error.strerror), file=sys.stderr)
        return 2
    except Refused as refused:
        print("--policy: %s / %s" % refused.words, file=sys.stderr)
        return 2
    lang = options.lang
    print(as_json(answers, lang or "en") if options.json else as_text(answers, lang))
    return {PASSED: 0, FAILED: 1, INDETERMINATE: 3}[verdict_of(answers)]


if __name__ == "__main__":
    sys.exit(main())
