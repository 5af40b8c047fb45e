"""Check 4: whose keys are we judging by?

Keys that come with the thing to be verified prove that it is consistent, not whose
it is: anyone can make a bundle with keys of his own. So the answer always names the
fingerprint of the keys it is about, and asks to compare it with a paper of the firm;
with `--policy` or `--fingerprint` that comparison is part of the check.

Keys change. A fingerprint or policy from before a change is good where the log itself
tells how the keys of then became those of now (check 19); a policy from after a change
is good where all it did to the keys of then was to end them.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrity.errors import MalformedError
from integrity.key_history import Stage
from integrity.policy import TrustedKeys, TrustEntry, parse_trusted_keys
from receipts.checks import KEYS, Check, Words, failed, passed

SUBJECT = "trust/keys"


def check_keys(
    own_keys: bytes,
    policy: TrustedKeys | None,
    fingerprint: str | None = None,
    subject: str = SUBJECT,
) -> tuple[TrustedKeys | None, Check]:
    """Check 4, and the keys by which to do the others.

    Args:
        own_keys: the `trust/keys` file that came with the thing to be verified.
        policy: the keys that the caller trusts, if any.
        fingerprint: hex SHA-256 of `own_keys` from a source the caller trusts.
        subject: what a person calls the file.

    Returns:
        The policy where there is one, else the file's own keys; None where the file
        is malformed, since then it is unclear what a person would verify with.
    """
    own, fault = read_keys(own_keys, subject)
    if own is None:
        return None, fault
    return judge_keys(own, policy, fingerprint, subject)


def read_keys(
    own_keys: bytes, subject: str = SUBJECT
) -> tuple[TrustedKeys | None, Check]:
    """The key file that came along; where it is malformed, None and why 4 failed."""
    try:
        own = parse_trusted_keys(own_keys)
    except MalformedError as error:
        reason = Words(f"公钥文件不符合格式（{error}）", str(error))
        return None, failed(KEYS, subject, reason)
    return own, passed(KEYS, subject, Words("格式正确", "well formed"))


def judge_keys(
    own: TrustedKeys,
    policy: TrustedKeys | None,
    fingerprint: str | None,
    subject: str = SUBJECT,
    stages: Sequence[Stage] = (),
) -> tuple[TrustedKeys, Check]:
    """Check 4 of a well-formed key file, and the keys by which to do the others.

    Args:
        own: the keys that came along.
        policy: the keys that the caller trusts, if any.
        fingerprint: hex SHA-256 of a key file of the firm, as the caller knows it.
        subject: what a person calls the file.
        stages: every content the file had, where check 19 passed.
    """
    earlier = {stage.fingerprint for stage in stages}
    if policy is not None:
        if policy.fingerprint() in earlier:
            return own, _earlier(policy.fingerprint(), own, subject)
        return policy, _against_policy(own, policy, subject)
    if fingerprint is not None:
        if fingerprint.lower() in earlier:
            return own, _earlier(fingerprint.lower(), own, subject)
        return own, _against_fingerprint(own, fingerprint, subject)
    reason = Words(
        "以下各项均以所附公钥为准；公钥是谁的，请与本所纸质文书上所印的指纹比对："
        + own.fingerprint(),
        "all that follows is by the keys in the file itself; whose they are is for you"
        f" to compare with a paper of the firm: fingerprint {own.fingerprint()}",
    )
    return own, passed(KEYS, subject, reason)


def _earlier(given: str, own: TrustedKeys, subject: str) -> Check:
    if given == own.fingerprint():
        reason = Words("公钥指纹与所给的一致", "the fingerprint is the one given")
        return passed(KEYS, subject, reason)
    reason = Words(
        f"所给指纹是密钥变更以前的；依密钥沿革（检查 19），现为 {own.fingerprint()}",
        "the fingerprint given is of the keys before a change; by their history"
        f" (check 19) it is now {own.fingerprint()}",
    )
    return passed(KEYS, subject, reason)


def _against_policy(own: TrustedKeys, policy: TrustedKeys, subject: str) -> Check:
    known = {_beginning(entry): entry for entry in policy.entries}
    strange = [
        entry.what().partition("+")[0]
        for entry in own.entries
        if not _continued(entry, known.get(_beginning(entry)))
    ]
    if strange:
        reason = Words(
            f"所附公钥不在核验人的公钥文件中：{'、'.join(strange)}",
            f"it names keys that the given policy does not know: {', '.join(strange)}",
        )
        return failed(KEYS, subject, reason)
    reason = Words(
        f"所附公钥都在核验人的公钥文件中（指纹 {policy.fingerprint()}）",
        f"its keys are all in the given policy (fingerprint {policy.fingerprint()})",
    )
    return passed(KEYS, subject, reason)


def _beginning(entry: TrustEntry) -> tuple[str, str, int]:
    return entry.role.value, entry.what(), entry.from_size


def _continued(own: TrustEntry, given: TrustEntry | None) -> bool:
    """Whether the line given is that line, or that line with its end set since."""
    return (
        given is not None
        and given.from_time == own.from_time
        and own.to_size in {None, given.to_size}
        and own.to_time in {None, given.to_time}
    )


def _against_fingerprint(own: TrustedKeys, fingerprint: str, subject: str) -> Check:
    if own.fingerprint() == fingerprint.lower():
        reason = Words("公钥指纹与所给的一致", "the fingerprint is the one given")
        return passed(KEYS, subject, reason)
    reason = Words(
        f"公钥指纹是 {own.fingerprint()}，与所给的不同",
        f"the fingerprint is {own.fingerprint()}, not the one given",
    )
    return failed(KEYS, subject, reason)
