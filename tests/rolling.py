"""Logs that follow one another: how a test closes one and goes on in the next."""

from __future__ import annotations

import dataclasses

from integrity.key_history import KEYS_CHANGED, change_facts
from integrity.policy import Role, TrustedKey, TrustedKeys
from integrity.store.blobs import KEYS, read_object
from integrity.store.custody_log import CustodyLog, LogKeys
from integrity.vkey import VerifierKey
from tests.log_factory import (
    ACTOR,
    LOG,
    ORIGIN,
    START,
    STATEMENT,
    TRUSTED,
    LogHome,
    record,
    signer,
)

NAMES = (ORIGIN, f"{ORIGIN}/2026", f"{ORIGIN}/2027")
# Opened under the first name, as a home opens every key file.
LOG_2, LOG_3 = signer(41), signer(42)
FIRSTS = (0, 5, 9)  # first entry of each log of `three_logs`
SIZE = 12


def keys_of_three(**more: object) -> LogKeys:
    """The first log's keys, with the signers of all three."""
    return LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT, (LOG_2, LOG_3), **more)  # type: ignore[arg-type]


def continued(
    before: TrustedKeys, first: int, name: str, public_key: bytes
) -> TrustedKeys:
    """The keys by which the log `name` begins with entry `first`."""
    line = TrustedKey(
        Role.LOG, VerifierKey.ed25519(name, public_key), first + 1, None, START, None
    )
    closed = [
        dataclasses.replace(entry, to_size=first)
        if entry.role is Role.LOG and entry.to_size is None
        else entry
        for entry in before.entries
    ]
    return TrustedKeys((*closed, line))


def roll_over(log: CustodyLog, first: int, name: str, public_key: bytes) -> None:
    """Record that `name` begins with entry `first`, and bring the lists up to it."""
    before = log.keys.trusted
    after = continued(before, first, name, public_key)
    record(log, KEYS_CHANGED, **change_facts(before, after, "rotated", ""))
    for store in log.stores:
        store.swap(KEYS, read_object(store, KEYS), after.serialise())


def three_logs(home: LogHome) -> CustodyLog:
    """Twelve entries in three logs, published one by one."""
    home.keys = keys_of_three()
    log = home.begin()
    record(log, n=1)
    roll_over(log, FIRSTS[1], NAMES[1], LOG_2.public_key)
    for number in (3, 4, 6):
        assert record(log, n=number) == number
    roll_over(log, FIRSTS[2], NAMES[2], LOG_3.public_key)
    for number in (8, 10, 11):
        assert record(log, n=number) == number
    return log


def write_three_together(home: LogHome) -> CustodyLog:
    """The same entries, of which all after the second in one transaction."""
    home.keys = keys_of_three()
    log = home.begin()
    record(log, n=1)
    two = continued(TRUSTED, FIRSTS[1], NAMES[1], LOG_2.public_key)
    three = continued(two, FIRSTS[2], NAMES[2], LOG_3.public_key)
    with log.transaction() as tx:
        tx.record(KEYS_CHANGED, ACTOR, change_facts(TRUSTED, two, "rotated", ""))
        for number in (3, 4, 6):
            assert tx.record("test.happened", ACTOR, {"n": number}) == number
        tx.record(KEYS_CHANGED, ACTOR, change_facts(two, three, "rotated", ""))
        for number in (8, 10, 11):
            assert tx.record("test.happened", ACTOR, {"n": number}) == number
    for store in log.stores:
        store.swap(KEYS, read_object(store, KEYS), three.serialise())
    return log
