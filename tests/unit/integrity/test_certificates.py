"""Certificates of strangers: read to their end, or refused in our words."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.certificates import read_certificate, read_certificates
from integrity.errors import MalformedError
from tests.stamp_maker import authority, signer

COMMON_NAME, ISSUER_NAME = b"\x55\x04\x03\x0c", b"\x55\x04\x03\x0c\x05other"
BASIC, KEY_USAGE = b"\x55\x1d\x13", b"\x55\x1d\x0f"
NAMES = x509.SubjectAlternativeName([x509.DNSName("example.org")])
FEATURES = x509.TLSFeature([x509.TLSFeatureType.status_request])


@pytest.mark.parametrize(
    ("extra", "old", "new"),
    [
        (None, COMMON_NAME, COMMON_NAME[:3] + b"\x03"),  # bits are no text
        (None, ISSUER_NAME, ISSUER_NAME[:3] + b"\x01" + ISSUER_NAME[4:]),
        (None, BASIC, KEY_USAGE),  # which then stands twice
        (NAMES, b"\x82\x0bexample.org", b"\xa3\x0bexample.org"),  # as in X.400
        (FEATURES, b"\x02\x01\x05", b"\x02\x01\x04"),  # that nobody knows
    ],
)
def test_certificates_with_a_part_that_cannot_be_read(
    extra: Any, old: bytes, new: bytes
) -> None:
    """Whatever the library makes of a part, the refusal is ours."""
    made = signer(extra=extra).sign(authority("other"), 1)
    der = made.public_bytes(Encoding.DER)
    assert read_certificate(der) == made
    changed = der.replace(old, new)
    with pytest.raises(MalformedError, match="something else"):
        read_certificate(changed)
    lines = base64.encodebytes(changed).decode()
    text = f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n"
    with pytest.raises(MalformedError, match="no PEM of certificates"):
        read_certificates(text.encode())
