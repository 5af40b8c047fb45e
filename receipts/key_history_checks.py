"""Check 19: the key file is what leaf 0 and every change of keys made of it.

The file alone says which keys count, not since when the firm says so. The log does:
leaf 0 names the first keys, each `keys.changed` the whole file after it, and each of
them is under the checkpoint like every other event.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

from integrity.envelope import parse_envelope
from integrity.errors import IntegrityError
from integrity.key_history import KEYS_CHANGED, Change, Stage, check_history
from integrity.policy import TrustedKeys
from integrity.statement import Event, event_of, open_statement
from receipts.checks import KEY_HISTORY, Check, Words, indeterminate, passed
from receipts.log_checks import refused

SUBJECT = "trust/keys"
_PAYLOAD = b'"payload":"'


def check_key_history(
    own: TrustedKeys, statements: Iterable[tuple[int, bytes]]
) -> tuple[tuple[Stage, ...], Check]:
    """Check 19, and every earlier content of the file; none where it did not pass.

    Args:
        own: the key file that came along, parsed.
        statements: leaf number and envelope of every statement that came along.
    """
    opened = _opened(own, statements)
    if opened is None:
        reason = Words(
            "0 号事件或一次密钥变更的声明未通过检查 6",
            "the statement of event 0 or of a change of keys does not pass check 6",
        )
        return (), indeterminate(KEY_HISTORY, SUBJECT, reason)
    founding, changes = opened
    try:
        stages = check_history(own.serialise(), founding, changes)
    except IntegrityError as error:
        return (), refused(KEY_HISTORY, SUBJECT, error)
    return stages, passed(KEY_HISTORY, SUBJECT, _words(changes))


def _opened(
    own: TrustedKeys, statements: Iterable[tuple[int, bytes]]
) -> tuple[Event, Sequence[Change]] | None:
    """Leaf 0 and the changes, each by a key that counts there; None if one is not."""
    founding: Event | None = None
    changes = list[Change]()
    for leaf, envelope in statements:
        if leaf and not claims_change(envelope):
            continue
        try:
            event = open_statement(envelope, own.statement_keys(leaf))
        except IntegrityError:
            return None
        if leaf:
            changes.append((leaf, event))
        else:
            founding = event
    return None if founding is None else (founding, changes)


def claims_change(envelope: bytes) -> bool:
    """Whether an envelope says it changes keys; nothing of it is verified."""
    start = envelope.find(_PAYLOAD) + len(_PAYLOAD)
    encoded = envelope[start : envelope.find(b'"', start)]
    try:
        # Canonical JSON has one spelling of the kind, and most events are others.
        if KEYS_CHANGED.encode() not in base64.b64decode(encoded):
            return False
    except ValueError:
        return False
    try:
        return event_of(parse_envelope(envelope).payload).kind == KEYS_CHANGED
    except IntegrityError:
        return False


def _words(changes: Sequence[Change]) -> Words:
    if not changes:
        return Words(
            "即 0 号事件所写的公钥，未附任何变更；此后有无变更，以较新文书所印指纹为准",
            "the keys that event 0 names, and no change came along; whether there was"
            " one since shows by the fingerprint on a newer paper",
        )
    numbers = ", ".join(str(leaf) for leaf, _ in changes)
    return Words(
        f"经 {len(changes)} 次变更（事件 {numbers}）得出",
        f"the result of {len(changes)} changes (events {numbers})",
    )
