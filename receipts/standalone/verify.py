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
installation, opens no connection, writes nothing, and never looks at the clock:
keys, certificates and time stamps are judged at the time of the proof, so the
answer in thirty years is the answer of today.

It reads from top to bottom. Each part uses only the parts before it:

     1  digests            SHA-256 by Python; SM3 (GB/T 32905-2016)
     2  signatures         Ed25519 (RFC 8032), ECDSA (FIPS 186-5), RSA (RFC 8017)
     3  canonical texts    base64, JSON (RFC 8785)
     4  DER                read strictly, written (X.690)
     5  keys               trust/keys, trust/policy
     6  the log            notes, checkpoints, cosignatures, proofs (c2sp.org)
     7  statements         DSSE envelopes, events, signatures of persons (WebAuthn)
     8  key history        from the keys of leaf 0 to trust/keys
     9  certificates       X.509 (RFC 5280)
    10  seals              CMS (RFC 5652) and SSHSIG over the tag manifest
    11  time stamps        RFC 3161
    12  places             a folder, or the ZIP
    13  exhibits           what the events say about them
    14  the checks         in their order
    15  output
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
from functools import lru_cache
from typing import Any, BinaryIO, Iterable, Iterator, NamedTuple, Tuple

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
    14: ("seal", "文件签名", "seal"),
    16: ("time", "时间证明", "time"),
    17: ("two-persons", "双人签名", "two persons"),
    18: ("witnesses", "见证", "witnesses"),
    19: ("key-history", "密钥沿革", "key history"),
    20: ("erasure", "依法删除", "erasure"),
}
ORDER = (1, 2, 3, 4, 19, 6, 17, 5, 18, 7, 10, 20, 8, 9, 16, 14)

# Bounds: what is larger or more is refused before any work is done on it.
CHUNK = 1 << 20
MAX_ENTRIES = 200_000
MAX_NAME_BYTES = 255
MAX_TAG_FILE = 64 << 20
MAX_ENVELOPE = 1 << 20
MAX_SIGNATURES = 9  # the service, and eight persons
MAX_NOTE = 256 << 10
MAX_CHECKPOINT = 16 << 10  # characters of a checkpoint without its signatures
MAX_NOTE_SIGNATURES = 32
MAX_PATH = 64
MAX_SIZE = 2**63 - 1
MAX_KEYS = 256
MAX_SUBJECTS = 1000
MAX_TOOLS = 64
MAX_TEXT = 1024
MAX_TRUST = 1 << 20
MAX_ASSERTION = 8 << 10
MAX_DER = 64 << 10
MAX_DER_DEPTH = 64
MAX_ELEMENTS = 1000
MAX_CERTIFICATES = 8
RSA_BITS = range(2048, 4097)
SLOW_SM3_FROM = 32 << 20  # this Python takes a minute or more from here on

HEX64 = re.compile("[0-9a-f]{64}")
DECIMAL = re.compile("0|[1-9][0-9]{0,18}")
KIND = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")
TIME = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


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


# --- 1. Digests --------------------------------------------------------------

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


# --- 2. Signatures ------------------------------------------------------------

# Ed25519 (RFC 8032, section 5.1)

P = 2**255 - 19
ORDER_25519 = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


class Point(NamedTuple):
    """A point of the curve in extended coordinates."""

    x: int
    y: int
    z: int
    t: int


ZERO = Point(0, 1, 1, 0)


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


@lru_cache(maxsize=64)
def multiples(encoded: bytes, negated: bool) -> list[list[Point]] | None:
    """j * 16**i * point for i < 64 and j < 16: then a product is 64 sums.

    Statements of one bundle are signed by few keys, so each table is used often.
    """
    point = point_decode(encoded)
    if point is None:
        return None
    if negated:
        point = Point((P - point.x) % P, point.y, point.z, (P - point.t) % P)
    table = []
    for _ in range(64):
        row = [ZERO]
        for _ in range(15):
            row.append(point_add(row[-1], point))
        table.append(row)
        point = point_add(row[15], point)
    return table


def product(table: list[list[Point]], factor: int) -> Point:
    """The factor times the point that the table belongs to."""
    total = ZERO
    for row in table:
        if factor & 15:
            total = point_add(total, row[factor & 15])
        factor >>= 4
    return total


BASE_25519 = (4 * pow(5, P - 2, P) % P).to_bytes(32, "little")


def ed25519_verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is that key's over the message (section 5.1.7)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    minus_key, base = multiples(public_key, True), multiples(BASE_25519, False)
    s = int.from_bytes(signature[32:], "little")
    if minus_key is None or base is None or s >= ORDER_25519:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % ORDER_25519
    total = point_add(product(base, s), product(minus_key, k))
    return point_encode(total) == signature[:32]


# ECDSA on P-256 and P-384 (FIPS 186-5, section 6.4.2; SP 800-186, section 3.2.1)


class Curve(NamedTuple):
    """y**2 = x**3 - 3 x + b modulo p, a point of order n on it, bytes of a number."""

    p: int
    b: int
    n: int
    x: int
    y: int
    size: int


P256 = Curve(
    0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    32,
)
P384 = Curve(
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    48,
)
Jacobian = Tuple[
    int, int, int
]  # (x, y, z) stands for (x / z**2, y / z**3); z = 0 for infinity


def curve_double(curve: Curve, point: Jacobian) -> Jacobian:
    """Twice a point."""
    (x, y, z), p = point, curve.p
    delta, gamma = z * z % p, y * y % p
    beta, alpha = x * gamma % p, 3 * (x - delta) * (x + delta) % p
    x3 = (alpha * alpha - 8 * beta) % p
    z3 = 2 * y * z % p
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % p, z3


def curve_add(curve: Curve, one: Jacobian, two: Jacobian) -> Jacobian:
    """Sum of two points, equal, opposite and infinite ones included."""
    (x1, y1, z1), (x2, y2, z2), p = one, two, curve.p
    if not z1:
        return two
    if not z2:
        return one
    z1z1, z2z2 = z1 * z1 % p, z2 * z2 % p
    u1, u2 = x1 * z2z2 % p, x2 * z1z1 % p
    s1, s2 = y1 * z2 * z2z2 % p, y2 * z1 * z1z1 % p
    if u1 == u2:
        return curve_double(curve, one) if s1 == s2 else (1, 1, 0)
    h, r = (u2 - u1) % p, (s2 - s1) % p
    hh = h * h % p
    hhh, v = h * hh % p, u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s1 * hhh) % p, z1 * z2 * h % p


def curve_point(curve: Curve, encoded: bytes) -> Jacobian | None:
    """An uncompressed point (SEC 1, section 2.3.4) that lies on the curve, or None."""
    if len(encoded) != 1 + 2 * curve.size or encoded[0] != 4:
        return None
    x = int.from_bytes(encoded[1 : 1 + curve.size], "big")
    y = int.from_bytes(encoded[1 + curve.size :], "big")
    on_curve = (y * y - x * x * x + 3 * x - curve.b) % curve.p == 0
    return (x, y, 1) if x < curve.p and y < curve.p and on_curve else None


def ecdsa_verify(curve: Curve, public: bytes, r: int, s: int, digest: bytes) -> bool:
    """Whether (r, s) is that key's signature over a message of this digest."""
    key = curve_point(curve, public)
    if key is None or not (0 < r < curve.n and 0 < s < curve.n):
        return False
    e = int.from_bytes(digest[: curve.size], "big")  # the leftmost bits
    w = pow(s, curve.n - 2, curve.n)
    u1, u2 = e * w % curve.n, r * w % curve.n
    base = (curve.x, curve.y, 1)
    both, total = curve_add(curve, base, key), (1, 1, 0)
    for bit in range(8 * curve.size - 1, -1, -1):
        total = curve_double(curve, total)
        if u1 >> bit & 1 and u2 >> bit & 1:
            total = curve_add(curve, total, both)
        elif u1 >> bit & 1:
            total = curve_add(curve, total, base)
        elif u2 >> bit & 1:
            total = curve_add(curve, total, key)
    x, _, z = total
    return z != 0 and x * pow(z * z, curve.p - 2, curve.p) % curve.p % curve.n == r


# RSA PKCS#1 v1.5 (RFC 8017, sections 8.2.2 and 9.2)

DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def rsa_verify(n: int, e: int, signature: bytes, digest: bytes, name: str) -> bool:
    """Whether the whole padded message that the signature opens to is as due."""
    size = (n.bit_length() + 7) // 8
    if len(signature) != size or n.bit_length() not in RSA_BITS:
        return False
    value = int.from_bytes(signature, "big")
    if value >= n or not 3 <= e < 2**32 or not e & 1:
        return False
    info = DIGEST_INFO[name] + digest
    padded = b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info
    return pow(value, e, n).to_bytes(size, "big") == padded


# --- 3. Canonical texts -------------------------------------------------------


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
    if isinstance(value, int):
        need(abs(value) < 2**53, "JSON 数值过大", "a JSON number is too large")
    need(not isinstance(value, float), "JSON 含小数", "the JSON holds a float")
    return json.dumps(value, ensure_ascii=False)


def short_int(digits: str) -> int:
    """An integer of a JSON text; a long one would cost time before it is refused."""
    need(len(digits) <= 20, "JSON 数值过大", "a JSON number is too large")
    return int(digits)


def parse_json(data: bytes) -> Any:
    """The value of a JSON text that names no key twice."""

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), "JSON 有重复的键", "a JSON key twice")
        return dict(pairs)

    try:
        text = data.decode("utf-8")
        return json.loads(text, parse_int=short_int, object_pairs_hook=distinct)
    except (ValueError, RecursionError):
        raise Refused("不是 JSON", "not JSON") from None


def parse_canonical(data: bytes) -> Any:
    """The value whose canonical JSON is exactly `data`."""
    value = parse_json(data)
    try:
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


def matches(pattern: re.Pattern[str], value: Any) -> bool:
    """Whether a value is a text of this form."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def short_text(value: Any) -> bool:
    """Whether a value is a text of bounded length."""
    return isinstance(value, str) and len(value) <= MAX_TEXT


def is_time(value: Any) -> bool:
    """Whether a value is a date and time as `2025-08-29T06:03:22Z`."""
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    return found is not None and is_date(*map(int, found.groups()))


def is_date(year: int, month: int, day: int, hour: int, minute: int, sec: int) -> bool:
    """Whether the calendar has this date and time (no leap second)."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    dated = year >= 1 and 1 <= month <= 12 and 1 <= day <= days[month - 1]
    return dated and hour < 24 and minute < 60 and sec < 60


# --- 4. DER (X.690) -----------------------------------------------------------

INTEGER, BIT_STRING, OCTETS, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
BOOLEAN, UTC_TIME, GENERALIZED_TIME = 0x01, 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31


def context(place: int, constructed: bool = True) -> int:
    """The tag of a context-specific element."""
    return (0xA0 if constructed else 0x80) | place


class Der:
    """Reads the elements of one DER value in turn; nothing may be left over."""

    def __init__(self, data: bytes) -> None:
        need(len(data) <= MAX_DER, "DER 过长", "the DER is too long")
        self._data, self._at = data, 0

    @property
    def at(self) -> int:
        """How many bytes were read."""
        return self._at

    def more(self) -> bool:
        """Whether there is another element."""
        return self._at < len(self._data)

    def next_is(self, tag: int) -> bool:
        """Whether the next element has this tag."""
        return self.more() and self._data[self._at] == tag

    def whole(self, tag: int) -> bytes:
        """The next element with its head; it must have this tag."""
        need(self.next_is(tag), "DER 结构有误", "the DER has another element here")
        start, head = self._at, self._data[self._at + 1 : self._at + 6]
        need(tag & 0x1F != 0x1F and head, "DER 有误", "the DER is broken")
        length, used = head[0], 1
        if length >= 0x80:
            count = length - 0x80
            known = 1 <= count <= 3 and len(head) > count and head[1] != 0
            need(known, "DER 长度写法有误", "a DER length is not in its one form")
            length, used = int.from_bytes(head[1 : 1 + count], "big"), 1 + count
            need(length >= 0x80, "DER 长度写法有误", "a DER length is too long a form")
        end = start + 1 + used + length
        need(end <= len(self._data), "DER 不完整", "the DER is cut off")
        self._at, self._head = end, 1 + used
        return self._data[start:end]

    def body(self, tag: int) -> bytes:
        """The content of the next element; it must have this tag."""
        whole = self.whole(tag)
        return whole[self._head :]

    def inside(self, tag: int) -> Der:
        """A reader of the next element's content."""
        return Der(self.body(tag))

    def skip(self, tag: int) -> bytes | None:
        """The content of an optional element, or None."""
        return self.body(tag) if self.next_is(tag) else None

    def end(self) -> None:
        """Refuse anything that follows."""
        need(not self.more(), "DER 后有多余内容", "something follows the DER")

    def integer(self) -> int:
        """A whole number, in the fewest bytes."""
        body = self.body(INTEGER)
        padded = len(body) > 1 and body[0] in (0, 0xFF)
        padded = padded and not (body[0] ^ body[1]) & 0x80
        need(
            body and not padded,
            "DER 整数写法有误",
            "a DER integer is not in its one form",
        )
        return int.from_bytes(body, "big", signed=True)

    def true(self) -> bool:
        """An optional BOOLEAN that is FALSE where it is left out.

        FALSE is not written in DER, but some authorities do, and sign it.
        """
        body = self.skip(BOOLEAN)
        known = body in (None, b"\0", b"\xff")
        need(known, "DER 布尔值有误", "a DER boolean is not in its one form")
        return body == b"\xff"

    def oid(self) -> str:
        """An object identifier as numbers with dots."""
        body, arcs, value = self.body(OID), [], 0
        need(body and body[-1] < 0x80, "DER 标识有误", "a DER identifier is broken")
        need(len(body) <= 64, "DER 标识过长", "a DER identifier is too long")
        for octet in body:
            need(value or octet != 0x80, "DER 标识有误", "a DER identifier is padded")
            value = value << 7 | octet & 0x7F
            if octet < 0x80:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))

    def algorithm(self) -> str:
        """An algorithm identifier whose parameters are absent or NULL."""
        inner = self.inside(SEQUENCE)
        name = inner.oid()
        null = inner.skip(NULL)
        need(null in (None, b""), "算法参数有误", "an algorithm has parameters")
        inner.end()
        return name

    def bits(self) -> bytes:
        """A BIT STRING of whole bytes."""
        body = self.body(BIT_STRING)
        need(body[:1] == b"\0", "DER 位串有误", "a DER bit string is not whole bytes")
        return body[1:]

    def moment(self) -> Moment:
        """A UTCTime or GeneralizedTime."""
        if self.next_is(UTC_TIME):
            text = self.body(UTC_TIME).decode("latin-1")
            need(re.fullmatch("[0-9]{12}Z", text), "时间有误", "a time is malformed")
            text = ("19" if text[:2] >= "50" else "20") + text
        else:
            text = self.body(GENERALIZED_TIME).decode("latin-1")
        found = re.fullmatch(r"([0-9]{14})(?:\.([0-9]{0,8}[1-9]))?Z", text)
        if found is None:
            raise Refused("时间有误", "a time is malformed")
        digits = found.group(1)
        parts = (digits[:4], *(digits[i : i + 2] for i in range(4, 14, 2)))
        need(is_date(*map(int, parts)), "时间有误", "a time is not in the calendar")
        return Moment("{}-{}-{}T{}:{}:{}".format(*parts), found.group(2) or "")


