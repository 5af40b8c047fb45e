"""The checks of the second format, over files that are judged already."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from integrity.digest import digest_bytes
from integrity.policy import TrustedKeys, parse_trusted_keys
from integrity.statement import Event, open_statement
from receipts import bundle_layout as layout
from receipts.bundle_files import Measured
from receipts.bundle_second_format import (
    Given,
    entries_of,
    founding_certificate,
    has_failed,
    policy_faults,
    second_format,
)
from receipts.checks import KEYS, Check, Result, Words, failed, indeterminate, passed
from tests import bundle_samples as made

KEYS_FILE, POLICY = "trust/keys", "trust/policy"
ORDER = [4, 19, 6, 17, 5, 18, 7, 10, 20, 8, 9, 16, 14]
Answer = tuple[int, Result, str]


def given(
    files: made.Files,
    policy: TrustedKeys | None = None,
    fingerprint: str | None = None,
) -> Given:
    """A bundle whose names are in order."""
    contents, faults = layout.sort_out(tuple(files), layout.SECOND)
    assert faults == []
    measured = {
        name: Measured(len(data), digest_bytes(data), whole=True)
        for name, data in files.items()
    }
    return Given(made.Folder(files), contents, measured, policy, fingerprint)


def judged(
    files: made.Files,
    policy: TrustedKeys | None = None,
    fingerprint: str | None = None,
) -> list[Check]:
    """All its checks from the keys on."""
    checks = list(second_format(given(files, policy, fingerprint)))
    assert all(check.reason and check.reason_zh for check in checks)
    return checks


def faults(checks: list[Check]) -> list[Answer]:
    """Those that did not pass."""
    return [
        (c.number, c.result, c.subject) for c in checks if c.result is not Result.PASSED
    ]


def unlisted() -> made.Sample:
    """A log from before certificates were listed: leaf 0 names the one that seals."""
    sample = made.plain()
    sample.log.lines = [line for line in sample.log.lines if line.role != "pdf"]
    return sample


def two_witnesses() -> made.Sample:
    """Both cosigned."""
    return made.witnessed(made.WITNESSES)


SOUND: dict[str, Callable[[], made.Sample]] = {
    "plain": made.plain,
    "rotated": made.rotated,
    "persons": made.persons,
    "erased": made.erased,
    "witnessed": two_witnesses,
    "rolled": made.rolled,
    "unlisted": unlisted,
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_bundle_passes_in_the_order_promised(name: str) -> None:
    """Every statement, every proof and every original has its answer."""
    sample = SOUND[name]()
    files = sample.files()
    checks = judged(files)
    assert faults(checks) == []
    assert list(dict.fromkeys(check.number for check in checks)) == ORDER
    leaves = sample.told()
    for number, form in ((6, layout.statement_name), (7, layout.proof_name)):
        subjects = [check.subject for check in checks if check.number == number]
        assert subjects == [form(leaf) for leaf in leaves]
    for number in (17, 10, 16):
        assert {c.subject for c in checks if c.number == number} == {"bundle"}
    for number in (8, 9):
        found = {c.subject for c in checks if c.number == number}
        assert found == {name for name in files if name.startswith("data/")}
    for number in (5, 18):
        subject = next(c.subject for c in checks if c.number == number)
        assert subject == "checkpoint"


def test_what_was_erased_is_told_of_its_exhibit() -> None:
    """And where nothing was, of the bundle."""
    for sample, subject in ((made.erased(), "e0000000000bb"), (made.plain(), "bundle")):
        checks = judged(sample.files())
        assert [c.subject for c in checks if c.number == 20] == [subject]


def test_keys_that_cannot_be_read_leave_nothing_to_judge_by() -> None:
    """Check 4 is the last."""
    checks = judged({**made.plain().files(), KEYS_FILE: b"garbage\n"})
    assert faults(checks) == [(4, Result.FAILED, KEYS_FILE)]
    assert len(checks) == 1


def test_a_policy_file_that_says_otherwise_fails_and_the_rest_is_judged() -> None:
    """It says of the log keys what trust/keys says, byte for byte."""
    checks = judged({**made.plain().files(), POLICY: b"quorum none\n"})
    assert faults(checks) == [(4, Result.FAILED, POLICY)]
    trusted = parse_trusted_keys(made.Log().trust())
    assert list(policy_faults(trusted.log_policy(), trusted)) == []


def test_an_earlier_fingerprint_is_good_where_the_history_holds() -> None:
    """And another firm's is not, nor its keys."""
    sample = made.rotated()
    files = sample.files()
    first = next(e for e in sample.log.events if e["kind"] == "keys.changed")
    earlier = parse_trusted_keys(made.Log().trust())
    assert first["facts"]["before"] == earlier.fingerprint()
    assert faults(judged(files, None, earlier.fingerprint())) == []
    assert faults(judged(files, earlier)) == []
    strange = faults(judged(files, None, "0" * 64))
    assert strange == [(4, Result.FAILED, KEYS_FILE)]


