"""Two persons by rule: own keys, pending acts, and what an insider cannot do."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from intake import acts as acts_module
from intake import review as review_module
from intake.acts import Act, cancel, expire, find, finish_recorded, sign, waiting_acts
from intake.errors import NotFound, Refused
from intake.review import (
    CHECKED,
    CheckForm,
    check,
    prepare_check,
    record_check,
    review,
)
from intake.services import actor_of, now
from intake.tables import CustodyEvent, PendingAct, User
from intake.two_persons import keys_in_force, unsigned_event
from integrity.errors import StoreUnavailable, VerificationError
from integrity.key_history import KEYS_CHANGED, change_facts
from integrity.keys import Ed25519Signer
from integrity.persons import (
    PersonSignature,
    check_two_persons,
    sign_payload,
    verified_logins,
)
from integrity.policy import DEFAULT_TWO_PERSON_KINDS
from integrity.statement import Actor, Event, event_of, open_statement, prepare
from integrity.store.custody_log import Transaction, TwoPersonsNeeded
from integrity.store.db import writing
from integrity.vkey import VerifierKey
from receipts import bundle_writer
from receipts import issue as issue_module
from receipts.act_kinds import HANDLERS
from receipts.checks import Result
from receipts.export import export_bundle
from receipts.issue import (
    IssueForm,
    issue_receipt,
    propose_void,
    void_receipt,
    void_unsealed,
)
from receipts.key_plan import person_added
from receipts.person_keys import enrol
from receipts.tables import Receipt
from receipts.verify_bundle import verify_bundle
from tests.factories import CONSOLE
from tests.live import PROJECT
from tests.web_firm import Firm, make_firm

TWO = ("li.na", "wang.wu")
SECOND = "second key"  # of li.na


def signer_of(login: str) -> Ed25519Signer:
    """The key file of a person, as it lies in their own hands; the same each time."""
    seed = login.encode().ljust(32, b".")[:32]
    return Ed25519Signer(login, Ed25519PrivateKey.from_private_bytes(seed))


def enrol_person(firm: Firm, login: str) -> str | None:
    """Enrol that key; None: it counts."""
    return enrol(firm.services, actor(firm, login), vkey(login))


def vkey(login: str) -> VerifierKey:
    """The public half."""
    return VerifierKey.ed25519(login, signer_of(login).public_key)


def actor(firm: Firm, login: str) -> Actor:
    """The person as an agent."""
    with firm.services.log.session() as session:
        return actor_of(session.get_one(User, login))


def signed(login: str, payload: bytes) -> PersonSignature:
    """The signature of that person."""
    return sign_payload(payload, signer_of(login))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm in which li.na (two) and wang.wu have keys, so the rule is in force."""
    made = make_firm(tmp_path_factory.mktemp("two-persons"))
    assert enrol_person(made, "li.na") is None
    second = VerifierKey.ed25519("li.na", signer_of(SECOND).public_key)
    assert enrol(made.services, CONSOLE, second) is None
    assert enrol_person(made, "wang.wu") is None
    return made


def reviewed(firm: Firm) -> str:
    """An exhibit that waits for its two-person check."""
    exhibit = firm.read_exhibit()
    review(firm.services, CONSOLE, None, exhibit, "", "")
    return exhibit


def issued(firm: Firm) -> str:
    """A receipt; returns its number."""
    form = IssueForm("2025-001", "received", "某某公司", (firm.read_exhibit(),))
    return issue_receipt(firm.services, CONSOLE, None, form).number


def voiding(firm: Firm) -> Act:
    """An act to void a new receipt, proposed by li.na and signed by nobody."""
    who = actor(firm, "li.na")
    act_id = propose_void(firm.services, who, "li.na", issued(firm), "写错了")
    return find(firm.services, "li.na", act_id)


def add(firm: Firm, act: Act, login: str, by: str | None = None) -> Act:
    """`login` signs, with the key of `by`."""
    signature = signed(by or login, act.payload)
    return sign(firm.services, login, act.id, signature, HANDLERS)


