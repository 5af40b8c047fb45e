"""No mutation of a bundle is accepted by the one-file verifier, nor stops it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from receipts.standalone import verify as standalone
from tests.bundle_everything import Everything, everything
from tests.bundle_mutations import KINDS, mutate

pytestmark = pytest.mark.tool("openssl")
Run = Callable[[bytes, str], tuple[int, Any]]
SEEDS = range(5 * len(KINDS))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """The bundle that is mutated."""
    return everything(tmp_path_factory.mktemp("authorities"))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Verifies bytes, told the genuine fingerprint: exit code and report."""

    def _run(data: bytes, fingerprint: str) -> tuple[int, Any]:
        path = tmp_path / "bundle.zip"
        path.write_bytes(data)
        arguments = [str(path), "--json", "--fingerprint", fingerprint]
        return standalone.main(arguments), json.loads(capsys.readouterr().out)

    return _run


def test_the_genuine_bundle_has_every_check_and_passes(
    run: Run, made: Everything
) -> None:
    """What the mutations start from is accepted, all checks done."""
    code, report = run(made.bundle, made.fingerprint)
    assert (code, report["verdict"]) == (0, "passed")
    numbers = tuple(dict.fromkeys(check["number"] for check in report["checks"]))
    assert numbers == standalone.ORDER


def test_no_mutation_is_accepted(run: Run, made: Everything) -> None:
    """Every kind of mutation several times: failed, with check, subject and reason."""
    seen = Counter[str]()
    for seed in SEEDS:
        mutation = mutate(made.bundle, seed, made.older, made.stranger)
        code, report = run(mutation.data, made.fingerprint)
        told = (seed, mutation.kind, mutation.what, report)
        assert (code, report["verdict"]) == (1, "failed"), told
        for check in report["checks"]:
            assert check["reason"], told
            assert check["subject"], told
        seen[mutation.kind] += 1
    assert set(seen) == set(KINDS)


def test_a_mutation_is_the_same_every_time(made: Everything) -> None:
    """Seed and bytes decide everything, and the bytes do change."""
    for seed in range(len(KINDS)):
        first = mutate(made.bundle, seed, made.older, made.stranger)
        again = mutate(made.bundle, seed, made.older, made.stranger)
        assert first == again
        assert first.data != made.bundle
