"""Which files a bundle has, and the exact bytes of its lists.

A bundle is a BagIt 1.0 bag (RFC 8493). Writer and reader share this module: the
reader never parses a list, it recomputes the bytes the list must have and compares.

Two formats. The first has no seals, time stamps or verify.html, and is only read; the
second says `Custody-Bundle-Version: 2` at the end of bag-info.txt.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from integrity.digest import Digests
from integrity.errors import MalformedError

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
SM3_LIST = "checksums-sm3.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
CHECKPOINT = "checkpoint"
KEYS = "trust/keys"
POLICY = "trust/policy"
REPORT = "REPORT.pdf"
BY_HAND = "VERIFY.txt"
VERIFIER = "verify.py"
PAGE = "verify.html"
SEAL_CERTIFICATE = "trust/seal.pem"
ALLOWED_SIGNERS = "trust/allowed_signers"
CMS_SEAL = "tagmanifest-sha256.txt.p7s"
SSH_SEAL = "tagmanifest-sha256.txt.sig"
DATA = "data/"
LOG_FOLDERS = ("statements/", "proofs/")
FIRST, SECOND = 1, 2
SSH_NAMESPACE = "custody-bundle"
SSH_PRINCIPAL = "custody"

FIXED_NAMES = frozenset(
    {
        BAGIT,
        BAG_INFO,
        MANIFEST,
        SM3_LIST,
        TAG_MANIFEST,
        CHECKPOINT,
        KEYS,
        POLICY,
        REPORT,
        BY_HAND,
        VERIFIER,
    }
)
SECOND_NAMES = FIXED_NAMES | {
    PAGE,
    SEAL_CERTIFICATE,
    ALLOWED_SIGNERS,
    CMS_SEAL,
    SSH_SEAL,
}
UNLISTED = frozenset({TAG_MANIFEST, CMS_SEAL, SSH_SEAL})
"""What the tag manifest cannot list: itself, and the seals over it."""
BAGIT_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MAX_TAG_FILE = 64 << 20
"""Everything but originals is held in memory one by one; lists can be long."""

_STATEMENT = re.compile(r"statements/([0-9]{8})\.dsse\.json", re.ASCII)
_PROOF = re.compile(r"proofs/([0-9]{8})\.tlog-proof", re.ASCII)
_STAMP = re.compile(r"stamps/([0-9]{8})\.(?:tsq|tsr|pem)", re.ASCII)
_VERSION_LINE = b"Custody-Bundle-Version: 2\n"
_INFO_LINES = (
    "Source-Organization",
    "External-Identifier",
    "Bagging-Date",
    "Payload-Oxum",
    "Bag-Software-Agent",
)


def statement_name(leaf: int) -> str:
    """Where the statement of leaf number `leaf` lies."""
    return f"statements/{leaf:08d}.dsse.json"


def proof_name(leaf: int) -> str:
    """Where the proof of leaf number `leaf` lies."""
    return f"proofs/{leaf:08d}.tlog-proof"


@dataclass(frozen=True, slots=True)
class StampNames:
    """Where query, response and chain of one time stamp lie."""

    query: str
    response: str
    chain: str


CHECKPOINT_STAMPS = (
    StampNames("checkpoint.tsq", "checkpoint.tsr", "tsa/1.pem"),
    StampNames("checkpoint.2.tsq", "checkpoint.2.tsr", "tsa/2.pem"),
)
"""Stamps of the bundle's checkpoint, by at most two authorities."""


def stamp_names(leaf: int) -> StampNames:
    """Where the files of the stamp that leaf number `leaf` records lie."""
    stem = f"stamps/{leaf:08d}"
    return StampNames(f"{stem}.tsq", f"{stem}.tsr", f"{stem}.pem")


@dataclass(frozen=True, slots=True)
class Contents:
    """The names of a bundle, sorted out. Legal names come without `data/`.

    `stamps` are the files of stamps over the checkpoint, `stamped` the leaves whose
    stamps came with their files.
    """

    legal_names: tuple[str, ...]
    leaves: tuple[int, ...]
    stamps: tuple[StampNames, ...] = ()
    stamped: tuple[int, ...] = ()


def format_of(bag_info: bytes | None) -> int:
    """FIRST or SECOND, by the last line of bag-info.txt."""
    if bag_info is not None and bag_info.endswith(b"\n" + _VERSION_LINE):
        return SECOND
    return FIRST


