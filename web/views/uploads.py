"""Taking files in: one file a request, answered when it is safe twice."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import BinaryIO, cast

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from intake.access import matter_for
from intake.errors import Refused
from intake.receive import Received, UploadClaims, receive_file
from intake.spool import spooled
from integrity.errors import CustodyError
from web.context import actor, login, services
from web.errors import sentence
from web.guard import takes_files, wants_json
from web.language import t

pages = Blueprint("uploads", __name__)

SHA256 = re.compile(r"[0-9a-f]{64}")


@pages.post("/m/<key>/uploads")
@takes_files()
def receive(key: str) -> Response | tuple[Response, int]:
    """Receive files into a matter: 201 with the digests, or a page without script."""
    with services().log.session() as session:
        matter_id = matter_for(session, login(), key).id
    claimed_files = [file for file in request.files.getlist("file") if file.filename]
    if wants_json():
        if len(claimed_files) != 1:
            raise Refused("choice_bad", field="file", value="", wanted=t("one-file"))
        received = _receive(matter_id, claimed_files[0], _claimed_sha256())
        return jsonify(_answer(received)), 201
    for file in claimed_files:
        _receive_and_tell(matter_id, file)
    if not claimed_files:
        flash(t("upload-none"), "bad")
    return redirect(url_for("matters.show", key=matter_id))


def _receive(matter_id: str, file: FileStorage, claimed_sha256: str | None) -> Received:
    claimed_name = file.filename or ""
    claims = UploadClaims(claimed_name, claimed_sha256, via="web")
    limit = services().settings.max_upload_bytes
    with spooled(
        cast(BinaryIO, file.stream), services().spool, claimed_name, limit
    ) as kept:
        return receive_file(services(), actor(), matter_id, kept, claims)


def _receive_and_tell(matter_id: str, file: FileStorage) -> None:
    """One file of a plain form: a refusal of one does not stop the others."""
    try:
        received = _receive(matter_id, file, None)
    except CustodyError as error:
        flash(sentence(error), "bad")
        return
    key = "upload-again" if received.duplicate_of else "upload-done"
    flash(t(key, name=file.filename or ""), "good")


def _claimed_sha256() -> str | None:
    claimed = request.form.get("sha256", "").strip().lower()
    if not claimed:
        return None
    if SHA256.fullmatch(claimed) is None:
        raise Refused("choice_bad", field="sha256", value=claimed[:16], wanted="64 hex")
    return claimed


def _answer(received: Received) -> dict[str, object]:
    answer = asdict(received)
    answer["exhibit"] = answer.pop("exhibit_id")
    answer["url"] = url_for("exhibits.view", key=received.exhibit_id)
    return answer