class Moment(NamedTuple):
    """A time in UTC: seconds, and the digits behind the point. It can be compared."""

    seconds: str
    fraction: str

    def text(self) -> str:
        """As RFC 3339 writes it."""
        return self.seconds + (f".{self.fraction}" if self.fraction else "") + "Z"

    def whole(self) -> str:
        """The same, without parts of a second."""
        return f"{self.seconds}Z"


def der_of(data: bytes, tag: int) -> Der:
    """A reader of the content of the one element that `data` is."""
    outer = Der(data)
    inner = outer.inside(tag)
    outer.end()
    return inner


def require_der(data: bytes, depth: int = 0) -> None:
    """Refuse bytes that are not DER all the way down, looked into or not.

    A plain value in pieces, which BER knows, would be a second form of the same.
    """
    need(depth <= MAX_DER_DEPTH, "DER 嵌套过深", "the DER nests too deep")
    reader = Der(data)
    while reader.more():
        tag = data[reader.at]
        plain = tag < 0x40 and tag not in (SEQUENCE, SET)
        whole = not (plain and tag & 0x20)
        need(whole, "DER 的简单值被拆开", "a plain DER value is in pieces")
        body = reader.body(tag)
        if tag & 0x20:
            require_der(body, depth + 1)


def each(reader: Der, tag: int) -> list[bytes]:
    """All elements that are left, whole; each must have this tag."""
    found: list[bytes] = []
    while reader.more():
        need(len(found) < MAX_ELEMENTS, "DER 元素过多", "too many DER elements")
        found.append(reader.whole(tag))
    return found


def tlv(tag: int, *parts: bytes) -> bytes:
    """An element, written."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def der_oid(text: str) -> bytes:
    """An object identifier, written."""
    first, second, *rest = map(int, text.split("."))
    body = b""
    for arc in [40 * first + second, *rest]:
        octets, left = [arc & 0x7F], arc >> 7
        while left:
            octets.insert(0, 0x80 | left & 0x7F)
            left >>= 7
        body += bytes(octets)
    return tlv(OID, body)


def der_integer(value: int) -> bytes:
    """A whole number from 0 on, written."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def two_integers(signature: bytes) -> tuple[int, int]:
    """r and s of an ECDSA signature (RFC 3279, section 2.2.3)."""
    inner = der_of(signature, SEQUENCE)
    r, s = inner.integer(), inner.integer()
    inner.end()
    return r, s


# --- 5. Keys ------------------------------------------------------------------

ED25519, COSIGNATURE, PASSKEY = 0x01, 0x04, 0xFF
ALGORITHMS = {
    "log": (ED25519,),
    "statement": (ED25519,),
    "person": (ED25519, PASSKEY),
    "witness": (COSIGNATURE,),
}
FIRST_FORMAT_ROLES = ("log", "statement")
PASSKEY_HEAD = b"webauthn-es256\x00"  # then SHA-256 of the site's id, and the point


class Key:
    """A verifier key (c2sp.org/signed-note): name, id, algorithm, public key."""

    def __init__(self, text: str) -> None:
        parts = text.split("+", 2)
        need(len(parts) == 3, "公钥写法有误", "a verifier key has not three parts")
        self.name, self.hint, material = parts[0], parts[1], from_base64(parts[2])
        need(is_key_name(self.name), "公钥名称有误", "a key has a bad name")
        need(material, "公钥写法有误", "a verifier key holds no key")
        self.algorithm, self.public = material[0], material[1:]
        hint = sha256(self.name.encode("utf-8") + b"\n" + material).hex()[:8]
        need(hint == self.hint, "公钥编号不符", "the id does not belong to the key")
        self.ident = sha256(self.public).hex()  # how an envelope names it
        if self.algorithm == PASSKEY:
            point = self.public[len(PASSKEY_HEAD) + 32 :]
            headed = self.public.startswith(PASSKEY_HEAD)
            good = headed and curve_point(P256, point) is not None
            need(good, "不是通行密钥", "it is not a passkey on P-256")
        else:
            need(len(self.public) == 32, "公钥长度有误", "a key is not 32 bytes")


def is_key_name(name: str) -> bool:
    """Whether a key of a note may have this name."""
    clean = not any(c.isspace() or c < " " or c == "+" for c in name)
    return 0 < len(name) <= 256 and clean


class Line:
    """A line of trust/keys: what counts as what, from where to where.

    `log` and `witness` lines and the rule about witnesses count for a checkpoint that
    covers n events, of all logs, when from <= n <= to; all others for event number n
    when from <= n < to.
    """

    def __init__(self, line: str) -> None:
        parts = line.split(" ")
        need(len(parts) == 6, "公钥行有误", "a line of the keys has not six fields")
        self.role, self.what, self.from_time = parts[0], parts[1], parts[4]
        need(
            len(self.what) <= MAX_TEXT + 20, "公钥行过长", "a line of keys is too long"
        )
        self.from_size = number(parts[2])
        self.to_size = None if parts[3] == "-" else number(parts[3])
        self.to_time = None if parts[5] == "-" else parts[5]
        times = [time for time in parts[4:] if time != "-"]
        timed = parts[4] != "-" and all(map(is_time, times))
        need(timed, "公钥时间有误", "a time of the keys is wrong")
        need(times == sorted(times), "公钥时间有误", "the times of a key are no range")
        last = MAX_SIZE if self.to_size is None else self.to_size
        ranged = self.from_size <= last <= MAX_SIZE
        need(ranged, "公钥范围有误", "the sizes of a key are no range")
        self.kinds: frozenset[str] = frozenset()
        self.count = 0
        if self.role in ALGORITHMS:
            self.key = Key(self.what)
            known = self.key.algorithm in ALGORITHMS[self.role]
            need(known, "公钥算法有误", "the algorithm is not one of its role")
        elif self.role == "pdf":
            digest = self.what[7:] if self.what.startswith("sha256:") else ""
            need(HEX64.fullmatch(digest), "证书摘要有误", "not the SHA-256 of one")
            self.certificate = digest
        else:
            need(self.role == "rule", "公钥角色未知", "unknown role of a key")
            self._parse_rule()

    def _parse_rule(self) -> None:
        name, _, value = self.what.partition(":")
        if name == "two-persons":
            kinds = value.split(",")
            formed = all(map(KIND.fullmatch, kinds)) and kinds == sorted(set(kinds))
            need(formed, "双人规则有误", "the rule of two persons is malformed")
            self.kinds = frozenset(kinds)
        else:
            counted = name == "witnesses" and re.fullmatch("[1-9][0-9]?", value)
            need(counted and int(value) <= 32, "规则未知", "the rule is unknown")
            self.count = int(value)

    def identity(self) -> tuple[str, str, int, str]:
        """What of a line never changes."""
        return self.role, self.what, self.from_size, self.from_time

    def at_size(self, size: int) -> bool:
        """Whether it counts for a checkpoint that covers so many events."""
        return self.from_size <= size and (self.to_size is None or size <= self.to_size)

    def at_leaf(self, leaf: int) -> bool:
        """Whether it counts for this leaf number."""
        return self.from_size <= leaf and (self.to_size is None or leaf < self.to_size)

    def opened(self) -> str:
        """The line as it was before any end was set, with its newline."""
        return f"{self.role} {self.what} {self.from_size} - {self.from_time} -\n"


class Origin(NamedTuple):
    """One log of a firm: its name, its first event, and the first of the next log."""

    name: str
    first: int
    end: int | None = None


def origins_of(lines: list[Line]) -> list[Origin]:
    """The logs of a firm, oldest first, as the lines of its log keys begin them.

    A firm may close its log and go on in another, which is a tree of its own. Events
    are numbered through. A line with a new name begins the next log; one with the
    name of an earlier log is a key for what is left of that.
    """
    found: list[Origin] = []
    for line in lines:
        name, first = line.key.name, line.from_size - 1
        if not found:
            found.append(Origin(name, 0))
        elif all(origin.name != name for origin in found):
            later = first > found[-1].first
            zh = "日志起点有误"
            need(later, zh, "a log does not begin after the one before it")
            found[-1] = found[-1]._replace(end=first)
            found.append(Origin(name, first))
    for origin in found:
        check_lines([n for n in lines if n.key.name == origin.name], origin)
    return found


def check_lines(lines: list[Line], origin: Origin) -> None:
    """Refuse keys that count outside of their log; one of them signs its end."""
    inside = all(not origin.first or n.from_size > origin.first for n in lines)
    need(inside, "日志公钥早于其日志", "a key of a log counts before it begins")
    if origin.end is None:
        return
    ends = [MAX_SIZE if line.to_size is None else line.to_size for line in lines]
    need(max(ends) <= origin.end, "前一日志未封存", "a log before is not closed")
    signed = any(line.at_size(origin.end) for line in lines)
    need(signed, "前一日志无封存公钥", "no key signs the last checkpoint of a log")


class Keys:
    """trust/keys: the keys, certificates and rules of one firm."""

    def __init__(self, data: bytes) -> None:
        need(len(data) <= MAX_TRUST, "公钥文件过长", "the keys are too long")
        text = text_of(data)
        need(text.endswith("\n"), "公钥文件不完整", "the keys do not end in a newline")
        lines = text[:-1].split("\n")
        need(len(lines) <= MAX_KEYS, "公钥过多", "too many keys")
        self.data, self.lines = data, [Line(line) for line in lines]
        self.fingerprint = sha256(data).hex()
        keyed = [line.key for line in self.lines if line.role in ALGORITHMS]
        distinct = len({self._once(line) for line in self.lines}) == len(self.lines)
        need(distinct, "公钥重复", "a key is listed twice")
        publics = [key.public for key in keyed]
        for line in self.of("person"):
            alone = publics.count(line.key.public) == 1
            need(alone, "个人密钥非其独有", "a person's key is somebody else's too")
        witnesses = [line.key.public for line in self.of("witness")]
        for public in witnesses:
            alone = publics.count(public) == witnesses.count(public)
            need(alone, "见证人公钥另有角色", "a witness's key has another role too")
        enough = self._open_count() <= len(self._open_witnesses())
        need(enough, "见证人不足", "more witnesses are wanted than are listed")
        self.origins = origins_of(self.of("log"))

    @staticmethod
    def _once(line: Line) -> tuple[Any, ...]:
        """What stands in one line only: a key in its role; a rule may come back."""
        again = line.from_size if line.role == "rule" else 0
        return line.role, line.what, again

    def of(self, role: str) -> list[Line]:
        """The lines of one role."""
        return [line for line in self.lines if line.role == role]

    def known(self) -> set[tuple[str, str]]:
        """Role and content of every line."""
        return {(line.role, line.what) for line in self.lines}

    def continues(self, other: Keys) -> bool:
        """Whether these are a later form: every line kept, at most an end newly set."""
        ends = {line.identity(): (line.to_size, line.to_time) for line in self.lines}
        for line in other.lines:
            to_size, to_time = ends.get(line.identity(), (-1, ""))
            kept = line.to_size in (None, to_size) and line.to_time in (None, to_time)
            if to_size == -1 or not kept:
                return False
        return True

    def origin_named(self, name: str) -> Origin:
        """The log of this name."""
        for origin in self.origins:
            if origin.name == name:
                return origin
        raise Refused("检查点属于另一日志", "it is of another log")

    def log_keys(self, origin: Origin, size: int) -> list[Key]:
        """Keys that may have signed the checkpoint of this log that covers `size`."""
        counting = [line.key for line in self.of("log") if line.at_size(size)]
        return [key for key in counting if key.name == origin.name]

    def statement_keys(self, leaf: int) -> list[Key]:
        """Keys that may have signed the statement of this leaf."""
        return [n.key for n in self.of("statement") if n.at_leaf(leaf)]

    def person_keys(self, leaf: int) -> dict[str, Key]:
        """Id -> key of each person's key that counts for this leaf."""
        return {n.key.ident: n.key for n in self.of("person") if n.at_leaf(leaf)}

    def two_person_kinds(self, leaf: int) -> frozenset[str]:
        """Kinds of event that want two persons at this leaf."""
        rules = [line.kinds for line in self.of("rule") if line.at_leaf(leaf)]
        return frozenset().union(*rules)

    def certificates(self, size: int, first: Any) -> set[str]:
        """Certificates that may seal at this size; `first` is that of leaf 0.

        In a log older than the lines about certificates, `first` counts until the
        first such line.
        """
        lines = self.of("pdf")
        found = {line.certificate for line in lines if line.at_leaf(size)}
        if matches(HEX64, first) and all(size < line.from_size for line in lines):
            found.add(first)
        return found

    def witnesses(self, size: int) -> list[Key]:
        """Keys of the witnesses of a checkpoint that covers `size` events.

        One that is listed under two names counts once, under the later.
        """
        counting = [line.key for line in self.of("witness") if line.at_size(size)]
        return list({key.public: key for key in counting}.values())

    def witnesses_needed(self, size: int) -> int:
        """How many of them a checkpoint of this size wants; 0 without a rule."""
        return max((n.count for n in self.of("rule") if n.at_size(size)), default=0)

    def awaited_witnesses(self, size: int) -> Line | None:
        """The first rule about witnesses that begins after this size, without end."""
        lines = [n for n in self.of("rule") if n.count and n.to_size is None]
        later = [line for line in lines if line.from_size > size]
        return min(later, key=lambda line: line.from_size, default=None)

    def _open_witnesses(self) -> list[Key]:
        lasting = [n.key for n in self.of("witness") if n.to_size is None]
        return list({key.public: key for key in lasting}.values())

    def _open_count(self) -> int:
        return max((n.count for n in self.of("rule") if n.to_size is None), default=0)

    def log_policy(self) -> bytes:
        """What trust/policy (c2sp.org/tlog-policy) must say beside these keys."""
        logs = {line.key.public: f"log {line.what}\n" for line in self.of("log")}
        lines, names = list(logs.values()), []
        for place, key in enumerate(self._open_witnesses(), 1):
            names.append(f"w{place}")
            material = to_base64(bytes([key.algorithm]) + key.public)
            lines.append(f"witness w{place} {key.name}+{key.hint}+{material}\n")
        count = self._open_count()
        if count:
            lines.append(f"group witnesses {count} {' '.join(names)}\n")
        lines.append("quorum witnesses\n" if count else "quorum none\n")
        return "".join(lines).encode("utf-8")


