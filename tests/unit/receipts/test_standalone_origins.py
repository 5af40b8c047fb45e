"""The one-file verifier where a firm's log is several, one after the other."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from receipts.standalone import verify as standalone
from tests import bundle_samples as samples

Line = samples.Line
Judge = Callable[..., set[tuple[int, str]]]
NAMES = ("custody.example/log", *samples.LATER_ORIGINS)
OLD, NEW, NEXT = (samples.Ed(name, 41 + n) for n, name in enumerate(NAMES))
OLD_AGAIN = samples.Ed(NAMES[0], 44)
NEW_AGAIN = samples.Ed(NAMES[1], 45)


def keys(*lines: samples.Line) -> standalone.Keys:
    """trust/keys of these lines."""
    return standalone.Keys("".join(line.text() for line in lines).encode())


def log(key: samples.Ed, first: int = 0, last: int | None = None) -> samples.Line:
    """The line of a log key."""
    return Line("log", key.vkey(), first, last)


# --- The logs that a list of keys begins ------------------------------------------


def test_a_key_with_a_new_name_begins_a_log() -> None:
    """Its first event is the one before the size from which the key counts."""
    lines = [log(OLD, 0, 5), log(OLD_AGAIN, 6, 9), log(NEW, 10, 12)]
    lines += [log(NEW_AGAIN, 13, 20), log(NEXT, 21)]
    found = keys(*lines).origins
    rest = [log(OLD, 0, 5), log(NEW, 10), log(OLD_AGAIN, 6, 9)]  # known only later
    assert keys(*rest).origins == [(NAMES[0], 0, 9), (NAMES[1], 9, None)]
    assert found == [(NAMES[0], 0, 9), (NAMES[1], 9, 20), (NAMES[2], 20, None)]
    assert keys(log(OLD), log(OLD_AGAIN, 9)).origins == [(NAMES[0], 0, None)]
    assert keys(Line("statement", OLD.vkey())).origins == []


MALFORMED: dict[str, tuple[list[samples.Line], str]] = {
    "the log before has no end": ([log(OLD), log(NEW, 10)], "is not closed"),
    "it ends later": ([log(OLD, 0, 10), log(NEW, 10)], "is not closed"),
    "it ends earlier": ([log(OLD, 0, 8), log(NEW, 10)], "last checkpoint"),
    "one of its keys has no end": (
        [log(OLD, 0, 9), log(OLD_AGAIN, 3), log(NEW, 10)],
        "is not closed",
    ),
    "its other key ends later": (
        [log(OLD, 0, 8), log(OLD_AGAIN, 12, 13), log(NEW, 10)],
        "is not closed",
    ),
    "a key counts before its log": (
        [log(OLD, 0, 9), log(NEW, 10, 12), log(NEW_AGAIN, 9)],
        "before it begins",
    ),
    "a log begins with event 0": ([log(OLD, 0, 1), log(NEW, 1)], "not begin after"),
    "a log begins before event 0": ([log(OLD, 0, 1), log(NEW)], "not begin after"),
    "a log has no event": (
        [log(OLD, 0, 9), log(NEW, 10, 11), log(NEXT, 10)],
        "not begin after",
    ),
    "a name comes back": (
        [log(OLD, 0, 9), log(NEW, 10, 12), log(OLD_AGAIN, 13)],
        "is not closed",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_logs_that_do_not_follow_each_other_are_refused(case: str) -> None:
    """A log ends, signed by a key of its own, just where the next one begins."""
    lines, reason = MALFORMED[case]
    with pytest.raises(standalone.Refused, match=reason):
        keys(*lines)


def test_a_witness_is_nobody_else() -> None:
    """Its key has no other role; one witness may be listed under two names."""
    witness = samples.Ed("witness.example", 46, 4)
    other = samples.Ed("witness.example/2", 46, 4)
    keys(log(OLD), Line("witness", witness.vkey()), Line("witness", other.vkey()))
    for role, algorithm in (("log", 1), ("statement", 1), ("person", 1)):
        same = Line(role, samples.Ed("a", 46, algorithm).vkey())
        with pytest.raises(standalone.Refused):
            keys(Line("witness", witness.vkey()), same)


def test_a_log_key_counts_for_the_log_of_its_name() -> None:
    """And there for the number of events covered, those of earlier logs counted in."""
    listed = keys(log(OLD, 0, 9), log(NEW, 10, 12), log(NEW_AGAIN, 13))
    first, second = listed.origins

    def seeds(origin: standalone.Origin, size: int) -> list[bytes]:
        return [key.public for key in listed.log_keys(origin, size)]

    assert seeds(first, 9) == [OLD.public]
    assert seeds(first, 10) == []
    assert seeds(second, 9) == []
    assert seeds(second, 10) == seeds(second, 12) == [NEW.public]
    assert seeds(second, 13) == [NEW_AGAIN.public]


def test_a_checkpoint_is_judged_by_the_log_that_it_names() -> None:
    """By the key of that log only; what it covers is told by the place of its log."""
    made = samples.rolled().log
    listed = standalone.Keys(made.trust())
    for covered, name in ((8, NAMES[0]), (11, NAMES[1]), (13, NAMES[1])):
        head = standalone.verify_checkpoint(made.checkpoint(covered=covered), listed)
        assert (head.origin, head.covered) == (name, covered)
    foreign = made.checkpoint(covered=11, signer=made.log_signer(8))
    with pytest.raises(standalone.Refused, match="not signed by a log key"):
        standalone.verify_checkpoint(foreign, listed)
    note = made.checkpoint().replace(NAMES[2].encode(), b"custody.example/9", 1)
    with pytest.raises(standalone.Refused, match="of another log"):
        standalone.verify_checkpoint(note, listed)


# --- Bundles of more than one log -------------------------------------------------


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Judge:
    """Verifies a bundle: (number, subject) of what did not pass."""

    def _judge(files: samples.Files, *arguments: object) -> set[tuple[int, str]]:
        path = samples.pack(files, tmp_path / "bundle.zip")
        standalone.main([str(path), "--json", *map(str, arguments)])
        checks = json.loads(capsys.readouterr().out)["checks"]
        assert checks
        return {(c["number"], c["subject"]) for c in checks if c["result"] != "passed"}

    return _judge


def resealed(sample: samples.Sample, files: samples.Files) -> samples.Files:
    """Lists and seals made anew, so that what is wrong is what the test changed."""
    return sample.seal(samples.relist(files))


def statement(entry: int) -> str:
    """Where the statement of an entry lies."""
    return f"statements/{entry:08d}.dsse.json"


def proof(entry: int) -> str:
    """Where the proof of an entry lies."""
    return f"proofs/{entry:08d}.tlog-proof"


def proofs(sample: samples.Sample, place: int) -> list[int]:
    """The entries in the bundle that lie in this log, by its place."""
    tree = sample.log.trees[place]
    return [n for n in sample.told() if sample.log.tree_of(n) is tree]


def test_logs_that_follow_each_other_pass(
    judge: Judge, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each closed log has an answer of check 5, named by the proof that it is in."""
    sample = samples.rolled()
    files = sample.files()
    assert judge(files) == set()
    path = samples.pack(files, tmp_path / "rolled.zip")
    for lang, words in (
        ("en", "log {}, closed at size {}: the signature holds"),
        ("zh", "日志 {} 已封存，共 {} 条，签名有效"),
    ):
        standalone.main([str(path), "--json", "--lang", lang])
        checks = json.loads(capsys.readouterr().out)["checks"]
        found = [(c["subject"], c["reason"]) for c in checks if c["number"] == 5]
        assert found[0][0] == "checkpoint"
        sizes = [tree.end - tree.first for tree in sample.log.trees if tree.end]
        assert found[1:] == [
            (proof(proofs(sample, place)[0]), words.format(NAMES[place], size))
            for place, size in enumerate(sizes)
        ]


