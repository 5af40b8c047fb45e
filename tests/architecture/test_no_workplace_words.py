"""The project runs anywhere: no path of a machine and no host of an index in it."""

from __future__ import annotations

import re

import pytest

from tests.architecture.project import ROOT, project_files, text_of

# Assembled here, so that this file does not hold what it searches for.
MACHINE_PATHS = tuple(f"/{name}/" for name in ("work", "root", "home"))
REGISTRY_HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("npmmirror", "com"),
        ("tuna", "tsinghua", "edu", "cn"),
    )
)


@pytest.mark.parametrize("path", MACHINE_PATHS)
def test_no_file_names_a_path_of_one_machine(path: str) -> None:
    """Nothing depends on where somebody happened to keep the project."""
    pattern = re.compile(rf"(?<![\w.~$}}{{*-]){re.escape(path)}")
    assert not _files_with(pattern)


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_no_file_names_a_package_index(host: str) -> None:
    """Where packages come from is the setting of whoever installs them."""
    assert not _files_with(re.compile(re.escape(host)))


def _files_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in project_files():
        text = text_of(path)
        if text is not None and pattern.search(text):
            found.append(path.relative_to(ROOT).as_posix())
    return found
