"""`custody-verify`: verify a bundle, a receipt or a proof, offline, by anyone.

Importing this module loads no database, web framework, queue, OCR or typesetting:
the reader of receipt PDFs is imported only when there is one to read.
"""

from __future__ import annotations

import argparse
import enum
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from integrity.errors import MalformedError
from integrity.policy import MAX_FILE_BYTES, TrustedKeys, parse_trusted_keys
from integrity.proof import HEADER, MAX_PROOF_BYTES
from receipts.answers import report_lines
from receipts.checks import CONTAINER, Language, Report, Result, Words, failed
from receipts.verify_bundle import verify_bundle
from receipts.verify_foreign import ForeignKind, foreign_kind_of, verify_foreign
from receipts.verify_proof import verify_proof_file

EXIT_CODES = {Result.PASSED: 0, Result.FAILED: 1, Result.INDETERMINATE: 3}
USAGE = 2
MAX_RECEIPT_BYTES = 256 << 20
"""A receipt is a few pages; the PDF reader holds it in memory."""


class Kind(enum.Enum):
    """What there is to verify."""

    BUNDLE = "bundle"
    RECEIPT = "receipt"
    PROOF = "proof"


_BEGINNINGS = {
    b"PK": Kind.BUNDLE,
    b"%PDF-": Kind.RECEIPT,
    HEADER.encode("ascii"): Kind.PROOF,
}
_SUFFIXES = {
    ".zip": Kind.BUNDLE,
    ".pdf": Kind.RECEIPT,
    ".tlog-proof": Kind.PROOF,
}


def kind_of(path: Path) -> Kind | None:
    """By its first bytes, else (they may be what was altered) by its name.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        beginning = stream.read(32)
    for expected, kind in _BEGINNINGS.items():
        if beginning.startswith(expected):
            return kind
    return _SUFFIXES.get(path.suffix.lower())


def main(argv: Sequence[str] | None = None) -> int:
    """Verify, print, and return the exit code.

    Returns:
        0 passed, 1 failed, 2 wrong usage, 3 could not tell.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        policy = _policy(options.policy)
        report = _verify(options, policy, parser)
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    except MalformedError as error:
        parser.error(f"--policy {options.policy}: {error}")
    _print(report, options)
    return EXIT_CODES[report.verdict]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="custody-verify",
        description="离线核验证据包、收据或证明。Verify a bundle, receipt or proof.",
        epilog="0 通过 passed · 1 未通过 failed · 2 用法有误 usage · 3 无法判断",
    )
    parser.add_argument(
        "path",
        type=Path,
        help="BUNDLE.zip | RECEIPT.pdf | PROOF | FILE.ots | CONTAINER.asice",
    )
    parser.add_argument(
        "file", type=Path, nargs="?", help="the file that PROOF or FILE.ots is about"
    )
    parser.add_argument(
        "--policy", type=Path, help="trust/keys of the firm, obtained independently"
    )
    parser.add_argument(
        "--fingerprint", help="or the key fingerprint printed on a paper of the firm"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--lang", choices=("zh", "en"), help="language of the answers")
    return parser


def _policy(path: Path | None) -> TrustedKeys | None:
    if path is None:
        return None
    with path.open("rb") as stream:
        return parse_trusted_keys(stream.read(MAX_FILE_BYTES + 1))


def _verify(
    options: argparse.Namespace,
    policy: TrustedKeys | None,
    parser: argparse.ArgumentParser,
) -> Report:
    path: Path = options.path
    foreign = foreign_kind_of(path)
    kind = kind_of(path)
    about_a_file = Kind.PROOF if foreign is None else ForeignKind.OPENTIMESTAMPS
    if options.file is not None and (foreign or kind) is not about_a_file:
        parser.error("FILE goes with a PROOF only")
    if foreign is not None:
        return verify_foreign(foreign, path, options.file)
    fingerprint = _fingerprint(options.fingerprint)
    if kind is Kind.BUNDLE:
        return verify_bundle(path, policy, fingerprint)
    if kind is Kind.RECEIPT:
        return _verify_receipt(path, policy, fingerprint)
    if kind is Kind.PROOF:
        data = _bounded(path, MAX_PROOF_BYTES)
        return verify_proof_file(data, path.name, options.file, policy)
    reason = Words(
        "既不是证据包，也不是收据或证明", "neither a bundle, a receipt nor a proof"
    )
    return Report.of([failed(CONTAINER, path.name, reason)])


def _verify_receipt(
    path: Path, policy: TrustedKeys | None, fingerprint: str | None
) -> Report:
    # Only here: the PDF libraries are heavy, and bundles and proofs need none.
    from receipts.verify_receipt import verify_receipt_pdf  # noqa: PLC0415

    if path.stat().st_size > MAX_RECEIPT_BYTES:
        reason = Words("文件过大，不会是收据", "too large to be a receipt")
        return Report.of([failed(CONTAINER, path.name, reason)])
    return verify_receipt_pdf(path.read_bytes(), policy, fingerprint)


def _fingerprint(text: str | None) -> str | None:
    """As typed from a paper: case, spaces and hyphens do not matter."""
    return None if text is None else "".join(text.lower().replace("-", " ").split())


def _bounded(path: Path, limit: int) -> bytes:
    """The file, or one byte more than the reader will accept."""
    with path.open("rb") as stream:
        return stream.read(limit + 1)


def _print(report: Report, options: argparse.Namespace) -> None:
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]  # a text stream in every interpreter we support
    if options.json:
        sys.stdout.write(report.to_json_lines(options.lang or "en"))
        return
    sys.stdout.write("\n".join(report_lines(report, _language(options.lang))) + "\n")


def _language(asked: str | None) -> Language:
    if asked is not None:
        return cast("Language", asked)
    settings = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    first = next((value for value in settings if value), "")
    return "zh" if first.lower().startswith("zh") else "en"


if __name__ == "__main__":
    sys.exit(main())