def test_a_paper_from_before_the_logs_still_fits(judge: Judge, tmp_path: Path) -> None:
    """Fingerprint and keys of the first log: the history leads on to the last."""
    sample = samples.rolled()
    facts = [e["facts"] for e in sample.log.events if e["kind"] == "keys.changed"]
    earlier = facts[0]["trust"].encode()
    (tmp_path / "earlier").write_bytes(earlier)
    files = sample.files()
    fingerprint = hashlib.sha256(earlier).hexdigest()
    assert judge(files, "--fingerprint", fingerprint) == set()
    assert judge(files, "--policy", tmp_path / "earlier") == set()


def test_keys_that_announce_the_next_log_judge_the_one_before(
    judge: Judge, tmp_path: Path
) -> None:
    """A bundle from before holds, unless its log was closed before its end."""
    sample = samples.plain()
    files, size = sample.files(), len(sample.log.envelopes)
    sample.change("rotated", sample.log.roll(NAMES[1], more=2))
    policy = tmp_path / "policy"
    policy.write_bytes(sample.log.trust())
    assert judge(files, "--policy", policy) == set()
    earlier = [log_line for log_line in sample.log.lines if log_line.role == "log"]
    earlier[0].last, earlier[1].first = size - 1, size
    policy.write_bytes(sample.log.trust())
    assert judge(files, "--policy", policy) == {(5, "checkpoint")}


