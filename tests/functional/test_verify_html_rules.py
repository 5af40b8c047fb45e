"""verify.html on persons, keys, events and stamps, beyond what the samples hold."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Browser, Page

from integrity.canonical import canonical_json
from tests import bundle_samples as samples
from tests import html_verifier
from tests.html_verifier import answers, each, open_numbers, run, words

CURVE_521 = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521")
ONE = "e0000000000aa"


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page, opened from its file."""
    opened = html_verifier.open_page(chromium)
    yield opened
    opened.context.close()


def statement(leaf: int) -> str:
    """The name of a statement."""
    return f"statements/{leaf:08d}.dsse.json"


def resealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """A changed bundle of `plain`, with lists and seals that fit."""
    return samples.plain().seal(samples.relist(files))


# --- Persons and their passkeys ------------------------------------------------------


@dataclass(frozen=True)
class OddPasskey(samples.Passkey):
    """A device whose answers are changed on purpose, and signed all the same."""

    client: Callable[[dict[str, Any]], Any] = dict
    site: str = samples.RP_ID
    length: int = 37
    other_message: bytes = b""

    def person_signature(self, message: bytes) -> str:
        """An assertion that breaks one rule."""
        challenge = hashlib.sha256(message).digest()
        asked = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        told = self.client({"type": "webauthn.get", "challenge": asked})
        client = told if isinstance(told, bytes) else json.dumps(told).encode()
        data = hashlib.sha256(self.site.encode()).digest() + bytes([self.flags]) * 5
        data = data[: self.length]
        signed = data + hashlib.sha256(client).digest() + self.other_message
        parts = {
            "authenticatorData": data,
            "clientDataJSON": client,
            "signature": self.private.sign(signed, ec.ECDSA(hashes.SHA256())),
        }
        encoded = {name: samples.b64(part) for name, part in parts.items()}
        return samples.b64(canonical_json(encoded))


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({}, None),
        ({"client": lambda _: b"no JSON"}, "has no client data"),
        ({"client": lambda _: b"\xff"}, "has no client data"),
        ({"client": lambda _: []}, "was made for another use"),
        ({"client": lambda told: {**told, "type": "x"}}, "was made for another use"),
        (
            {"client": lambda told: {**told, "challenge": "x"}},
            "answers another question",
        ),
        ({"site": "other.example"}, "was made for another site"),
        ({"flags": 0x01}, "was made without the person being verified"),
        ({"flags": 0x04}, "was made without the person being verified"),
        ({"length": 36}, "has another form"),
        ({"other_message": b"x"}, "does not match"),
    ],
)
def test_the_answer_of_a_passkey_is_checked_in_every_part(
    page: Page, odd: dict[str, Any], why: str | None
) -> None:
    """Use, question, site, flags, length, signature (Web Authentication, 7.2)."""
    wang = OddPasskey("wang", 72, **odd)
    sample = samples.Sample()
    people = sample.log.add_persons(samples.LI, wang, rule=samples.KINDS)
    sample.change("person-added", people)
    samples.three_exhibits(sample)
    sample.check(ONE, "li", ["li"], agrees=None)
    leaf = sample.check(ONE, "wang", ["wang"], agrees=True)
    report = run(page, sample.files())
    if why is None:
        assert report["verdict"] == "passed"
    else:
        assert answers(report, 17) == [("failed", statement(leaf))]
        assert f"the signature of wang {why}" in words(report, 17)


def test_texts_are_measured_in_characters(page: Page) -> None:
    """1024 of them, though each takes two units in JavaScript; not one more."""
    for length, numbers in ((1024, []), (1025, [6, 10])):
        sample = samples.three_exhibits(samples.Sample())
        facts = {"exhibit": ONE, "matter": samples.MATTER}
        sample.happen("exhibit.noted", (), "\U00020bb7" * length, **facts)
        assert open_numbers(run(page, sample.files())) == numbers


def test_a_checkpoint_is_measured_in_characters(page: Page) -> None:
    """16384 of them, its last newline included; not one more."""
    head = f"a\n1\n{samples.b64(bytes(32))}\n"
    body = "(text) => Custody.parseCheckpoint(text).origin"
    for sign in ("x", "\U00020bb7"):
        texts = [head + sign * (n - len(head) - 1) + "\n" for n in (16384, 16385)]
        assert each(page, body, texts) == ["a", "refused"]


