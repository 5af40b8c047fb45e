"""Open a PDF that our service signed, judging bytes before anything is parsed.

A PDF signature leaves out one gap of the file, the signature itself. Everything else
must be under it, from the first byte to the last, and the gap must be what a writer
of ours would have put there, digit by digit: so no byte of the file is free.

    1  one `/ByteRange`, from byte 0 to the end of the file, around one gap
    2  the gap is upper-case hexadecimal, zeros behind the signature
    3  the signature is a CMS SignedData (RFC 5652) that, rebuilt from certificate,
       signed attributes and signature value, gives the same bytes
    4  message digest, signing certificate and ECDSA signature hold
    5  a second reader (pyHanko) finds one signature, valid, over the entire file
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from dataclasses import dataclass

from asn1crypto import x509  # type: ignore[import-untyped]  # no types
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from integrity.errors import MalformedError, VerificationError
from receipts.cms_signature import as_malformed, check_cms, parse_cms

# A receipt of 500 items is about 4 MB.
MAX_PDF_BYTES = 32 * 1024 * 1024
MAX_ATTACHMENTS = 16

_WHAT = "PDF"
_SEAL = "PDF signature"
_RANGE = re.compile(rb"/ByteRange \[0 (\d{1,9}) (\d{1,9}) (\d{1,9})\]")
_HEX = re.compile(rb"[0-9A-F]*")


@dataclass(frozen=True, slots=True)
class SealedPdf:
    """A PDF whose signature holds under the certificate it carries.

    Whose certificate that is, the caller decides by `certificate_sha256`.
    """

    data: bytes
    certificate: bytes
    has_timestamp: bool

    @property
    def certificate_sha256(self) -> str:
        """Hex SHA-256 of the certificate's DER bytes."""
        return hashlib.sha256(self.certificate).hexdigest()

    def valid_at(self, moment: dt.datetime) -> bool:
        """Whether the certificate's dates include the (aware) moment."""
        certificate = x509.Certificate.load(self.certificate)
        first, last = certificate.not_valid_before, certificate.not_valid_after
        return bool(first <= moment <= last)


def open_sealed_pdf(untrusted_pdf: bytes) -> SealedPdf:
    """The whole file, once its signature holds and covers every byte.

    Raises:
        MalformedError: not a PDF signed once, as our service signs.
        VerificationError: it is, and the signature does not hold.
    """
    _check_frame(untrusted_pdf)
    start, end = _gap(untrusted_pdf)
    signature = parse_cms(_padded_message(untrusted_pdf[start:end]))
    check_cms(signature, untrusted_pdf[:start] + untrusted_pdf[end:])
    _check_with_second_reader(untrusted_pdf, signature.certificate)
    return SealedPdf(untrusted_pdf, signature.certificate, signature.token is not None)


def read_attachments(sealed: SealedPdf) -> dict[str, bytes]:
    """Name and content of each file embedded in the PDF.

    Raises:
        MalformedError: too many, a name twice, or something else than files.
    """
    with as_malformed(_WHAT, "its attachments cannot be read"):
        reader = PdfFileReader(io.BytesIO(sealed.data))
        names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
        if len(names) > 2 * MAX_ATTACHMENTS:
            raise MalformedError(_WHAT, f"it has more than {MAX_ATTACHMENTS} files")
        files = {
            str(names[place]): _embedded(names[place + 1])
            for place in range(0, len(names), 2)
        }
        if 2 * len(files) != len(names):
            raise MalformedError(_WHAT, "two attachments have one name")
        return files


def _embedded(specification: generic.PdfObject) -> bytes:
    if not isinstance(specification, generic.DictionaryObject):
        raise MalformedError(_WHAT, "an attachment is not a file")
    stream = specification["/EF"]["/F"]
    if not isinstance(stream, generic.StreamObject):
        raise MalformedError(_WHAT, "an attachment is not a file")
    return bytes(stream.data)


def _check_frame(untrusted_pdf: bytes) -> None:
    if len(untrusted_pdf) > MAX_PDF_BYTES:
        raise MalformedError(_WHAT, f"it is longer than {MAX_PDF_BYTES} bytes")
    if not untrusted_pdf.startswith(b"%PDF-"):
        raise MalformedError(_WHAT, "it does not begin as a PDF")
    if not untrusted_pdf.endswith(b"\n%%EOF\n"):
        raise MalformedError(_WHAT, "something follows its end")


def _gap(untrusted_pdf: bytes) -> tuple[int, int]:
    """Where the signature lies, `<` and `>` included."""
    ranges = _RANGE.findall(untrusted_pdf)
    if len(ranges) != 1 or untrusted_pdf.count(b"/ByteRange") != 1:
        raise MalformedError(_WHAT, "it is not signed exactly once, as we sign")
    start, end, rest = (int(number) for number in ranges[0])
    if not start < end or end + rest != len(untrusted_pdf):
        raise MalformedError(_WHAT, "its signature does not cover the whole file")
    if untrusted_pdf[start : start + 1] + untrusted_pdf[end - 1 : end] != b"<>":
        raise MalformedError(_WHAT, "its signature does not lie where it says")
    return start, end


def _padded_message(untrusted_gap: bytes) -> bytes:
    """The bytes written as `<…>`, their padding included."""
    digits = untrusted_gap[1:-1]
    if len(digits) % 2 or not _HEX.fullmatch(digits):
        raise MalformedError(_SEAL, "it is not upper-case hexadecimal")
    return bytes.fromhex(digits.decode("ascii"))


def _check_with_second_reader(pdf: bytes, claimed_certificate: bytes) -> None:
    """Step 5: pyHanko reads the file as a PDF and agrees.

    The certificate is judged at the first moment of its validity: today's clock has
    no say, and whether it was valid at the time of the paper is `valid_at`.
    """
    with as_malformed(_WHAT, "it cannot be read as a PDF"):
        certificate = x509.Certificate.load(claimed_certificate)
        context = ValidationContext(
            trust_roots=[certificate],
            allow_fetching=False,
            moment=certificate.not_valid_before,
        )
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if len(signatures) != 1:
            raise MalformedError(_WHAT, "it is not signed exactly once")
        try:
            status = validate_pdf_signature(signatures[0], context)
        except SignatureValidationError as error:
            raise VerificationError(_SEAL, str(error)) from error
    if not status.intact or not status.valid or not status.trusted:
        raise VerificationError(_SEAL, f"a second reader finds it {status.summary()}")
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        raise VerificationError(_SEAL, "it does not cover the entire file")
    stamp = status.timestamp_validity
    if stamp is not None and not (stamp.intact and stamp.valid):
        raise VerificationError(_SEAL, "the time stamp on it does not hold")
