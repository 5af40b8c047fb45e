"""verify.html on vectors of others: its own arithmetic, in a real browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests import html_verifier
from tests.html_verifier import each
from tests.html_verifier import encoded as b64

TESSERA_KEY = (
    "log example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    " 0 - 2020-01-01T00:00:00Z -"
)


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page, opened from its file."""
    opened = html_verifier.open_page(chromium)
    yield opened
    opened.context.close()


def test_wycheproof_ed25519(page: Page, shared: Path) -> None:
    """Every vector is accepted or refused as Wycheproof says."""
    path = shared / "vectors/wycheproof/testvectors_v1/ed25519_test.json"
    vectors = json.loads(path.read_bytes())
    tests = [
        (g["publicKey"]["pk"], t) for g in vectors["testGroups"] for t in g["tests"]
    ]
    cases = [[key, test["sig"], test["msg"]] for key, test in tests]
    body = "(given) => Custody.ed25519(...given.map(Custody.fromHex))"
    answers = each(page, body, cases)
    assert answers == [test["result"] == "valid" for _, test in tests]
    assert len(answers) == vectors["numberOfTests"]


def test_sm3(page: Page, shared: Path) -> None:
    """The published digests (GB/T 32905-2016 A.1, A.2 and more)."""
    text = (shared / "vectors/sm3/evpmd_sm3.txt").read_text("ascii")
    cases = re.findall("^Input = ?(.*)\nOutput = (.*)$", text, re.MULTILINE)
    assert len(cases) == text.count("Digest = SM3") == 6
    inputs = [data.strip('"') for data, _ in cases]
    body = "(given) => Custody.hex(Custody.sm3(Custody.fromHex(given)))"
    assert each(page, body, inputs) == [digest.lower() for _, digest in cases]


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512", "sm3"])
def test_digests_at_every_length_of_padding(page: Page, name: str) -> None:
    """Each length up to three blocks gives the digest of the library."""
    data = bytes(range(256)) + bytes(150)
    body = f"(n) => Custody.hex(Custody.{name}(Uint8Array.from({{length: n}}, (_, i) =>"
    body += " i < 256 ? i : 0)))"
    lengths = list(range(0, 400, 1))
    due = [hashlib.new(name, data[:length]).hexdigest() for length in lengths]
    assert each(page, body, lengths) == due


def test_merkle_inclusion(page: Page, shared: Path) -> None:
    """Every inclusion vector verifies, or is refused, as its file says."""
    files = sorted(shared.glob("vectors/merkle/testdata/inclusion/**/*.json"))
    assert files
    vectors = [json.loads(path.read_bytes()) for path in files]
    cases = [
        [str(v["leafIdx"]), v["leafHash"], v["proof"], str(v["treeSize"]), v["root"]]
        for v in vectors
    ]
    body = """([index, leaf, path, size, root]) => {
      const nodes = (path || []).map((node) => d(node || ""));
      const [from, to] = [d(leaf || ""), d(root || "")];
      Custody.checkInclusion(BigInt(index), from, nodes, BigInt(size), to);
      return "good";
    }"""
    due = ["refused" if vector["wantErr"] else "good" for vector in vectors]
    assert each(page, body, cases) == due


def test_tessera_log(page: Page, shared: Path) -> None:
    """Checkpoints of another log's software verify; a changed one does not.

    The empty one is well signed too, and is none that a proof may rest on.
    """
    folder = shared / "vectors/tessera-log/testdata/log"
    notes = [path.read_bytes() for path in sorted(folder.glob("checkpoint.*"))]
    assert len(notes) == 8
    changed = [re.sub(rb"\n(\d)\n", rb"\n1\1\n", note, count=1) for note in notes]
    body = """([note, keys]) => {
      const trust = Custody.Trust.parse(Custody.utf8(keys + "\\n"));
      return Number(Custody.openCheckpoint(d(note), trust).size);
    }"""
    genuine = [[b64(note), TESSERA_KEY] for note in notes]
    assert each(page, body, genuine) == ["refused", *range(1, 8)]
    signed = """([note, keys]) => Custody.signersOf(Custody.parseNote(d(note)),
      [Custody.parseVkey(keys.split(" ")[1])]).length"""
    assert each(page, signed, genuine) == [1] * 8
    cases = [[b64(note), TESSERA_KEY] for note in changed]
    assert each(page, body, cases) == ["refused"] * 8


