"""Sample bundles of the second format, made byte by byte and apart from the product.

Formats that the verifiers read are written here a second time, from their
specifications, so that a writer and a reader that share a mistake do not agree here.

    python tests/bundle_samples.py FOLDER      writes every sample, zipped and unzipped
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from integrity.canonical import canonical_json, pae, time_text
from integrity.digest import digest_bytes
from integrity.merkle import inclusion_proof, leaf_hash, new_nodes, root_at
from receipts.canonical_zip import BytesSource, write_canonical

ORIGIN = "custody.example/log"
LATER_ORIGINS = (f"{ORIGIN}/2026", f"{ORIGIN}/2027")
STATEMENTS = "custody.example/statements"
FIRM = "示例律师事务所"
MATTER = "m0123456789ab"
START = dt.datetime(2025, 8, 29, 6, 3, 22, tzinfo=dt.UTC)
RP_ID = "custody.example"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
LOG_CONTINUED = "log.continued"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
DATA = Path(__file__).parent / "tsa"

Files = dict[str, bytes]


@dataclass(frozen=True)
class Folder:
    """The files of a bundle."""

    files: Files

    def tag(self, name: str) -> bytes:
        """One of them."""
        return self.files[name]


def b64(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()


def sha256(data: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Ed:
    """An Ed25519 key with a name and a signed-note algorithm byte."""

    name: str
    seed: int
    algorithm: int = 1

    @property
    def private(self) -> Ed25519PrivateKey:
        """The same key in every run."""
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def public(self) -> bytes:
        """32 raw bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def keyid(self) -> str:
        """How an envelope names it."""
        return sha256(self.public)

    def person_signature(self, message: bytes) -> str:
        """The `sig` of a DSSE signature over the PAE `message`."""
        return b64(self.private.sign(message))

    def hint(self) -> bytes:
        """The four-byte key id of signed notes."""
        return vkey_hint(self.name, self.algorithm, self.public)

    def vkey(self) -> str:
        """The verifier key."""
        return vkey(self.name, self.algorithm, self.public)