# --- 6. The log ---------------------------------------------------------------


class Note(NamedTuple):
    """A checkpoint note, taken apart; no signature is checked yet."""

    text: bytes
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, str, bytes]]


class Head(NamedTuple):
    """A checkpoint whose signature was checked; leaf 0 is event number `first`."""

    note: bytes
    origin: str
    size: int
    root: bytes
    first: int = 0

    @property
    def covered(self) -> int:
        """How many events, those of earlier logs too, there are up to its end."""
        return self.first + self.size


def split_note(note: bytes) -> tuple[str, list[tuple[str, str, bytes]]]:
    """Text and signature lines of a signed note (c2sp.org/signed-note)."""
    need(len(note) <= MAX_NOTE, "检查点过长", "the checkpoint is too long")
    head, blank, block = text_of(note).rpartition("\n\n")
    framed = blank and block.endswith("\n")
    need(framed, "检查点格式有误", "the checkpoint is not a signed note")
    clean = not any(c < " " and c != "\n" for c in head)
    need(clean, "检查点含控制字符", "a control character in the checkpoint")
    lines = block[:-1].split("\n")
    need(len(lines) <= MAX_NOTE_SIGNATURES, "签名过多", "too many signatures")
    return head + "\n", [parse_signature(line) for line in lines]


def parse_signature(line: str) -> tuple[str, str, bytes]:
    """Name, key id and signature of a signature line."""
    need(line.startswith("\u2014 "), "签名行有误", "a bad signature line")
    name, _, encoded = line[2:].partition(" ")
    blob = from_base64(encoded)
    need(is_key_name(name) and len(blob) > 4, "签名行有误", "a bad signature line")
    return name, blob[:4].hex(), blob[4:]


def parse_checkpoint(note: bytes) -> Note:
    """Take a checkpoint note (c2sp.org/tlog-checkpoint) apart."""
    text, signatures = split_note(note)
    need(len(text) <= MAX_CHECKPOINT, "检查点过长", "the checkpoint is too long")
    lines = text[:-1].split("\n")
    lined = 3 <= len(lines) <= 3 + 16 and all(lines) and len(lines[0]) <= 256
    need(lined, "检查点行数有误", "bad lines in the checkpoint")
    size, root = number(lines[1]), from_base64(lines[2])
    need(size <= MAX_SIZE, "检查点大小有误", "the size is out of range")
    need(len(root) == 32, "根摘要长度有误", "the root is not 32 bytes")
    return Note(text.encode("utf-8"), lines[0], size, root, signatures)


def refuse_twins(keys: list[Key]) -> None:
    """Refuse two keys that a signature line cannot tell apart."""
    named = {(key.name, key.hint) for key in keys}
    need(len(named) == len(keys), "密钥名称相同", "two keys share a name and an id")


def signed_by(note: Note, keys: list[Key]) -> list[tuple[Key, bytes]]:
    """The lines of these keys, each key at most once; other lines are not looked at."""
    known = {(key.name, key.hint): key for key in keys}
    found: list[tuple[Key, bytes]] = []
    for name, hint, signature in note.signatures:
        key = known.get((name, hint))
        if key is not None:
            again = any(key is other for other, _ in found)
            need(not again, "同一密钥签了两次", "a key signed the checkpoint twice")
            found.append((key, signature))
    return found


def verify_checkpoint(data: bytes, keys: Keys) -> Head:
    """The checkpoint, signed by a key of its log that counts for what it covers."""
    note = parse_checkpoint(data)
    # It would be one of any log, and vouch for whatever came before that.
    need(note.size, "检查点不含任何事件", "the checkpoint covers no event")
    origin = keys.origin_named(note.origin)
    counting = keys.log_keys(origin, origin.first + note.size)
    refuse_twins(counting)
    lines = signed_by(note, counting)
    for key, signature in lines:
        good = ed25519_verify(key.public, signature, note.text)
        need(good, "检查点签名不成立", "the signature does not match")
    if not lines:
        raise Refused(
            "没有当时有效的日志密钥的签名", "not signed by a log key valid then"
        )
    return Head(data, note.origin, note.size, note.root, origin.first)


def cosigned_by(data: bytes, witnesses: list[Key]) -> list[str]:
    """Names of the witnesses whose cosignatures (c2sp.org/tlog-cosignature) hold."""
    refuse_twins(witnesses)
    note, names = parse_checkpoint(data), []
    for key, blob in signed_by(note, witnesses):
        need(len(blob) == 72, "见证签名长度有误", f"that of {key.name} has bad length")
        time = int.from_bytes(blob[:8], "big")
        message = b"cosignature/v1\ntime %d\n%b" % (time, note.text)
        good = time <= 253402300799 and ed25519_verify(key.public, blob[8:], message)
        need(good, f"{key.name} 的见证签名不成立", f"that of {key.name} does not match")
        names.append(key.name)
    return names


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
    hashes = all(len(hashed) == 32 for hashed in path)
    need(
        hashes and index < MAX_SIZE, "证明格式有误", "a bad hash or index in the proof"
    )
    need(0 < len(note) <= MAX_NOTE, "证明格式有误", "the proof has no checkpoint")
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


def leaf_text(envelope: bytes) -> bytes:
    """The leaf that stands for an envelope: two lines, `cksum -c` reads them."""
    lines = (
        f"SHA256 (statement) = {sha256(envelope).hex()}\n"
        f"SM3 (statement) = {sm3_hex(envelope)}\n"
    )
    return lines.encode("ascii")


def leaf_hash(envelope: bytes) -> bytes:
    """Hash of that leaf (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + leaf_text(envelope))


# --- 7. Statements ------------------------------------------------------------

PAYLOAD_TYPE = "application/vnd.in-toto+json"
EACH_ALONE = "exhibit.checked"  # each person makes an event of her own


class Envelope:
    """A DSSE v1 envelope, taken apart; no signature is checked yet.

    The first signature is by a statement key. Those after it are by persons, in the
    order of the ids of their keys.
    """

    def __init__(self, data: bytes) -> None:
        need(len(data) <= MAX_ENVELOPE, "声明过长", "the statement is too long")
        payload, payload_type, signatures = fields(
            parse_canonical(data), "payload", "payloadType", "signatures"
        )
        counted = isinstance(signatures, list)
        counted = counted and 1 <= len(signatures) <= MAX_SIGNATURES
        need(counted, "签名个数有误", "not 1 to 9 signatures")
        need(payload_type == PAYLOAD_TYPE, "声明类型未知", "unknown type of payload")
        self.payload, kind = from_base64(payload), PAYLOAD_TYPE.encode("ascii")
        sizes = len(kind), len(self.payload)
        self.message = b"DSSEv1 %d %b %d %b" % (sizes[0], kind, sizes[1], self.payload)
        (self.key, self.signature), *self.persons = map(self._one, signatures)
        whole = len(self.signature) == 64
        need(whole, "声明签名长度有误", "the signature is not 64 bytes")
        idents = [key for key, _ in self.persons]
        ordered = idents == sorted(set(idents)) and self.key not in idents
        need(ordered, "签名次序有误", "the signatures are not in order, each once")

    @staticmethod
    def _one(value: Any) -> tuple[str, bytes]:
        key, signature = fields(value, "keyid", "sig")
        need(matches(HEX64, key), "密钥编号有误", "the id of a key is malformed")
        signed = from_base64(signature)
        bounded = 0 < len(signed) <= MAX_ASSERTION
        need(bounded, "签名长度有误", "a signature is empty or too long")
        return key, signed

    def verify(self, keys: list[Key]) -> None:
        """Refuse the envelope unless one of the statement keys signed it."""
        for key in keys:
            if key.ident == self.key:
                good = ed25519_verify(key.public, self.signature, self.message)
                need(good, "声明签名不成立", "the signature does not match")
                return
        raise Refused(
            "签名密钥不在公钥文件中，或当时无效",
            "signed by a key that is unknown or did not count then",
        )

    def logins(self, keys: dict[str, Key]) -> set[str]:
        """Who else signed; every person's signature must hold."""
        found = set()
        for ident, signature in self.persons:
            key = keys.get(ident)
            if key is None:
                raise Refused(
                    "个人签名的密钥不在公钥文件中，或当时无效",
                    "a person's signature is by a key unknown or not valid then",
                )
            if key.algorithm == PASSKEY:
                good = passkey_signed(key, signature, sha256(self.message))
            else:
                good = ed25519_verify(key.public, signature, self.message)
            need(good, f"{key.name} 的签名不成立", f"that of {key.name} does not match")
            found.add(key.name)
        return found


def passkey_signed(key: Key, assertion: bytes, challenge: bytes) -> bool:
    """Whether the holder of a passkey, present and verified, signed the challenge.

    Web Authentication Level 2, section 7.2: type, challenge, site, the flags UP and
    UV, and the signature, here with ECDSA on P-256 and SHA-256.
    """
    parts = fields(
        parse_canonical(assertion), "authenticatorData", "clientDataJSON", "signature"
    )
    data, client_data, signature = map(from_base64, parts)
    bounded = 37 <= len(data) <= 1024 and len(client_data) <= 4096
    need(bounded and len(signature) <= 72, "断言长度有误", "an assertion of bad length")
    client = parse_json(client_data)
    asked = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode("ascii")
    right = isinstance(client, dict) and client.get("type") == "webauthn.get"
    right = right and client.get("challenge") == asked
    need(right, "断言不是对本声明的", "the assertion is about something else")
    site, point = key.public[15:47], key.public[47:]
    need(data[:32] == site, "断言属于另一网站", "the assertion is of another site")
    need(data[32] & 5 == 5, "断言时本人未经验证", "nobody was present and verified")
    r, s = two_integers(signature)
    return ecdsa_verify(P256, point, r, s, sha256(data + sha256(client_data)))


class Event:
    """A custody event: kind, actor, facts, and subjects as name -> digests."""

    def __init__(self, payload: bytes) -> None:
        kind, subjects, predicate_type, predicate = fields(
            parse_canonical(payload), "_type", "subject", "predicateType", "predicate"
        )
        typed = kind == "https://in-toto.io/Statement/v1"
        typed = typed and predicate_type == "urn:custody:event:v1"
        need(typed, "声明类型未知", "unknown type of statement")
        self.kind, actor, self.time, self.facts, tools, salt = fields(
            predicate, "kind", "actor", "time", "facts", "tools", "salt"
        )
        person = fields(actor, "login", "name", "role")
        self.login = person[0]
        shaped = all(map(short_text, person)) and matches(KIND, self.kind)
        shaped = shaped and isinstance(self.facts, dict) and short_text(self.kind)
        shaped = shaped and isinstance(tools, dict) and len(tools) <= MAX_TOOLS
        shaped = shaped and all(map(short_text, [*tools, *tools.values()]))
        shaped = shaped and isinstance(subjects, list) and len(subjects) <= MAX_SUBJECTS
        shaped = shaped and is_time(self.time) and matches(HEX64, salt)
        need(shaped, "声明内容有误", "the statement is malformed")
        self.subjects = [subject_of(subject) for subject in subjects]

    def text(self, leaf: int, fact: str) -> str:
        """A fact that must be a text."""
        value = self.facts.get(fact)
        if not isinstance(value, str) or not value:
            raise Refused(f"第 {leaf} 号事件缺 {fact}", f"event {leaf} has no {fact}")
        return value


def subject_of(value: Any) -> tuple[str, tuple[str, str]]:
    """Name and (SHA-256, SM3) of a subject."""
    name, digest = fields(value, "name", "digest")
    digests = fields(digest, "sha256", "sm3")
    shaped = all(matches(HEX64, digest) for digest in digests)
    need(shaped and short_text(name), "声明对象有误", "a subject is malformed")
    return name, (digests[0], digests[1])


# --- 8. Key history -----------------------------------------------------------

REASONS = (
    "rotated",
    "compromised",
    "person-added",
    "person-removed",
    "rule",
    "witness",
    "pdf",
)


class KeyChange:
    """An event keys.changed: fingerprint before, reason, and the content after."""

    def __init__(self, leaf: int, event: Event) -> None:
        self.leaf = leaf
        self.before, note, self.reason, trust = fields(
            event.facts, "before", "note", "reason", "trust"
        )
        texts = all(isinstance(text, str) for text in (self.before, note, trust))
        shaped = texts and len(note) <= 2000 and self.reason in REASONS
        need(shaped, "密钥变更事件有误", f"event {leaf} is no change of keys")
        self.after = Keys(trust.encode("utf-8"))


def key_history(own: Keys, events: dict[int, Event]) -> list[Keys]:
    """Every content that trust/keys had, oldest first; the last one is `own`.

    Each event keys.changed names the content before it by its fingerprint and holds
    the whole content after it. The content at leaf 0 is nowhere written out: it is
    the lines that begin at 0, without any end.
    """
    changes = [
        KeyChange(leaf, event)
        for leaf, event in sorted(events.items())
        if event.kind == "keys.changed"
    ]
    oldest = changes[0].after if changes else own
    opened = "".join(n.opened() for n in oldest.lines if n.from_size == 0)
    stages = [Keys(opened.encode("utf-8"))]
    check_founding(stages[0], events.get(0))
    for change in changes:
        leaf, last = change.leaf, stages[-1]
        linked = change.before == last.fingerprint
        zh = f"第 {leaf} 号事件所变更的不是此前的公钥文件"
        need(linked, zh, f"event {leaf} does not change the keys that came before it")
        check_change(last, change.after, leaf, change.reason == "compromised")
        stages.append(change.after)
    led = stages[-1].data == own.data
    need(led, "事件未通向此公钥文件", "the events lead to other keys than these")
    return stages