def test_tessera_leaves_are_under_their_roots(page: Page, shared: Path) -> None:
    """Leaf hashes of the published tiles make the root of each checkpoint."""
    folder = shared / "vectors/tessera-log/testdata/log"
    for size in range(1, 8):
        tile = (folder / f"tile/0/000.p/{size}").read_bytes()
        root = base64.b64decode(
            (folder / f"checkpoint.{size}").read_text().split("\n")[2]
        )
        cases = [[index, b64(tile), size, b64(root)] for index in range(size)]
        body = """([index, tile, size, root]) => {
          const all = d(tile), hashes = [];
          for (let i = 0; i < size; i++) hashes.push(all.subarray(32 * i, 32 * i + 32));
          const pathOf = (m, part) => {
            if (part.length <= 1) return [];
            let k = 1;
            while (2 * k < part.length) k *= 2;
            return m < k ? [...pathOf(m, part.slice(0, k)), rootOf(part.slice(k))]
              : [...pathOf(m - k, part.slice(k)), rootOf(part.slice(0, k))];
          };
          const rootOf = (part) => {
            if (part.length === 1) return part[0];
            let k = 1;
            while (2 * k < part.length) k *= 2;
            return Custody.nodeHash(rootOf(part.slice(0, k)), rootOf(part.slice(k)));
          };
          Custody.checkInclusion(BigInt(index), hashes[index], pathOf(index, hashes),
            BigInt(size), d(root));
          return "good";
        }"""
        assert each(page, body, cases) == ["good"] * size


def test_c2sp_examples(page: Page, shared: Path) -> None:
    """The note of the specification verifies; the others are taken apart as stated."""
    examples = json.loads((shared / "vectors/c2sp-spec/examples.json").read_bytes())
    valid, plain = examples["signed_note_valid"], examples["signed_note_parse_only"]
    body = """([note, vkey]) => Custody.signersOf(Custody.parseNote(Custody.utf8(note)),
      [Custody.parseVkey(vkey)]).length"""
    broken = valid["note"].replace("example message", "changed message")
    notes = [valid["note"], plain["note"], broken]
    assert each(page, body, [[note, valid["vkey"]] for note in notes]) == [
        1,
        0,
        "refused",
    ]
    body = "(note) => Custody.parseNote(Custody.utf8(note)).text"
    assert each(page, body, [plain["note"]]) == [plain["text"]]
    given = examples["checkpoint_parse"]
    body = """(text) => {
      const note = Custody.parseNote(Custody.utf8(text));
      const { origin, size, root } = Custody.parseCheckpoint(note.text);
      const time = Custody.fromBigEndian(note.lines[1].signature.subarray(0, 8));
      return [origin, Number(size), Custody.toBase64(root), Number(time)];
    }"""
    due = [
        given[name] for name in ("origin", "size", "root_base64", "witness_timestamp")
    ]
    assert each(page, body, [given["note"]]) == [due]


def test_dsse(page: Page, shared: Path) -> None:
    """The published ECDSA signature covers the encoding that the page computes."""
    vector = json.loads((shared / "vectors/dsse/pae-and-envelope.json").read_bytes())
    envelope = vector["envelope"]
    point = b"\x04" + b"".join(
        int(vector[f"public_key_{axis}_decimal"]).to_bytes(32, "big") for axis in "xy"
    )
    body = """([type, payload, signature, point, due]) => {
      const message = Custody.pae(type, d(payload)), raw = d(signature);
      const [r, s] = [raw.subarray(0, 32), raw.subarray(32)].map(Custody.fromBigEndian);
      const key = Custody.sec1Point(Custody.P256, d(point));
      return [new TextDecoder().decode(message) === due,
        Custody.ecdsa(Custody.P256, key, r, s, Custody.sha256(message)),
        Custody.ecdsa(Custody.P256, key, r, s, Custody.sha256(message, message))];
    }"""
    signature = envelope["signatures"][0]["sig"]
    given = [envelope["payloadType"], envelope["payload"], signature, b64(point)]
    assert each(page, body, [[*given, vector["pae_utf8"]]]) == [[True, True, False]]