# --- Leaf 0 of a later log --------------------------------------------------------


@dataclass
class Altered(samples.Log):
    """A firm that writes something else as leaf 0 of its second log."""

    stated: dict[str, Any] = field(default_factory=dict)

    def continued(self, before: samples.Tree, tree: samples.Tree) -> dict[str, Any]:
        """The facts of leaf 0 of a log; of the second log some are altered."""
        facts = super().continued(before, tree)
        altered = self.stated if tree.origin == NAMES[1] else {}
        return {n: v for n, v in {**facts, **altered}.items() if v != "-"}


ROOT = samples.rolled().log.trees[0].text(8).split("\n")[2]
OTHER_ROOT = samples.b64(bytes(32))
STATED: dict[str, dict[str, Any]] = {
    "another event": {"first": 9},
    "the leaf in its log": {"first": 0},
    "no number": {"first": "8"},
    "another log": {"origin": NAMES[2]},
    "no log": {"origin": None},
    "one fact more": {"note": ""},
    "one fact less": {"first": "-"},
    "no checkpoint": {"previous": "-"},
    "a checkpoint that is no text": {"previous": 8},
    "another root": {"previous": f"{NAMES[0]}\n8\n{OTHER_ROOT}\n"},
    "no root": {"previous": f"{NAMES[0]}\n8\n\n"},
    "a short root": {"previous": f"{NAMES[0]}\n8\n{samples.b64(bytes(31))}\n"},
    "a root in another spelling": {"previous": f"{NAMES[0]}\n8\n{ROOT[:-1]}\n"},
    "another size": {"previous": f"{NAMES[0]}\n9\n{ROOT}\n"},
    "a size in another spelling": {"previous": f"{NAMES[0]}\n08\n{ROOT}\n"},
    "a checkpoint of another log": {"previous": f"{NAMES[1]}\n8\n{ROOT}\n"},
    "a line more": {"previous": f"{NAMES[0]}\n8\n{ROOT}\nx\n"},
    "no last newline": {"previous": f"{NAMES[0]}\n8\n{ROOT}"},
}


@pytest.mark.parametrize("case", STATED)
def test_leaf_0_of_a_log_holds_the_end_of_the_one_before(
    case: str, judge: Judge
) -> None:
    """It names itself, and the last checkpoint before it, in one form only."""
    sample = samples.rolled(Altered(stated=STATED[case]))
    assert judge(sample.files()) == {(10, "bundle")}
    assert judge(samples.rolled(Altered()).files()) == set()


@pytest.mark.parametrize("place", [1, 2])
def test_a_log_whose_leaf_0_is_not_here_fails(place: int, judge: Judge) -> None:
    """Nothing binds the logs before it to the checkpoint then."""
    sample = samples.rolled()
    first = sample.log.trees[place].first
    files = sample.files()
    del files[statement(first)], files[proof(first)]
    assert judge(resealed(sample, files)) == {(10, "bundle")}


