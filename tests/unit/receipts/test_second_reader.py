"""receipts.pdf_signature: what the second reader refuses, asked alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest
from asn1crypto import cms

from integrity.errors import MalformedError, VerificationError
from receipts.paper import render_receipt
from receipts.pdf_signature import (
    MAX_ATTACHMENTS,
    SealedPdf,
    _check_with_second_reader,
    open_sealed_pdf,
    read_attachments,
)
from receipts.seal import sign_pdf
from tests.receipt_examples import Desk, evidence
from tests.unit.receipts.test_pdf_signature import gap, later, message_of, with_message
from tests.unit.receipts.test_verify_receipt import stamper

Change: TypeAlias = Callable[[cms.SignedData], None]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A firm's key."""
    return Desk.at(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def paper(desk: Desk) -> bytes:
    """A receipt that nobody signed."""
    receipt = desk.content()
    return render_receipt(receipt, evidence(receipt))


@pytest.fixture(scope="module")
def pdf(desk: Desk, paper: bytes) -> bytes:
    """The same, sealed."""
    return sign_pdf(paper, desk.key)


def judge(pdf: bytes, sealed: bytes) -> None:
    """Step 5 alone, by the certificate of `sealed`."""
    _check_with_second_reader(pdf, open_sealed_pdf(sealed).certificate)


def test_it_agrees_with_what_we_signed(pdf: bytes) -> None:
    """Nothing below is refused for another reason than the one named."""
    judge(pdf, pdf)


def test_a_pdf_without_a_signature_field_is_refused(paper: bytes, pdf: bytes) -> None:
    """Signed bytes are not yet a signed PDF."""
    with pytest.raises(MalformedError, match="not signed exactly once"):
        judge(paper, pdf)


def test_it_hashes_the_file_itself(pdf: bytes) -> None:
    """A changed byte that means nothing to a reader of PDF is found all the same."""
    comment = b"%\x80\x80\x80\x80"
    changed = pdf.replace(comment, comment[:-1] + b"\x81", 1)
    assert changed != pdf
    with pytest.raises(VerificationError, match="a second reader finds it INVALID"):
        judge(changed, pdf)


def _without_digest(signed: cms.SignedData) -> None:
    signer = signed["signer_infos"][0]
    kept = [a for a in signer["signed_attrs"] if a["type"].native != "message_digest"]
    signer["signed_attrs"] = kept


def _without_certificate(signed: cms.SignedData) -> None:
    signed["certificates"] = []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_without_digest, "Message digest not found"),
        (_without_certificate, "signer certificate not included"),
    ],
)
def test_its_own_refusals_are_passed_on(
    pdf: bytes, change: Change, reason: str
) -> None:
    """What it says of a signature that it cannot judge is the reason given."""
    message = message_of(pdf)
    change(message["content"])
    with pytest.raises(VerificationError, match=reason):
        judge(with_message(pdf, message.dump(force=True)), pdf)


def test_it_sees_what_was_added_later(pdf: bytes) -> None:
    """Under the signature of an earlier state of the file, it is not whole."""
    with pytest.raises(VerificationError, match="not cover the entire file"):
        judge(later(pdf), pdf)


def test_a_time_stamp_that_does_not_hold_is_refused(desk: Desk, paper: bytes) -> None:
    """The token is no part of what the firm signed: its own signature must hold."""
    stamped = sign_pdf(paper, desk.key, stamper())
    assert open_sealed_pdf(stamped).has_timestamp
    message = message_of(stamped)
    attribute = message["content"]["signer_infos"][0]["unsigned_attrs"][0]
    token = attribute["values"][0]["content"]["signer_infos"][0]
    value = token["signature"].native
    token["signature"] = value[:5] + bytes([value[5] ^ 1]) + value[6:]
    start, end = gap(stamped)
    changed = with_message(stamped, message.dump(force=True))
    assert (changed[:start], changed[end:]) == (stamped[:start], stamped[end:])
    with pytest.raises(VerificationError, match="time stamp on it does not hold"):
        open_sealed_pdf(changed)


# --- Attachments of a PDF whose signature holds -------------------------------------

_STREAM = b"<< /Length 5 >>\nstream\nhello\nendstream"
_FILE = b"<< /Type /Filespec /EF << /F 3 0 R >> >>"


def _with_names(names: bytes, file: bytes = _FILE) -> SealedPdf:
    """A PDF whose tree of embedded files has these names; object 2 is `file`."""
    root = b"<< /Names << /EmbeddedFiles << /Names [" + names + b"] >> >> >>"
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate((root, file, _STREAM), 1):
        places.append(len(body))
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    lines = b"".join(b"%010d 00000 n \n" % place for place in places)
    xref = b"xref\n0 4\n0000000000 65535 f \n" + lines
    trailer = b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return SealedPdf(body + xref + trailer % len(body), b"", has_timestamp=False)


def test_the_number_of_attachments_is_bounded() -> None:
    """MAX_ATTACHMENTS files are read, one more is refused before any is."""
    names = [b"(f%d) 2 0 R " % number for number in range(MAX_ATTACHMENTS + 1)]
    files = read_attachments(_with_names(b"".join(names[:-1])))
    assert files == {f"f{number}": b"hello" for number in range(MAX_ATTACHMENTS)}
    with pytest.raises(MalformedError, match=f"more than {MAX_ATTACHMENTS} files"):
        read_attachments(_with_names(b"".join(names)))


def test_a_name_stands_for_one_attachment() -> None:
    """Of two files under one name, readers would disagree which it is."""
    with pytest.raises(MalformedError, match="two attachments have one name"):
        read_attachments(_with_names(b"(a) 2 0 R (a) 2 0 R"))


@pytest.mark.parametrize("file", [b"<< /EF << /F 5 >> >>", b"<< /EF << /F 1 0 R >> >>"])
def test_an_attachment_is_a_stream(file: bytes) -> None:
    """A number or a dictionary in place of the bytes is refused."""
    with pytest.raises(MalformedError, match="an attachment is not a file"):
        read_attachments(_with_names(b"(a) 2 0 R", file))