def half(firm: Firm, exhibit: str, login: str, pages: int = 1) -> str:
    """One person's signed half of the check."""
    who, form = actor(firm, login), CheckForm(pages, "copy", "")
    payload = prepare_check(firm.services, who, login, exhibit, form)
    return record_check(firm.services, who, login, payload, signed(login, payload))


def refusal(call: Callable[[], object]) -> str:
    """The code of the refusal of `call`."""
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def test_the_second_person_brings_the_rule(tmp_path: Path) -> None:
    """One key changes nothing; with the second the default acts want two."""
    firm = make_firm(tmp_path)
    log = firm.services.log

    def kinds() -> frozenset[str]:
        with log.transaction() as tx:
            return keys_in_force(firm.services, tx.session).two_person_kinds(tx.size)

    assert enrol_person(firm, "li.na") is None
    assert kinds() == frozenset()
    assert enrol_person(firm, "wang.wu") is None
    assert kinds() == frozenset(DEFAULT_TWO_PERSON_KINDS)


def test_a_third_person_needs_two_signatures(firm: Firm) -> None:
    """With the rule in force a new key counts only after two have signed."""
    act_id = enrol_person(firm, "zhou.min")
    assert act_id is not None
    act = find(firm.services, "li.na", act_id)
    for login in TWO:
        act = add(firm, act, login)
    assert act.state == "done"
    trusted = firm.services.log.keys.trusted
    far = act.leaf + 1000 if act.leaf else 0
    assert {p.login for p in trusted.person_keys(far).values()} == {*TWO, "zhou.min"}


def test_a_signed_check_by_two(firm: Firm) -> None:
    """Two signed halves that agree make it checked, as unsigned ones did."""
    exhibit = reviewed(firm)
    for login in TWO:
        half(firm, exhibit, login)
    assert firm.row(exhibit).state == "checked"
    with firm.services.log.session() as session:
        query = select(CustodyEvent).where(CustodyEvent.kind == "exhibit.checked")
        for event in session.scalars(query):
            envelope = firm.services.log.statement(event.leaf)
            trusted = firm.services.log.keys.trusted
            assert verified_logins(envelope, trusted, event.leaf) == (event.login,)


def test_a_signed_half_counts_once(firm: Firm) -> None:
    """The same signed statement sent again, in a later round too, is refused."""
    exhibit = reviewed(firm)
    who, form = actor(firm, "li.na"), CheckForm(3, "copy", "")
    payload = prepare_check(firm.services, who, "li.na", exhibit, form)
    signature = signed("li.na", payload)
    record_check(firm.services, who, "li.na", payload, signature)
    half(firm, exhibit, "wang.wu", pages=4)
    code = refusal(
        lambda: record_check(firm.services, who, "li.na", payload, signature)
    )
    assert code == "statement_stale"


def test_halves_that_differ_open_it_again(firm: Firm) -> None:
    """Nothing of the first count is in what the second signs, and both are kept."""
    exhibit = reviewed(firm)
    half(firm, exhibit, "li.na", pages=3)
    who, form = actor(firm, "wang.wu"), CheckForm(4, "copy", "")
    payload = prepare_check(firm.services, who, "wang.wu", exhibit, form)
    assert "agrees" not in event_of(payload).facts
    half(firm, exhibit, "wang.wu", pages=4)
    assert firm.row(exhibit).state == "reviewed"
    half(firm, exhibit, "wang.wu", pages=4)
    half(firm, exhibit, "li.na", pages=4)
    assert firm.row(exhibit).state == "checked"


def test_the_same_person_does_not_check_twice(firm: Firm) -> None:
    """Not even with the right key."""
    exhibit = reviewed(firm)
    half(firm, exhibit, "li.na")
    assert refusal(lambda: half(firm, exhibit, "li.na")) == "same_person"