def test_a_log_of_which_nothing_is_here_fails(judge: Judge) -> None:
    """It has no closed checkpoint to judge, and its link is missing."""
    sample = samples.plain()
    sample.change("rotated", sample.log.roll(NAMES[1]))
    sample.happen("exhibit.noted", exhibit="e0000000000aa", matter=samples.MATTER)
    change = sample.change("rotated", sample.log.roll(NAMES[2]))
    sample.log.record("user.added", login="li")
    files = sample.files()
    assert judge(files) == set()
    for entry in proofs(sample, 1):
        del files[statement(entry)], files[proof(entry)]
    assert max(sample.leaves) == change
    missing = {(19, "trust/keys"), (10, "bundle")}
    assert judge(resealed(sample, files)) == missing


def test_a_link_anywhere_else_fails(judge: Judge) -> None:
    """No log begins there: in a firm with one log, and in one with three."""
    for sample in (samples.plain(), samples.rolled()):
        facts = sample.log.continued(sample.log.trees[0], samples.Tree(NAMES[1], 5))
        sample.happen(samples.LOG_CONTINUED, **facts)
        assert judge(sample.files()) == {(10, "bundle")}


def test_event_0_is_of_the_first_log(judge: Judge) -> None:
    """A founding event that names another log, be it a later one, fails."""
    founding = samples.Log.record

    @dataclass
    class Misnamed(samples.Log):
        def record(self, kind: str, *args: Any, **facts: Any) -> int:
            if kind == "firm.initialised":
                facts["origin"] = NAMES[2]
            return founding(self, kind, *args, **facts)

    assert judge(samples.rolled(Misnamed()).files()) == {(10, "bundle")}


# --- The checkpoints of closed logs -----------------------------------------------


def with_note(sample: samples.Sample, place: int, note: bytes) -> samples.Files:
    """The bundle, every proof of one log under this checkpoint."""
    files = sample.files()
    for entry in proofs(sample, place):
        files[proof(entry)] = files[proof(entry)].partition(b"\n\n")[0]
        files[proof(entry)] += b"\n\n" + note
    return resealed(sample, files)


def failing_log(sample: samples.Sample, place: int) -> set[tuple[int, str]]:
    """What fails where the checkpoint of a closed log does: 5 once, and each proof."""
    entries = proofs(sample, place)
    return {(5, proof(entries[0])), *((7, proof(entry)) for entry in entries)}


@pytest.mark.parametrize("place", [0, 1])
def test_a_closed_log_needs_its_last_checkpoint_rightly_signed(
    place: int, judge: Judge
) -> None:
    """An earlier one, one of another log, a false signature, none at all: 5 and 7."""
    sample = samples.rolled()
    made, end = sample.log, sample.log.trees[place].end
    assert end is not None
    last = made.checkpoint(covered=end)
    assert judge(with_note(sample, place, last)) == set()
    other = made.checkpoint() if place else made.checkpoint(covered=13)
    for note in (
        made.checkpoint(covered=end - 1),
        made.checkpoint(covered=end, signer=samples.Ed(NAMES[place], 99)),
        last[:-10] + (b"A" if last[-10:-9] != b"A" else b"B") + last[-9:],
        other,
        b"noise\n",
    ):
        found = judge(with_note(sample, place, note))
        assert found == failing_log(sample, place), note


def test_all_proofs_of_a_closed_log_are_under_one_checkpoint(judge: Judge) -> None:
    """The first one counts; another that holds too, but is another, fails 7."""
    sample = samples.rolled()
    files, entries = sample.files(), proofs(sample, 0)
    witness = samples.WITNESSES[0]
    cosigned = sample.log.checkpoint([witness], covered=sample.log.trees[0].end)
    envelope = sample.log.envelopes[entries[1]]
    files[proof(entries[1])] = sample.log.trees[0].proof(entries[1], envelope, cosigned)
    assert judge(resealed(sample, files)) == {(7, proof(entries[1]))}


def test_where_the_first_proof_of_a_closed_log_is_none(judge: Judge) -> None:
    """There is no checkpoint to judge: 5 does not speak of it, 7 fails for them all."""
    sample = samples.rolled()
    files, entries = sample.files(), proofs(sample, 1)
    files[proof(entries[0])] = b"noise\n"
    found = judge(resealed(sample, files))
    assert found == {(7, proof(entry)) for entry in entries}