@dataclass(frozen=True)
class Passkey:
    """A passkey of a person (ES256), its authenticator imitated."""

    name: str
    seed: int
    flags: int = 0x05

    @property
    def private(self) -> ec.EllipticCurvePrivateKey:
        """The same key in every run."""
        return ec.derive_private_key(self.seed + 1000, ec.SECP256R1())

    @property
    def public(self) -> bytes:
        """The key material of its vkey."""
        point = self.private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return b"webauthn-es256\x00" + hashlib.sha256(RP_ID.encode()).digest() + point

    @property
    def keyid(self) -> str:
        """How an envelope names it."""
        return sha256(self.public)

    def person_signature(self, message: bytes) -> str:
        """An assertion over SHA-256 of the PAE `message`."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(message).digest())
        client = {
            "type": "webauthn.get",
            "challenge": challenge.rstrip(b"=").decode(),
            "origin": f"https://{RP_ID}",
            "crossOrigin": False,
        }
        client_data = json.dumps(client, separators=(",", ":")).encode()
        data = hashlib.sha256(RP_ID.encode()).digest() + bytes([self.flags])
        data += struct.pack(">I", 7)
        signed = data + hashlib.sha256(client_data).digest()
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        assertion = {
            "authenticatorData": b64(data),
            "clientDataJSON": b64(client_data),
            "signature": b64(self.private.sign(signed, algorithm)),
        }
        return b64(canonical_json(assertion))

    def vkey(self) -> str:
        """The verifier key."""
        return vkey(self.name, 0xFF, self.public)


def vkey_hint(name: str, algorithm: int, public: bytes) -> bytes:
    """First four bytes of SHA-256(name LF algorithm key)."""
    material = name.encode() + b"\n" + bytes([algorithm]) + public
    return hashlib.sha256(material).digest()[:4]


def vkey(name: str, algorithm: int, public: bytes) -> str:
    """A verifier key of c2sp.org/signed-note."""
    hint = vkey_hint(name, algorithm, public).hex()
    return f"{name}+{hint}+{b64(bytes([algorithm]) + public)}"


Person = Ed | Passkey


@dataclass
class Line:
    """A line of trust/keys."""

    role: str
    what: str
    first: int = 0
    last: int | None = None
    begun: dt.datetime = START
    ended: dt.datetime | None = None

    def text(self) -> str:
        """The line with its newline."""
        last = "-" if self.last is None else str(self.last)
        ended = "-" if self.ended is None else time_text(self.ended)
        fields = (self.role, self.what, self.first, last, time_text(self.begun), ended)
        return " ".join(map(str, fields)) + "\n"


@cache
def seal_key(seed: int = 1, years: int = 40) -> tuple[Any, x509.Certificate]:
    """A service key (P-256) and its self-signed certificate, the same in every run."""
    key = ec.derive_private_key(0xC0FFEE + seed, ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, FIRM),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "Custody service signature"),
        ]
    )
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x1234567890ABCDEF + seed)
        .not_valid_before(START - dt.timedelta(hours=1))
        .not_valid_after(START + dt.timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, **usage),
            critical=True,
        )
    )
    return key, builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def certificate_der(seed: int = 1) -> bytes:
    """The DER of that certificate."""
    return seal_key(seed)[1].public_bytes(serialization.Encoding.DER)


@dataclass
class Tree:
    """A log of its own (RFC 6962), whose leaf 0 is entry number `first`."""

    origin: str
    first: int = 0
    end: int | None = None
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def append(self, entry: int, text: bytes) -> None:
        """Hash the entry of this number into the tree."""
        leaf = entry - self.first
        for level, index, value in new_nodes(leaf, leaf_hash(text), self.read):
            self.nodes[level, index] = value

    def text(self, covered: int) -> str:
        """The text of the checkpoint that ends before entry `covered`."""
        size = covered - self.first
        return f"{self.origin}\n{size}\n{b64(root_at(size, self.read))}\n"

    def proof(self, entry: int, envelope: bytes, checkpoint: bytes) -> bytes:
        """The .tlog-proof of an entry under a checkpoint of this tree."""
        index, size = entry - self.first, int(checkpoint.split(b"\n")[1])
        lines = [
            "c2sp.org/tlog-proof@v1",
            f"extra {b64(envelope)}",
            f"index {index}",
            *map(b64, inclusion_proof(index, size, self.read)),
        ]
        return "\n".join(lines).encode() + b"\n\n" + checkpoint

    def read(self, level: int, index: int) -> bytes:
        """A complete node."""
        return self.nodes[level, index]


@dataclass
class Log:
    """Logs, one after the other, with keys that can change; every event is kept."""

    lines: list[Line] = field(default_factory=list)
    envelopes: list[bytes] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    trees: list[Tree] = field(default_factory=lambda: [Tree(ORIGIN)])
    signers: dict[str, Ed] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    witnesses: list[Ed] = field(default_factory=list)
    policy_tail: str = "quorum none\n"
    seal_seed: int = 1

    def __post_init__(self) -> None:
        log, statement = Ed(ORIGIN, 1), Ed(STATEMENTS, 2)
        self.add_signer("log", log, 0)
        self.add_signer("statement", statement, 0)
        seal = sha256(certificate_der(self.seal_seed))
        self.lines.append(Line("pdf", f"sha256:{seal}"))
        keys = {
            "log": log.vkey(),
            "statement": statement.vkey(),
            "pdf_certificate_sha256": seal,
        }
        self.record("firm.initialised", firm=FIRM, origin=ORIGIN, keys=keys)

    def add_signer(self, role: str, key: Ed, first: int) -> None:
        """A log or statement key."""
        self.signers[key.vkey()] = key
        self.lines.append(Line(role, key.vkey(), first, begun=self.now()))

    def now(self) -> dt.datetime:
        """The time of the next event."""
        return START + dt.timedelta(minutes=len(self.envelopes))

    def trust(self) -> bytes:
        """trust/keys as it is now."""
        return "".join(line.text() for line in self.lines).encode()

    def statement_signer(self, leaf: int) -> Ed:
        """Who signs the statement of `leaf`."""
        (line,) = (
            n
            for n in self.lines
            if n.role == "statement"
            and n.first <= leaf
            and (n.last is None or leaf < n.last)
        )
        return self.signers[line.what]

    def log_signer(self, size: int) -> Ed:
        """Who signs the checkpoint of `size`."""
        (line,) = (
            n
            for n in self.lines
            if n.role == "log"
            and n.first <= size
            and (n.last is None or size <= n.last)
        )
        return self.signers[line.what]

    def record(
        self,
        kind: str,
        subjects: Sequence[tuple[str, bytes]] = (),
        actor: str = "li",
        by: Sequence[str] = (),
        signer: Ed | None = None,
        **facts: Any,
    ) -> int:
        """Append an event signed by the service and the persons named in `by`."""
        if kind != LOG_CONTINUED:
            self.begin_tree()
        leaf = len(self.envelopes)
        payload = canonical_json(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [
                    {"name": name, "digest": digest_bytes(data).as_dict()}
                    for name, data in subjects
                ],
                "predicateType": "urn:custody:event:v1",
                "predicate": {
                    "kind": kind,
                    "actor": {"login": actor, "name": actor, "role": "paralegal"},
                    "time": time_text(self.now()),
                    "facts": facts,
                    "tools": {"custody": "0.1.0"},
                    "salt": f"{leaf:064x}",
                },
            }
        )
        message = pae(PAYLOAD_TYPE, payload)
        service = signer or self.statement_signer(leaf)
        signatures = [(service.keyid, b64(service.private.sign(message)))]
        people = [self.persons[name] for name in by]
        signatures += sorted((p.keyid, p.person_signature(message)) for p in people)
        envelope = canonical_json(
            {
                "payload": b64(payload),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"keyid": k, "sig": s} for k, s in signatures],
            }
        )
        self.events.append({"kind": kind, "facts": facts})
        return self.append(envelope)

    def append(self, envelope: bytes) -> int:
        """Append an envelope as it is."""
        leaf = len(self.envelopes)
        self.tree_of(leaf).append(leaf, leaf_text(envelope))
        self.envelopes.append(envelope)
        return leaf

    def tree_of(self, entry: int) -> Tree:
        """The tree in which an entry is."""
        return [tree for tree in self.trees if tree.first <= entry][-1]

    def begin_tree(self) -> None:
        """Leaf 0 of a tree, where the next entry is that, holds the tree before it."""
        entry = len(self.envelopes)
        for before, tree in pairwise(self.trees):
            if tree.first == entry:
                facts = self.continued(before, tree)
                self.record(LOG_CONTINUED, actor="custody", **facts)

    def continued(self, before: Tree, tree: Tree) -> dict[str, Any]:
        """The facts of leaf 0 of `tree`."""
        return {
            "first": tree.first,
            "origin": tree.origin,
            "previous": before.text(tree.first),
        }

    def change(
        self, reason: str, alter: Callable[[int], None], by: Sequence[str] = ()
    ) -> int:
        """Record keys.changed: `alter` changes `lines`, given the leaf number."""
        self.begin_tree()
        leaf = len(self.envelopes)
        before = sha256(self.trust())
        signer = self.statement_signer(leaf)
        alter(leaf)
        return self.record(
            "keys.changed",
            (),
            "admin",
            by,
            signer,
            before=before,
            trust=self.trust().decode(),
            reason=reason,
            note="",
        )

    def rotate(self, leaf: int) -> None:
        """New log, statement and PDF key, in the change event of `leaf`."""
        for line in self.lines:
            if line.last is None and line.role in ("log", "statement", "pdf"):
                line.last, line.ended = leaf + 1, self.now()
        generation = 10 * (1 + leaf)
        self.add_signer("log", Ed(self.trees[-1].origin, generation + 1), leaf + 2)
        self.add_signer("statement", Ed(STATEMENTS, generation + 2), leaf + 1)
        self.seal_seed = generation
        seal = sha256(certificate_der(generation))
        self.lines.append(Line("pdf", f"sha256:{seal}", leaf + 1, begun=self.now()))

    def roll(self, origin: str, more: int = 0) -> Callable[[int], None]:
        """An alteration that closes the log `more` entries after it, and opens one."""

        def alter(leaf: int) -> None:
            first = leaf + 1 + more
            for line in self.lines:
                if line.last is None and line.role == "log":
                    line.last = first
            self.add_signer("log", Ed(origin, 150 + len(self.trees)), first + 1)
            self.trees[-1].end = first
            self.trees.append(Tree(origin, first))

        return alter

    def add_persons(
        self, *people: Person, rule: str | None = None
    ) -> Callable[[int], None]:
        """An alteration that names `people`, and the two-persons rule if given."""

        def alter(leaf: int) -> None:
            for person in people:
                self.persons[person.name] = person
                self.lines.append(
                    Line("person", person.vkey(), leaf + 1, begun=self.now())
                )
            if rule is not None:
                what = f"two-persons:{rule}"
                self.lines.append(Line("rule", what, leaf + 1, begun=self.now()))

        return alter

    def checkpoint(
        self,
        cosigners: Sequence[Ed] = (),
        covered: int | None = None,
        signer: Ed | None = None,
    ) -> bytes:
        """The signed checkpoint over all, or the first `covered`, entries."""
        size = len(self.envelopes) if covered is None else covered
        text = self.tree_of(size - 1).text(size)
        note = signed_note(text, signer or self.log_signer(size))
        for witness in cosigners:
            at = int(self.now().timestamp())
            message = f"cosignature/v1\ntime {at}\n{text}".encode()
            blob = (
                witness.hint() + struct.pack(">Q", at) + witness.private.sign(message)
            )
            note += f"— {witness.name} {b64(blob)}\n"
        return note.encode()

    def prove(self, leaf: int, checkpoint: bytes) -> bytes:
        """The .tlog-proof of `leaf` under a checkpoint of its own log."""
        return self.tree_of(leaf).proof(leaf, self.envelopes[leaf], checkpoint)


def signed_note(text: str, signer: Ed) -> str:
    """A note of c2sp.org/signed-note with one signature."""
    signature = signer.hint() + signer.private.sign(text.encode())
    return f"{text}\n— {signer.name} {b64(signature)}\n"


def leaf_text(envelope: bytes) -> bytes:
    """The two lines that are hashed into the tree."""
    digests = digest_bytes(envelope)
    lines = f"SHA256 (statement) = {digests.sha256}\nSM3 (statement) = {digests.sm3}\n"
    return lines.encode()


def tlv(tag: int, *parts: bytes) -> bytes:
    """A DER element."""
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def oid(text: str) -> bytes:
    """A DER object identifier."""
    first, second, *rest = map(int, text.split("."))
    body = [40 * first + second]
    for arc in rest:
        chunk = [arc & 0x7F]
        while arc := arc >> 7:
            chunk.append(0x80 | (arc & 0x7F))
        body += reversed(chunk)
    return tlv(0x06, bytes(body))


SHA256_ALGORITHM = tlv(0x30, oid("2.16.840.1.101.3.4.2.1"))
ECDSA_SHA256 = tlv(0x30, oid("1.2.840.10045.4.3.2"))
ID_DATA = oid("1.2.840.113549.1.7.1")


def cms_seal(
    content: bytes, at: dt.datetime, seed: int = 1, *, low: bool = True
) -> bytes:
    """tagmanifest-sha256.txt.p7s over `content` (RFC 5652)."""
    key, certificate = seal_key(seed)
    utc = at.astimezone(dt.UTC)
    form = ("%y%m%d%H%M%SZ", 0x17) if utc.year < 2050 else ("%Y%m%d%H%M%SZ", 0x18)
    attributes = b"".join(
        sorted(
            [
                _attribute("1.2.840.113549.1.9.3", ID_DATA),
                _attribute(
                    "1.2.840.113549.1.9.5", tlv(form[1], utc.strftime(form[0]).encode())
                ),
                _attribute(
                    "1.2.840.113549.1.9.4",
                    tlv(0x04, hashlib.sha256(content).digest()),
                ),
            ]
        )
    )
    signature = key.sign(
        tlv(0x31, attributes), ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    )
    r, s = decode_dss_signature(signature)
    if (s > P256_ORDER // 2) == low:
        s = P256_ORDER - s
    der = certificate_der(seed)
    issuer = certificate.issuer.public_bytes()
    serial = certificate.serial_number
    number = tlv(0x02, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))
    signer = tlv(
        0x30,
        tlv(0x02, b"\x01"),
        tlv(0x30, issuer, number),
        SHA256_ALGORITHM,
        tlv(0xA0, attributes),
        ECDSA_SHA256,
        tlv(0x04, encode_dss_signature(r, s)),
    )
    signed = tlv(
        0x30,
        tlv(0x02, b"\x01"),
        tlv(0x31, SHA256_ALGORITHM),
        tlv(0x30, ID_DATA),
        tlv(0xA0, der),
        tlv(0x31, signer),
    )
    return tlv(0x30, oid("1.2.840.113549.1.7.2"), tlv(0xA0, signed))


def _attribute(kind: str, value: bytes) -> bytes:
    return tlv(0x30, oid(kind), tlv(0x31, value))


def ssh_string(data: bytes) -> bytes:
    """An SSH string (RFC 4251)."""
    return struct.pack(">I", len(data)) + data


def ssh_public(key: Ed) -> bytes:
    """The public key blob."""
    return ssh_string(b"ssh-ed25519") + ssh_string(key.public)


def ssh_seal(content: bytes, key: Ed, namespace: bytes = b"custody-bundle") -> bytes:
    """tagmanifest-sha256.txt.sig over `content` (PROTOCOL.sshsig)."""
    common = ssh_string(namespace) + ssh_string(b"") + ssh_string(b"sha512")
    message = b"SSHSIG" + common + ssh_string(hashlib.sha512(content).digest())
    signature = ssh_string(b"ssh-ed25519") + ssh_string(key.private.sign(message))
    blob = b"SSHSIG" + struct.pack(">I", 1) + ssh_string(ssh_public(key))
    text = b64(blob + common + ssh_string(signature))
    lines = [text[i : i + 70] for i in range(0, len(text), 70)]
    begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
    return "\n".join([begin, *lines, end, ""]).encode()


@dataclass
class Sample:
    """A bundle in the making."""

    log: Log = field(default_factory=Log)
    contents: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    leaves: list[int] = field(default_factory=lambda: [0])
    stamps: dict[str, bytes] = field(default_factory=dict)
    cosigners: list[Ed] = field(default_factory=list)
    authorities: list[Authority] = field(default_factory=list)

    def receive(self, exhibit: str, data: bytes, **facts: Any) -> int:
        """exhibit.received."""
        self.contents[exhibit] = data
        self.names[exhibit] = exhibit
        return self.happen(
            "exhibit.received",
            [(exhibit, data)],
            exhibit=exhibit,
            matter=MATTER,
            original_name=f"扫描 {exhibit}.pdf",
            size=len(data),
            media_type="application/pdf",
            via="web",
            parent=None,
            duplicate_of=None,
            claimed_sha256=None,
            **facts,
        )

    def name(self, exhibit: str, name: str, kind: str = "exhibit.read") -> int:
        """An event that gives a legal name."""
        self.names[exhibit] = name
        return self.happen(
            kind,
            [(exhibit, self.contents[exhibit])],
            exhibit=exhibit,
            matter=MATTER,
            name=name,
            type="contract",
        )

    def check(
        self, exhibit: str, actor: str, by: Sequence[str], *, agrees: bool | None
    ) -> int:
        """One half of a two-person check."""
        return self.happen(
            "exhibit.checked",
            (),
            actor,
            by,
            exhibit=exhibit,
            matter=MATTER,
            pages=2,
            paper="original",
            condition="",
            agrees=agrees,
        )

    def happen(self, *args: Any, **facts: Any) -> int:
        """Record an event that belongs into the bundle."""
        leaf = self.log.record(*args, **facts)
        self.leaves.append(leaf)
        return leaf

    def change(self, *args: Any, **named: Any) -> int:
        """Record keys.changed."""
        leaf = self.log.change(*args, **named)
        self.leaves.append(leaf)
        return leaf

    def stamp(
        self, kind: str, name: str, data: bytes, authority: Authority, **facts: Any
    ) -> int:
        """Have `data` stamped; the event of it belongs into the bundle."""
        query, response = authority.stamp(data)
        found = authority.facts(response)
        subjects = [
            (name, data),
            ("query", query),
            ("response", response),
            ("chain", authority.chain()),
        ]
        leaf = self.happen(kind, subjects, **found, **facts)
        self.stamps[f"stamps/{leaf:08d}.tsq"] = query
        self.stamps[f"stamps/{leaf:08d}.tsr"] = response
        self.stamps[f"stamps/{leaf:08d}.pem"] = authority.chain()
        return leaf

    def erase(self, exhibit: str, by: Sequence[str]) -> int:
        """Erase all that was recorded of the exhibit."""
        gone = [
            leaf
            for leaf in self.leaves
            if self.log.events[leaf]["facts"].get("exhibit") == exhibit
        ]
        digests = [digest_bytes(self.log.envelopes[leaf]).as_dict() for leaf in gone]
        leaf = self.happen(
            "exhibit.erased",
            (),
            "admin",
            by,
            exhibit=exhibit,
            matter=MATTER,
            reason="当事人要求删除 requested by the person concerned",
            legal_basis="《个人信息保护法》第四十七条",
            leaves=[{"leaf": n, **d} for n, d in zip(gone, digests, strict=True)],
            blobs=1,
        )
        self.leaves = [n for n in self.leaves if n not in gone]
        del self.contents[exhibit], self.names[exhibit]
        return leaf

    def notes(self) -> dict[int, bytes]:
        """First entry of each log to the checkpoint of its proofs."""
        frozen = {
            tree.first: self.log.checkpoint(covered=tree.end)
            for tree in self.log.trees
            if tree.end is not None and tree.end < len(self.log.envelopes)
        }
        newest = self.log.tree_of(len(self.log.envelopes) - 1)
        return {**frozen, newest.first: self.log.checkpoint(self.cosigners)}

    def told(self) -> list[int]:
        """The entries in the bundle: those chosen, and how each log began."""
        begun = {tree.first for tree in self.log.trees}
        return sorted({*self.leaves, *begun} & set(range(len(self.log.envelopes))))

    def files(self, verifiers: Files | None = None) -> Files:
        """Every file of the bundle."""
        notes = self.notes()
        size = len(self.log.envelopes)
        checkpoint = notes[self.log.tree_of(size - 1).first]
        data = {f"data/{self.names[e]}": d for e, d in self.contents.items()}
        files = {
            **data,
            "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-info.txt": bag_info(data),
            "checkpoint": checkpoint,
            "trust/keys": self.log.trust(),
            "trust/policy": self.policy(),
            "trust/seal.pem": seal_key(self.log.seal_seed)[1].public_bytes(
                serialization.Encoding.PEM
            ),
            "trust/allowed_signers": allowed_signers(self.log.statement_signer(size)),
            "REPORT.pdf": b"%PDF-1.7 sample\n",
            "VERIFY.txt": b"sample\n",
            "verify.py": b"print('sample')\n",
            "verify.html": b"<!doctype html><title>sample</title>\n",
            **self.stamps,
            **(verifiers or {}),
        }
        for leaf in self.told():
            files[f"statements/{leaf:08d}.dsse.json"] = self.log.envelopes[leaf]
            note = notes[self.log.tree_of(leaf).first]
            files[f"proofs/{leaf:08d}.tlog-proof"] = self.log.prove(leaf, note)
        for place, authority in enumerate(self.authorities, 1):
            stem = "checkpoint" if place == 1 else f"checkpoint.{place}"
            files[f"{stem}.tsq"], files[f"{stem}.tsr"] = authority.stamp(checkpoint)
            files[f"tsa/{place}.pem"] = authority.chain()
        return self.seal(relist(files))

    def first_format(self) -> Files:
        """The same as a bundle of the first format, with the first keys, as if open."""
        files, first = self.files(), Log().lines[:2]
        newer = ("verify.html", "trust/seal.pem", "trust/allowed_signers", *SEALS)
        version = b"Custody-Bundle-Version: 2\n"
        changed = {
            "bag-info.txt": files["bag-info.txt"].replace(version, b""),
            "trust/keys": "".join(line.text() for line in first).encode(),
            "trust/policy": f"log {first[0].what}\nquorum none\n".encode(),
        }
        return relist({n: d for n, d in files.items() if n not in newer} | changed)

    def policy(self) -> bytes:
        """trust/policy."""
        keys = [n.what for n in self.log.lines if n.role == "log"]
        return "".join(f"log {key}\n" for key in keys).encode() + (
            self.log.policy_tail.encode()
        )

    def seal(self, files: Files) -> Files:
        """Both seals over the tag manifest."""
        manifest = files["tagmanifest-sha256.txt"]
        size = len(self.log.envelopes)
        return {
            **files,
            "tagmanifest-sha256.txt.p7s": cms_seal(
                manifest, self.log.now(), self.log.seal_seed
            ),
            "tagmanifest-sha256.txt.sig": ssh_seal(
                manifest, self.log.statement_signer(size)
            ),
        }


def allowed_signers(key: Ed) -> bytes:
    """trust/allowed_signers."""
    public = b64(ssh_public(key))
    return f'custody namespaces="custody-bundle" ssh-ed25519 {public}\n'.encode()


def bag_info(data: Files) -> bytes:
    """bag-info.txt of the second format."""
    size = sum(map(len, data.values()))
    return (
        f"Source-Organization: {FIRM}\n"
        f"External-Identifier: {MATTER}\n"
        "Bagging-Date: 2025-08-29\n"
        f"Payload-Oxum: {size}.{len(data)}\n"
        "Bag-Software-Agent: Custody 0.1.0\n"
        "Custody-Bundle-Version: 2\n"
    ).encode()


SEALS = ("tagmanifest-sha256.txt.p7s", "tagmanifest-sha256.txt.sig")


def relist(files: Files) -> Files:
    """All lists made to fit the files, as a careful forger does. Seals stay."""
    data = {n: digest_bytes(d) for n, d in sorted(files.items()) if n[:5] == "data/"}
    files = {
        **files,
        "manifest-sha256.txt": _manifest(data),
        "checksums-sm3.txt": "".join(
            f"SM3 ({n}) = {d.sm3}\n" for n, d in data.items()
        ).encode(),
    }
    tags = {
        n: digest_bytes(d)
        for n, d in sorted(files.items())
        if n[:5] != "data/" and n not in ("tagmanifest-sha256.txt", *SEALS)
    }
    return {**files, "tagmanifest-sha256.txt": _manifest(tags)}


def _manifest(digests: dict[str, Any]) -> bytes:
    return "".join(f"{d.sha256}  {n}\n" for n, d in digests.items()).encode()


def pack(files: Files, out: Path) -> Path:
    """A canonical ZIP of `files` as they are."""
    with out.open("wb") as stream:
        write_canonical(stream, [BytesSource(*pair) for pair in files.items()])
    return out


def unzip(files: Files, folder: Path) -> None:
    """The files as a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


