"""Lock files say which files are meant, and nowhere from whom to fetch them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, project_files

PYTHON_LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-front-end.lock",
)
REQUIREMENT = re.compile(r"[a-z0-9][a-z0-9._-]*==\S+( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
# A scheme, a host with a path, an option that names an index, an absolute path.
ADDRESS = re.compile(r"://|--(extra-)?index-url|--find-links|-f |file:|\s/[a-z]+/")


@pytest.mark.parametrize("name", [*PYTHON_LOCKS, "package-lock.json", ".npmrc"])
def test_no_lock_file_holds_an_address(name: str) -> None:
    """No scheme, index option or machine path is written down in a lock file."""
    found = ADDRESS.search((ROOT / name).read_text("utf-8"))
    assert found is None, found


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_python_package_is_pinned_by_hash(name: str) -> None:
    """A lock file is a list of exact versions, each with SHA-256 hashes."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        assert REQUIREMENT.fullmatch(line) or HASH.fullmatch(line), line
        if REQUIREMENT.fullmatch(line):
            assert not before.endswith("\\"), f"{line} follows one without a hash"
    assert HASH.fullmatch(lines[-1])


@pytest.mark.parametrize(
    ("name", "extra"), [("requirements.lock", None), ("requirements-dev.lock", "dev")]
)
def test_every_declared_dependency_is_locked(name: str, extra: str | None) -> None:
    """What pyproject.toml asks for is in the lock file that make installs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"]]
    wanted += project["optional-dependencies"][extra] if extra else []
    locked = _locked(ROOT / name)
    assert {_name(requirement) for requirement in wanted} <= locked


def test_what_runs_is_what_is_tested() -> None:
    """Every line of the running lock file stands in the one for tests as well."""
    running = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    testing = (ROOT / "requirements-dev.lock").read_text("utf-8").splitlines()
    assert {line for line in running if "==" in line} <= set(testing)


def test_npm_packages_are_pinned_by_hash_and_placeless() -> None:
    """Each npm package has an integrity value and no address."""
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {key: value for key, value in lock["packages"].items() if key}
    assert packages
    for package in packages.values():
        assert package["integrity"].startswith("sha512-")
        assert "resolved" not in package


def test_the_lock_file_that_records_addresses_is_not_kept() -> None:
    """uv.lock names an index; it is ignored by git."""
    assert ROOT / "uv.lock" not in project_files()


def _locked(path: Path) -> set[str]:
    lines = path.read_text("utf-8").splitlines()
    return {line.partition("==")[0] for line in lines if "==" in line}


def _name(requirement: str) -> str:
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()