def sort_out(
    names: Iterable[str], version: int = FIRST
) -> tuple[Contents, list[tuple[str, str]]]:
    """Sort the names of a bundle of this format into originals, leaves and stamps.

    Returns:
        The contents, and (name, "missing" or "unlisted") for each name that should
        be there and is not, or is there and should not.
    """
    present = frozenset(names)
    legal = sorted(n.removeprefix(DATA) for n in present if _is_original(n))
    statements = _leaves(present, _STATEMENT)
    proofs = _leaves(present, _PROOF)
    fixed = SECOND_NAMES if version == SECOND else FIXED_NAMES
    expected = fixed | {DATA + name for name in legal}
    leaves = sorted(statements | proofs | {0})
    expected |= {name(leaf) for leaf in leaves for name in (statement_name, proof_name)}
    contents = Contents(tuple(legal), tuple(leaves))
    if version == SECOND:
        contents = _with_stamps(contents, present)
        of_leaves = map(stamp_names, contents.stamped)
        groups = (*contents.stamps, *of_leaves)
        expected |= {n for g in groups for n in (g.query, g.response, g.chain)}
    faults = [(name, "missing") for name in sorted(expected - present)]
    faults += [(name, "unlisted") for name in sorted(present - expected)]
    return contents, faults


def _with_stamps(contents: Contents, present: frozenset[str]) -> Contents:
    """The stamps of which any file is there; of the second none without the first."""
    there = [
        number
        for number, group in enumerate(CHECKPOINT_STAMPS, start=1)
        if present & {group.query, group.response, group.chain}
    ]
    stamps = CHECKPOINT_STAMPS[: max(there, default=0)]
    stamped = sorted(_leaves(present, _STAMP) & set(contents.leaves))
    return dataclasses.replace(contents, stamps=stamps, stamped=tuple(stamped))


def _is_original(name: str) -> bool:
    """Originals lie flat in data/: a legal name has no folder."""
    return name.startswith(DATA) and "/" not in name.removeprefix(DATA)


def _leaves(names: frozenset[str], pattern: re.Pattern[str]) -> set[int]:
    matches = (pattern.fullmatch(name) for name in names)
    return {int(match[1]) for match in matches if match}


def check_legal_name(name: str) -> None:
    """Accept a name that BagIt, sha256sum and cksum print without escaping.

    Raises:
        MalformedError: a folder, or `%`, which BagIt would have to encode, or a
            leading `-` or `.`.
    """
    if "/" in name or "%" in name or name[:1] in {"", "-", ".", " "}:
        raise MalformedError(f"legal name {name!r}", "not a plain file name")


def manifest(digests: Mapping[str, Digests]) -> bytes:
    """A BagIt manifest (RFC 8493 section 2.1.3) that `sha256sum -c` reads."""
    return "".join(f"{digests[n].sha256}  {n}\n" for n in sorted(digests)).encode(
        "utf-8"
    )


def sm3_list(digests: Mapping[str, Digests]) -> bytes:
    """The SM3 digests (GB/T 32905) in the tagged form that `cksum -c` reads."""
    return "".join(f"SM3 ({n}) = {digests[n].sm3}\n" for n in sorted(digests)).encode(
        "utf-8"
    )


def listed_name(line: bytes) -> str:
    """The file that a line of one of the lists is about."""
    text = line.decode("utf-8", "replace")
    if text.startswith("SM3 ("):
        return text[len("SM3 (") : text.rindex(") = ")]
    return text.partition("  ")[2]


@dataclass(frozen=True, slots=True)
class BagInfo:
    """bag-info.txt (RFC 8493 section 2.2.2): who, what, when, how much.

    `matter` is the matter's id in the log, `date` the day of export,
    `payload_bytes` and `payload_files` the size of the originals, `version` FIRST or
    SECOND.
    """

    organization: str
    matter: str
    date: dt.date
    payload_bytes: int
    payload_files: int
    software: str
    version: int = SECOND

    def serialise(self) -> bytes:
        """The file. Raises MalformedError when a value would break its line."""
        values = (
            self.organization,
            self.matter,
            self.date.isoformat(),
            f"{self.payload_bytes}.{self.payload_files}",
            self.software,
        )
        for value in values:
            if not value or value != " ".join(value.split()) or not value.isprintable():
                raise MalformedError(BAG_INFO, f"value {value!r} is not one line")
        pairs = zip(_INFO_LINES, values, strict=True)
        text = "".join(f"{label}: {value}\n" for label, value in pairs).encode("utf-8")
        return text + _VERSION_LINE if self.version == SECOND else text


def parse_bag_info(data: bytes) -> BagInfo:
    """Read bag-info.txt as this module writes it.

    Raises:
        MalformedError: anything that does not serialise to the same bytes.
    """
    try:
        values = dict(_label_and_value(line) for line in data.decode().splitlines())
        size, _, count = values["Payload-Oxum"].partition(".")
        info = BagInfo(
            values["Source-Organization"],
            values["External-Identifier"],
            dt.date.fromisoformat(values["Bagging-Date"]),
            int(size),
            int(count),
            values["Bag-Software-Agent"],
            format_of(data),
        )
    except (ValueError, KeyError) as error:
        raise MalformedError(BAG_INFO, "not the lines of a bundle") from error
    if info.serialise() != data:
        raise MalformedError(BAG_INFO, "not in canonical form")
    return info


def _label_and_value(line: str) -> tuple[str, str]:
    label, _, value = line.partition(": ")
    return label, value
