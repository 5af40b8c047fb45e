"""Time-stamp tokens written by hand, so that each rule can be broken alone."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AT = dt.datetime(2025, 8, 29, 6, 3, 22, tzinfo=dt.UTC)
YEAR = dt.timedelta(days=365)
IMPRINT = hashlib.sha256(b"checkpoint").digest()
NONCE = 0x1234_5678_9ABC_DEF1
STAMPING = [ExtendedKeyUsageOID.TIME_STAMPING]

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
EC_KEY = ec.generate_private_key(ec.SECP256R1())
_HASHES = {"sha1": hashes.SHA1(), "sha224": hashes.SHA224(), "sha256": hashes.SHA256(),
           "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}  # fmt: skip


def usage(*allowed: str) -> x509.KeyUsage:
    """A key usage with only these bits."""
    names = (
        "digital_signature", "content_commitment", "key_encipherment",
        "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
        "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in allowed for name in names})


@dataclass
class Made:
    """One certificate to be made; every field can be wrong on purpose."""

    name: str
    key: Any = EC_KEY
    begin: dt.datetime = AT - YEAR
    end: dt.datetime = AT + YEAR
    ca: bool | None = True
    path_length: int | None = None
    usage: x509.KeyUsage | None = None
    purposes: list[x509.ObjectIdentifier] | None = None
    critical: bool = True
    hash: hashes.HashAlgorithm = field(default_factory=hashes.SHA256)
    pss: bool = False
    extra: x509.ExtensionType | None = None

    def sign(self, issuer: Made, number: int) -> x509.Certificate:
        """The certificate, issued by the key and name of `issuer`."""
        builder = (
            x509.CertificateBuilder(_name(issuer.name), _name(self.name))
            .public_key(self.key.public_key())
            .serial_number(number)
            .not_valid_before(self.begin)
            .not_valid_after(self.end)
        )
        if self.ca is not None:
            limits = x509.BasicConstraints(self.ca, self.path_length)
            builder = builder.add_extension(limits, critical=True)
        if self.usage is not None:
            builder = builder.add_extension(self.usage, critical=True)
        if self.purposes is not None:
            value = x509.ExtendedKeyUsage(self.purposes)
            builder = builder.add_extension(value, critical=self.critical)
        if self.extra is not None:
            builder = builder.add_extension(self.extra, critical=True)
        more: dict[str, Any] = {}
        if self.pss:
            more["rsa_padding"] = padding.PSS(padding.MGF1(self.hash), 32)
        return builder.sign(issuer.key, self.hash, **more)


def signer(**changes: Any) -> Made:
    """The certificate of a signer as it should be."""
    fields: dict[str, Any] = {
        "ca": False, "purposes": STAMPING, "usage": usage("digital_signature"),
    }  # fmt: skip
    return Made("signer", **(fields | changes))


def authority(name: str, **changes: Any) -> Made:
    """The certificate of an issuer as it should be."""
    return Made(name, **({"usage": usage("key_cert_sign", "crl_sign")} | changes))


def chain_of_made(*made: Made) -> list[x509.Certificate]:
    """Certificates, each issued by the next, the last by itself."""
    issuers = (*made[1:], made[-1])
    return [
        each.sign(issuer, number)
        for number, (each, issuer) in enumerate(zip(made, issuers, strict=True), 1)
    ]


def good_chain(**changes: Any) -> list[x509.Certificate]:
    """Signer, intermediate, root."""
    return chain_of_made(signer(**changes), authority("between"), authority("root"))


def pem(chain: list[x509.Certificate]) -> bytes:
    """The chain file."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in chain)


