"""Check 17: acts that a rule gives to two persons carry the signatures of two.

Persons' keys are out of the service's reach, so that neither the service nor whoever
runs it can make such an act alone. Names in statements without them come from sign-in
only, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from integrity.errors import IntegrityError, VerificationError
from integrity.persons import check_two_persons, verified_logins
from integrity.policy import TrustedKeys
from integrity.statement import Event
from receipts.checks import TWO_PERSONS, Check, Words, passed
from receipts.log_checks import Entry, refused

CHECKED = "exhibit.checked"
_CHECK = "two persons"


class PersonChecks:
    """Check 17 over the statements of a bundle, told one by one as they pass check 6.

    Args:
        trusted: the keys and rules to judge by.
    """

    def __init__(self, trusted: TrustedKeys) -> None:
        self._trusted = trusted
        self._halves = _Halves()
        self._faults: list[Check] = []
        self._signed = 0
        self._ruled = False

    def take(self, entry: Entry, event: Event) -> None:
        """The next statement, in the order of the log."""
        kinds = self._trusted.two_person_kinds(entry.leaf)
        self._ruled |= bool(kinds)
        try:
            logins = _persons(entry, event, self._trusted)
            self._halves.take(event, ruled=event.kind in kinds)
        except IntegrityError as error:
            fault = refused(TWO_PERSONS, entry.statement_subject, error)
            self._faults.append(fault)
            return
        self._signed += bool(logins)

    def answers(self, subject: str) -> Iterator[Check]:
        """The answer for each statement at fault, or one for all of `subject`."""
        yield from self._faults
        if not self._faults:
            words = _words(self._signed, ruled=self._ruled)
            yield passed(TWO_PERSONS, subject, words)


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


class _Halves:
    """The halves of two-person checks: the second is by another than the first."""

    def __init__(self) -> None:
        self._open: dict[str, str] = {}

    def take(self, event: Event, *, ruled: bool) -> None:
        if event.kind != CHECKED:
            return
        exhibit = str(event.facts.get("exhibit"))
        first = self._open.pop(exhibit, None)
        if event.facts.get("agrees") is None:
            self._open[exhibit] = event.actor.login
        elif ruled and first in {None, event.actor.login}:
            raise VerificationError(_CHECK, "the second half is by no second person")


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
