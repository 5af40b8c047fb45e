"""Check 4: whose keys these are, by what the verifying person gives."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from integrity.errors import MalformedError
from integrity.key_history import Stage
from integrity.policy import TrustedKeys, parse_trusted_keys
from receipts.checks import Check, Result
from receipts.key_checks import check_keys, judge_keys, read_keys
from tests import bundle_samples as made

LATER = made.START + dt.timedelta(days=1)
FILE = "keys.txt"


def own() -> TrustedKeys:
    """The keys of a log: one log key, one statement key, one certificate."""
    return parse_trusted_keys(made.Log().trust())


def other() -> TrustedKeys:
    """The keys of another firm."""
    log = made.Log(seal_seed=5)
    log.lines = [
        made.Line("log", made.Ed(made.ORIGIN, 71).vkey()),
        made.Line("statement", made.Ed(made.STATEMENTS, 72).vkey()),
        log.lines[-1],
    ]
    return parse_trusted_keys(log.trust())


def of(check: Check, result: Result, subject: str = "trust/keys") -> Check:
    """The check, which is the fourth and has this answer about this file."""
    assert (check.number, check.subject, check.result) == (4, subject, result)
    return check


def both(check: Check, *words: str) -> bool:
    """Whether the reason holds the words in either language."""
    return all(w in text for w in words for text in (check.reason, check.reason_zh))


def test_a_file_that_is_malformed_is_refused_by_its_name() -> None:
    """It says why, and there are no keys to do the rest with."""
    with pytest.raises(MalformedError) as refusal:
        parse_trusted_keys(b"garbage\n")
    for named, subject in (((), "trust/keys"), ((FILE,), FILE)):
        keys, check = read_keys(b"garbage\n", *named)
        assert keys is None
        assert both(of(check, Result.FAILED, subject), str(refusal.value))
        assert check.reason == str(refusal.value)
    keys, check = check_keys(b"garbage\n", own(), None, FILE)
    assert keys is None
    assert of(check, Result.FAILED, FILE).reason == str(refusal.value)


def test_a_file_that_is_read_is_said_to_be_well_formed() -> None:
    """Reading alone judges the form and nothing else."""
    for named, subject in (((), "trust/keys"), ((FILE,), FILE)):
        keys, check = read_keys(own().serialise(), *named)
        assert keys == own()
        of(check, Result.PASSED, subject)


def test_by_itself_it_passes_and_gives_its_fingerprint_to_compare() -> None:
    """The reader is told what to compare, whatever the file is called."""
    keys, check = check_keys(own().serialise(), None)
    assert keys == own()
    of(check, Result.PASSED)
    for reason in (check.reason, check.reason_zh):
        assert reason.endswith(own().fingerprint())
    _, check = check_keys(own().serialise(), None, None, FILE)
    of(check, Result.PASSED, FILE)


def test_a_fingerprint_settles_it_in_either_case_of_its_letters() -> None:
    """Only that of the file itself passes; otherwise its own is told."""
    print_ = own().fingerprint()
    for given in (print_, print_.upper()):
        keys, check = check_keys(own().serialise(), None, given, FILE)
        assert keys == own()
        of(check, Result.PASSED, FILE)
        assert print_ not in check.reason
    keys, check = check_keys(own().serialise(), None, other().fingerprint(), FILE)
    assert keys == own()
    assert both(of(check, Result.FAILED, FILE), print_)


def stages_of(*contents: TrustedKeys) -> tuple[Stage, ...]:
    """A history whose contents of the file were these."""
    return tuple(
        Stage(keys.fingerprint(), keys, place) for place, keys in enumerate(contents)
    )


def test_an_earlier_fingerprint_leads_to_the_keys_of_now() -> None:
    """By the history it is good, and the fingerprint of now is told."""
    stages = stages_of(other(), own())
    now = own().fingerprint()
    for given in (other().fingerprint(), other().fingerprint().upper()):
        keys, check = judge_keys(own(), None, given, FILE, stages)
        assert keys == own()
        assert both(of(check, Result.PASSED, FILE), now)
    keys, check = judge_keys(own(), None, now.upper(), FILE, stages)
    assert keys == own()
    assert now not in of(check, Result.PASSED, FILE).reason
    _, check = judge_keys(own(), None, "0" * 64, FILE, stages)
    assert both(of(check, Result.FAILED, FILE), now)


def test_an_earlier_policy_leads_to_the_keys_of_now() -> None:
    """The rest is done with the keys of the file, which follow from the policy."""
    stages = stages_of(other(), own())
    keys, check = judge_keys(own(), other(), None, FILE, stages)
    assert keys == own()
    assert both(of(check, Result.PASSED, FILE), own().fingerprint())
    keys, check = judge_keys(own(), own(), None, FILE, stages)
    assert keys == own()
    assert own().fingerprint() not in of(check, Result.PASSED, FILE).reason


def test_a_policy_that_knows_all_keys_is_what_the_rest_is_done_with() -> None:
    """It may know more keys than the file."""
    more = TrustedKeys((*own().entries, *other().entries[1:]))
    for policy in (own(), more):
        keys, check = check_keys(own().serialise(), policy, None, FILE)
        assert keys == policy
        assert both(of(check, Result.PASSED, FILE), policy.fingerprint())


def test_keys_that_the_policy_does_not_know_are_named() -> None:
    """Each by its name, and the rest is done with the policy."""
    keys, check = check_keys(own().serialise(), other(), None, FILE)
    assert keys == other()
    of(check, Result.FAILED, FILE)
    names = (made.ORIGIN, made.STATEMENTS)
    certificate = own().entries[2].what()
    assert check.reason.endswith(f": {', '.join((*names, certificate))}")
    assert check.reason_zh.endswith(f"：{'、'.join((*names, certificate))}")


@pytest.mark.parametrize(
    ("here", "there", "result"),
    [
        ({}, {}, Result.PASSED),
        ({}, {"to_size": 5, "to_time": LATER}, Result.PASSED),
        ({"to_size": 5, "to_time": LATER}, {}, Result.FAILED),
        (
            {"to_size": 5, "to_time": LATER},
            {"to_size": 5, "to_time": LATER},
            Result.PASSED,
        ),
        (
            {"to_size": 5, "to_time": LATER},
            {"to_size": 6, "to_time": LATER},
            Result.FAILED,
        ),
        (
            {"to_size": 5, "to_time": LATER},
            {"to_size": 5, "to_time": made.START},
            Result.FAILED,
        ),
        ({"from_size": 1}, {}, Result.FAILED),
        ({"from_time": LATER}, {}, Result.FAILED),
    ],
)
def test_a_line_may_only_have_ended_since(
    here: dict[str, Any], there: dict[str, Any], result: Result
) -> None:
    """Beginning and key are as given; an end may have been set later, not undone."""
    certificate = own().entries[2]
    kept = own().entries[:2]
    came = TrustedKeys((*kept, dataclasses.replace(certificate, **here)))
    given = TrustedKeys((*kept, dataclasses.replace(certificate, **there)))
    _, check = judge_keys(came, given, None)
    of(check, result)