def test_a_proof_has_the_number_of_the_leaf_in_its_log(judge: Judge) -> None:
    """The number of the event, which is another in a later log, does not do."""
    sample = samples.rolled()
    files, first = sample.files(), sample.log.trees[1].first
    for entry in (first, first + 1):
        name, index = proof(entry), b"\nindex %d\n"
        local, whole = index % (entry - first), index % entry
        assert local in files[name]
        bad = {**files, name: files[name].replace(local, whole)}
        assert judge(resealed(sample, bad)) == {(7, name)}


def test_an_event_beyond_the_checkpoint_fails(judge: Judge) -> None:
    """It belongs to the newest log, which has no such leaf."""
    sample = samples.rolled()
    files, tree = sample.files(), sample.log.trees[2]
    beyond = len(sample.log.envelopes)
    begun = b"\nindex %d\n"
    last = max(proofs(sample, 2))
    files[statement(beyond)] = files[statement(last)]
    index = begun % (last - tree.first), begun % (beyond - tree.first)
    files[proof(beyond)] = files[proof(last)].replace(*index)
    assert (7, proof(beyond)) in judge(resealed(sample, files))


def test_the_root_in_a_link_is_that_of_the_closed_log() -> None:
    """Of two last checkpoints of one log, both signed, one is gone on from."""
    made = samples.rolled().log
    before, origin = standalone.Origin(NAMES[0], 0, 8), standalone.Origin(NAMES[1], 8)
    event = standalone.Event.__new__(standalone.Event)
    event.kind, event.facts = samples.LOG_CONTINUED, made.events[8]["facts"]
    for root, good in ((ROOT, True), (OTHER_ROOT, False)):
        head = standalone.Head(b"", NAMES[0], 8, base64.b64decode(root))
        if good:
            standalone.check_link(event, before, origin, head)
        else:
            with pytest.raises(standalone.Refused, match="another root"):
                standalone.check_link(event, before, origin, head)
    standalone.check_link(event, before, origin, None)
    short = f"{NAMES[0]}\n8\n{samples.b64(bytes(31))}\n"
    event.facts = {**event.facts, "previous": short}
    with pytest.raises(standalone.Refused, match="as it must"):
        standalone.check_link(event, before, origin, None)
    event.kind = "exhibit.noted"  # an event of another kind is no link
    with pytest.raises(standalone.Refused, match="is not here"):
        standalone.check_link(event, before, origin, None)


def test_a_log_that_is_still_empty_vouches_for_nothing() -> None:
    """A checkpoint of size 0, though rightly signed, does not hold earlier events."""
    empty = samples.b64(hashlib.sha256(b"").digest())
    note = samples.signed_note(f"{OLD.name}\n0\n{empty}\n", OLD).encode()
    with pytest.raises(standalone.Refused, match="covers no event"):
        standalone.verify_checkpoint(note, keys(log(OLD)))


# --- Numbers that run through all logs --------------------------------------------


@pytest.mark.parametrize("cosigners", [0, 1, 2])
def test_a_rule_of_witnesses_counts_events_of_all_logs(
    cosigners: int, judge: Judge
) -> None:
    """It begins at a size that the newest log alone has not."""
    sample = samples.rolled()
    made = sample.log
    assert len(made.envelopes) - made.trees[2].first < 10

    def ask(entry: int) -> None:
        for witness in samples.WITNESSES:
            line = Line("witness", witness.vkey(), entry + 1, begun=made.now())
            made.lines.append(line)
        made.lines.append(Line("rule", "witnesses:2", entry + 1, begun=made.now()))

    sample.change("witness", ask, by=["li", "wang"])
    named = zip(("w1", "w2"), samples.WITNESSES, strict=True)
    made.policy_tail = "".join(f"witness {name} {w.vkey()}\n" for name, w in named)
    made.policy_tail += "group witnesses 2 w1 w2\nquorum witnesses\n"
    sample.cosigners = list(samples.WITNESSES[:cosigners])
    found = judge(sample.files())
    assert found == (set() if cosigners == 2 else {(18, "checkpoint")})