def test_rfc3161(page: Page, shared: Path) -> None:
    """Each response is good or refused as its name says; none for other bytes."""
    folder = shared / "vectors/rfc3161/test/fixtures/sigstage"
    files = sorted(folder.glob("*.tsr"))
    assert len(files) >= 5
    chain = b64((folder / "ts_chain.pem").read_bytes())
    query = b64((folder / "request.der").read_bytes())
    body = """([query, response, chain, imprint]) => {
      const stamp = Custody.judgeStamp(query && d(query), d(response), d(chain),
        Custody.fromHex(imprint));
      return Custody.shownTime(Math.floor(stamp.time)).slice(0, 4);
    }"""

    def cases(message: bytes, query: str | None) -> list[Any]:
        found = []
        for path in files:
            name = "sha384" if "384" in path.name else "sha512"
            name = "sha256" if "256" in path.name else name
            digests = [name] if "-sha" in path.name else ["sha256", "sha384", "sha512"]
            found += [
                [
                    query,
                    b64(path.read_bytes()),
                    chain,
                    hashlib.new(n, message).hexdigest(),
                ]
                for n in digests
            ]
        return found

    good = {path.name for path in files if "invalid" not in path.name}
    answers = each(page, body, cases(b"hello", None))
    assert answers.count("2025") == len(good)
    assert set(answers) == {"2025", "refused"}
    invalid = b64((folder / "response-invalid-signature.tsr").read_bytes())
    for case, answer in zip(cases(b"hello", None), answers, strict=True):
        assert case[1] != invalid or answer == "refused"
    assert set(each(page, body, cases(b"hallo", None))) == {"refused"}
    assert set(each(page, body, cases(b"hello", query))) == {"refused"}


def test_damaged_stamps_and_chains_are_refused_and_stop_nothing(
    page: Page, shared: Path
) -> None:
    """A byte changed, dropped or added anywhere: good or refused, never an accident."""
    folder = shared / "vectors/rfc3161/test/fixtures/sigstage"
    body = """([which, seed, query, response, chain]) => {
      const parts = [query, response, chain].map(d), data = parts[which];
      let state = seed;
      const roll = (n) => (state = (state * 48271) % 2147483647) % n;
      const at = roll(data.length), how = roll(4);
      const tags = [0x30, 0x31, 0x02, 0x04, 0x80, 0xa0, 0];
      const byte = how === 3 ? tags[roll(7)] : roll(256);
      parts[which] = how === 0 ? data.slice(0, at)
        : how === 1 ? Uint8Array.from([...data.slice(0, at), ...data.slice(at + 1)])
          : data.map((old, i) => (i === at ? byte : old));
      Custody.judgeStamp(which === 0 ? parts[0] : null, parts[1], parts[2],
        Custody.sha512(Custody.utf8("hello")));
      return "good";
    }"""
    query = (folder / "request.der").read_bytes()
    response = (folder / "response-sha512.tsr").read_bytes()
    chain = (folder / "ts_chain.pem").read_bytes()
    given = list(map(b64, (query, response, chain)))
    cases = [
        [which, seed * 7919 + 1, *given] for which in range(3) for seed in range(250)
    ]
    answers = each(page, body, cases)
    assert set(answers[:250]) == {"refused"}
    assert answers.count("refused") > 500
    assert set(answers) <= {"refused", "good"}


def test_sshsig(page: Page, shared: Path) -> None:
    """Both published signatures verify; for other bytes or another purpose neither."""
    folder = shared / "vectors/sshsig/regress/unittests/sshsig/testdata"
    data = (folder / "signed-data").read_bytes()
    namespace = (folder / "namespace").read_text()
    key = base64.b64decode((folder / "ed25519.pub").read_text().split()[1])[-32:]
    signature = (folder / "ed25519.sig").read_bytes()
    body = """([armored, key, namespace, data]) =>
      Custody.judgeSshSig(d(armored), d(key), namespace, d(data))"""
    given = [b64(signature), b64(key), namespace, b64(data)]
    others = [[*given[:3], b64(data + b"x")], [*given[:2], "other", given[3]]]
    others.append([given[0], b64(bytes(32)), *given[2:]])
    wrapped = signature.replace(b"\n", b"\r\n")
    others.append([b64(wrapped), *given[1:]])
    assert each(page, body, [given, *others]) == ["sha512", *["refused"] * 4]