def check_founding(first: Keys, founding: Event | None) -> None:
    """Leaf 0 names the one log key, the one statement key, and the certificate."""
    stated = founding.facts.get("keys") if founding else None
    named = founding and founding.kind == "firm.initialised"
    if not named or not isinstance(stated, dict):
        raise Refused("0 号事件未写公钥", "event 0 does not name the keys of a log")
    for role in ("log", "statement"):
        same = [line.what for line in first.of(role)] == [stated.get(role)]
        need(
            same, "不是 0 号事件的公钥", f"the first {role} key is not that of event 0"
        )
    for line in first.lines:
        if line.role not in ("log", "statement"):
            same = line.what == f"sha256:{stated.get('pdf_certificate_sha256')}"
            zh = "0 号事件没有这一行"
            need(same, zh, f"event 0 does not know this {line.role} line")


def check_change(before: Keys, after: Keys, leaf: int, compromised: bool) -> None:
    """Refuse a change, recorded at `leaf`, that takes away what once counted."""
    check_awaited_rule(before, leaf)
    check_awaited_rule(after, leaf + 1)
    kept = {line.identity(): line for line in after.lines}
    for old in before.lines:
        new = kept.pop(old.identity(), None)
        if new is None:
            raise Refused(
                f"第 {leaf} 号事件删去了一行", f"event {leaf} takes a line away"
            )
        check_end(old, new, leaf, compromised)
    for line in kept.values():
        first = leaf + 2 if line.role == "log" else leaf + 1
        fresh = line.from_size >= first and line.to_size == due_end(line, before, leaf)
        need(
            fresh and line.to_time is None,
            f"第 {leaf} 号事件的新行在其之前生效或已有终点",
            f"a new line of event {leaf} begins before it, or has an end",
        )
    for role in ("log", "statement"):
        left = any(line.to_size is None for line in after.of(role))
        need(left, "没有可用的密钥", f"event {leaf} leaves no {role} key")
    signing = after.statement_keys(leaf)
    need(signing, "没有可签的密钥", f"event {leaf} leaves no key to sign itself")


def due_end(line: Line, before: Keys, leaf: int) -> int | None:
    """The end that a new line must have: only a key of a closing log has one."""
    if line.role == "log":
        for origin in before.origins:
            if origin.name == line.key.name and (origin.end or 0) > leaf:
                return origin.end
    return None


def check_awaited_rule(before: Keys, leaf: int) -> None:
    """Refuse a change while a listed rule of two for such changes has not begun.

    Whoever has the service's keys could else write history anew, and end it first.
    """
    if "keys.changed" in before.two_person_kinds(leaf):
        return
    for line in before.of("rule"):
        kinds = before.two_person_kinds(line.from_size)
        awaited = line.from_size > leaf and "keys.changed" in kinds
        need(
            not awaited,
            f"第 {leaf} 号事件早于所列双人规则的起点",
            f"event {leaf} comes before the listed rule of two begins",
        )


def check_end(old: Line, new: Line, leaf: int, compromised: bool) -> None:
    """Refuse an end that was moved, or set earlier than the change at `leaf`.

    Only a key that fell into other hands may end earlier; a rule never: one person
    could switch it off for the very change that switches it off.
    """
    kept = old.to_time in (None, new.to_time)
    if new.to_size != old.to_size:
        ahead = old.role == "log" and (old.to_size or 0) > leaf and compromised
        moved = ahead and new.to_size is not None and new.to_size < (old.to_size or 0)
        kept = kept and (old.to_size is None or moved)
        earlier = new.to_size is not None and new.to_size <= leaf
        kept = kept and (not earlier or (compromised and old.role != "rule"))
    zh = f"第 {leaf} 号事件所设的终点有误"
    need(kept, zh, f"event {leaf} sets or moves an end as it may not")


# --- 9. Certificates (RFC 5280) -----------------------------------------------

HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
RSA, EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
SIGNATURES = {
    "1.2.840.113549.1.1.11": (RSA, "sha256"),
    "1.2.840.113549.1.1.12": (RSA, "sha384"),
    "1.2.840.113549.1.1.13": (RSA, "sha512"),
    "1.2.840.10045.4.3.2": (EC, "sha256"),
    "1.2.840.10045.4.3.3": (EC, "sha384"),
    "1.2.840.10045.4.3.4": (EC, "sha512"),
}
CURVES = {"1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384}
KEY_USAGE, BASIC_CONSTRAINTS, EXTENDED_USAGE = "2.5.29.15", "2.5.29.19", "2.5.29.37"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
SIGNS_DATA, COMMITS, SIGNS_CERTIFICATES = 0x80, 0x40, 0x04  # bits of keyUsage
ATTRIBUTES = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU"}
TEXT_TAGS = (0x0C, 0x13, 0x14, 0x16)  # UTF8, Printable, Teletex, IA5


class PublicKey:
    """An RSA or ECDSA public key (SubjectPublicKeyInfo)."""

    def __init__(self, info: Der) -> None:
        kind = info.inside(SEQUENCE)
        self.kind = kind.oid()
        if self.kind == EC:
            curve = CURVES.get(kind.oid())
            need(curve, "曲线不受支持", "the curve is neither P-256 nor P-384")
            self.curve, self.point = curve or P256, info.bits()
            good = curve_point(self.curve, self.point) is not None
            need(good, "公钥不在曲线上", "the public key is not on its curve")
        else:
            known = self.kind == RSA and kind.skip(NULL) == b""
            need(known, "公钥算法不受支持", "the key is neither RSA nor ECDSA")
            numbers = der_of(info.bits(), SEQUENCE)
            self.n, self.e = numbers.integer(), numbers.integer()
            numbers.end()
            bounded = self.n.bit_length() in RSA_BITS and 3 <= self.e < 2**32
            need(bounded and self.n > 0, "RSA 公钥越界", "the RSA key is out of bounds")
        kind.end()
        info.end()

    def verifies(self, name: str, signature: bytes, message: bytes) -> bool:
        """Whether a signature is this key's, with the digest of this name."""
        digest = hashlib.new(name, message).digest()
        if self.kind == RSA:
            return rsa_verify(self.n, self.e, signature, digest, name)
        r, s = two_integers(signature)
        return ecdsa_verify(self.curve, self.point, r, s, digest)


class Certificate:
    """An X.509 certificate, taken apart; nothing is verified yet."""

    def __init__(self, der: bytes) -> None:
        self.der = der
        outer = der_of(der, SEQUENCE)
        self.signed = outer.whole(SEQUENCE)
        self.algorithm, self.signature = outer.algorithm(), outer.bits()
        outer.end()
        inner = der_of(self.signed, SEQUENCE)
        version = inner.inside(context(0))
        need(version.integer() == 2, "不是第 3 版证书", "not a version 3 certificate")
        version.end()
        self.serial = inner.integer()
        same = inner.algorithm() == self.algorithm
        need(same, "证书算法不一致", "the certificate names two algorithms")
        self.issuer = inner.whole(SEQUENCE)
        validity = inner.inside(SEQUENCE)
        self.begin, self.end = validity.moment(), validity.moment()
        validity.end()
        self.subject = inner.whole(SEQUENCE)
        self.key = PublicKey(inner.inside(SEQUENCE))
        self.extensions = self._extensions(inner)
        inner.end()

    @staticmethod
    def _extensions(inner: Der) -> dict[str, tuple[bool, bytes]]:
        found: dict[str, tuple[bool, bytes]] = {}
        wrapped = inner.skip(context(3))
        if wrapped is None:
            return found
        for whole in each(der_of(wrapped, SEQUENCE), SEQUENCE):
            extension = der_of(whole, SEQUENCE)
            name, critical = extension.oid(), extension.true()
            value = extension.body(OCTETS)
            extension.end()
            need(name not in found, "扩展重复", "an extension comes twice")
            known = name in (KEY_USAGE, BASIC_CONSTRAINTS, EXTENDED_USAGE)
            need(
                known or not critical, "未知的关键扩展", "an unknown critical extension"
            )
            found[name] = (critical, value)
        return found

    def usage(self) -> int | None:
        """The first eight bits of keyUsage; None where it is not limited."""
        if KEY_USAGE not in self.extensions:
            return None
        outer = Der(self.extensions[KEY_USAGE][1])
        body = outer.body(BIT_STRING)
        outer.end()
        need(2 <= len(body) <= 3, "keyUsage 有误", "keyUsage is malformed")
        return body[1]

    def authority(self) -> int | None:
        """For a CA how many CAs may stand below it (a large number: any); else None."""
        if BASIC_CONSTRAINTS not in self.extensions:
            return None
        inner = der_of(self.extensions[BASIC_CONSTRAINTS][1], SEQUENCE)
        is_authority = inner.true()
        limit = inner.integer() if inner.more() else MAX_SIZE
        inner.end()
        return limit if is_authority else None

    def only_stamps_time(self) -> bool:
        """Whether the one thing it may be used for is time stamps, critically so."""
        critical, value = self.extensions.get(EXTENDED_USAGE, (False, b""))
        if not critical:
            return False
        inner = der_of(value, SEQUENCE)
        usage = inner.oid()
        return usage == TIME_STAMPING and not inner.more()

    def verifies(self, algorithm: str, signature: bytes, message: bytes) -> bool:
        """Whether its key made a signature by the algorithm of this identifier."""
        kind, name = SIGNATURES.get(algorithm, ("", ""))
        return kind == self.key.kind and self.key.verifies(name, signature, message)

    def subject_text(self) -> str:
        """The subject for a person to read."""
        parts = []
        for names in each(der_of(self.subject, SEQUENCE), SET):
            for whole in each(der_of(names, SET), SEQUENCE):
                attribute = der_of(whole, SEQUENCE)
                label = ATTRIBUTES.get(attribute.oid())
                for tag in TEXT_TAGS:
                    value = attribute.skip(tag)
                    if value is not None and label:
                        parts.append(f"{label}={value.decode('utf-8', 'replace')}")
        return ", ".join(parts)


def parse_pem(data: bytes) -> list[bytes]:
    """The certificates of a PEM text that is written in its one form."""
    begin, end = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"
    need(len(data) <= MAX_DER * 2, "PEM 过长", "the PEM is too long")
    text, found = text_of(data), []
    while text:
        body, closed, text = text.partition(end)
        need(closed and body.startswith(begin), "PEM 有误", "the PEM is malformed")
        found.append(from_base64(body[len(begin) :].replace("\n", "")))
        need(len(found) <= MAX_CERTIFICATES, "证书过多", "too many certificates")
    same = found and b"".join(map(write_pem, found)) == data
    need(same, "PEM 写法不唯一", "the PEM is not in its one form")
    return found


def write_pem(der: bytes) -> bytes:
    """A certificate as PEM (RFC 7468): 64 columns."""
    return armor("CERTIFICATE", der, 64)


def armor(label: str, data: bytes, columns: int) -> bytes:
    """Base64 in lines between a line that begins and one that ends it."""
    text = to_base64(data)
    lines = [text[i : i + columns] for i in range(0, len(text), columns)]
    begin, end = f"-----BEGIN {label}-----", f"-----END {label}-----"
    return "\n".join([begin, *lines, end, ""]).encode("ascii")


def check_chain(chain: list[Certificate], at: Moment) -> None:
    """Each certificate is signed by the next, which may do so, all valid at `at`.

    The last one is the root. Whose it is cannot be computed: its subject and SHA-256
    are stated for the reader to compare. Its signature of itself proves nothing.
    """
    for place, certificate in enumerate(chain):
        # Not in the last second, as OpenSSL has it.
        valid = certificate.begin <= Moment(at.seconds, "") < certificate.end
        zh = "证书在盖戳时不在有效期内"
        need(valid, zh, "a certificate was not valid at the time of the stamp")
        if place:
            limit, usage = certificate.authority(), certificate.usage()
            may = limit is not None and place - 1 <= limit
            signs = usage is None or usage & SIGNS_CERTIFICATES
            need(may and signs, "上级证书无权签发证书", "an issuer may not issue any")
            check_issued(chain[place - 1], certificate)
    rooted = chain[-1].subject == chain[-1].issuer
    need(rooted, "证书链没有根", "the chain does not end in a root")


def check_issued(certificate: Certificate, issuer: Certificate) -> None:
    """Refuse a certificate that this issuer did not sign."""
    named = issuer.subject == certificate.issuer
    need(named, "证书链不衔接", "a certificate was issued by another than the next")
    good = issuer.verifies(
        certificate.algorithm, certificate.signature, certificate.signed
    )
    need(good, "证书签名不成立", "the signature of a certificate does not match")


# --- 10. Seals ----------------------------------------------------------------

SHA256_OID = "2.16.840.1.101.3.4.2.1"
ECDSA_SHA256 = "1.2.840.10045.4.3.2"
ID_DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
NAMESPACE = b"custody-bundle"


class CmsSeal(NamedTuple):
    """What of a CMS seal is not fixed by the certificate and the content."""

    time: Moment
    r: int
    s: int


def parse_cms_seal(data: bytes) -> CmsSeal:
    """Signing time and signature of a CMS seal; `cms_seal` checks all else."""
    content = der_of(data, SEQUENCE)
    content.oid()
    signed = der_of(content.body(context(0)), SEQUENCE)
    signed.integer()
    for tag in (SET, SEQUENCE, context(0)):
        signed.body(tag)
    signer = der_of(signed.body(SET), SEQUENCE)
    signer.integer()
    signer.body(SEQUENCE)
    signer.algorithm()
    attributes = attributes_of(signer.body(context(0)))
    signer.algorithm()
    r, s = two_integers(signer.body(OCTETS))
    need(SIGNING_TIME in attributes, "没有签署时间", "the seal has no signing time")
    return CmsSeal(Der(attributes[SIGNING_TIME]).moment(), r, s)


def attributes_of(body: bytes) -> dict[str, bytes]:
    """Identifier -> the one value of each signed attribute (RFC 5652, section 5.3)."""
    found: dict[str, bytes] = {}
    for whole in each(Der(body), SEQUENCE):
        attribute = der_of(whole, SEQUENCE)
        name, value = attribute.oid(), attribute.body(SET)
        attribute.end()
        need(name not in found, "签名属性重复", "a signed attribute comes twice")
        found[name] = value
    return found


def cms_seal(certificate: Certificate, content: bytes, seal: CmsSeal) -> bytes:
    """The one form of a seal by this certificate over this content (RFC 5652)."""
    sha256_with = tlv(SEQUENCE, der_oid(SHA256_OID))
    signer = tlv(
        SEQUENCE,
        der_integer(1),
        tlv(SEQUENCE, certificate.issuer, der_integer(certificate.serial)),
        sha256_with,
        tlv(context(0), cms_attributes(content, seal.time)),
        tlv(SEQUENCE, der_oid(ECDSA_SHA256)),
        tlv(OCTETS, tlv(SEQUENCE, der_integer(seal.r), der_integer(seal.s))),
    )
    signed = tlv(
        SEQUENCE,
        der_integer(1),
        tlv(SET, sha256_with),
        tlv(SEQUENCE, der_oid(ID_DATA)),
        tlv(context(0), certificate.der),
        tlv(SET, signer),
    )
    return tlv(SEQUENCE, der_oid(SIGNED_DATA), tlv(context(0), signed))


def cms_attributes(content: bytes, time: Moment) -> bytes:
    """The signed attributes: content type, digest and time, in the order of a SET."""
    values = {
        CONTENT_TYPE: der_oid(ID_DATA),
        MESSAGE_DIGEST: tlv(OCTETS, sha256(content)),
        SIGNING_TIME: cms_time(time),
    }
    return b"".join(
        sorted(tlv(SEQUENCE, der_oid(n), tlv(SET, v)) for n, v in values.items())
    )


def cms_time(time: Moment) -> bytes:
    """A UTCTime from 1950 to 2049, else a GeneralizedTime (RFC 5652, section 11.3)."""
    digits = re.sub("[^0-9]", "", time.seconds)
    if "1950" <= digits[:4] < "2050":
        return tlv(UTC_TIME, digits[2:].encode("ascii"), b"Z")
    return tlv(GENERALIZED_TIME, digits.encode("ascii"), b"Z")


def verify_cms_seal(data: bytes, certificate: Certificate, content: bytes) -> Moment:
    """The time that the seal states, once every byte of it is accounted for."""
    seal = parse_cms_seal(data)
    key = certificate.key
    kind = key.kind == EC and key.curve is P256
    need(kind, "封签证书不是 P-256", "the certificate of the seal is not of P-256")
    low = 0 < seal.r < P256.n and 0 < seal.s <= P256.n // 2
    need(low, "封签的 s 值不是较小者", "the s of the seal is not the lower one")
    need(certificate.serial > 0, "证书序号有误", "the serial number is not positive")
    same = cms_seal(certificate, content, seal) == data
    zh = "按证书、内容、时间与签名值重建，字节不同"
    need(same, zh, "rebuilt from certificate, content, time and signature it differs")
    signed = tlv(SET, cms_attributes(content, seal.time))
    good = ecdsa_verify(P256, key.point, seal.r, seal.s, sha256(signed))
    need(good, "封签的签名不成立", "the signature of the seal does not match")
    valid = certificate.begin <= seal.time <= certificate.end
    need(valid, "签署时证书不在有效期内", "the certificate was not valid at that time")
    return seal.time


def ssh_string(data: bytes) -> bytes:
    """A string of the SSH protocol (RFC 4251, section 5)."""
    return struct.pack(">L", len(data)) + data


def ssh_public(key: bytes) -> bytes:
    """An Ed25519 public key as SSH writes it (RFC 8709, section 4)."""
    return ssh_string(b"ssh-ed25519") + ssh_string(key)


def parse_ssh_seal(data: bytes) -> tuple[bytes, bytes]:
    """Public key and signature of an Ed25519 SSHSIG; `ssh_seal` checks all else."""
    need(len(data) <= 4096, "SSH 签名过长", "the SSH signature is too long")
    lines = text_of(data).split("\n")
    blob = from_base64("".join(lines[1:-2]))
    start = blob.find(ssh_string(b"ssh-ed25519"))
    need(start == 14, "不是 Ed25519 的 SSH 签名", "not an SSH signature by Ed25519")
    return blob[start + 19 : start + 51], blob[-64:]


def ssh_seal(key: bytes, signature: bytes, namespace: bytes, name: bytes) -> bytes:
    """The one form of an armored SSHSIG (PROTOCOL.sshsig), as ssh-keygen writes it."""
    parts = [ssh_public(key), namespace, b"", name]
    parts.append(ssh_string(b"ssh-ed25519") + ssh_string(signature))
    blob = b"SSHSIG" + struct.pack(">L", 1) + b"".join(map(ssh_string, parts))
    return armor("SSH SIGNATURE", blob, 70)


def verify_ssh_seal(data: bytes, content: bytes, namespace: bytes = NAMESPACE) -> bytes:
    """The Ed25519 key by which an SSHSIG with SHA-512 over `content` holds."""
    key, signature = parse_ssh_seal(data)
    same = ssh_seal(key, signature, namespace, b"sha512") == data
    zh = "按公钥与签名值重建，字节不同"
    need(same, zh, "rebuilt from key and signature it differs")
    parts = [namespace, b"", b"sha512", hashlib.sha512(content).digest()]
    message = b"SSHSIG" + b"".join(map(ssh_string, parts))
    good = ed25519_verify(key, signature, message)
    need(good, "SSH 签名不成立", "the SSH signature does not match")
    return key


# --- 11. Time stamps (RFC 3161) -----------------------------------------------

TST_INFO = "1.2.840.113549.1.9.16.1.4"
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


class Stamp(NamedTuple):
    """What a token states: digest by its name, time, nonce, serial number, policy."""

    imprint: tuple[str, bytes]
    time: Moment
    nonce: int | None
    serial: int
    policy: str


class Stamped(NamedTuple):
    """A token that holds, with the root it was judged by."""

    stamp: Stamp
    root: str
    root_sha256: str

    def words(self) -> tuple[str, str]:
        """Time and root, for a person."""
        time = self.stamp.time.text()
        root = f"{self.root}, SHA-256 {self.root_sha256}"
        return (
            f"时间 {time}；根证书为 {root}，请核对是否该机构的根证书",
            f"time {time}; root {root}, for you to compare with that of the authority",
        )


def imprint_of(reader: Der) -> tuple[str, bytes]:
    """A message imprint: name of the digest, and the digest."""
    inner = reader.inside(SEQUENCE)
    name = HASHES.get(inner.algorithm())
    digest = inner.body(OCTETS)
    inner.end()
    if name is None or len(digest) != hashlib.new(name).digest_size:
        raise Refused("摘要算法不受支持", "the digest is not of a kind we verify")
    return name, digest


def parse_query(data: bytes) -> tuple[tuple[str, bytes], int | None]:
    """Imprint and nonce of a TimeStampReq (section 2.4.1)."""
    query = der_of(data, SEQUENCE)
    need(query.integer() == 1, "时间戳请求版本有误", "the query is not of version 1")
    imprint = imprint_of(query)
    query.skip(OID)
    nonce = query.integer() if query.next_is(INTEGER) else None
    query.true()
    query.end()
    return imprint, nonce


def parse_response(data: bytes) -> bytes:
    """The token of a TimeStampResp that grants one (section 2.4.2)."""
    require_der(data)
    response = der_of(data, SEQUENCE)
    status = response.inside(SEQUENCE).integer()
    granted = status in (0, 1) and response.more()
    need(granted, "时间戳机构未签发", "the authority granted no time stamp")
    token = response.whole(SEQUENCE)
    response.end()
    return token


def parse_stamp(data: bytes) -> Stamp:
    """A TSTInfo (section 2.4.2)."""
    info = der_of(data, SEQUENCE)
    need(info.integer() == 1, "时间戳版本有误", "the token is not of version 1")
    policy, imprint, serial = info.oid(), imprint_of(info), info.integer()
    need(info.next_is(GENERALIZED_TIME), "时间有误", "the time is malformed")
    time = info.moment()
    info.skip(SEQUENCE)  # accuracy
    info.true()  # ordering
    nonce = info.integer() if info.next_is(INTEGER) else None
    info.skip(context(0))  # the authority's name: its certificate tells it
    for whole in each(Der(info.skip(context(1)) or b""), SEQUENCE):
        extension = der_of(whole, SEQUENCE)
        extension.oid()
        need(not extension.true(), "未知的关键扩展", "an unknown critical extension")
    info.end()
    return Stamp(imprint, time, nonce, serial, policy)


def verify_stamp(
    response: bytes, query: bytes | None, chain: bytes, digests: dict[str, bytes]
) -> Stamped:
    """A time stamp, judged at its own time by the chain that was kept with it.

    Args:
        response: the TimeStampResp.
        query: the TimeStampReq that it must answer, where it was kept.
        chain: PEM: the authority's certificate, then its issuers, the root last.
        digests: name -> digest of the stamped bytes; the token's must be one of them.
    """
    certificates = [Certificate(der) for der in parse_pem(chain)]
    stamp = verify_token(parse_response(response), certificates[0])
    if query is not None:
        asked = parse_query(query) == (stamp.imprint, stamp.nonce)
        need(asked, "时间戳与请求不符", "the token answers another query")
    name, digest = stamp.imprint
    same = digests.get(name) == digest
    need(same, "时间戳是对其他字节的", "the time stamp is over other bytes")
    check_chain(certificates, stamp.time)
    only = certificates[0].only_stamps_time()
    zh = "签署者的证书并非仅用于时间戳"
    need(only, zh, "the signer's certificate is not critically for time stamps only")
    usage = certificates[0].usage()
    may = usage is None or usage & (SIGNS_DATA | COMMITS)
    need(may, "签署者的证书不得签名", "the signer's certificate may not sign")
    root = certificates[-1]
    return Stamped(stamp, root.subject_text(), sha256(root.der).hex())


def verify_token(token: bytes, signer: Certificate) -> Stamp:
    """What a token states, once this certificate's key is seen to have signed it."""
    content = der_of(token, SEQUENCE)
    need(content.oid() == SIGNED_DATA, "不是 CMS 签名", "the token is not signed data")
    signed = der_of(content.body(context(0)), SEQUENCE)
    content.end()
    need(signed.integer() == 3, "CMS 版本有误", "the token's version is not 3")
    signed.body(SET)  # digest algorithms: the signer names its own
    inner = signed.inside(SEQUENCE)
    need(inner.oid() == TST_INFO, "不是时间戳", "the token holds no time stamp")
    wrapped = inner.inside(context(0))
    info = wrapped.body(OCTETS)
    wrapped.end()
    inner.end()
    signed.skip(context(0))  # certificates: ours come from the chain
    signed.skip(context(1))  # revocation lists
    (signer_info,) = one_of(each(signed.inside(SET), SEQUENCE))
    signed.end()
    check_signer(der_of(signer_info, SEQUENCE), signer, info)
    return parse_stamp(info)


def one_of(found: list[bytes]) -> list[bytes]:
    """A list that must hold exactly one."""
    need(len(found) == 1, "签署者不是一个", "not exactly one signer")
    return found


def check_signer(info: Der, signer: Certificate, content: bytes) -> None:
    """SignerInfo (RFC 5652, section 5.3): by this certificate, over this content."""
    need(info.integer() == 1, "签署者写法有误", "the signer is not named by its issuer")
    stated = tlv(SEQUENCE, signer.issuer, der_serial(signer.serial))
    named = info.whole(SEQUENCE) == stated
    need(named, "签署者是另一证书", "another certificate signed")
    name = HASHES.get(info.algorithm(), "")
    need(name, "摘要算法不受支持", "the digest is not of a kind we verify")
    body = info.body(context(0))
    attributes = attributes_of(body)
    typed = attributes.get(CONTENT_TYPE) == der_oid(TST_INFO)
    need(typed, "签名属性的类型有误", "the signed content type is another")
    digest = tlv(OCTETS, hashlib.new(name, content).digest())
    same = attributes.get(MESSAGE_DIGEST) == digest
    need(same, "时间戳内容已变", "the content of the token was changed")
    check_names_signer(attributes, signer)
    algorithm, signature = info.algorithm(), info.body(OCTETS)
    info.skip(context(1))  # unsigned attributes
    info.end()
    if algorithm == RSA:  # the digest is that of the attributes (RFC 3370, 3.2)
        algorithm = {v: k for k, v in SIGNATURES.items()}[RSA, name]
    good = signer.verifies(algorithm, signature, tlv(SET, body))
    need(good, "时间戳签名不成立", "the signature of the token does not match")


def der_serial(serial: int) -> bytes:
    """A serial number, written; old authorities have negative ones."""
    size = (serial if serial >= 0 else ~serial).bit_length() // 8 + 1
    return tlv(INTEGER, serial.to_bytes(size, "big", signed=True))


def check_names_signer(attributes: dict[str, bytes], signer: Certificate) -> None:
    """The signed attributes name the certificate (RFC 2634, 5.4; RFC 5035, 4)."""
    stated = 0
    for name in (SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2):
        if name not in attributes:
            continue
        listed = der_of(attributes[name], SEQUENCE).inside(SEQUENCE)
        first = listed.inside(SEQUENCE)
        digest_name = "sha256"
        if name == SIGNING_CERTIFICATE:
            digest_name = "sha1"  # fixed by RFC 2634; the signature binds the rest
        elif first.next_is(SEQUENCE):
            digest_name = HASHES.get(first.algorithm(), "")
        known = digest_name and first.body(OCTETS) == (
            hashlib.new(digest_name, signer.der).digest()
        )
        need(known, "签名属性指另一证书", "it names another certificate")
        check_issuer_serial(first, signer)
        stated += 1
    need(stated, "签名属性未写证书", "the signed attributes name no certificate")


def check_issuer_serial(first: Der, signer: Certificate) -> None:
    """Issuer and serial number beside the digest, where they are stated."""
    if not first.more():
        return
    stated = first.inside(SEQUENCE)
    first.end()
    names, serial = stated.body(SEQUENCE), stated.integer()
    stated.end()
    same = names == tlv(context(4), signer.issuer) and serial == signer.serial
    need(same, "签名属性指另一证书", "it names another issuer or serial number")


# --- 12. Places: a folder, or the ZIP -----------------------------------------


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
        offset, parts = 0, []
        for name, size, crc in entries:
            local, central = zip_headers(name, size, crc, offset)
            same = self._at(offset, len(local)) == local
            need(same, "ZIP 文件头不合规定", "local header not canonical", name)
            self._entries[name] = (offset + len(local), size, crc)
            offset += len(local) + size
            parts.append(central)
        need(offset == directory_offset, "ZIP 大小不合", "sizes do not add up")
        directory = b"".join(parts)
        tail = directory + zip_end(len(entries), len(directory), offset)
        same = self._at(offset, self._total - offset) == tail
        need(same, "ZIP 目录不合规定", "the ZIP directory is not canonical")

    def _at(self, offset: int, length: int) -> bytes:
        self._stream.seek(offset)
        return self._stream.read(max(0, length))

    def _claimed(self) -> tuple[list[tuple[str, int, int]], int]:
        """(name, size, CRC) of each entry, and the offset of the directory."""
        tail = self._at(max(0, self._total - 98), 98)
        ended = tail[-22:-18] == b"PK\x05\x06"
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
    if len(name.encode("utf-8")) > MAX_NAME_BYTES:
        return False
    kinds = {unicodedata.category(character) for character in name}
    if any(kind[0] == "C" or kind in ("Zl", "Zp") for kind in kinds):
        return False
    if unicodedata.normalize("NFC", name) != name or set(name) & set('\\:*?"<>|'):
        return False
    return all(part and part[-1] not in ". " for part in name.split("/"))


# --- 13. Exhibits -------------------------------------------------------------

NAMING = ("exhibit.read", "exhibit.unreadable", "exhibit.reviewed")
ERASED, CONTINUED = "exhibit.erased", "log.continued"
STAMPED = ("log.stamped", "exhibit.stamped")


class Exhibit(NamedTuple):
    """What the events say about one exhibit."""

    ident: str
    name: str
    leaf: int
    matter: str
    digests: tuple[str, str]
    size: int


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


def check_kinds(events: dict[int, Event], first: int) -> None:
    """Refuse events that do not belong into a bundle of the second format."""
    stamps = [leaf for leaf, event in events.items() if event.kind == "log.stamped"]
    single = len(stamps) <= 1 and all(leaf < first for leaf in stamps)
    zh = "日志时间戳事件多于一个，或不在入库之前"
    need(
        single, zh, "more than one event log.stamped, or one that is not before receipt"
    )
    for leaf, event in events.items():
        known = event.kind in ("firm.initialised", "keys.changed", "log.stamped")
        known = known or event.kind.startswith("exhibit.") or event.kind == CONTINUED
        zh = f"第 {leaf} 号事件不属于此包"
        need(known, zh, f"event {leaf}, {event.kind}, does not belong into a bundle")


def check_continued(
    events: dict[int, Event], origins: list[Origin], heads: dict[int, Head | None]
) -> None:
    """Refuse logs of which one does not begin with the end of the one before it.

    Args:
        events: event by number.
        origins: the logs up to that of the bundle's checkpoint.
        heads: first event of a log -> its last checkpoint, where it is known.
    """
    for place in range(1, len(origins)):
        before, origin = origins[place - 1], origins[place]
        check_link(events.get(origin.first), before, origin, heads[before.first])
    begun = {origin.first for origin in origins[1:]}
    for leaf, event in events.items():
        placed = event.kind != CONTINUED or leaf in begun
        zh = f"没有日志自第 {leaf} 号事件起"
        need(placed, zh, f"no log begins with event {leaf}")


def check_link(
    event: Event | None, before: Origin, origin: Origin, head: Head | None
) -> None:
    """Refuse a log whose leaf 0 does not hold the last checkpoint of the one before."""
    first, name = origin.first, origin.name
    if event is None or event.kind != CONTINUED:
        zh = f"日志 {name} 缺承接前一日志的第 {first} 号事件"
        raise Refused(zh, f"event {first}, by which log {name} goes on, is not here")
    lines = event.text(first, "previous").split("\n")
    root = from_base64(lines[2]) if len(lines) == 4 else b""
    due = {
        "first": first,
        "origin": name,
        "previous": f"{before.name}\n{first - before.first}\n{to_base64(root)}\n",
    }
    same = len(root) == 32 and canonical_json(event.facts) == canonical_json(due)
    zh = f"第 {first} 号事件未如实承接日志 {before.name}"
    need(same, zh, f"event {first} does not go on from log {before.name} as it must")
    same = head is None or head.root == root
    zh = f"第 {first} 号事件所载的根不是日志 {before.name} 封存时的"
    need(same, zh, f"event {first} holds another root than log {before.name} has")


def erased_leaves(leaf: int, event: Event) -> list[int]:
    """The leaves whose statements an event exhibit.erased says are gone."""
    for fact in ("matter", "reason", "legal_basis"):
        event.text(leaf, fact)
    found, listed = [], event.facts.get("leaves")
    if not isinstance(listed, list) or not listed:
        raise Refused("删除事件没有清单", f"event {leaf} does not say what is erased")
    for value in listed:
        gone, *digests = fields(value, "leaf", "sha256", "sm3")
        whole = isinstance(gone, int) and not isinstance(gone, bool)
        shaped = whole and 0 < gone < leaf
        shaped = shaped and all(matches(HEX64, digest) for digest in digests)
        need(shaped, "删除清单有误", f"the list of event {leaf} is malformed")
        found.append(gone)
    return found


class Half(NamedTuple):
    """One half of a two-person check, which waits for the other."""

    login: str
    leaf: int
    ruled: bool
    signed: bool


def pair_half(event: Event, half: Half, waiting: dict[str, Half]) -> Half | None:
    """Take in one half of a check; the first half, if this is the second to it.

    Where the fact `agrees` is null it is a first half, otherwise where there is one
    a second half. Refuses, under the rule, what no other person began.
    """
    exhibit = str(event.facts.get("exhibit"))
    first = waiting.pop(exhibit, None)
    stated = event.facts.get("agrees") is not None
    if "agrees" in event.facts and not stated:
        waiting[exhibit] = half
    elif first is None:
        zh, en = "没有另一人的第一次核对", "the second half is by no second person"
        need(not (stated and half.ruled), zh, en)
        if not stated:
            waiting[exhibit] = half
    elif first.login == half.login:
        waiting[exhibit] = half
        zh, en = "两次核对是同一人", "both halves of the check are by one person"
        need(not half.ruled, zh, en)
    else:
        return first
    return None


# --- 14. The checks -----------------------------------------------------------

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
SECOND_FORMAT = b"Custody-Bundle-Version: 2\n"  # the last line of bag-info.txt
INFO = (
    "Source-Organization",
    "External-Identifier",
    "Bagging-Date",
    "Payload-Oxum",
    "Bag-Software-Agent",
)
TAG_MANIFEST = "tagmanifest-sha256.txt"
CMS_SEAL, SSH_SEAL = f"{TAG_MANIFEST}.p7s", f"{TAG_MANIFEST}.sig"
FIXED = (
    "bagit.txt",
    "bag-info.txt",
    "manifest-sha256.txt",
    "checksums-sm3.txt",
    TAG_MANIFEST,
    "checkpoint",
    "trust/keys",
    "trust/policy",
    "REPORT.pdf",
    "VERIFY.txt",
    "verify.py",
)
FIXED_SECOND = (
    *FIXED,
    "verify.html",
    "trust/seal.pem",
    "trust/allowed_signers",
    CMS_SEAL,
    SSH_SEAL,
)
CHECKPOINT_STAMPS = (
    ("checkpoint.tsq", "checkpoint.tsr", "tsa/1.pem"),
    ("checkpoint.2.tsq", "checkpoint.2.tsr", "tsa/2.pem"),
)
LOG_FILE = re.compile(
    r"statements/([0-9]{8})\.dsse\.json|proofs/([0-9]{8})\.tlog-proof"
)
STAMP_FILE = re.compile(r"stamps/([0-9]{8})\.(?:tsq|tsr|pem)")


class Answer(NamedTuple):
    """One answer of one check."""

    check: int
    result: str
    subject: str
    zh: str
    en: str


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
        policy: Keys | None,
        fingerprint: str | None,
        slow: bool,
    ) -> None:
        self.place, self.policy = place, policy
        self.fingerprint = fingerprint
        self.given: list[Answer] = []
        self.measured: dict[str, Measured] = {}
        self.envelopes: dict[int, Envelope] = {}
        self.claimed: dict[int, Event] = {}
        self.malformed: dict[int, Refused] = {}
        self.unsigned: dict[int, Refused] = {}
        self.judged_by: Keys | None = None
        self.passed: dict[int, Event] = {}
        self.existed_before: Stamped | None = None
        self.logged_after: Stamped | None = None
        self.received: list[int] = []
        self.by_ident: dict[str, Exhibit] = {}
        self.originals = [n for n in place.names if n.startswith("data/")]
        total = sum(place.size(name) for name in self.originals)
        self.with_sm3 = slow or fast_sm3() is not None or total <= SLOW_SM3_FROM
        self.second = self._is_second()

    def _is_second(self) -> bool:
        """Whether the bundle says that it is of the second format."""
        name = "bag-info.txt"
        if name not in self.place.names or self.place.size(name) > MAX_TAG_FILE:
            return False
        return self.tag(name).endswith(b"\n" + SECOND_FORMAT)

    @property
    def answers(self) -> list[Answer]:
        """All answers, in the order of the checks."""
        return sorted(self.given, key=lambda answer: ORDER.index(answer.check))

    def say(self, check: int, good: bool, subject: str, zh: str, en: str) -> None:
        """Keep an answer: passed or failed."""
        result = PASSED if good else FAILED
        self.given.append(Answer(check, result, subject, zh, en))

    def cannot_say(self, check: int, subject: str, zh: str, en: str) -> None:
        """Keep the answer that something could not be checked."""
        self.given.append(Answer(check, INDETERMINATE, subject, zh, en))

    def fail(self, check: int, subject: str, refused: Refused) -> None:
        """Keep a refusal as a failed check."""
        self.say(check, False, refused.subject or subject, *refused.words)

    def answered(self, check: int) -> bool:
        """Whether there is an answer to a check already."""
        return any(answer.check == check for answer in self.given)

    def run(self) -> None:
        """All checks; those that make no sense after a failure are left out."""
        self.measure()
        self.container()  # 1
        if any(answer.result == FAILED for answer in self.given):
            return
        leaves = self.names()  # 2
        if leaves is None:
            return
        self.lists()  # 3
        own = self.own_keys()  # 4
        if own is None:
            return
        self.open(leaves)
        if self.second:
            keys = self.keys_and_history(own)  # 4, 19
        else:
            keys = self.first_format_keys(own)
        events = self.statements(leaves, keys)  # 6
        if self.second:
            self.two_persons(events, keys)  # 17
        else:
            self.first_format_persons(events, keys)  # 17
        head = self.checkpoint(keys)  # 5
        if head is None:
            return
        heads = self.heads(leaves, keys, head)  # 5
        if self.second or keys.witnesses_needed(head.covered):
            self.witnesses(head, keys, own)  # 18
        self.inclusions(leaves, heads)  # 7
        self.exhibits(leaves, events, heads, keys)  # 10, 20, 8, 9
        if self.second:
            self.time(events, head)  # 16
            self.seals(events.get(0), head, keys)  # 14

    def tag(self, name: str, limit: int = MAX_TAG_FILE) -> bytes:
        """The content of a file other than an original."""
        need(self.place.size(name) <= limit, "文件过大", "the file is too large", name)
        return b"".join(self.place.chunks(name))

    # 2 names, 1 container, 3 checksums

    def names(self) -> list[int] | None:
        """Check 2; the leaf numbers, or None if names are missing or unlisted."""
        there = set(self.place.names)
        found = filter(None, map(LOG_FILE.fullmatch, there))
        leaves = {0} | {int(match.group(1) or match.group(2)) for match in found}
        due = set(FIXED_SECOND if self.second else FIXED)
        if self.second:
            first, second = map(set, CHECKPOINT_STAMPS)
            if there & (first | second):
                due |= first  # a second authority comes only after a first one
            due |= second if there & second else set()
            stamped = filter(None, map(STAMP_FILE.fullmatch, there))
            for leaf in {int(match.group(1)) for match in stamped}:
                leaves.add(leaf)
                due |= set(stamp_files(leaf))
        due |= {n for n in there if re.fullmatch("data/[^/]+", n)}
        due |= {statement_file(leaf) for leaf in leaves}
        due |= {proof_file(leaf) for leaf in leaves}
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
        there = self.place.names
        try:
            same = "bagit.txt" not in there or self.tag("bagit.txt") == BAGIT
            need(same, "不是 BagIt 1.0", "not BagIt 1.0", "bagit.txt")
            if "bag-info.txt" in there:
                info = bag_info(self.tag("bag-info.txt"), self.second)
                same = info["Payload-Oxum"] == f"{size}.{len(self.originals)}"
                need(same, "所载大小不符", "Payload-Oxum is not the actual size")
        except Refused as refused:
            self.fail(1, "bag-info.txt", refused)
            return
        if not self.answered(1):
            zh, en = self.place.whole
            if not self.second:
                zh += "；第一种格式的文件包，其报告与说明文字未经签名"
                en += (
                    "; a bundle of the first format: its report and texts are unsigned"
                )
            self.say(1, True, "bundle", zh, en)

    def lists(self) -> None:
        """Check 3: the lists are exactly those that the files call for."""
        tags = [n for n in self.place.names if not n.startswith("data/")]
        tags = [n for n in tags if n not in (TAG_MANIFEST, CMS_SEAL, SSH_SEAL)]
        self.compare_sha256("manifest-sha256.txt", self.originals)
        self.compare_sha256(TAG_MANIFEST, tags)
        if self.with_sm3:
            due = {n: f"SM3 ({n}) = {self.measured[n].sm3}\n" for n in self.originals}
            self.compare("checksums-sm3.txt", due)
        else:
            zh = "本机没有快速的 SM3；加 --slow 可慢速核对（SHA-256 已核对）"
            en = "no fast SM3 here; --slow checks it slowly (SHA-256 was checked)"
            self.cannot_say(3, "checksums-sm3.txt", zh, en)
        if not self.answered(3):
            count = len(tags) + len(self.originals)
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

    # 4 keys, 19 key history

    def own_keys(self) -> Keys | None:
        """The keys in the bundle, or None if they cannot be read (check 4)."""
        try:
            own = Keys(self.tag("trust/keys"))
            if not self.second:
                first = all(line.role in FIRST_FORMAT_ROLES for line in own.lines)
                zh = "此格式的公钥文件只有日志与声明公钥"
                need(first, zh, "in this format of a bundle it has no such lines")
                zh = "此格式的文件包只有一个日志"
                single = len(own.origins) <= 1
                need(single, zh, "a bundle of this format is of one log")
        except Refused as refused:
            self.fail(4, "trust/keys", refused)
            return None
        if self.tag("trust/policy") != own.log_policy():
            zh, en = "与 trust/keys 不一致", "it does not agree with trust/keys"
            self.say(4, False, "trust/policy", zh, en)
        return own

    def first_format_keys(self, own: Keys) -> Keys:
        """The keys to judge by; check 4 in the first format, which has no history."""
        if self.policy is None:
            self.against_fingerprint(own.fingerprint, [])
            return own
        self.against_policy(own.known() <= self.policy.known())
        self.from_before_seals(self.policy)
        return self.policy

    def from_before_seals(self, policy: Keys) -> None:
        """Check 4: where the firm seals its bundles, one of the first format is none.

        Somebody could else strip a bundle of its seals, and of what they cover.
        """
        try:
            note = parse_checkpoint(self.tag("checkpoint"))
        except Refused:
            return  # reported by check 5
        if len(policy.origins) > 1 and note.origin != policy.origins[0].name:
            zh = "第一种格式的文件包只属于第一个日志"
            en = "a bundle of the first format is of the first log"
            self.say(4, False, "trust/keys", zh, en)
        elif any(line.at_leaf(note.size) for line in policy.of("pdf")):
            zh = "当时的文件包应有封签，第一种格式没有"
            en = "at that size the firm sealed its bundles, "
            en += "and the first format has no seal"
            self.say(4, False, "trust/keys", zh, en)

    def keys_and_history(self, own: Keys) -> Keys:
        """Checks 4 and 19; the keys to judge by.

        A policy is either a later form of the keys in the bundle, and then they are
        judged by it; or an earlier one, from which the history leads here.
        """
        policy = self.policy
        keys = policy if policy is not None and policy.continues(own) else own
        stages = self.key_history(own, self.passing(keys))
        earlier = [stage.fingerprint for stage in stages[:-1]]
        if policy is None:
            self.against_fingerprint(own.fingerprint, earlier)
        elif policy.fingerprint in earlier:
            zh = "所给公钥文件是较早的一版，其后的变更见检查 19"
            en = "the policy is an earlier stage of it; check 19 judges what came after"
            self.say(4, True, "trust/keys", zh, en)
        else:
            self.against_policy(keys is policy)
            return policy
        return keys

    def key_history(self, own: Keys, passing: dict[int, Event]) -> list[Keys]:
        """Check 19; every content that trust/keys had."""
        lost = set(self.claimed) - set(passing)
        if 0 not in passing or any(
            self.claimed[leaf].kind == "keys.changed" for leaf in lost
        ):
            zh, en = (
                "有密钥事件未通过检查 6",
                "an event about keys did not pass check 6",
            )
            self.cannot_say(19, "trust/keys", zh, en)
            return []
        try:
            stages = key_history(own, passing)
        except Refused as refused:
            self.fail(19, "trust/keys", refused)
            return []
        count = len(stages) - 1
        zh = f"由 0 号事件的公钥经 {count} 次变更，恰为 trust/keys"
        en = f"the keys of event 0 and {count} changes lead to exactly trust/keys"
        self.say(19, True, "trust/keys", zh, en)
        return stages

    def against_policy(self, good: bool) -> None:
        """Check 4 with keys from elsewhere."""
        zh, en = "都在所给公钥文件中", "all in the policy"
        if not good:
            zh, en = (
                "与所给公钥文件不合",
                "it is no form of the policy, earlier or later",
            )
        self.say(4, good, "trust/keys", zh, en)

    def against_fingerprint(self, own: str, earlier: list[str]) -> None:
        """Check 4 with a fingerprint from a paper, or with nothing."""
        if self.fingerprint is None:
            zh = f"以包内公钥为准；请与纸质文书上所印的公钥指纹比对：{own}"
            en = f"by the keys in the bundle; compare with a paper: fingerprint {own}"
            self.say(4, True, "trust/keys", zh, en)
        elif self.fingerprint == own:
            self.say(4, True, "trust/keys", "指纹一致", "the fingerprint is the same")
        elif self.fingerprint in earlier:
            zh = "指纹是较早一版公钥文件的，其后的变更见检查 19"
            en = "the fingerprint of an earlier stage; check 19 judges what came after"
            self.say(4, True, "trust/keys", zh, en)
        else:
            zh, en = f"指纹不同，是 {own}", f"another fingerprint: {own}"
            self.say(4, False, "trust/keys", zh, en)

    # 6 statement, 17 two persons

    def open(self, leaves: list[int]) -> None:
        """Take the statements apart; no signature is checked yet."""
        for leaf in leaves:
            try:
                envelope = Envelope(self.tag(statement_file(leaf), MAX_ENVELOPE))
                single = self.second or not envelope.persons
                need(single, "声明应有一个签名", "the statement has not one signature")
                self.claimed[leaf] = Event(envelope.payload)
                self.envelopes[leaf] = envelope
            except Refused as refused:
                self.malformed[leaf] = refused

    def passing(self, keys: Keys) -> dict[int, Event]:
        """The events whose statements are signed by a key that counts for the leaf."""
        if keys is self.judged_by:
            return self.passed
        self.judged_by, self.passed, self.unsigned = keys, {}, {}
        for leaf, event in self.claimed.items():
            counting = keys.statement_keys(leaf)
            try:
                self.envelopes[leaf].verify(counting)
            except Refused as refused:
                self.unsigned[leaf] = refused
            else:
                self.passed[leaf] = event
        return self.passed

    def statements(self, leaves: list[int], keys: Keys) -> dict[int, Event]:
        """Check 6; the events whose statements passed."""
        events = self.passing(keys)
        for leaf in leaves:
            name = statement_file(leaf)
            if leaf in events:
                kind = events[leaf].kind
                self.say(
                    6, True, name, f"{kind}，签名有效", f"{kind}: signed, it holds"
                )
            else:
                self.fail(6, name, {**self.malformed, **self.unsigned}[leaf])
        return events

    def two_persons(self, events: dict[int, Event], keys: Keys) -> None:
        """Check 17, for the events whose statements passed."""
        ruled = 0
        waiting: dict[str, Half] = {}
        for leaf, event in events.items():
            wanted = event.kind in keys.two_person_kinds(leaf)
            ruled += wanted
            try:
                self.persons(leaf, event, wanted, keys, waiting)
            except Refused as refused:
                self.fail(17, statement_file(leaf), refused)
        if self.answered(17):
            return
        starts = [line.from_size for line in keys.lines if line.kinds]
        if starts:
            zh = f"规则要求双人签名的 {ruled} 项行为均有本人密钥的签名"
            en = f"{ruled} acts under the rule carry the signatures of the persons"
            zh += f"；规则自第 {min(starts)} 号事件起有效，此前的事项仅凭登录"
            en += f"; the rule counts from event {min(starts)} on"
            en += "; acts before it rest on sign-in only"
        else:
            zh = "未设双人规则：人名仅来自登录"
            en = "no rule of two persons is in force: names come from sign-in only"
        count = sum(half.ruled for half in waiting.values())
        if count:
            zh += f"；{count} 件证据只有一半核查"
            en += f"; of {count} exhibits only one half of the check is here"
        self.say(17, True, "bundle", zh, en)

    def persons(
        self,
        leaf: int,
        event: Event,
        wanted: bool,
        keys: Keys,
        waiting: dict[str, Half],
    ) -> None:
        """Check 17 of one event; what is refused takes no part in a pair of halves."""
        logins = self.envelopes[leaf].logins(keys.person_keys(leaf))
        signed, alone = event.login in logins, event.kind == EACH_ALONE
        if wanted and alone:
            need(signed, "行为人未签名", f"{event.login} did not sign")
        elif wanted:
            zh = f"{event.kind} 须两人签名"
            need(len(logins) >= 2, zh, f"{event.kind} wants two persons' signatures")
        if event.kind == "exhibit.reviewed":
            waiting.pop(str(event.facts.get("exhibit")), None)
        if not alone:
            return
        first = pair_half(event, Half(event.login, leaf, wanted, signed), waiting)
        if first is not None and wanted and not first.signed:
            zh = f"第一次核对（第 {first.leaf} 号事件）没有其本人密钥的签名"
            en = f"the first half, event {first.leaf}, was not signed with its"
            self.cannot_say(17, statement_file(leaf), zh, f"{en} person's key")

    def first_format_persons(self, events: dict[int, Event], keys: Keys) -> None:
        """Check 17 in the first format: what wants two persons cannot pass there."""
        for leaf, event in events.items():
            if event.kind in keys.two_person_kinds(leaf):
                zh = "第一种格式没有个人签名"
                en = "the first format carries no signatures of persons"
                self.say(17, False, statement_file(leaf), zh, en)

    # 5 checkpoint, 18 witnesses, 7 inclusion

    def checkpoint(self, keys: Keys) -> Head | None:
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

    def heads(
        self, leaves: list[int], keys: Keys, head: Head
    ) -> dict[int, Head | None]:
        """Check 5 of earlier logs; first event of a log -> its last checkpoint.

        It is in the proofs of its events: None where there are none, or it failed.
        """
        found: dict[int, Head | None] = {}
        for origin in keys.origins:
            if origin.end is not None and origin.end <= head.first:
                inside = [n for n in leaves if origin.first <= n < origin.end]
                found[origin.first] = None
                if inside:
                    name = proof_file(inside[0])
                    found[origin.first] = self.closed(name, origin, keys)
        return {**found, head.first: head}

    def closed(self, name: str, origin: Origin, keys: Keys) -> Head | None:
        """The checkpoint in this proof, if it is the one that closed its log."""
        try:
            note = parse_proof(self.tag(name))[3]
        except Refused:
            return None  # reported by check 7
        try:
            head = verify_checkpoint(note, keys)
            last = (head.origin, head.covered) == (origin.name, origin.end)
            zh = f"不是日志 {origin.name} 封存时的检查点"
            need(last, zh, f"not the checkpoint that closed log {origin.name}")
        except Refused as refused:
            self.fail(5, name, refused)
            return None
        zh = f"日志 {head.origin} 已封存，共 {head.size} 条，签名有效"
        en = f"log {head.origin}, closed at size {head.size}: the signature holds"
        self.say(5, True, name, zh, en)
        return head

    def witnesses(self, head: Head, keys: Keys, own: Keys) -> None:
        """Check 18: the cosignatures that the firm's rule wants at this size.

        If its own keys know of a rule that is yet to begin, the log went on after
        this checkpoint, and nothing tells whether it is this one that did.
        """
        needed = keys.witnesses_needed(head.covered)
        try:
            names = cosigned_by(head.note, keys.witnesses(head.covered))
        except Refused as refused:
            self.fail(18, "checkpoint", refused)
            return
        found = ", ".join(names) or "-"
        zh = f"要求 {needed} 个见证人，有 {len(names)} 个：{found}"
        en = f"{needed} witnesses are wanted, {len(names)} signed: {found}"
        if not needed:
            zh = f"未要求外部见证；若另有一份历史，此处看不出（已有见证：{found}）"
            en = (
                "no outside witness was asked for; a second history would not show here"
            )
        awaited = None if needed else own.awaited_witnesses(head.covered)
        if awaited:
            begin, count = awaited.from_size, awaited.count
            zh = f"规则自第 {begin} 条起要求见证，本检查点在此之前："
            zh += "另有一套历史不会由此显现"
            en = f"the rule of {count} witnesses begins at size {begin}, after this "
            en += "checkpoint: a second history would not show here"
        if awaited or len(names) < needed:
            self.cannot_say(18, "checkpoint", zh, en)
        else:
            self.say(18, True, "checkpoint", zh, en)

    def inclusions(self, leaves: list[int], heads: dict[int, Head | None]) -> None:
        """Check 7: each leaf, rebuilt from its statement, is in its log."""
        for leaf in leaves:
            name = proof_file(leaf)
            first = max(begin for begin in heads if begin <= leaf)
            try:
                self.inclusion(leaf - first, leaf, heads[first])
            except Refused as refused:
                self.fail(7, name, refused)
                continue
            zh, en = f"第 {leaf} 号叶子在日志中", f"leaf {leaf} is in the log"
            self.say(7, True, name, zh, en)

    def inclusion(self, due: int, leaf: int, head: Head | None) -> None:
        """Refuse an event that is not leaf number `due` of the log."""
        envelope = self.tag(statement_file(leaf), MAX_ENVELOPE)
        extra, index, path, note = parse_proof(self.tag(proof_file(leaf)))
        need(index == due, "是另一条的证明", "it is the proof of another leaf")
        if head is None:
            zh = "所在日志的检查点不成立"
            raise Refused(zh, "the checkpoint of its log does not hold")
        need(note == head.note, "所附检查点不同", "it carries another checkpoint")
        need(extra == envelope, "所附声明不同", "it carries another statement")
        verify_path(index, leaf_hash(envelope), path, head)

    # 10 history, 20 erasure, 8 original, 9 legal name

    def exhibits(
        self,
        leaves: list[int],
        events: dict[int, Event],
        heads: dict[int, Head | None],
        keys: Keys,
    ) -> None:
        """Checks 10, 20, 8 and 9, from the events whose statements passed."""
        complete = len(events) == len(leaves)
        if not complete:
            zh, en = "有声明未通过检查 6", "a statement did not pass check 6"
            self.cannot_say(10, "bundle", zh, en)
        erased: dict[int, Event] = {}
        if self.second:
            erased = {n: e for n, e in events.items() if e.kind == ERASED}
            self.erasure(leaves, events, erased, complete)
        gone = [event.facts.get("exhibit") for event in erased.values()]
        try:
            present = {
                leaf: event
                for leaf, event in events.items()
                if not event.kind.startswith("exhibit.")
                or not isinstance(event.facts.get("exhibit"), str)
                or event.facts["exhibit"] not in gone
            }
            exhibits = exhibits_of(present)
            self.received = sorted(exhibit.leaf for exhibit in exhibits.values())
            if complete:
                self.belong(exhibits, events, erased, heads, keys)
        except Refused as refused:
            if complete:
                self.fail(10, "bundle", refused)
            return
        self.by_ident = {exhibit.ident: exhibit for exhibit in exhibits.values()}
        if complete:
            self.legal_names(exhibits)
        for name in self.originals:
            self.original(name, exhibits.get(name[5:]))

    def belong(
        self,
        exhibits: dict[str, Exhibit],
        events: dict[int, Event],
        erased: dict[int, Event],
        heads: dict[int, Head | None],
        keys: Keys,
    ) -> None:
        """Check 10: the firm's logs, one matter, the keys of leaf 0."""
        founders = [n for n, e in events.items() if e.kind == "firm.initialised"]
        need(founders == [0], "0 号事件有误", "leaf 0 is not the founding event")
        if self.second:
            check_kinds(events, min(self.received, default=0))
        facts = events[0].facts
        origins = [origin for origin in keys.origins if origin.first in heads]
        same = facts.get("origin") == origins[0].name
        need(same, "属于另一日志", "event 0: another log")
        check_continued(events, origins, heads)
        stated = facts.get("keys")
        for role in ("log", "statement"):
            known = [line.what for line in keys.of(role)]
            bound = isinstance(stated, dict) and stated.get(role) in known
            need(bound, "0 号事件的公钥不符", "a key of event 0 is not among ours")
        info = bag_info(self.tag("bag-info.txt"), self.second)
        same = info["Source-Organization"] == facts.get("firm")
        need(same, "单位不符", "another firm than in event 0", "bag-info.txt")
        matters = {exhibit.matter for exhibit in exhibits.values()}
        matters |= {event.text(leaf, "matter") for leaf, event in erased.items()}
        same = matters == {info["External-Identifier"]}
        need(same, "案件不符", "another matter", "bag-info.txt")
        count = len(exhibits)
        zh, en = f"{count} 项证据，同一案件", f"{count} exhibits of one matter"
        self.say(10, True, "bundle", zh, en)

    def erasure(
        self,
        leaves: list[int],
        events: dict[int, Event],
        erased: dict[int, Event],
        complete: bool,
    ) -> None:
        """Check 20: what is erased is named by an event, and nothing of it is here."""
        for leaf, event in erased.items():
            try:
                exhibit = event.text(leaf, "exhibit")
                gone = erased_leaves(leaf, event)
            except Refused as refused:
                self.fail(20, statement_file(leaf), refused)
                continue
            here = set(gone) & set(leaves)
            here |= {n for n, e in events.items() if e.facts.get("exhibit") == exhibit}
            for number in sorted(here - {leaf}):
                zh, en = "应已删除，却在包中", "it should be erased, and is here"
                self.say(20, False, statement_file(number), zh, en)
            if not here - {leaf}:
                zh = f"证据 {exhibit} 已于 {event.time} 依法删除，经办人 {event.login}"
                en = f"exhibit {exhibit} was erased on {event.time} by {event.login}"
                self.say(20, True, statement_file(leaf), zh, en)
        if complete and not erased:
            self.say(20, True, "bundle", "没有删除事件", "nothing was erased")

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

    # 16 time

    def time(self, events: dict[int, Event], head: Head) -> None:
        """Check 16: time stamps over the checkpoint, an earlier one, or an exhibit.

        Two moments come of it, and they are never mixed: all in this bundle existed
        before the earliest stamp of its checkpoint; what was received was logged
        after the newest stamp that the log held before.
        """
        digests = {"sha256": sha256(head.note)}
        for query, response, chain in CHECKPOINT_STAMPS:
            if response in self.place.names:
                found = self.stamp((query, response, chain), digests, None)
                earlier = self.existed_before
                if found and (not earlier or found.stamp.time < earlier.stamp.time):
                    self.existed_before = found
        stamped = self.stamped_leaves()
        for leaf, event in events.items():
            if event.kind in STAMPED and leaf not in stamped:
                zh, en = "其时间戳不在包中", "its time stamp is not in the bundle"
                self.cannot_say(16, statement_file(leaf), zh, en)
        for leaf in stamped:
            if leaf not in events:
                continue  # reported by check 6
            found = self.stamp(stamp_files(leaf), None, events[leaf])
            if found and events[leaf].kind == "log.stamped":
                self.logged_after = found  # check 10: there is one, before any receipt
        if not self.answered(16):
            zh = "没有时间戳：没有外部机构证明时间"
            en = "there is no time stamp: no authority outside vouches for a time"
            self.say(16, True, "bundle", zh, en)

    def stamped_leaves(self) -> list[int]:
        """Leaves to which stamp files belong."""
        found = filter(None, map(STAMP_FILE.fullmatch, self.place.names))
        return sorted({int(match.group(1)) for match in found})

    def stamp(
        self,
        names: tuple[str, str, str],
        digests: dict[str, bytes] | None,
        event: Event | None,
    ) -> Stamped | None:
        """One time stamp; None if it does not hold."""
        try:
            query, response, chain = (self.tag(name, 2 * MAX_DER) for name in names)
            if event is not None:
                digests = self.stated_digests(names, event)
            found = verify_stamp(response, query, chain, digests or {})
            if event is not None:
                same = event.facts.get("time") == found.stamp.time.whole()
                need(same, "与事件所写的时间不符", "its event states another time")
        except Refused as refused:
            self.fail(16, names[1], refused)
            return None
        self.say(16, True, names[1], *found.words())
        return found

    def stated_digests(
        self, names: tuple[str, str, str], event: Event
    ) -> dict[str, bytes]:
        """What an event says was stamped, if the three files are those it names."""
        shaped = event.kind in STAMPED and len(event.subjects) == 4
        need(shaped, "该事件不是时间戳事件", "its event is not one about a time stamp")
        due = {"query": names[0], "response": names[1], "chain": names[2]}
        for subject, (sha, sm3) in event.subjects[1:]:
            data = self.tag(due.get(subject, names[0]), 2 * MAX_DER)
            same = subject in due and (sha256(data).hex(), sm3_hex(data)) == (sha, sm3)
            need(same, f"{subject} 与事件所载不符", f"{subject}: not as its event says")
        ordered = [subject for subject, _ in event.subjects[1:]] == list(due)
        need(ordered, "时间戳事件的对象有误", "the subjects of its event are wrong")
        exhibit = self.by_ident.get(str(event.facts.get("exhibit")))
        if event.kind == "exhibit.stamped" and exhibit is not None:
            same = exhibit.digests == event.subjects[0][1]
            need(same, "不是该证据的摘要", "it is not the digest of the exhibit")
        return {"sha256": bytes.fromhex(event.subjects[0][1][0])}

    # 14 seal

    def seals(self, founding: Event | None, head: Head, keys: Keys) -> None:
        """Check 14: the two seals over the tag manifest, by keys that count now."""
        content = self.tag(TAG_MANIFEST)
        try:
            certificate = self.seal_certificate(founding, head, keys)
        except Refused as refused:
            self.fail(14, "trust/seal.pem", refused)
        else:
            self.cms(certificate, content)
        try:
            self.ssh(content, head, keys)
        except Refused as refused:
            self.fail(14, SSH_SEAL, refused)
        else:
            self.say(14, True, SSH_SEAL, "SSH 签名有效", "the SSH signature holds")

    def ssh(self, content: bytes, head: Head, keys: Keys) -> None:
        """The SSHSIG seal, and the file by which ssh-keygen knows its key."""
        data = self.tag(SSH_SEAL, MAX_DER)
        public = to_base64(ssh_public(parse_ssh_seal(data)[0]))
        line = f'custody namespaces="custody-bundle" ssh-ed25519 {public}\n'
        if self.tag("trust/allowed_signers") != line.encode("ascii"):
            zh, en = "不是该 SSH 签名的公钥", "not the key of the SSH signature"
            self.say(14, False, "trust/allowed_signers", zh, en)
        key = verify_ssh_seal(data, content)
        counting = keys.statement_keys(head.covered - 1)
        counting += keys.statement_keys(head.covered)
        known = any(other.public == key for other in counting)
        need(known, "不是当时有效的声明密钥", "not by a statement key valid then")

    def seal_certificate(
        self, founding: Event | None, head: Head, keys: Keys
    ) -> Certificate:
        """The certificate of the CMS seal, if the keys allow it."""
        listed = parse_pem(self.tag("trust/seal.pem", MAX_DER))
        need(len(listed) == 1, "应有一份证书", "it is not one certificate")
        stated = founding.facts.get("keys") if founding else None
        first = stated.get("pdf_certificate_sha256") if isinstance(stated, dict) else 0
        allowed = keys.certificates(head.covered, first)
        allowed |= keys.certificates(head.covered - 1, first)
        known = sha256(listed[0]).hex() in allowed
        need(known, "不是当时有效的证书", "not a certificate that counted then")
        return Certificate(listed[0])

    def cms(self, certificate: Certificate, content: bytes) -> None:
        """The CMS seal."""
        try:
            time = verify_cms_seal(self.tag(CMS_SEAL, MAX_DER), certificate, content)
        except Refused as refused:
            self.fail(14, CMS_SEAL, refused)
            return
        zh = f"封签有效（其自述时间 {time.text()}）"
        en = f"the seal holds (it states the time {time.text()} itself)"
        self.say(14, True, CMS_SEAL, zh, en)