@pytest.mark.parametrize("begins", [(60, 3), (2, 60)])
def test_the_first_of_several_rules_of_two_is_named(
    page: Page, begins: tuple[int, int]
) -> None:
    """Wherever it stands in the file: from that event on the rule counts."""
    sample = samples.Sample()
    for first, kind in zip(begins, ("exhibit.erased", "receipt.voided"), strict=True):
        line = samples.Line("rule", f"two-persons:{kind}", first)
        sample.change("rule", lambda _, line=line: sample.log.lines.append(line))
    report = run(page, samples.three_exhibits(sample).files())
    assert report["verdict"] == "passed"
    assert f"the rule counts from event {min(begins)} on" in words(report, 17)


# --- Keys ----------------------------------------------------------------------------


def test_only_a_compromise_ends_a_key_before_its_change(page: Page) -> None:
    """And even then it is the end of a key, not that of a rule."""

    def changed(reason: str, role: str) -> dict[str, Any]:
        sample = samples.Sample()
        log = sample.log
        rule = log.add_persons(samples.LI, samples.WANG, rule="receipt.voided")
        sample.change("person-added", rule)
        samples.three_exhibits(sample)

        def alter(leaf: int) -> None:
            old = next(line for line in log.lines if line.role == role)
            old.last = 3
            if role == "log":
                log.add_signer("log", samples.Ed(samples.ORIGIN, 90), leaf + 2)

        sample.change(reason, alter)
        sample.log.record("user.added", login="li")
        return run(page, sample.files())

    assert open_numbers(changed("compromised", "log")) == []
    for reason, role in (("rotated", "log"), ("compromised", "rule")):
        report = changed(reason, role)
        assert open_numbers(report) == [19]
        assert "a line ends before its change" in words(report, 19)


def test_the_firms_later_key_file_may_end_lines_and_nothing_else(page: Page) -> None:
    """Of lines that had ended already, neither place nor time may have moved."""
    sample = samples.Sample()
    sample.change("rotated", sample.log.rotate)
    samples.three_exhibits(sample)
    files = sample.files()
    sample.change("rotated", sample.log.rotate)
    later = sample.log.trust().decode()
    assert run(page, files, policy=later)["verdict"] == "passed"
    old = next(line for line in later.splitlines() if line.startswith("statement"))
    role, what, first, last, begun, ended = old.split(" ")
    moved = [
        (role, what, first, str(int(last) + 1), begun, ended),
        (role, what, first, last, begun, "2031-01-01T00:00:00Z"),
        (role, what, first, last, "2020-01-01T00:00:00Z", ended),
        (role, what, first, last, begun, "-"),
    ]
    for fields in moved:
        policy = later.replace(old, " ".join(fields))
        report = run(page, files, policy=policy)
        assert ("failed", "trust/keys") in answers(report, 4), fields


def test_a_home_from_before_certificates_were_listed(page: Page) -> None:
    """The certificate of leaf 0 counts until the first line of one begins."""
    sample = samples.Sample()
    log = sample.log
    log.lines = [line for line in log.lines if line.role != "pdf"]
    samples.three_exhibits(sample)
    assert run(page, sample.files())["verdict"] == "passed"
    listed = samples.sha256(samples.certificate_der(9))

    def alter(leaf: int) -> None:
        log.lines.append(samples.Line("pdf", f"sha256:{listed}", leaf + 1))

    leaf = sample.change("pdf", alter)
    # A seal counts at the size of the checkpoint or one leaf before: still the old one.
    assert run(page, sample.files())["verdict"] == "passed"
    log.record("user.added", login="li")
    assert leaf == len(log.envelopes) - 2
    report = run(page, sample.files())
    assert open_numbers(report) == [14]
    assert "trust/keys does not name this certificate" in words(report, 14)


def test_the_first_rule_of_witnesses_to_come_is_told(page: Page) -> None:
    """Of several lines the one that begins first, in whatever order they stand."""
    witness = samples.Line("witness", samples.WITNESSES[0].vkey()).text()
    log = samples.Line("log", samples.Ed("a", 1).vkey()).text()
    body = """([keys, size]) => {
      const trust = Custody.Trust.parse(Custody.utf8(keys));
      const found = trust.witnessRuleAfter(BigInt(size));
      return found && Number(found.from);
    }"""
    for order in ((50, 20, 30), (20, 30, 50)):
        rules = [samples.Line("rule", "witnesses:1", n).text() for n in order]
        keys = "".join((log, witness, *rules))
        cases = [[keys, size] for size in (0, 19, 20, 30, 49, 50)]
        assert each(page, body, cases) == [20, 20, 30, 50, 50, None]