def test_without_a_signature_nothing_is_recorded(firm: Firm) -> None:
    """The ways that need no key are closed while the rule is in force."""
    exhibit, number = reviewed(firm), issued(firm)
    form = CheckForm(1, "copy", "")
    who = actor(firm, "li.na")
    before = events(firm)
    for call in (
        lambda: check(firm.services, who, "li.na", exhibit, form),
        lambda: void_receipt(firm.services, who, "li.na", number, "x"),
        lambda: void_receipt(firm.services, CONSOLE, None, number, "x"),
    ):
        assert refusal(call) == "signature_needed"
    assert events(firm) == before


def test_another_persons_key_does_not_sign_a_check(firm: Firm) -> None:
    """A half is signed by its own actor."""
    exhibit = reviewed(firm)
    who, form = actor(firm, "li.na"), CheckForm(1, "copy", "")
    payload = prepare_check(firm.services, who, "li.na", exhibit, form)
    for by in ("wang.wu", "nobody"):
        signature = signed(by, payload)
        code = refusal(
            lambda s=signature: record_check(  # type: ignore[misc]
                firm.services, who, "li.na", payload, s
            )
        )
        assert code == "person_signature"


def test_a_prepared_check_is_compared_byte_for_byte(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another actor, a wish to agree, or an old paper: nothing of it is recorded."""

    exhibit = reviewed(firm)
    form = CheckForm(1, "copy", "")
    other = actor(firm, "wang.wu")
    li_na = actor(firm, "li.na")
    foreign = prepare_check(firm.services, other, "wang.wu", exhibit, form)
    wished = prepare(
        unsigned_event(
            "exhibit.checked",
            li_na,
            event_of(foreign).facts | {"agrees": True},
            now(),
        )
    )
    earlier = now() - review_module.CHECK_LIFE - dt.timedelta(seconds=1)
    monkeypatch.setattr(review_module, "now", lambda: earlier)
    old = prepare_check(firm.services, li_na, "li.na", exhibit, form)
    for payload in (foreign, wished, old):
        signature = signed("li.na", payload)
        code = refusal(
            lambda p=payload, s=signature: record_check(  # type: ignore[misc]
                firm.services, li_na, "li.na", p, s
            )
        )
        assert code == "statement_stale"


def test_a_void_takes_two(firm: Firm) -> None:
    """After one signature nothing is void; after two it is, with both in the log."""
    act = voiding(firm)
    act = add(firm, act, "li.na")
    assert (act.state, act.missing) == ("pending", 1)
    assert receipt_state(firm, act) == "valid"
    act = add(firm, act, "wang.wu")
    assert (act.state, act.missing) == ("done", 0)
    assert receipt_state(firm, act) == "void"
    assert act.leaf is not None
    envelope = firm.services.log.statement(act.leaf)
    trusted = firm.services.log.keys.trusted
    assert verified_logins(envelope, trusted, act.leaf) == TWO
    assert refusal(lambda: add(firm, act, "li.na")) == "act_state"


def test_nobody_signs_twice_or_for_another(firm: Firm) -> None:
    """One person is one signature, made with that person's key."""
    act = add(firm, voiding(firm), "li.na")
    assert refusal(lambda: add(firm, act, "li.na")) == "act_signed"
    assert refusal(lambda: add(firm, act, "wang.wu", by="li.na")) == "person_signature"
    assert find(firm.services, None, act.id).signed == ("li.na",)


def test_a_signature_is_of_one_text(firm: Firm) -> None:
    """What was signed for one act is nothing for another."""
    first, second = voiding(firm), voiding(firm)
    stray = signed("li.na", first.payload)
    code = refusal(lambda: sign(firm.services, "li.na", second.id, stray, HANDLERS))
    assert code == "person_signature"


def test_somebody_without_a_key_cannot_sign(firm: Firm) -> None:
    """The administrator's sign-in signs nothing."""
    act_id = enrol_person(firm, "admin")
    assert act_id is not None
    act = find(firm.services, "admin", act_id)
    assert refusal(lambda: add(firm, act, "admin")) == "person_key_absent"


def test_what_became_impossible_is_not_recorded(firm: Firm) -> None:
    """The conditions are asked again at the last signature."""
    act = add(firm, voiding(firm), "li.na")
    with writing(firm.services.log.engine) as session:
        session.get_one(Receipt, act.subject).state = "void"
    assert refusal(lambda: add(firm, act, "wang.wu")) == "receipt_state"
    assert find(firm.services, None, act.id).leaf is None


def test_one_act_waits_about_one_thing(firm: Firm) -> None:
    """The same void is not proposed twice; after a cancel it may be."""
    act = voiding(firm)
    who = actor(firm, "wang.wu")

    def again() -> str:
        return propose_void(firm.services, who, "wang.wu", act.subject, "again")

    assert refusal(again) == "act_waits"
    cancel(firm.services, "wang.wu", act.id)
    assert find(firm.services, None, act.id).state == "cancelled"
    assert refusal(lambda: add(firm, act, "li.na")) == "act_state"
    assert again() != act.id


def test_acts_end_after_seven_days(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second before the end it can be signed; at the end it cannot."""
    first, second = voiding(firm), voiding(firm)
    end = second.expires_at
    monkeypatch.setattr(acts_module, "now", lambda: end - dt.timedelta(seconds=1))
    add(firm, second, "li.na")
    monkeypatch.setattr(acts_module, "now", lambda: end)
    assert refusal(lambda: add(firm, first, "li.na")) == "act_state"
    assert refusal(lambda: add(firm, second, "wang.wu")) == "act_state"
    with firm.services.log.session() as session:
        assert waiting_acts(session, None) == []
    assert expire(firm.services) >= 2
    assert expire(firm.services) == 0


def test_only_members_see_and_sign(firm: Firm) -> None:
    """An act about a matter is not there for anybody else."""
    act = voiding(firm)
    for login in ("zhou.min", "admin"):
        with pytest.raises(NotFound):
            find(firm.services, login, act.id)
        with firm.services.log.session() as session:
            assert act.id not in [a.id for a in waiting_acts(session, login)]
    with firm.services.log.session() as session:
        assert act.id in [a.id for a in waiting_acts(session, "wang.wu")]


def test_an_altered_row_is_not_signed_for(firm: Firm) -> None:
    """A row whose columns say another kind or matter than its statement is refused."""
    act = voiding(firm)
    with writing(firm.services.log.engine) as session:
        session.get_one(PendingAct, act.id).matter_id = firm.other_matter
    assert refusal(lambda: add_as_console(firm, act)) == "act_state"


def add_as_console(firm: Firm, act: Act) -> None:
    """Sign by whoever may see everything."""
    cancel(firm.services, None, act.id)


def test_a_row_that_holds_no_statement_hinders_no_other(firm: Firm) -> None:
    """It is refused and not listed; what else waits is, and the sweep goes on."""
    bad = voiding(firm)
    with writing(firm.services.log.engine) as session:
        session.get_one(PendingAct, bad.id).payload = b"nothing"
    assert refusal(lambda: add_as_console(firm, bad)) == "act_state"
    assert refusal(lambda: find(firm.services, None, bad.id)) == "act_state"
    with firm.services.log.session() as session:
        assert bad.id not in [act.id for act in waiting_acts(session, None)]
    with writing(firm.services.log.engine) as session:
        session.get_one(PendingAct, bad.id).state = "recorded"
    assert finish_recorded(firm.services, HANDLERS) == 0
    with writing(firm.services.log.engine) as session:
        session.delete(session.get_one(PendingAct, bad.id))


def test_an_act_that_cannot_be_finished_now_hinders_no_other(firm: Firm) -> None:
    """What follows an act may fail, a store being away; the next sweep tries again."""
    act = voiding(firm)
    for login in TWO:
        act = add(firm, act, login)
    with writing(firm.services.log.engine) as session:
        session.get_one(PendingAct, act.id).state = "recorded"

    def fails(*_: object) -> None:
        raise StoreUnavailable("second store", "away")

    failing = {act.event.kind: replace(HANDLERS[act.event.kind], after=fails)}
    assert finish_recorded(firm.services, failing) == 0
    assert finish_recorded(firm.services, {}) == 0
    assert finish_recorded(firm.services, HANDLERS) == 1


def test_what_a_crash_left_is_finished_once_more(firm: Firm) -> None:
    """An act that was recorded and not finished is finished by the next sweep."""
    act = voiding(firm)
    for login in TWO:
        act = add(firm, act, login)
    with writing(firm.services.log.engine) as session:
        session.get_one(PendingAct, act.id).state = "recorded"
    assert finish_recorded(firm.services, HANDLERS) == 1
    assert find(firm.services, None, act.id).state == "done"
    assert finish_recorded(firm.services, HANDLERS) == 0


def test_an_interrupted_receipt_is_proposed(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service voids nothing under the rule: it asks two people, and asks once."""
    monkeypatch.setattr(issue_module, "_seal", stop)
    with pytest.raises(KeyboardInterrupt):
        issued(firm)
    monkeypatch.undo()
    at_once = dt.timedelta(seconds=-1)
    before = waiting(firm)
    assert void_unsealed(firm.services, at_once) == 0
    (act,) = waiting(firm) - before
    assert void_unsealed(firm.services, at_once) == 0
    assert waiting(firm) - before == {act}
    for login in TWO:
        done = add(firm, find(firm.services, login, act), login)
    assert receipt_state(firm, done) == "void"


def stop(*_: object) -> str:
    """The power goes."""
    raise KeyboardInterrupt


def waiting(firm: Firm) -> set[str]:
    """Ids of the acts that wait."""
    with firm.services.log.session() as session:
        return {act.id for act in waiting_acts(session, None)}


def test_the_store_refuses_what_is_not_signed(firm: Firm) -> None:
    """Called directly, past every operation, the log still wants the signatures."""
    exhibit, act = reviewed(firm), voiding(firm)
    facts = {"exhibit": exhibit, "matter": firm.matter, "pages": 1, "paper": "copy"}
    before = events(firm)
    with pytest.raises(TwoPersonsNeeded), firm.services.log.transaction() as tx:
        tx.record(CHECKED, actor(firm, "li.na"), facts | {"condition": ""})
    for signatures in ([], [signed("li.na", act.payload)]):
        with pytest.raises(TwoPersonsNeeded), firm.services.log.transaction() as tx:
            tx.record_prepared(act.payload, signatures)
    assert events(firm) == before


INSIDE = [
    "unsigned check", "unsigned void", "one signature", "one person twice",
    "a made-up person", "a signature of another text",
]  # fmt: skip


@pytest.mark.parametrize("how", INSIDE)
def test_an_insider_convinces_no_verifier(
    firm: Firm, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With database, code and every key of the server: check 17 says no.

    The refusal is taken out of the code, so the envelope is signed with the firm's
    statement key and the log takes it; what is missing is a key only a person has.
    """
    event, persons = forged(firm, how)
    monkeypatch.setattr(Transaction, "_require_persons", lambda *_, **__: None)
    with firm.services.log.transaction() as tx:
        leaf = tx.record_prepared(prepare(event), persons)
    envelope = firm.services.log.statement(leaf)
    trusted = firm.services.log.keys.trusted
    assert open_statement(envelope, trusted.statement_keys()) == event
    firm.services.log.keys.open_checkpoint(firm.services.log.checkpoint())
    with pytest.raises(VerificationError):
        check_17(firm, event, leaf)


def test_an_insider_enrols_nobody(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of keys without two persons is no part of the history of the keys."""
    before = firm.services.log.keys.trusted
    leaf = events(firm)
    plan = person_added("insider", vkey("insider").text())
    after = plan.after(before, leaf, now())
    facts = change_facts(before, after, plan.reason, plan.note)
    event = unsigned_event(KEYS_CHANGED, actor(firm, "admin"), facts, now())
    with pytest.raises(VerificationError):
        check_two_persons(event, (), before, leaf)
    monkeypatch.setattr(Transaction, "_require_persons", lambda *_, **__: None)
    with pytest.raises(VerificationError), firm.services.log.transaction() as tx:
        tx.record_prepared(prepare(event))
    assert firm.services.log.keys.trusted == before


def check_17(firm: Firm, event: Event, leaf: int) -> None:
    """What every verifier asks of an event of the log."""
    trusted = firm.services.log.keys.trusted
    logins = verified_logins(firm.services.log.statement(leaf), trusted, leaf)
    check_two_persons(event, logins, trusted, leaf)


def test_bundles_carry_it_to_strangers(
    firm: Firm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check by two passes 17 in both offline verifiers; an insider's fails there.

    The insider also has the writer of bundles hand it out without verifying it.
    """
    good, bad = reviewed(firm), firm.read_exhibit("b.txt", b"another")
    for login in TWO:
        half(firm, good, login)
    review(firm.services, CONSOLE, None, bad, "", "")
    export(firm, good, tmp_path / "good.zip")
    assert verdicts(firm, tmp_path / "good.zip") == ({"passed"}, 0)
    facts = {"exhibit": bad, "matter": firm.matter, "pages": 1, "paper": "copy"}
    more = {"condition": "", "agrees": None}
    monkeypatch.setattr(Transaction, "_require_persons", lambda *_, **__: None)
    with firm.services.log.transaction() as tx:
        tx.record(CHECKED, actor(firm, "li.na"), facts | more)
    with pytest.raises(VerificationError):
        export(firm, bad, tmp_path / "bad.zip")
    monkeypatch.setattr(bundle_writer, "_require_all_checks", lambda *_: None)
    export(firm, bad, tmp_path / "bad.zip")
    assert verdicts(firm, tmp_path / "bad.zip") == ({"failed"}, 1)


def export(firm: Firm, exhibit: str, out: Path) -> None:
    """Write the bundle of one exhibit."""
    export_bundle(firm.services, CONSOLE, None, firm.matter, [exhibit], out)


def verdicts(firm: Firm, bundle: Path) -> tuple[set[str], int]:
    """Check 17 as `custody-verify` gives it, and the exit code of verify.py.

    Where it fails, it is the first check that does.
    """
    trusted = firm.services.log.keys.trusted
    report = verify_bundle(bundle, trusted)
    failed = [check.number for check in report.checks if check.result is Result.FAILED]
    assert failed in ([], [17])
    program = PROJECT / "receipts" / "standalone" / "verify.py"
    policy = bundle.with_suffix(".keys")
    policy.write_bytes(trusted.serialise())
    words = [sys.executable, str(program), str(bundle), "--policy", str(policy)]
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    found = re.findall(r"^ ?(\d+) [^:]+: .* / failed", done.stdout, re.MULTILINE)
    assert found == [str(number) for number in failed], done.stdout
    return {c.result.value for c in report.checks if c.number == 17}, done.returncode


def forged(firm: Firm, how: str) -> tuple[Event, list[PersonSignature]]:
    """What an insider writes."""
    act, who = voiding(firm), actor(firm, "li.na")
    if how == "unsigned check":
        facts = {"exhibit": reviewed(firm), "matter": firm.matter, "pages": 1}
        more = {"paper": "copy", "condition": ""}
        return unsigned_event(CHECKED, who, facts | more, now()), []
    by = {
        "unsigned void": [],
        "one signature": [signed("li.na", act.payload)],
        "one person twice": [signed(x, act.payload) for x in ("li.na", SECOND)],
        "a made-up person": [signed(x, act.payload) for x in ("li.na", "insider")],
        "a signature of another text": [
            signed("li.na", act.payload), signed("wang.wu", voiding(firm).payload)
        ],
    }  # fmt: skip
    return act.event, by[how]


def test_the_honest_way_passes_the_same_check(firm: Firm) -> None:
    """Check 17 is not a check that refuses everything."""
    act = voiding(firm)
    for login in TWO:
        act = add(firm, act, login)
    assert act.leaf is not None
    check_17(firm, act.event, act.leaf)


def events(firm: Firm) -> int:
    """How many events the log has."""
    with firm.services.log.transaction() as tx:
        return tx.size


def receipt_state(firm: Firm, act: Act) -> str:
    """State of the receipt that the act is about."""
    with firm.services.log.session() as session:
        return session.get_one(Receipt, act.subject).state
