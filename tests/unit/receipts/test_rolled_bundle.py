"""The bundle writer where the firm's log is several, one after the other."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import pypdfium2
import pytest

from integrity.digest import digest_bytes
from integrity.errors import VerificationError
from integrity.keys import Ed25519Signer
from integrity.policy import parse_trusted_keys
from receipts.bundle_writer import (
    BundleEvent,
    BundleItem,
    BundleSeals,
    WrittenBundle,
    write_bundle,
)
from receipts.checks import Result
from receipts.pdf_key import PdfKey
from receipts.reimport import import_bundle, write_again
from receipts.stamp_files import StampFiles
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples as made
from tests.bundle_factory import DETAILS, unpack


def write(
    sample: made.Sample, out: Path, without: frozenset[int] = frozenset()
) -> WrittenBundle:
    """The bundle of a sample as the product writes it, some entries left out."""
    log, notes = sample.log, sample.notes()
    size = len(log.envelopes)
    signer = log.statement_signer(size)
    told = [leaf for leaf in sample.told() if leaf not in without]
    proofs = {n: log.prove(n, notes[log.tree_of(n).first]) for n in told}
    checkpoint = notes[log.tree_of(size - 1).first]
    return write_bundle(
        out,
        items=[_item(sample, exhibit) for exhibit in sample.contents],
        events=[
            BundleEvent(n, log.envelopes[n], proofs[n], _stamp(sample, n)) for n in told
        ],
        keys=parse_trusted_keys(log.trust()),
        checkpoint=checkpoint,
        details=DETAILS,
        seals=BundleSeals(
            PdfKey(*made.seal_key(log.seal_seed)),
            Ed25519Signer(signer.name, signer.private),
        ),
        stamps=[
            StampFiles(*authority.stamp(checkpoint), authority.chain())
            for authority in sample.authorities
        ],
    )


def _stamp(sample: made.Sample, leaf: int) -> StampFiles | None:
    names = [f"stamps/{leaf:08d}.{suffix}" for suffix in ("tsq", "tsr", "pem")]
    files = [sample.stamps[name] for name in names if name in sample.stamps]
    return StampFiles(*files) if files else None


def _item(sample: made.Sample, exhibit: str) -> BundleItem:
    data = sample.contents[exhibit]
    name, stream = sample.names[exhibit], partial(io.BytesIO, data)
    return BundleItem(exhibit, name, len(data), digest_bytes(data), stream)


def report_text(bundle: Path) -> str:
    """The words of REPORT.pdf, without what breaks lines."""
    document = pypdfium2.PdfDocument(unpack(bundle)["REPORT.pdf"])
    pages = (page.get_textpage().get_text_bounded() for page in document)
    return "".join("".join(pages).replace("\u200b", "").split())


def test_a_bundle_of_several_logs_is_written_and_passes(tmp_path: Path) -> None:
    """And its report tells which events are in which log."""
    out = tmp_path / "b.zip"
    write(made.rolled(), out)
    assert verify_bundle(out, None).verdict is Result.PASSED
    text = report_text(out)
    first, (second, third) = made.ORIGIN, made.LATER_ORIGINS
    for words in (
        f"3个相继的日志中：{first}（第0至7号）、{second}（第8至12号）、{third}（第13号起）",
        f"3logs,oneaftertheother:{first}(events0to7),{second}(events8to12),{third}(from",
        "acheckpointcountswithinitsownlog.",  # the end of a long sentence
        "覆盖17条事件",
    ):
        assert words in text


def test_a_bundle_of_one_log_does_not_speak_of_several(tmp_path: Path) -> None:
    """One that is announced and has no event yet is not counted."""
    out = tmp_path / "b.zip"
    write(made.closed(made.Log()), out)
    assert verify_bundle(out, None).verdict is Result.PASSED
    assert "相继" not in report_text(out)


def test_a_bundle_without_the_first_event_of_a_log_is_not_written(
    tmp_path: Path,
) -> None:
    """What would not verify does not leave the house."""
    with pytest.raises(VerificationError, match="missing"):
        write(made.rolled(), tmp_path / "b.zip", frozenset({8}))
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_imported_and_written_again(tmp_path: Path) -> None:
    """The reading copy keeps the last checkpoints of closed logs, as a store does."""
    bundle, sample = tmp_path / "b.zip", made.rolled()
    write(sample, bundle)
    done = import_bundle(bundle, tmp_path / "home")
    assert done.equal
    frozen = tmp_path / "home" / "copy" / "log" / "frozen"
    kept = {path.name: path.read_bytes() for path in frozen.iterdir()}
    notes = sample.notes()
    assert kept == {"00000008": notes[0], "00000013": notes[8]}
    again = tmp_path / "again.zip"
    write_again(tmp_path / "home", again)
    assert again.read_bytes() == bundle.read_bytes()