def test_two_keys_that_share_an_id_are_not_told_apart(page: Page) -> None:
    """An id has 32 bits, so it can be made to be shared; then nothing is signed."""
    seen = dict[bytes, bytes]()
    for number in count():
        public = number.to_bytes(32, "big")
        hint = samples.vkey_hint("a", 1, public)
        if hint in seen:
            break
        seen[hint] = public
    keys = [samples.vkey("a", 1, each_public) for each_public in (seen[hint], public)]
    note = f"text\n\n— a {samples.b64(hint + bytes(64))}\n"
    body = """([note, keys]) => Custody.signersOf(
      Custody.parseNote(Custody.utf8(note)), keys.map(Custody.parseVkey))"""
    assert each(page, body, [[note, keys]]) == ["refused"]


# --- Events, originals and stamps ----------------------------------------------------


def test_an_event_of_another_kind_has_no_place_in_a_bundle(page: Page) -> None:
    """However well it is signed and logged."""
    sample = samples.plain()
    leaf = sample.happen("matter.opened", (), matter=samples.MATTER)
    report = run(page, sample.files())
    assert answers(report, 10) == [("failed", statement(leaf))]
    assert open_numbers(report) == [10]


def test_an_original_that_was_left_out_is_missed(page: Page) -> None:
    """Its events are here and its file is not: check 9 says which."""
    sample = samples.plain()
    del sample.contents["e0000000000bb"]
    report = run(page, sample.files())
    name = "data/00000000_其他_002.bin"
    assert ("failed", name) in answers(report, 9)
    assert open_numbers(report) == [9]
    assert "exhibit e0000000000bb should be here" in words(report, 9)


def test_a_stamp_of_an_event_that_is_none_fails(page: Page) -> None:
    """Files in stamps/ belong to the events of time stamps only."""
    names = [f"stamps/00000001.{ending}" for ending in ("pem", "tsq", "tsr")]
    files = {**samples.plain().files(), **dict.fromkeys(names, b"x")}
    report = run(page, resealed(files))
    assert answers(report, 16) == [("failed", name) for name in names]
    assert open_numbers(report) == [16]


@pytest.mark.tool("openssl")
def test_a_stamp_with_another_algorithm_fails(page: Page, tmp_path: Path) -> None:
    """Though it may be genuine, it is none that the rules allow."""
    sample = samples.plain()
    authority = samples.Authority(tmp_path / "p521", "Other TSA", CURVE_521, "sha512")
    sample.authorities = [authority.ready()]
    report = run(page, sample.files())
    assert answers(report, 16) == [("failed", "checkpoint.tsr")]
    assert open_numbers(report) == [16]
    assert "规则之外的算法" in words(report, 16)


@pytest.mark.tool("openssl")
def test_the_event_of_a_stamp_names_its_files_in_their_order(
    page: Page, tmp_path: Path
) -> None:
    """What was stamped, query, response, chain: four names, and the right digests."""
    authority = samples.Authority(tmp_path / "one", "Example TSA").ready()
    content = samples.plain().contents[ONE]
    query, response = authority.stamp(content)
    told = authority.facts(response)
    files = {"tsq": query, "tsr": response, "pem": authority.chain()}
    names = (ONE, "query", "response", "chain")
    good = list(zip(names, (content, *files.values()), strict=True))

    def answered(*subjects: tuple[str, bytes], **facts: Any) -> list[int]:
        sample = samples.plain()
        known = {"exhibit": ONE, "matter": samples.MATTER, **told, **facts}
        leaf = sample.happen("exhibit.stamped", subjects, **known)
        for ending, data in files.items():
            sample.stamps[f"stamps/{leaf:08d}.{ending}"] = data
        return open_numbers(run(page, sample.files()))

    assert answered(*good) == []
    for place, (name, data) in enumerate(good):
        rest = good[:place], good[place + 1 :]
        assert answered(*rest[0], (f"{name}x", data), *rest[1]) == [16]
        assert answered(*rest[0], *rest[1]) == [16]
        if place:
            assert answered(*rest[0], (name, data + b"x"), *rest[1]) == [16]
    assert answered(*good, ("more", b"")) == [16]
    assert answered(*good, time="2025-08-29T06:03:22Z") == [16]
    assert answered(*good, time=5) == [16]
    assert answered(*good, exhibit=None) == [10, 16]


@pytest.mark.tool("openssl")
def test_the_stamp_files_of_an_event_may_be_missing(page: Page, tmp_path: Path) -> None:
    """Then nothing is known of its time: indeterminate, and said of that event."""
    first = samples.Authority(tmp_path / "one", "Example TSA").ready()
    sample = samples.plain()
    facts = {"exhibit": ONE, "matter": samples.MATTER}
    content = sample.contents[ONE]
    leaf = sample.stamp("exhibit.stamped", ONE, content, first, **facts)
    sample.stamps.clear()
    report = run(page, sample.files())
    assert answers(report, 16) == [("indeterminate", statement(leaf))]
    assert report["verdict"] == "indeterminate"