@dataclass
class Maker:
    """Writes one response; every field can be wrong on purpose."""

    chain: list[x509.Certificate]
    key: Any = EC_KEY
    imprint: bytes = IMPRINT
    imprint_algorithm: str = "sha256"
    nonce: int | None = NONCE
    serial: int = 7
    digest: str = "sha256"
    signature_algorithm: str | None = None
    status: str = "granted"
    time: str = "20250829060322Z"
    bound: x509.Certificate | None = None
    binding: str = "v2"
    bound_hash: str = "sha256"
    bound_name: tuple[str, int] | None = None
    message_digest: bytes | None = None
    sent: list[x509.Certificate] | None = None
    content_type: str = "tst_info"
    holds: str = "tst_info"
    by_key_identifier: bool = False
    info: dict[str, Any] = field(default_factory=dict)
    attributes: Callable[[list[Any]], list[Any]] = list

    def response(self) -> bytes:
        """The TimeStampResp."""
        status = tsp.PKIStatusInfo({"status": self.status})
        if not self.status.startswith("granted"):
            return b"\x30" + bytes([len(status.dump())]) + status.dump()
        signed = self._signed_data()
        return tsp.TimeStampResp(
            {
                "status": status,
                "time_stamp_token": {"content_type": "signed_data", "content": signed},
            }
        ).dump()

    def _info(self) -> bytes:
        fields = {
            "version": "v1",
            "policy": "1.3.6.1.4.1.99999.1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": self.imprint_algorithm},
                "hashed_message": self.imprint,
            },
            "serial_number": self.serial,
            "gen_time": AT,
        }
        if self.nonce is not None:
            fields["nonce"] = self.nonce
        info = tsp.TSTInfo(fields | self.info)
        info["gen_time"] = core.GeneralizedTime(contents=self.time.encode())
        return info.dump()

    def _signed_data(self) -> cms.SignedData:
        info = self._info()
        found = hashlib.new(self.digest, info).digest()
        attributes = [
            ("content_type", [self.content_type]),
            ("message_digest", [self.message_digest or found]),
            *self._bindings(),
        ]
        signed = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": kind, "values": values})
                for kind, values in self.attributes(attributes)
            ]
        )
        sent = self.chain[:1] if self.sent is None else self.sent
        encapsulated = {
            "content_type": self.holds,
            "content": core.ParsableOctetString(info),
        }
        return cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": self.digest}],
                "encap_content_info": encapsulated,
                "certificates": [
                    asn1_x509.Certificate.load(each.public_bytes(Encoding.DER))
                    for each in sent
                ],
                "signer_infos": [
                    {
                        "version": "v1",
                        "sid": self._identifier(),
                        "digest_algorithm": {"algorithm": self.digest},
                        "signed_attrs": signed,
                        "signature_algorithm": {"algorithm": self._algorithm()},
                        "signature": self._signature(signed.dump()),
                    }
                ],
            }
        )

    def _identifier(self) -> cms.SignerIdentifier:
        if self.by_key_identifier:
            return cms.SignerIdentifier("subject_key_identifier", b"key")
        named = self.chain[0]
        issuer = asn1_x509.Name.load(named.issuer.public_bytes())
        value = {"issuer": issuer, "serial_number": named.serial_number}
        return cms.SignerIdentifier("issuer_and_serial_number", value)

    def _bindings(self) -> list[Any]:
        if self.binding == "none":
            return []
        bound = self.bound or self.chain[0]
        found = bound.fingerprint(_HASHES[self.bound_hash])
        identifier: dict[str, Any] = {"cert_hash": found}
        if self.bound_name is not None:
            name, serial = self.bound_name
            issuer = asn1_x509.Name.load(_name(name).public_bytes())
            identifier["issuer_serial"] = {
                "issuer": [asn1_x509.GeneralName("directory_name", issuer)],
                "serial_number": serial,
            }
        if self.binding == "v1":
            return [
                (
                    "signing_certificate",
                    [tsp.SigningCertificate({"certs": [identifier]})],
                )
            ]
        identifier["hash_algorithm"] = algos.DigestAlgorithm(
            {"algorithm": self.bound_hash}
        )
        value = tsp.SigningCertificateV2({"certs": [identifier]})
        return [("signing_certificate_v2", [value])]

    def _algorithm(self) -> str:
        if self.signature_algorithm is not None:
            return self.signature_algorithm
        kind = "rsa" if isinstance(self.key, rsa.RSAPrivateKey) else "ecdsa"
        return f"{self.digest}_{kind}"

    def _signature(self, attributes: bytes) -> bytes:
        algorithm = _HASHES[self.digest]
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(attributes, padding.PKCS1v15(), algorithm)
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(attributes, ec.ECDSA(algorithm))
        return bytes(self.key.sign(attributes))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
