"""Check 17: acts that a rule gives to two persons carry the signatures of two.

Persons' keys are out of the service's reach, so that neither the service nor whoever
runs it can make such an act alone. Names in statements without them come from sign-in
only, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from integrity.errors import IntegrityError
from integrity.persons import check_two_persons, verified_logins
from integrity.policy import RuleEntry, TrustedKeys, TwoPersons
from integrity.statement import Event
from receipts.checks import TWO_PERSONS, Check, Words, failed, indeterminate, passed
from receipts.log_checks import Entry, refused
from receipts.person_halves import Halves, Pairing


class PersonChecks:
    """Check 17 over the statements of a bundle, told one by one as they pass check 6.

    Args:
        trusted: the keys and rules to judge by.
    """

    def __init__(self, trusted: TrustedKeys) -> None:
        self._trusted = trusted
        self._halves = Halves()
        self._faults: list[Check] = []
        self._signed = 0
        self._ruled = False

    def take(self, entry: Entry, event: Event) -> None:
        """The next statement, in the order of the log."""
        kinds = self._trusted.two_person_kinds(entry.leaf)
        self._ruled |= bool(kinds)
        subject = entry.statement_subject
        try:
            logins = _persons(entry, event, self._trusted)
        except IntegrityError as error:
            self._faults.append(refused(TWO_PERSONS, subject, error))
            return
        self._signed += bool(logins)
        pairing = self._halves.take(
            entry.leaf, event, ruled=event.kind in kinds, logins=logins
        )
        if pairing is not None:
            self._faults.append(_answer(pairing, subject))

    def answers(self, subject: str) -> Iterator[Check]:
        """The answer for each statement at fault, or one for all of `subject`."""
        yield from self._faults
        if self._faults:
            return
        words = [_words(self._signed, ruled=self._ruled)]
        begins = rule_begins(self._trusted)
        words += [] if begins is None else [_since(begins)]
        words += [_alone(count)] if (count := self._halves.alone) else []
        yield passed(TWO_PERSONS, subject, _joined(words))


def unsigned_acts(
    events: Mapping[int, Event], trusted: TrustedKeys, subject: Callable[[int], str]
) -> Iterator[Check]:
    """Check 17 in the first format, whose statements carry no signatures of persons.

    Args:
        events: leaf number to event.
        trusted: the keys and rules that the verifying person gave.
        subject: what a person calls the statement of a leaf.
    """
    for leaf, event in sorted(events.items()):
        if event.kind in trusted.two_person_kinds(leaf):
            reason = Words(
                "规则要求双人，而第一种格式没有个人签名",
                "the rule wants two persons; the first format carries no signatures"
                " of persons",
            )
            yield failed(TWO_PERSONS, subject(leaf), reason)


def rule_begins(trusted: TrustedKeys) -> int | None:
    """The leaf from which the first rule of two counts; None when there is none."""
    starts = [
        entry.from_size
        for entry in trusted.entries
        if isinstance(entry, RuleEntry) and isinstance(entry.rule, TwoPersons)
    ]
    return min(starts, default=None)


def _answer(pairing: Pairing, subject: str) -> Check:
    answer = failed if pairing.broken else indeterminate
    return answer(TWO_PERSONS, subject, pairing.words)


def _persons(entry: Entry, event: Event, trusted: TrustedKeys) -> tuple[str, ...]:
    logins: tuple[str, ...] = ()
    if has_persons(entry.envelope):
        logins = verified_logins(entry.envelope, trusted, entry.leaf)
    check_two_persons(event, logins, trusted, entry.leaf)
    return logins


def has_persons(envelope: bytes) -> bool:
    """Whether an envelope in its one form has more signatures than the service's.

    What it holds besides is base64, which has no quotation mark.
    """
    return envelope.count(b'"keyid":') > 1


def check_person_of(
    entry: Entry, event: Event, trusted: TrustedKeys
) -> Iterator[Check]:
    """Check 17 of a single statement, where persons signed it or a rule wants them to.

    That the halves of a check are by two persons shows only where both are at hand.
    """
    ruled = event.kind in trusted.two_person_kinds(entry.leaf)
    try:
        if not has_persons(entry.envelope) and not ruled:
            return
        logins = _persons(entry, event, trusted)
    except IntegrityError as error:
        yield refused(TWO_PERSONS, entry.statement_subject, error)
        return
    names = ", ".join(logins)
    reason = Words(
        f"由个人密钥签名：{names}", f"signed with the keys of persons: {names}"
    )
    yield passed(TWO_PERSONS, entry.statement_subject, reason)


def _words(signed: int, *, ruled: bool) -> Words:
    if not ruled and not signed:
        return Words(
            "没有双人规则：声明中的人名仅来自登录，未经其本人密钥签名",
            "no rule of two was in force: names in statements come from sign-in only,"
            " no person signed them with a key",
        )
    if not ruled:
        return Words(
            f"没有双人规则；{signed} 项由个人密钥签名，签名有效",
            f"no rule of two was in force; {signed} acts are signed with persons' keys",
        )
    return Words(
        f"规则要求双人的事项均已由两人签名；共 {signed} 项带有个人密钥的签名，均有效",
        "all acts that the rule gives to two are signed by two; "
        f"{signed} acts carry signatures by persons' keys, and all hold",
    )


def _since(leaf: int) -> Words:
    return Words(
        f"规则自第 {leaf} 号事件起有效，此前的事项仅凭登录",
        f"the rule counts from event {leaf} on; acts before it rest on sign-in only",
    )


def _alone(count: int) -> Words:
    return Words(
        f"{count} 件证据只有一半核查",
        f"of {count} exhibits only one half of the check is here",
    )


def _joined(words: list[Words]) -> Words:
    return Words(
        "；".join(each.zh for each in words), "; ".join(each.en for each in words)
    )
