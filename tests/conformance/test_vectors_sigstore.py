"""Sigstore bundles of others: every case gives the outcome that its name states."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.sigstore_bundle import Answer, judge_case
from tests.conformance.sigstore_root import PUBLIC_GOOD

BUNDLES = "vectors/sigstore-conformance/test/assets/bundle-verify"


def cases(shared: Path) -> list[Path]:
    """Every folder of the set."""
    return sorted(path for path in (shared / BUNDLES).iterdir() if path.is_dir())


def test_every_case_gives_its_outcome(shared: Path) -> None:
    """A name that ends in `_fail` is refused, every other one accepted."""
    wrong = {}
    for folder in cases(shared):
        due = Answer.REFUSED if folder.name.endswith("_fail") else Answer.ACCEPTED
        judgement = judge_case(folder)
        if judgement.answer is not due:
            wrong[folder.name] = judgement
    assert wrong == {}
    assert cases(shared)


def accepted(shared: Path, to: Path) -> Iterator[Path]:
    """A copy of each case that is accepted, to be changed."""
    shutil.copy(shared / BUNDLES / "a.txt", to)
    for folder in cases(shared):
        if not folder.name.endswith("_fail"):
            yield Path(shutil.copytree(folder, to / folder.name))


Change = Callable[[dict[str, Any]], None]


def _body(bundle: dict[str, Any]) -> None:
    (entry, *_) = bundle["verificationMaterial"]["tlogEntries"]
    body = bytearray(base64.b64decode(entry["canonicalizedBody"]))
    body[-2] ^= 1
    entry["canonicalizedBody"] = base64.b64encode(body).decode()


def _no_entry(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"] = []


def _twice(bundle: dict[str, Any]) -> None:
    bundle["verificationMaterial"]["tlogEntries"] *= 2


def _other_type(bundle: dict[str, Any]) -> None:
    bundle["mediaType"] = "application/json"


def _no_material(bundle: dict[str, Any]) -> None:
    material = bundle["verificationMaterial"]
    for name in ("certificate", "x509CertificateChain", "publicKey"):
        material.pop(name, None)


@pytest.mark.parametrize(
    "change", [_body, _no_entry, _twice, _other_type, _no_material]
)
def test_a_changed_bundle_is_refused(
    shared: Path, tmp_path: Path, change: Change
) -> None:
    """Body, entries, type and key material: none can be other or missing."""
    for folder in accepted(shared, tmp_path):
        path = folder / "bundle.sigstore.json"
        bundle = json.loads(path.read_bytes())
        change(bundle)
        path.write_text(json.dumps(bundle))
        assert judge_case(folder).answer is Answer.REFUSED, folder.name


def test_a_certificate_needs_a_verified_time(shared: Path, tmp_path: Path) -> None:
    """Without promise and time stamp nobody vouches for when it was used."""
    for folder in accepted(shared, tmp_path):
        path = folder / "bundle.sigstore.json"
        bundle = json.loads(path.read_bytes())
        material = bundle["verificationMaterial"]
        material.pop("timestampVerificationData", None)
        for entry in material["tlogEntries"]:
            entry.pop("inclusionPromise", None)
        path.write_text(json.dumps(bundle))
        if "publicKey" not in material:
            assert judge_case(folder).answer is Answer.REFUSED, folder.name


@pytest.mark.parametrize("name", ["artifact", "identity", "issuer"])
def test_what_is_brought_along_counts(shared: Path, tmp_path: Path, name: str) -> None:
    """Another artifact, and for certificates another identity or issuer: refused."""
    for folder in accepted(shared, tmp_path):
        (folder / name).write_bytes(b"another one")
        if name == "artifact" or not (folder / "key.pub").exists():
            assert judge_case(folder).answer is Answer.REFUSED, folder.name


@pytest.mark.parametrize(
    ("name", "needed_by"),
    [
        ("tlogs", "all"),
        ("ctlogs", "certificates"),
        ("certificateAuthorities", "certificates"),
        ("timestampAuthorities", "rekor2"),
    ],
)
def test_an_emptied_root_accepts_nothing_that_needs_it(
    shared: Path, tmp_path: Path, name: str, needed_by: str
) -> None:
    """Logs, certificate logs and authorities: without them there is no trust."""
    for folder in accepted(shared, tmp_path):
        path = folder / "trusted_root.json"
        root = json.loads((path if path.exists() else PUBLIC_GOOD).read_bytes())
        path.write_text(json.dumps(root | {name: []}))
        by_key = (folder / "key.pub").exists()
        needs = {
            "all": True,
            "certificates": not by_key,
            "rekor2": "rekor2" in folder.name and not by_key,
        }
        if needs[needed_by]:
            assert judge_case(folder).answer is Answer.REFUSED, folder.name