def test_the_keys_given_are_those_that_everything_is_judged_by() -> None:
    """Statement, checkpoint and all that follows; 5 failed is the end."""
    other = made.Log()
    other.lines[0] = made.Line("log", made.Ed(made.ORIGIN, 71).vkey())
    other.lines[1] = made.Line("statement", made.Ed(made.STATEMENTS, 72).vkey())
    checks = judged(made.plain().files(), parse_trusted_keys(other.trust()))
    assert {a[0] for a in faults(checks)} == {4, 6, 5}
    assert [check.number for check in checks][-1] == 5


def garbled(sample: made.Sample, leaf: int) -> made.Files:
    """The bundle with a statement that nobody signed."""
    files, name = sample.files(), f"statements/{leaf:08d}.dsse.json"
    fields = json.loads(files[name])
    fields["signatures"][0]["sig"] = made.b64(bytes(64))
    return sample.seal(made.relist({**files, name: made.canonical_json(fields)}))


def test_one_statement_that_does_not_pass_leaves_the_story_open() -> None:
    """It is told with its proof, and check 10 knows that the events are not all."""
    sample = made.plain()
    leaf = sample.told()[-1]
    assert faults(judged(garbled(sample, leaf))) == [
        (6, Result.FAILED, f"statements/{leaf:08d}.dsse.json"),
        (7, Result.FAILED, f"proofs/{leaf:08d}.tlog-proof"),
        (10, Result.INDETERMINATE, "bundle"),
    ]


def test_a_statement_is_judged_by_the_keys_of_its_own_number() -> None:
    """After a rotation the old key signs nothing any more."""
    sample = made.rotated()
    old = made.Ed(made.STATEMENTS, 2)
    leaf = sample.log.record("exhibit.reread", exhibit="e0000000000aa", signer=old)
    sample.leaves.append(leaf)
    name = f"statements/{leaf:08d}.dsse.json"
    assert (6, Result.FAILED, name) in faults(judged(sample.files()))


def test_an_act_of_one_person_under_a_rule_of_two_fails() -> None:
    """Check 17 is told of the statement."""
    sample = made.Sample()
    people = sample.log.add_persons(made.LI, made.WANG, rule=made.KINDS)
    sample.change("person-added", people)
    made.three_exhibits(sample)
    sample.happen("exhibit.checked", (), "li", (), exhibit="e0000000000aa")
    leaf = sample.told()[-1]
    assert faults(judged(sample.files())) == [
        (17, Result.FAILED, f"statements/{leaf:08d}.dsse.json")
    ]


def test_a_checkpoint_that_lacks_a_witness_is_left_open() -> None:
    """And all that follows is judged."""
    checks = judged(made.witnessed(made.WITNESSES[:1]).files())
    assert faults(checks) == [(18, Result.INDETERMINATE, "checkpoint")]
    assert checks[-1].number == 14


def test_a_rule_of_the_bundle_that_begins_later_leaves_it_open() -> None:
    """The list that came along knows of a rule that the keys given do not."""
    sample = made.plain()
    log, size = sample.log, len(sample.log.envelopes)
    policy = parse_trusted_keys(log.trust())
    witness = made.WITNESSES[0].vkey()
    log.lines += [
        made.Line("witness", witness, size + 5),
        made.Line("rule", "witnesses:1", size + 5),
    ]
    log.policy_tail = f"witness w1 {witness}\ngroup witnesses 1 w1\nquorum witnesses\n"
    found = faults(judged(sample.files(), policy))
    assert (18, Result.INDETERMINATE, "checkpoint") in found


