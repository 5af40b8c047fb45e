"""Check 4: whose keys are we judging by?

Keys that come with the thing to be verified prove that it is consistent, not whose
it is: anyone can make a bundle with keys of his own. So the answer always names the
fingerprint of the keys it is about, and asks to compare it with a paper of the firm;
with `--policy` or `--fingerprint` that comparison is part of the check.
"""

from __future__ import annotations

from integrity.errors import MalformedError
from integrity.policy import TrustedKeys, parse_trusted_keys
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
    try:
        own = parse_trusted_keys(own_keys)
    except MalformedError as error:
        reason = Words(f"公钥文件不符合格式（{error}）", str(error))
        return None, failed(KEYS, subject, reason)
    if policy is not None:
        return policy, _against_policy(own, policy, subject)
    if fingerprint is not None:
        return own, _against_fingerprint(own, fingerprint, subject)
    reason = Words(
        "以下各项均以所附公钥为准；公钥是谁的，请与本所纸质文书上所印的指纹比对："
        + own.fingerprint(),
        "all that follows is by the keys in the file itself; whose they are is for you"
        f" to compare with a paper of the firm: fingerprint {own.fingerprint()}",
    )
    return own, passed(KEYS, subject, reason)


def _against_policy(own: TrustedKeys, policy: TrustedKeys, subject: str) -> Check:
    known = {(entry.role, entry.key) for entry in policy.entries}
    strange = [e.key.name for e in own.entries if (e.role, e.key) not in known]
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


def _against_fingerprint(own: TrustedKeys, fingerprint: str, subject: str) -> Check:
    if own.fingerprint() == fingerprint.lower():
        reason = Words("公钥指纹与所给的一致", "the fingerprint is the one given")
        return passed(KEYS, subject, reason)
    reason = Words(
        f"公钥指纹是 {own.fingerprint()}，与所给的不同",
        f"the fingerprint is {own.fingerprint()}, not the one given",
    )
    return failed(KEYS, subject, reason)