def statement_file(leaf: int) -> str:
    """Where the statement of a leaf lies."""
    return f"statements/{leaf:08d}.dsse.json"


def proof_file(leaf: int) -> str:
    """Where the proof of a leaf lies."""
    return f"proofs/{leaf:08d}.tlog-proof"


def stamp_files(leaf: int) -> tuple[str, str, str]:
    """Query, response and chain of the stamp that an event is about."""
    stem = f"stamps/{leaf:08d}"
    return f"{stem}.tsq", f"{stem}.tsr", f"{stem}.pem"


def bag_info(data: bytes, second: bool) -> dict[str, str]:
    """The values of bag-info.txt, which has one form in each format."""
    text = text_of(data)
    if second:
        text = text[: -len(SECOND_FORMAT)]
    lines = text.split("\n")
    shaped = len(lines) == len(INFO) + 1 and not lines[-1]
    need(shaped, "bag-info.txt 的行有误", "bag-info.txt has other lines")
    values = {}
    for place, label in enumerate(INFO):
        line = lines[place]
        value = line[len(label) + 2 :]
        single = value and value == " ".join(value.split()) and value.isprintable()
        single = single and line == f"{label}: {value}"
        need(single, "bag-info.txt 的行有误", "a line of bag-info.txt is malformed")
        values[label] = value
    dated = is_time(values["Bagging-Date"] + "T00:00:00Z")
    need(dated, "bag-info.txt 的日期有误", "the date of bag-info.txt is malformed")
    return values


