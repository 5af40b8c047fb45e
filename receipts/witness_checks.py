"""Check 18: outsiders saw this very history.

A firm that kept two histories could show each reader one of them. Witnesses cosign
only a checkpoint that continues what they saw before, so a second history would lack
their lines. Where the firm asked for none, the answer says what therefore is not shown.
"""

from __future__ import annotations

from integrity.cosignature import cosignatures
from integrity.errors import IntegrityError
from integrity.policy import RuleEntry, TrustedKeys, Witnesses
from receipts.checks import WITNESSES, Check, Words, indeterminate, passed
from receipts.log_checks import Head, refused


def check_witnesses(
    head: Head, trusted: TrustedKeys, subject: str, own: TrustedKeys | None = None
) -> Check:
    """Check 18 of a checkpoint that passed check 5.

    Args:
        head: the checkpoint.
        trusted: the keys and rules to judge by.
        subject: what a person calls the checkpoint.
        own: the list that came with it. A rule in it that begins after the checkpoint
            is what a fork from before the rule would show, too.
    """
    size = head.covered
    needed = trusted.witnesses_needed(size)
    try:
        found = cosignatures(head.note, trusted.witness_keys(size))
    except IntegrityError as error:
        return refused(WITNESSES, subject, error)
    awaited = None if own is None or needed else _awaited_rule(own, size)
    if awaited is not None:
        count, begins = awaited
        reason = Words(
            f"规则自第 {begins} 条起要求 {count} 个见证人，本检查点在此之前："
            "另有一套历史不会由此显现",
            f"the rule of {count} witnesses begins at size {begins}, after this"
            " checkpoint: a second history would not show here",
        )
        return indeterminate(WITNESSES, subject, reason)
    names = ", ".join(each.key.name for each in found)
    if len(found) < needed:
        reason = Words(
            f"规则要求 {needed} 个见证人，只有 {len(found)} 个共同签名",
            f"{needed} witnesses are asked for, {len(found)} cosigned",
        )
        return indeterminate(WITNESSES, subject, reason)
    if not needed and not found:
        reason = Words(
            "没有要求外部见证；如另有一套历史，不会由此显现",
            "no outside witness was asked for; a second history would not show here",
        )
        return passed(WITNESSES, subject, reason)
    reason = Words(
        f"{len(found)} 个见证人共同签名（要求 {needed} 个）：{names}",
        f"{len(found)} witnesses cosigned ({needed} asked for): {names}",
    )
    return passed(WITNESSES, subject, reason)


def _awaited_rule(own: TrustedKeys, size: int) -> tuple[int, int] | None:
    """How many witnesses a rule wants that begins after `size`, and where it begins."""
    for entry in own.entries:
        if not isinstance(entry, RuleEntry) or not isinstance(entry.rule, Witnesses):
            continue
        if entry.from_size > size and entry.to_size is None:
            return entry.rule.count, entry.from_size
    return None
