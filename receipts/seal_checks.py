"""Check 14 of a bundle: two seals over the list of its files, by the firm's keys.

Through the tag manifest they cover every file of the bundle: the report, the texts and
the verifiers too, which no event of the log is about. `openssl cms -verify` and
`ssh-keygen -Y verify` check them without anything of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.canonical import time_text
from integrity.certificates import read_certificates
from integrity.errors import IntegrityError, MalformedError, VerificationError
from integrity.policy import TrustedKeys
from integrity.ssh_key import ed25519_blob
from integrity.sshsig import allowed_signers, verify_sshsig
from receipts import bundle_layout as layout
from receipts.checks import SEAL, Check, Words, passed
from receipts.cms_seal import check_cms_seal
from receipts.log_checks import refused

Read = Callable[[str], bytes]
_CHECK = "seal"


def check_seals(
    read: Read, trusted: TrustedKeys, size: int, founding: str | None
) -> Iterator[Check]:
    """Check 14: one answer for each of the two seals.

    Args:
        read: gives a file of the bundle.
        trusted: the keys to judge by.
        size: number of entries up to the end of the checkpoint; the bundle was
            sealed after the last of them.
        founding: the certificate that leaf 0 names, hex SHA-256.
    """
    for name, check in ((layout.CMS_SEAL, _cms), (layout.SSH_SEAL, _ssh)):
        try:
            yield passed(SEAL, name, check(read, trusted, size, founding))
        except IntegrityError as error:
            yield refused(SEAL, name, error)


def sealing_keys(trusted: TrustedKeys, size: int) -> dict[str, bytes]:
    """Statement keys that may seal a bundle under a checkpoint of `size`."""
    before = trusted.statement_keys(size - 1) if size else {}
    return before | trusted.statement_keys(size)


def sealing_certificates(
    trusted: TrustedKeys, size: int, founding: str | None
) -> frozenset[str]:
    """Certificates (hex SHA-256) that may seal one."""
    before = trusted.pdf_certificates(max(size - 1, 0), founding)
    return before | trusted.pdf_certificates(size, founding)


def certificate_of(pem: bytes) -> x509.Certificate:
    """The certificate whose one PEM is exactly `pem`.

    Raises:
        MalformedError: anything else.
    """
    try:
        (certificate,) = read_certificates(pem)
        certificate.public_key()  # parsed when it is asked for
    except (MalformedError, ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError("certificate", "it is no PEM certificate") from error
    if certificate.public_bytes(Encoding.PEM) != pem:
        raise MalformedError("certificate", "its PEM is not in the usual form")
    return certificate


def _cms(read: Read, trusted: TrustedKeys, size: int, founding: str | None) -> Words:
    certificate = certificate_of(read(layout.SEAL_CERTIFICATE))
    found = certificate.fingerprint(hashes.SHA256()).hex()
    if found not in sealing_certificates(trusted, size, founding):
        raise VerificationError(_CHECK, f"certificate {found} is not the firm's then")
    at = check_cms_seal(read(layout.CMS_SEAL), read(layout.TAG_MANIFEST), certificate)
    return Words(
        f"服务签名有效（本机时间 {time_text(at)}），证书 SHA-256 为 {found}",
        f"the service signature holds (machine time {time_text(at)}), certificate"
        f" SHA-256 {found}",
    )


def _ssh(read: Read, trusted: TrustedKeys, size: int, founding: str | None) -> Words:
    del founding  # about certificates only
    line = read(layout.ALLOWED_SIGNERS)
    for public_key in sealing_keys(trusted, size).values():
        own = allowed_signers(layout.SSH_PRINCIPAL, layout.SSH_NAMESPACE, public_key)
        if line == own:
            break
    else:
        reason = "trust/allowed_signers is not the line of a statement key of then"
        raise VerificationError(_CHECK, reason)
    verify_sshsig(
        read(layout.SSH_SEAL),
        read(layout.TAG_MANIFEST),
        layout.SSH_NAMESPACE,
        ed25519_blob(public_key),
    )
    return Words(
        "声明密钥的 SSH 签名有效", "the SSH signature by the statement key holds"
    )
