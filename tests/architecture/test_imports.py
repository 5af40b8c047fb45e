"""Who may import whom: the contracts of pyproject.toml, and that they are real."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT

LINT = Path(sys.executable).with_name("lint-imports")
CONTRACTS = {
    "layers", "integrity", "pure", "offline", "standalone", "decoders", "web",
}  # fmt: skip
# Without Pillow, which the library that draws our QR codes loads, and PDFium, with
# which a receipt is verified before it leaves: neither opens a file from outside here.
DECODERS = (
    "cv2", "docx", "onnxruntime", "openpyxl", "pdfplumber",
    "pytesseract", "rapidocr",
)  # fmt: skip
# What may not be loaded in the process of somebody who only verifies.
NOT_FOR_VERIFIERS = (
    "sqlalchemy", "alembic", "flask", "rq", "redis",
    "pytesseract", "rapidocr", "onnxruntime", "cv2", "PIL",
)  # fmt: skip


def test_every_contract_is_kept() -> None:
    """Imports go down only, inside integrity too; verifiers and web stay small."""
    checked = _lint(ROOT)
    assert checked.returncode == 0, checked.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in checked.stdout


def test_no_contract_was_dropped() -> None:
    """The contracts that the architecture names are the ones that are checked."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == CONTRACTS


@pytest.mark.parametrize(
    ("module", "forbidden", "contract"),
    [
        ("intake/planted.py", "receipts.issue", "Imports go down only"),
        ("web/planted.py", "workers.jobs", "Imports go down only"),
        ("integrity/planted.py", "integrity.errors", "Inside integrity"),
        ("integrity/digest.py", "integrity.store.db", "Inside integrity"),
        ("receipts/claim.py", "intake.errors", "Receipts verify offline"),
        ("receipts/standalone/verify.py", "integrity.errors", "one-file verifier"),
        ("web/planted.py", "pdfplumber", "Hostile bytes are decoded in workers"),
        ("intake/planted.py", "cv2", "Hostile bytes are decoded in workers"),
        (
            "web/planted.py",
            "receipts.verify_receipt",
            "draws no page of a stranger's PDF",
        ),
    ],
)
def test_a_planted_import_is_found(
    project_copy: Path, module: str, forbidden: str, contract: str
) -> None:
    """Each contract fails when somebody breaks it: the linter sees our modules."""
    planted = project_copy / module
    before = planted.read_text("utf-8") if planted.exists() else ""
    planted.write_text(f"{before}\nimport {forbidden}\n", "utf-8")
    checked = _lint(project_copy)
    assert checked.returncode == 1
    broken = [line for line in checked.stdout.splitlines() if "BROKEN" in line]
    assert any(contract in line for line in broken), checked.stdout


@pytest.mark.parametrize("module", ["receipts.cli", "receipts.verify_bundle"])
def test_verifying_loads_no_database_web_queue_or_ocr(module: str) -> None:
    """A fresh interpreter that imports the verifier has loaded none of them."""
    program = f"import sys, {module}; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(ran.stdout.split())
    assert module in loaded
    assert not loaded.intersection(NOT_FOR_VERIFIERS)
    assert not any(name.startswith("intake") for name in loaded)


def test_the_web_server_loads_no_decoder() -> None:
    """The process that faces the network has not even loaded what opens files."""
    loaded = _loaded_by("web.app, web.views.verify")
    assert not loaded.intersection(DECODERS)


@pytest.mark.parametrize("package", PACKAGES)
def test_package_files_hold_nothing_but_a_docstring(package: str) -> None:
    """No `__init__` re-exports, which would load what a reader did not ask for."""
    for path in (ROOT / package).rglob("__init__.py"):
        code = compile(path.read_text("utf-8"), str(path), "exec")
        allowed = {"__doc__", "annotations", "__future__"}
        assert set(code.co_names) <= allowed, path


@pytest.fixture
def project_copy(tmp_path: Path) -> Iterator[Path]:
    """The packages and their contracts, to be broken."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            target = tmp_path / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return tmp_path


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def _loaded_by(modules: str) -> set[str]:
    program = f"import sys, {modules}; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())
