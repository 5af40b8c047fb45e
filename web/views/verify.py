"""Verify: members ask about their own matters, strangers about what they hold.

A stranger's bare file or digest gets one answer, whatever it is: nobody may learn
here what the firm holds. A bundle, receipt or proof needs no answer from the
database; it verifies by itself.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import PROT_READ, mmap
from pathlib import Path
from typing import Any

from flask import Blueprint, g, jsonify, render_template, request
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from intake.access import matter_for
from intake.errors import Refused
from intake.receive import clean_name
from intake.tables import Matter
from intake.verify import Verdict, verify_digests
from integrity.digest import Digests, digest_file
from receipts.checks import Language, Report
from receipts.cli import Kind, kind_of
from web.boxed import Busy, NoAnswer, verify_boxed
from web.context import login, services
from web.formats import time_text
from web.guard import public, takes_files
from web.language import language, t
from web.reads.report import lines_of, renamed
from web.reads.verify import mine_of, missing_of, receipt_state

pages = Blueprint("verify", __name__)

FILE_LIMIT_BYTES = 128 << 20
ROWS_LIMIT = 500
# What a file of the kind cannot lack.
SIGNS = {
    Kind.BUNDLE: b"bagit.txt",
    Kind.RECEIPT: b"/ByteRange",
    Kind.PROOF: b"tlog-proof",
}
HEX = re.compile(r"[0-9a-f]{64}")


@pages.get("/verify")
@public
def form() -> str:
    """For members: drop files. For everyone: verify a bundle, receipt or proof."""
    matters: tuple[Matter, ...] = ()
    chosen = ""
    if g.person is not None:
        with services().log.session() as session:
            matters = tuple(mine_of(session, login()))
        asked = request.args.get("matter", "")
        chosen = asked if asked in {matter.id for matter in matters} else ""
    return render_template("verify.html", matters=matters, chosen=chosen)


@pages.post("/verify/digests")
@public
def digests() -> Response:
    """Verdicts on digests computed in the browser; for strangers always the same."""
    if g.person is None:
        return jsonify(answer=t("verify-neutral"))
    sent = request.get_json()
    untrusted = sent if isinstance(sent, dict) else {}
    matter_id = _matter_id(untrusted.get("matter"))
    rows = _rows(untrusted.get("files"))
    answers = [_answer(name, found, matter_id) for name, found in rows]
    missing: list[str] = []
    if matter_id is not None:
        held = {found.sha256 for _, found in rows}
        with services().log.session() as session:
            missing = missing_of(session, matter_id, held)
    return jsonify(files=answers, missing=missing)


@pages.post("/verify/file")
@public
@takes_files(FILE_LIMIT_BYTES)
def file() -> str | tuple[str, int]:
    """Verify a bundle, a receipt or a proof with the firm's own keys."""
    claimed = request.files.get("file")
    if claimed is None or not claimed.filename:
        return _answered(problem=t("verify-no-file")), 422
    original = request.files.get("original")
    with _kept(claimed) as path, _kept(original) as about:
        if path is None or not _is_ours_in_form(path):
            return _answered(problem=t("verify-neutral"))
        try:
            report = verify_boxed(path, claimed.filename, about, _trust())
        except Busy:
            return _answered(problem=t("verify-busy")), 503
        except NoAnswer:
            return _answered(problem=t("verify-no-answer"))
        whole, _ = digest_file(path)
    if about is not None and original is not None:
        report = renamed(report, about.name, original.filename or "")
    with services().log.session() as session:
        state = receipt_state(session, whole.sha256)
    return _answered(report=report, name=claimed.filename, state=state)


def _answered(**shown: Any) -> str:
    report: Report | None = shown.get("report")
    lang: Language = "zh" if language() == "zh-CN" else "en"
    lines = [] if report is None else lines_of(report, lang)
    return render_template("verify_report.html", lines=lines, **shown)


def _trust() -> bytes:
    return services().log.keys.trusted.serialise()


def _is_ours_in_form(path: Path) -> bool:
    """Tell a bundle, receipt or proof from any other ZIP, PDF or file.

    What bears no sign of being one gets the answer of every bare file: it was not
    verified, so it must not read as altered.
    """
    kind = kind_of(path)
    if kind is None:
        return False
    with path.open("rb") as stream, mmap(stream.fileno(), 0, prot=PROT_READ) as data:
        return data.find(SIGNS[kind]) >= 0


@contextmanager
def _kept(claimed: FileStorage | None) -> Iterator[Path | None]:
    """The bytes of an untrusted upload under a name of ours, for a while."""
    if claimed is None or not claimed.filename:
        yield None
        return
    folder = services().settings.home / "verify"
    folder.mkdir(mode=0o700, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder) as kept:
        claimed.save(kept)
        kept.flush()
        yield Path(kept.name)


def _answer(name: str, found: Digests, matter_id: str | None) -> dict[str, object]:
    verdict = verify_digests(services(), login(), name, found, matter_id)
    return {"name": name, "verdict": verdict.kind.value, **_words(verdict)}


def _words(verdict: Verdict) -> dict[str, object]:
    at = verdict.received_at
    return {
        "verdict_text": t(f"verdict-{verdict.kind.value}"),
        "exhibit": verdict.exhibit_id,
        "exhibit_name": verdict.name,
        "leaf": verdict.leaf,
        "received_at": None if at is None else time_text(at),
    }


def _rows(untrusted: Any) -> list[tuple[str, Digests]]:
    if not isinstance(untrusted, list) or len(untrusted) > ROWS_LIMIT:
        raise Refused("choice_bad", field="files", value="", wanted=f"1–{ROWS_LIMIT}")
    return [_row(row) for row in untrusted]


def _row(untrusted: Any) -> tuple[str, Digests]:
    fields = untrusted if isinstance(untrusted, dict) else {}
    name, sha256, sm3 = (str(fields.get(k, "")) for k in ("name", "sha256", "sm3"))
    if not (HEX.fullmatch(sha256) and HEX.fullmatch(sm3)):
        raise Refused("choice_bad", field="sha256, sm3", value="", wanted="64 hex")
    return clean_name(name), Digests(sha256, sm3)


def _matter_id(claimed: Any) -> str | None:
    if not claimed:
        return None
    with services().log.session() as session:
        return matter_for(session, login(), str(claimed)).id