# --- 15. Output ---------------------------------------------------------------


def verdict_of(answers: Iterable[Answer]) -> str:
    """Failed if any failed, else indeterminate if any is or none is there."""
    results = {answer.result for answer in answers}
    if FAILED in results:
        return FAILED
    return INDETERMINATE if INDETERMINATE in results or not results else PASSED


class Outcome(NamedTuple):
    """The answers, and the two moments as (field of the JSON, words, stamp)."""

    answers: list[Answer]
    moments: list[tuple[str, tuple[str, str], Stamped | None]]


def outcome_of(verifier: Verifier) -> Outcome:
    """What a verifier found. The two moments are told apart, never mixed.

    Where a check failed no moment is stated: it is not known of what it would be one.
    """
    moments = []
    if verifier.second and verdict_of(verifier.answers) != FAILED:
        before = (
            "包内所列事项在此时间之前已存在（对检查点的最早时间戳）",
            "all in this bundle existed before (earliest stamp of the checkpoint)",
        )
        after = (
            "包内证据在此时间之后入库登记（此前日志所载的时间戳）",
            "the exhibits were logged after (a stamp that the log held before them)",
        )
        moments.append(("existed_before", before, verifier.existed_before))
        moments.append(("logged_after", after, verifier.logged_after))
    return Outcome(verifier.answers, moments)