def test_sshsig_rsa_arithmetic(page: Page, shared: Path) -> None:
    """The RSA signature of OpenSSH verifies with the page's PKCS #1 v1.5."""
    folder = shared / "vectors/sshsig/regress/unittests/sshsig/testdata"
    data = b64((folder / "signed-data").read_bytes())
    armored = b64((folder / "rsa.sig").read_bytes())
    body = """([armored, data]) => {
      const [key, space, reserved, hash, signed] =
        Custody.sshStrings(Custody.readArmor(d(armored)), 10);
      const [, e, n] = Custody.sshStrings(key, 0).map(Custody.fromBigEndian);
      const [algorithm, signature] = Custody.sshStrings(signed, 0);
      const str = (bytes) => {
        const head = new Uint8Array(4);
        new DataView(head.buffer).setUint32(0, bytes.length);
        return [...head, ...bytes];
      };
      const message = Uint8Array.from([...Custody.utf8("SSHSIG"), ...str(space),
        ...str(reserved), ...str(hash), ...str(Custody.sha512(d(data)))]);
      const prefix = Custody.fromHex("3051300d060960864801650304020305000440");
      const info = Uint8Array.from([...prefix, ...Custody.sha512(message)]);
      const wrong = Uint8Array.from([...prefix, ...Custody.sha512(message, message)]);
      return [new TextDecoder().decode(algorithm), Custody.rsa(n, e, signature, info),
        Custody.rsa(n, e, signature, wrong)];
    }"""
    assert each(page, body, [[armored, data]]) == [["rsa-sha2-512", True, False]]


def test_names_that_differ_by_case_only(page: Page) -> None:
    """Two characters fold alike in the page where they do in Unicode's tables."""
    points = [p for p in range(sys.maxunicode + 1) if not 0xD800 <= p <= 0xDFFF]
    cased = [
        p for p in points if chr(p).casefold() != chr(p) or chr(p).upper() != chr(p)
    ]
    answers = each(
        page, "(point) => Custody.folded(String.fromCodePoint(point))", cased
    )
    ours, theirs = dict[str, str](), dict[str, str]()
    for point, answer in zip(cased, answers, strict=True):
        due = chr(point).casefold()
        assert ours.setdefault(answer, due) == due, hex(point)
        assert theirs.setdefault(due, answer) == answer, hex(point)


@pytest.mark.parametrize(
    "text",
    ['{"b":1,"a":2}', '{"a": 1}', "1.0", "1.5", "1e3", "-0", '"\\u0041"',
     '{"a":1,"a":1}', "NaN", "9007199254740992", "", "[" * 100_000, '"\\ud800"',
     "[" * 33 + "]" * 33,
     "\ufeff1", "01", "'a'", '"\t"'],
)  # fmt: skip
def test_json_in_another_spelling_is_refused(page: Page, text: str) -> None:
    """Only canonical JSON without floats, at most 32 deep, is read."""
    body = "(text) => Custody.parseCanonical(Custody.utf8(text))"
    assert each(page, body, [text]) == ["refused"]


def test_json_keys_are_in_utf16_order(page: Page) -> None:
    """RFC 8785 sorts by UTF-16 code units, not by code points."""
    text = '{"\U0001f600":1,"\ue000":"\x7f\\u001f\\n"}'
    body = "(text) => Custody.canonicalJson(Custody.parseCanonical(Custody.utf8(text)))"
    deep = "[" * 32 + "]" * 32
    assert each(page, body, [text, deep]) == [text, deep]


@pytest.mark.parametrize(
    "text", ["QQ", "QQ=", "QR==", "Q===", "QQ==\n", "Q Q=", "====", "QUJ=", "Qé=="]
)
def test_base64_in_another_spelling_is_refused(page: Page, text: str) -> None:
    """Missing padding, spare bits, white space: one byte string has one base64."""
    assert each(page, "(text) => Custody.fromBase64(text)", [text]) == ["refused"]
