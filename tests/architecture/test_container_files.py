"""Dockerfile, compose.yaml and the scripts: what can be checked without an engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from intake.settings import Settings
from tests.architecture.project import ROOT

HADOLINT = Path(sys.executable).with_name("hadolint")
SCRIPTS = sorted(
    path for path in (ROOT / "scripts").iterdir() if path.read_bytes()[:2] == b"#!"
)


def test_the_dockerfile_is_clean() -> None:
    """hadolint has nothing to say."""
    checked = subprocess.run(
        [HADOLINT, "--no-color", ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_image_runs_as_nobody_special_and_says_how_it_is() -> None:
    """The last stage has a numeric user that is not root, and a health check."""
    last = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
    user = re.search(r"^USER (\d+):\d+$", last, re.MULTILINE)
    assert user is not None
    assert int(user[1]) >= 1000
    assert "HEALTHCHECK" in last
    assert "/healthz" in last


def test_every_part_of_the_image_is_sent_to_the_builder() -> None:
    """What the Dockerfile copies exists and is let through by .dockerignore."""
    allowed = set((ROOT / ".dockerignore").read_text("utf-8").splitlines())
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$",
        (ROOT / "Dockerfile").read_text("utf-8"),
        re.MULTILINE,
    )
    for source in " ".join(copied).split():
        assert (ROOT / source).exists(), source
        assert f"!{source.split('/')[0]}" in allowed


def test_the_services_are_the_five_and_each_says_how_it_is() -> None:
    """Web has the image's health check; every other service brings its own."""
    services = _compose()["services"]
    assert set(services) == {"web", "worker", "scheduler", "redis", "postgres"}
    without = [name for name, one in services.items() if "healthcheck" not in one]
    assert without == ["web"]


def test_the_settings_of_compose_are_settings() -> None:
    """Each CUSTODY_ variable of compose.yaml is known to the product."""
    known = set(Settings.__slots__)
    for name in _compose()["x-custody"]["environment"]:
        setting = name.removeprefix("CUSTODY_").removesuffix("_FILE").lower()
        assert setting in known


def test_secrets_come_from_files_that_the_script_makes(tmp_path: Path) -> None:
    """Each secret of compose.yaml is made by scripts/make-secrets, and once only."""
    wanted = {Path(secret["file"]).name for secret in _compose()["secrets"].values()}
    _make_secrets(tmp_path)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == wanted
    assert all(made.values())
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    _make_secrets(tmp_path)
    again = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert again == made


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_run_and_parsed(script: Path) -> None:
    """Scripts are executable and plain POSIX shell."""
    assert os.access(script, os.X_OK)
    assert script.read_text("utf-8").startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", script], check=True)


def test_no_apt_is_said_in_one_sentence_and_is_no_failure(tmp_path: Path) -> None:
    """Where there is no apt, set-up goes on with Python packages alone."""
    for program in ("sh", "id", "tr", "python3", "env", "cat"):
        found = shutil.which(program)
        assert found is not None
        (tmp_path / program).symlink_to(found)
    ran = subprocess.run(
        [ROOT / "scripts" / "install-system-packages"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0
    assert ran.stderr.count("\n") == 1
    assert "going on with Python packages alone" in ran.stderr


def test_a_wrong_argument_is_refused() -> None:
    """A mistyped option is usage, not a silent installation."""
    script = ROOT / "scripts" / "install-system-packages"
    ran = subprocess.run([script, "--tests"], capture_output=True, check=False)
    assert ran.returncode == 2


def _make_secrets(folder: Path) -> None:
    subprocess.run([ROOT / "scripts" / "make-secrets"], cwd=folder, check=True)


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return loaded