def as_json(outcome: Outcome, lang: str) -> str:
    """One JSON object on one line."""
    checks = [
        {
            "number": answer.check,
            "name": CHECKS[answer.check][0],
            "result": answer.result,
            "reason": answer.zh if lang == "zh" else answer.en,
            "subject": answer.subject,
        }
        for answer in outcome.answers
    ]
    whole: dict[str, Any] = {"verdict": verdict_of(outcome.answers), "checks": checks}
    for field, _, stamped in outcome.moments:
        whole[field] = stamped and {
            "time": stamped.stamp.time.text(),
            "root": stamped.root,
            "root_sha256": stamped.root_sha256,
        }
    return json.dumps(whole, ensure_ascii=False)


def in_language(lang: str | None, zh: str, en: str) -> str:
    """One language, or both."""
    return {"zh": zh, "en": en}.get(lang or "", f"{zh} / {en}")


def as_text(outcome: Outcome, lang: str | None) -> str:
    """Lines for a person: a line a check, and one for each thing not passed."""
    lines = []
    for check in ORDER:
        group = [answer for answer in outcome.answers if answer.check == check]
        if not group:
            continue
        good = sum(answer.result == PASSED for answer in group)
        title = in_language(lang, *CHECKS[check][1:])
        result = in_language(lang, *RESULTS[verdict_of(group)])
        lines.append(f"{check:2d} {title}: {result} ({good}/{len(group)})")
        for answer in group:
            if answer.result != PASSED or len(group) == 1 or check in (16, 20):
                reason = in_language(lang, answer.zh, answer.en)
                lines.append(printable(f"     {answer.subject}: {reason}"))
    for _, words, stamped in outcome.moments:
        unknown = in_language(lang, "无时间戳可证", "no time stamp shows it")
        time = stamped.stamp.time.text() if stamped else unknown
        lines.append(f" * {in_language(lang, *words)}: {time}")
    verdict = in_language(lang, *RESULTS[verdict_of(outcome.answers)])
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


def verify(options: argparse.Namespace) -> Outcome:
    """The answers, for the command line given."""
    policy = None
    if options.policy:
        with open(options.policy, "rb") as stream:
            policy = Keys(stream.read(MAX_TRUST + 1))
    if os.path.isdir(options.bundle):
        return outcome_about(options, policy, None)
    with open(options.bundle, "rb") as stream:
        return outcome_about(options, policy, stream)


def outcome_about(
    options: argparse.Namespace, policy: Keys | None, stream: BinaryIO | None
) -> Outcome:
    """The answers about a ZIP that is open as `stream`, or about the folder."""
    fingerprint = fingerprint_of(options.fingerprint)
    try:
        place = Zip(stream) if stream else Folder(options.bundle)
    except Refused as refused:
        subject = refused.subject or "bundle"
        return Outcome([Answer(1, FAILED, subject, *refused.words)], [])
    verifier = Verifier(place, policy, fingerprint, options.slow)
    try:
        verifier.run()
    except Refused as refused:
        verifier.fail(1, "bundle", refused)
    return outcome_of(verifier)


def main(argv: list[str] | None = None) -> int:
    """Verify and print; the exit code."""
    options = arguments(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        outcome = verify(options)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except Refused as refused:
        print(f"--policy: {' / '.join(refused.words)}", file=sys.stderr)
        return 2
    lang = options.lang
    print(as_json(outcome, lang or "en") if options.json else as_text(outcome, lang))
    return {PASSED: 0, FAILED: 1, INDETERMINATE: 3}[verdict_of(outcome.answers)]


if __name__ == "__main__":
    sys.exit(main())