def test_a_proof_of_another_log_fails_its_own_check() -> None:
    """An entry is under the checkpoint of the log that holds it."""
    sample = made.rolled()
    files = sample.files()
    checks = judged(files)
    frozen = [check.subject for check in checks if check.number == 5]
    assert frozen == [
        "checkpoint",
        "proofs/00000000.tlog-proof",
        "proofs/00000008.tlog-proof",
    ]
    first, later = "proofs/00000003.tlog-proof", "proofs/00000009.tlog-proof"
    swapped = {**files, first: files[later], later: files[first]}
    assert faults(judged(swapped)) == [
        (7, Result.FAILED, first),
        (7, Result.FAILED, later),
    ]


def test_an_erased_exhibit_that_is_still_here_fails() -> None:
    """By the number of its statement."""
    sample = made.erased()
    gone = next(
        event["facts"]["leaves"][0]["leaf"]
        for event in sample.log.events
        if event["kind"] == "exhibit.erased"
    )
    sample.leaves.append(gone)
    assert (20, Result.FAILED, "bundle") in faults(judged(sample.files()))


@pytest.mark.parametrize("name", made.SEALS)
def test_a_seal_over_other_files_fails(name: str) -> None:
    """Each seal has its answer."""
    files = made.plain().files()
    checks = judged({**files, name: made.rotated().files()[name]})
    assert faults(checks) == [(14, Result.FAILED, name)]


def test_a_seal_by_the_key_of_before_a_change_holds_one_entry_longer() -> None:
    """The size of the checkpoint is what it is judged by."""
    sample = made.three_exhibits(made.Sample())
    old = made.Log()
    sample.change("rotated", sample.log.rotate)
    for more, expected in ((False, []), (True, list(made.SEALS))):
        if more:
            sample.log.record("user.added", login="x")
        files = {
            **sample.files(),
            "trust/seal.pem": made.plain().files()["trust/seal.pem"],
            "trust/allowed_signers": made.allowed_signers(old.statement_signer(0)),
        }
        files = made.relist(files)
        manifest = files["tagmanifest-sha256.txt"]
        files[made.SEALS[0]] = made.cms_seal(manifest, sample.log.now())
        files[made.SEALS[1]] = made.ssh_seal(manifest, old.statement_signer(0))
        assert [a[2] for a in faults(judged(files))] == expected


def test_a_stamp_that_is_told_without_its_files_is_left_open() -> None:
    """The event says so."""
    sample = made.plain()
    told = {"exhibit": "e0000000000aa", "matter": made.MATTER, "time": "x"}
    leaf = sample.happen("exhibit.stamped", [("e0000000000aa", b"x")], **told)
    found = faults(judged(sample.files()))
    assert (16, Result.INDETERMINATE, f"stamps/{leaf:08d}.tsr") in found


def founding(**facts: object) -> dict[int, Event]:
    """Leaf 0 with other facts."""
    log = made.Log()
    keys = parse_trusted_keys(log.trust()).statement_keys(0)
    event = open_statement(log.envelopes[0], keys)
    return {0: replace(event, facts={**event.facts, **facts})}


def test_the_founding_certificate_is_what_leaf_0_says() -> None:
    """Where it says anything of it."""
    digest = made.sha256(made.certificate_der(1))
    assert founding_certificate(founding()) == digest
    assert founding_certificate({1: founding()[0]}) is None
    assert founding_certificate({}) is None
    for keys in (None, "x", {}, {"pdf_certificate_sha256": 7}):
        assert founding_certificate(founding(keys=keys)) is None


def test_entries_come_in_the_order_of_the_log_with_their_names() -> None:
    """Statement and proof, each under the name it has in the bundle."""
    sample = made.plain()
    files = sample.files()
    bundle = given(files)
    entries = list(entries_of(bundle.files, bundle.contents))
    assert [entry.leaf for entry in entries] == sample.told()
    for entry in entries:
        assert files[entry.statement_subject] == entry.envelope
        assert files[entry.proof_subject] == entry.proof


def test_only_a_failure_has_failed() -> None:
    """What is left open has not."""
    why = Words("因为", "because")
    good, open_ = passed(KEYS, "x", why), indeterminate(KEYS, "x", why)
    assert not has_failed([])
    assert not has_failed([good, open_])
    assert has_failed([good, failed(KEYS, "x", why)])