TSA_CONFIG = """
[tsa]
default_tsa = here
[here]
dir = .
serial = serial
crypto_device = builtin
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = {digest}
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[signer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[plain]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
"""


@dataclass(frozen=True)
class Authority:
    """A time-stamp authority made with `openssl ts`, in a folder of its own."""

    folder: Path
    name: str
    key: tuple[str, ...] = ("-newkey", "rsa:2048")
    digest: str = "sha256"
    extensions: str = "signer"

    def ready(self) -> Authority:
        """Make keys and certificates."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config").write_text(TSA_CONFIG.format(digest=self.digest))
        (self.folder / "serial").write_text("01\n")
        self._request("root", "Root")
        self._openssl(
            *(
                "x509",
                "-req",
                "-in",
                "root.csr",
                "-signkey",
                "root.key",
                "-days",
                "9000",
            ),
            *("-extfile", "config", "-extensions", "root", f"-{self.digest}"),
            *("-out", "root.pem"),
        )
        self._request("signer", "Signer")
        self._openssl(
            *("x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey"),
            *("root.key", "-CAcreateserial", "-days", "3650", "-extfile", "config"),
            *("-extensions", self.extensions, f"-{self.digest}", "-out", "signer.pem"),
        )
        return self

    def chain(self) -> bytes:
        """Signer first, root last."""
        signer = (self.folder / "signer.pem").read_bytes()
        return signer + (self.folder / "root.pem").read_bytes()

    def stamp(self, data: bytes) -> tuple[bytes, bytes]:
        """Query and response over `data`."""
        (self.folder / "data").write_bytes(data)
        self._openssl(
            *("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query")
        )
        self._openssl(
            *("ts", "-reply", "-config", "config", "-queryfile", "query"),
            *("-signer", "signer.pem", "-inkey", "signer.key", "-chain", "root.pem"),
            *("-out", "response"),
        )
        query = (self.folder / "query").read_bytes()
        return query, (self.folder / "response").read_bytes()

    def facts(self, response: bytes) -> dict[str, Any]:
        """What the event of a stamp says of it."""
        (self.folder / "response").write_bytes(response)
        text = self._openssl("ts", "-reply", "-in", "response", "-text")
        fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        time = dt.datetime.strptime(
            fields["Time stamp"].replace("GMT", "+0000"), "%b %d %H:%M:%S %Y %z"
        )
        root = x509.load_pem_x509_certificate((self.folder / "root.pem").read_bytes())
        return {
            "authority": self.name,
            "root_sha256": root.fingerprint(hashes.SHA256()).hex(),
            "time": time_text(time),
            "serial": str(int(fields["Serial number"], 16)),
            "policy": "1.2.3.4.1",
        }

    def _request(self, stem: str, role: str) -> None:
        self._openssl(
            *("req", "-new", *self.key, "-nodes", "-keyout", f"{stem}.key"),
            *("-subj", f"/O={self.name}/CN={role}", "-config", "config"),
            *("-out", f"{stem}.csr"),
        )

    def _openssl(self, *arguments: str) -> str:
        done = subprocess.run(
            ["openssl", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stdout


P384 = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384")


def authorities(folder: Path) -> tuple[Authority, Authority]:
    """One that signs with RSA and one with ECDSA P-384."""
    first = Authority(folder / "rsa", "Example TSA")
    second = Authority(folder / "p384", "Second TSA", P384, "sha384")
    return first.ready(), second.ready()


def three_exhibits(sample: Sample) -> Sample:
    """Read and reviewed; unreadable; only received so far."""
    sample.receive("e0000000000aa", b"%PDF-1.7 first original\n" * 9)
    sample.receive("e0000000000bb", bytes(range(256)))
    sample.name("e0000000000aa", "20250829_其他_001.pdf")
    sample.name("e0000000000bb", "00000000_其他_002.bin", "exhibit.unreadable")
    sample.log.record("matter.opened", matter="m000", number="another")
    sample.name("e0000000000aa", "20250829_合同_001.pdf", "exhibit.reviewed")
    sample.receive("e0000000000cc", b"")
    return sample


def plain() -> Sample:
    """No persons, no stamps, no witnesses, no rotation."""
    sample = three_exhibits(Sample())
    sample.check("e0000000000aa", "li", (), agrees=None)
    sample.check("e0000000000aa", "wang", (), agrees=True)
    return sample


def stamped(first: Authority, second: Authority) -> Sample:
    """A lower bound, a stamped exhibit, and two authorities on the checkpoint."""
    sample = Sample()
    earlier = sample.log.checkpoint()
    sample.stamp(
        "log.stamped", "checkpoint", earlier, first, size=len(sample.log.envelopes)
    )
    three_exhibits(sample)
    exhibit = "e0000000000aa"
    sample.stamp(
        "exhibit.stamped",
        exhibit,
        sample.contents[exhibit],
        second,
        exhibit=exhibit,
        matter=MATTER,
    )
    sample.authorities = [first, second]
    return sample


def rotated() -> Sample:
    """All keys rotated twice, once in the middle and once as the very last event."""
    sample = Sample()
    sample.receive("e0000000000dd", b"before the rotation")
    sample.change("rotated", sample.log.rotate)
    three_exhibits(sample)
    sample.change("rotated", sample.log.rotate)
    sample.log.record("user.added", login="li")
    return sample


KINDS = "exhibit.checked,exhibit.erased,keys.changed,receipt.voided"
LI, WANG, ZHAO = Ed("li", 71), Passkey("wang", 72), Ed("zhao", 73)


def persons() -> Sample:
    """The rule of two in force: a file key and a passkey check an exhibit."""
    sample = Sample()
    log = sample.log
    sample.change("person-added", log.add_persons(LI, WANG, rule=KINDS))
    three_exhibits(sample)
    sample.check("e0000000000aa", "li", ["li"], agrees=None)
    sample.check("e0000000000aa", "wang", ["wang"], agrees=True)
    sample.change("person-added", log.add_persons(ZHAO), by=["li", "wang"])
    sample.change("rotated", log.rotate, by=["wang", "zhao"])
    sample.name("e0000000000cc", "20250829_照片_003.jpg")
    return sample


def erased() -> Sample:
    """One exhibit erased by two persons; two are left."""
    sample = Sample()
    sample.change("person-added", sample.log.add_persons(LI, WANG, rule=KINDS))
    three_exhibits(sample)
    sample.erase("e0000000000bb", ["li", "wang"])
    return sample


def closed(log: Log) -> Sample:
    """A log that is closed after entry 7, which is not in the bundle."""
    sample, exhibit = Sample(log), "e0000000000aa"
    sample.change("person-added", log.add_persons(LI, WANG, rule=KINDS))
    sample.receive(exhibit, b"%PDF-1.7 in the first log\n" * 9)
    sample.name(exhibit, "20250829_其他_001.pdf")
    sample.check(exhibit, "li", ["li"], agrees=None)
    roll = log.roll(LATER_ORIGINS[0], more=2)
    sample.change("rotated", roll, by=["li", "wang"])
    sample.check(exhibit, "wang", ["wang"], agrees=True)
    log.record("user.added", login="zhao")
    return sample


def rolled(log: Log | None = None) -> Sample:
    """Three logs, one after the other, each with an exhibit that came in there.

    Entries 0 to 7, 8 to 12, and 13 to 16; 7 and 16 are not in the bundle.
    """
    log, by = log or Log(), ["li", "wang"]
    sample = closed(log)
    first, second, third = "e0000000000aa", "e0000000000bb", "e0000000000cc"
    sample.receive(second, bytes(range(256)))
    sample.change("rotated", log.rotate, by=by)
    sample.name(first, "20250829_合同_001.pdf", "exhibit.reviewed")
    sample.change("rotated", log.roll(LATER_ORIGINS[1]), by=by)
    sample.name(second, "00000000_其他_002.bin", "exhibit.unreadable")
    sample.receive(third, b"")
    log.record("user.added", login="sun")
    return sample


def key_lost() -> Sample:
    """The log key is lost when the end of the log is announced and not reached."""
    sample, end = Sample(), 6
    log, exhibit = sample.log, "e0000000000aa"
    sample.change("rotated", log.roll(LATER_ORIGINS[0], more=4))

    def replace(leaf: int) -> None:
        log.lines[0].last = leaf + 1
        log.add_signer("log", Ed(ORIGIN, 77), leaf + 2)
        log.lines[-1].last = end

    sample.change("compromised", replace)
    sample.receive(exhibit, b"in the first log")
    while len(log.envelopes) < end:
        log.record("user.added", login="li")
    sample.name(exhibit, "20250829_合同_001.bin")
    return sample


WITNESSES = (Ed("witness.example/one", 81, 4), Ed("witness.example/two", 82, 4))


def witnessed(cosigners: Sequence[Ed], needed: int = 2) -> Sample:
    """Two witnesses are listed and `needed` are asked for."""
    sample = Sample()

    def alter(leaf: int) -> None:
        begun = sample.log.now()
        for witness in WITNESSES:
            line = Line("witness", witness.vkey(), leaf + 1, begun=begun)
            sample.log.lines.append(line)
        rule = Line("rule", f"witnesses:{needed}", leaf + 1, begun=begun)
        sample.log.lines.append(rule)

    sample.change("witness", alter)
    names = [f"w{number}" for number in range(1, len(WITNESSES) + 1)]
    lines = [
        f"witness {name} {witness.vkey()}\n"
        for name, witness in zip(names, WITNESSES, strict=True)
    ]
    group = f"group witnesses {needed} {' '.join(names)}\nquorum witnesses\n"
    sample.log.policy_tail = "".join(lines) + group
    sample.cosigners = list(cosigners)
    return three_exhibits(sample)


Expected = tuple[str, tuple[int, ...], str]


def samples(folder: Path) -> dict[str, tuple[Files, Expected]]:
    """Every sample: files, and (verdict, numbers that did not pass, what it is)."""
    first, second = authorities(folder)
    below = witnessed(WITNESSES[:1])
    return {
        "v2-plain": (plain().files(), ("passed", (), "no rules, no stamps")),
        "v2-stamped": (
            stamped(first, second).files(),
            ("passed", (), "two authorities (RSA, P-384), one exhibit, lower bound"),
        ),
        "v2-rotated": (
            rotated().files(),
            ("passed", (), "all keys rotated twice; the last change is leaf size-2"),
        ),
        "v2-persons": (
            persons().files(),
            ("passed", (), "two persons by file key and passkey, a rotation by two"),
        ),
        "v2-witnessed": (
            witnessed(WITNESSES).files(),
            ("passed", (), "two cosignatures, two wanted"),
        ),
        "v2-witnessed-one-of-two": (
            below.files(),
            ("indeterminate", (18,), "one cosignature, two wanted"),
        ),
        "v2-erased": (
            erased().files(),
            ("passed", (), "one of three exhibits erased by two persons"),
        ),
        "v2-rolled": (
            rolled().files(),
            ("passed", (), "three logs, one after the other, an exhibit in each"),
        ),
        "v2-rolled-at-its-end": (
            closed(Log()).files(),
            ("passed", (), "the next log is announced and has no entry yet"),
        ),
        "v2-rolled-key-lost": (
            key_lost().files(),
            ("passed", (), "another key for the rest of a log that is about to close"),
        ),
        **_failing(first),
        **failing_rolled(),
    }


def _failing(first: Authority) -> dict[str, tuple[Files, Expected]]:
    return {
        "v2-bad-one-person": (
            _one_person().files(),
            ("failed", (17,), "keys.changed signed by one person under the rule"),
        ),
        "v2-bad-same-person-twice": (
            _same_person().files(),
            ("failed", (17,), "both halves of a check by one login"),
        ),
        "v2-bad-cosignature": (
            _false_cosignature(),
            ("failed", (18,), "the line of a listed witness does not verify"),
        ),
        "v2-bad-erased-still-there": (
            _erased_still_there().files(),
            ("failed", (20,), "a statement that was erased is in the bundle"),
        ),
        "v2-bad-stamp-of-other-bytes": (
            _other_stamp(first).files(),
            ("failed", (16,), "checkpoint.tsr is over other bytes"),
        ),
        "v2-bad-stamp-without-usage": (
            _no_usage(first).files(),
            ("failed", (16,), "the signer of the token may not stamp times"),
        ),
        "v2-bad-seal-high-s": (
            _high_s(),
            ("failed", (14,), "the CMS seal has s > n/2"),
        ),
        "v2-bad-seal-stranger": (
            _strange_seal(),
            ("failed", (14,), "both seals by keys that trust/keys does not name"),
        ),
        "v2-bad-history": (
            _no_change_event().files(),
            ("failed", (19,), "trust/keys was changed and no event says so"),
        ),
        "v2-bad-report": (
            _other_report(),
            ("failed", (14,), "REPORT.pdf replaced, all lists made to fit"),
        ),
    }


def failing_rolled() -> dict[str, tuple[Files, Expected]]:
    """Bundles of several logs of which something does not hold."""
    old, new = Ed(ORIGIN, 1), Ed(LATER_ORIGINS[0], 151)
    return {
        "v2-bad-rolled-fork": (
            _forked().files(),
            ("failed", (10,), "a closed log is another tree, signed by its own key"),
        ),
        "v2-bad-rolled-early": (
            _frozen(0, covered=7),
            ("failed", (5, 7), "an earlier log's checkpoint is not its last one"),
        ),
        "v2-bad-rolled-newer-key": (
            _frozen(0, covered=8, signer=new),
            ("failed", (5, 7), "an earlier log's checkpoint is by a newer log's key"),
        ),
        "v2-bad-rolled-older-key": (
            _frozen(8, covered=13, signer=old),
            ("failed", (5, 7), "a later log's checkpoint is by an earlier log's key"),
        ),
        "v2-bad-rolled-not-continued": (
            _without_entry(8),
            ("failed", (10,), "log.continued of the second log is missing"),
        ),
        "v2-bad-rolled-other-facts": (
            rolled(_FollowsAnother()).files(),
            ("failed", (10,), "log.continued names another root"),
        ),
        "v2-bad-rolled-continued-twice": (
            _continued_twice().files(),
            ("failed", (10,), "log.continued where no log begins"),
        ),
        "v2-bad-rolled-index": (
            _entry_number_as_index(9),
            ("failed", (7,), "a proof has the entry's number for its leaf"),
        ),
        "v2-bad-rolled-other-note": (
            _one_more_line(3),
            ("failed", (7,), "one proof has other bytes of its log's checkpoint"),
        ),
        "v2-bad-rolled-unreadable-proof": (
            _unreadable_proof(8),
            ("failed", (7,), "the first proof of the second log cannot be read"),
        ),
        "v2-bad-rolled-closed-as-newest": (
            _closed_as_newest(),
            ("failed", (7, 10), "the second log's last checkpoint as the newest"),
        ),
        "v2-bad-rolled-name-comes-back": (
            _name_comes_back(),
            ("failed", (4,), "trust/keys has the first log's name again"),
        ),
        "v2-bad-rolled-empty-first": (
            _empty_as_newest(),
            ("failed", (5,), "the first log's checkpoint of no entry as the newest"),
        ),
        "v2-bad-rolled-empty-next": (
            _before_an_empty_log(),
            ("failed", (4,), "the next log's key counts for a checkpoint of no entry"),
        ),
    }


First = tuple[Files, bytes, tuple[str, int | None]]


def first_format_samples() -> dict[str, First]:
    """Bundles of the first format: files, keys given, verdict and first failed."""
    old, two, sealed = _unsealed(), _of_two_logs(), plain()
    files, lines, size = old.first_format(), old.log.trust(), len(old.log.envelopes)
    rolled_on = _unsealed()
    rolled_on.log.roll(LATER_ORIGINS[0])(size)
    later = rolled_on.log.trust()
    passed, failed = ("passed", None), ("failed", 4)
    return {
        "no certificate is listed": (files, lines, passed),
        "the next log is listed": (files, later, passed),
        "sealed after it": (files, lines + _pdf(size + 1), passed),
        "sealed in a later log": (files, later + _pdf(size + 3), passed),
        "sealed until before it": (files, lines + _pdf(0, size), passed),
        "sealed from there on": (files, lines + _pdf(size), failed),
        "sealed until after it": (files, lines + _pdf(0, size + 1), failed),
        "sealed, and another log now": (files, later + _pdf(0), failed),
        "of the second log": (two.first_format(), two.log.trust(), failed),
        "stripped of its seals": (sealed.first_format(), sealed.log.trust(), failed),
    }


def _unsealed() -> Sample:
    """A log from before certificates were listed."""
    sample = Sample()
    sample.log.lines = [n for n in sample.log.lines if n.role != "pdf"]
    return three_exhibits(sample)


def _pdf(first: int, last: int | None = None) -> bytes:
    seal = sha256(certificate_der())
    return Line("pdf", f"sha256:{seal}", first, last).text().encode()


def _of_two_logs() -> Sample:
    sample = _unsealed()
    sample.log.change("rotated", sample.log.roll(LATER_ORIGINS[0]))
    sample.name("e0000000000cc", "20250829_照片_003.bin")
    return sample


def _forked() -> Sample:
    """The key of the first log signs a tree with another entry 7."""
    sample = rolled()
    fork = Tree(ORIGIN, 0, 8)
    for entry in range(8):
        other = b"forged" if entry == 7 else sample.log.envelopes[entry]
        fork.append(entry, leaf_text(other))
    sample.log.trees[0] = fork
    return sample


@dataclass
class _OtherNotes(Sample):
    """The checkpoint of the log that begins at `place` is another one."""

    place: int = 0
    note: bytes = b""

    def notes(self) -> dict[int, bytes]:
        return {**super().notes(), self.place: self.note}


def _frozen(first: int, covered: int, signer: Ed | None = None) -> Files:
    sample = rolled()
    note = sample.log.checkpoint((), covered, signer)
    return _OtherNotes(**vars(sample), place=first, note=note).files()


def _without_entry(entry: int) -> Files:
    gone = (f"statements/{entry:08d}.dsse.json", f"proofs/{entry:08d}.tlog-proof")
    return _resealed({n: d for n, d in rolled().files().items() if n not in gone})


def _resealed(files: Files) -> Files:
    """A changed bundle of three logs, its lists and seals made to fit."""
    return rolled().seal(relist(files))


@dataclass
class _FollowsAnother(Log):
    """Leaf 0 of each later log holds another tree than the one before it."""

    def continued(self, before: Tree, tree: Tree) -> dict[str, Any]:
        """Facts with another root."""
        facts = super().continued(before, tree)
        origin, size, _ = facts["previous"].splitlines()
        return {**facts, "previous": f"{origin}\n{size}\n{b64(bytes(32))}\n"}


def _continued_twice() -> Sample:
    sample = rolled()
    first = sample.log.events[8]["facts"]
    sample.happen(LOG_CONTINUED, (), "custody", **first)
    return sample


def _in_proof(entry: int, old: bytes, new: bytes) -> Files:
    files = rolled().files()
    name = f"proofs/{entry:08d}.tlog-proof"
    return _resealed({**files, name: files[name].replace(old, new, 1)})


def _entry_number_as_index(entry: int) -> Files:
    leaf = entry - rolled().log.tree_of(entry).first
    return _in_proof(entry, b"\nindex %d\n" % leaf, b"\nindex %d\n" % entry)


def _one_more_line(entry: int) -> Files:
    note = rolled().notes()[0]
    stranger = f"\u2014 stranger {b64(bytes(68))}\n".encode()
    return _in_proof(entry, note, note + stranger)


def _unreadable_proof(entry: int) -> Files:
    return _in_proof(entry, b"\nindex ", b"\nindex 0")


def _closed_as_newest() -> Files:
    sample = rolled()
    closed = sample.log.checkpoint(covered=13)
    return _resealed({**sample.files(), "checkpoint": closed})


def _name_comes_back() -> Files:
    files = rolled().files()
    third = next(n.what for n in rolled().log.lines if LATER_ORIGINS[1] in n.what)
    again = Ed(ORIGIN, 152).vkey()
    changed = {
        name: files[name].replace(third.encode(), again.encode())
        for name in ("trust/keys", "trust/policy")
    }
    return _resealed({**files, **changed})


def _empty_note(signer: Ed) -> bytes:
    """A checkpoint of a log before its first entry."""
    root = hashlib.sha256(b"").digest()
    return signed_note(f"{signer.name}\n0\n{b64(root)}\n", signer).encode()


def _empty_as_newest() -> Files:
    note = _empty_note(Ed(ORIGIN, 1))
    return _resealed({**rolled().files(), "checkpoint": note})


@dataclass
class _OldKey(Sample):
    """The first log alone, signed by its key, though another one counts there."""

    def notes(self) -> dict[int, bytes]:
        return {0: self.log.checkpoint(signer=Ed(ORIGIN, 1))}


def _before_an_empty_log() -> Files:
    """A second key of the next log counts before the first entry of that.

    A checkpoint of no entry, cosigned once, would vouch for any history before it.
    """
    sample, early = _OldKey(), Ed(LATER_ORIGINS[0], 199)
    log = sample.log

    def roll(leaf: int) -> None:
        log.roll(LATER_ORIGINS[0], more=1)(leaf)
        log.add_signer("log", early, leaf + 2)

    sample.change("rotated", roll)
    sample.receive("e0000000000aa", b"in the first log")
    changed = {**sample.files(), "checkpoint": _empty_note(early)}
    return sample.seal(relist(changed))


def _one_person() -> Sample:
    sample = persons()
    sample.change("rule", sample.log.add_persons(Ed("sun", 74)), by=["li"])
    return sample


def _same_person() -> Sample:
    sample = persons()
    sample.check("e0000000000aa", "li", ["li"], agrees=None)
    sample.check("e0000000000aa", "li", ["li"], agrees=True)
    return sample


def _false_cosignature() -> Files:
    sample = witnessed(WITNESSES)
    wrong = _Misnamed(WITNESSES[1].name, 99, 4, WITNESSES[1])
    sample.cosigners = [WITNESSES[0], wrong]
    return sample.files()


@dataclass(frozen=True)
class _Misnamed(Ed):
    """Signs under the id of another key."""

    real: Ed | None = None

    def hint(self) -> bytes:
        assert self.real is not None
        return self.real.hint()


def _erased_still_there() -> Sample:
    sample = erased()
    gone = next(
        event["facts"]["leaves"][0]["leaf"]
        for event in sample.log.events
        if event["kind"] == "exhibit.erased"
    )
    sample.leaves = sorted([*sample.leaves, gone])
    return sample


@dataclass(frozen=True)
class _Elsewhere(Authority):
    """Stamps other bytes than it is given."""

    def stamp(self, data: bytes) -> tuple[bytes, bytes]:
        return Authority.stamp(self, data + b"!")


def _other_stamp(first: Authority) -> Sample:
    sample = plain()
    sample.authorities = [_Elsewhere(first.folder, first.name)]
    return sample


def _no_usage(first: Authority) -> Sample:
    sample = plain()
    folder = first.folder.parent / "plain"
    sample.authorities = [_Unfit(folder, "Unfit", extensions="plain").ready()]
    return sample


@dataclass(frozen=True)
class _Unfit(Authority):
    """Its certificate is of a web server; openssl signs once it is swapped in."""

    def ready(self) -> Authority:
        Authority(self.folder, self.name).ready()
        fit = (self.folder / "signer.pem").read_bytes()
        (self.folder / "fit.pem").write_bytes(fit)
        return self

    def chain(self) -> bytes:
        self._openssl(
            *("x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey"),
            *("root.key", "-set_serial", self._serial(), "-days", "3650"),
            *("-extfile", "config", "-extensions", "plain", "-sha256"),
            *("-out", "unfit.pem"),
        )
        unfit = (self.folder / "unfit.pem").read_bytes()
        return unfit + (self.folder / "root.pem").read_bytes()

    def _serial(self) -> str:
        text = self._openssl("x509", "-in", "signer.pem", "-noout", "-serial")
        return "0x" + text.strip().partition("=")[2]


def _high_s() -> Files:
    sample = plain()
    files = sample.files()
    manifest = files["tagmanifest-sha256.txt"]
    return {**files, SEALS[0]: cms_seal(manifest, sample.log.now(), 1, low=False)}


def _strange_seal() -> Files:
    sample = plain()
    stranger = Ed(STATEMENTS, 98)
    files = sample.files() | {
        "trust/seal.pem": seal_key(98)[1].public_bytes(serialization.Encoding.PEM),
        "trust/allowed_signers": allowed_signers(stranger),
    }
    files = relist(files)
    manifest = files["tagmanifest-sha256.txt"]
    return files | {
        SEALS[0]: cms_seal(manifest, sample.log.now(), 98),
        SEALS[1]: ssh_seal(manifest, stranger),
    }


def _no_change_event() -> Sample:
    sample = plain()
    sample.log.add_persons(LI)(len(sample.log.envelopes))
    return sample


def _other_report() -> Files:
    return relist(plain().files() | {"REPORT.pdf": b"%PDF-1.7 another\n"})


def main(folder: Path) -> None:
    """Write every sample and a table of what must come out."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, (files, (verdict, numbers, what)) in samples(folder / "tsa").items():
        pack(files, folder / f"{name}.zip")
        unzip(files, folder / name)
        fingerprint = sha256(files["trust/keys"])
        row = {
            "name": name,
            "verdict": verdict,
            "not_passed": list(numbers),
            "fingerprint": fingerprint,
            "what": what,
        }
        rows.append(row)
    text = json.dumps(rows, indent=1, ensure_ascii=False)
    (folder / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
