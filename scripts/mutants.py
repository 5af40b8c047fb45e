"""Change one thing at a time in a format module, and see whether a test notices.

    make mutants                     every module
    make mutants M="merkle claim"    these modules

mutmut makes the changes and runs the module's own tests on each, in build/mutants.
A change that mypy refuses counts as found. Not made are changes to the words of
refusals and reasons, and those that say the same otherwise (`leave_out`). Every
survivor must stand in docs/mutation.md, below its module, with the line it becomes and
the reason; one that does not is printed, and the exit status is then 1.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "mutants"
EXPLAINED = ROOT / "docs" / "mutation.md"
RUN_MUTMUT = "--run-mutmut"
UNIT = "tests/unit/{}/test_{}.py"
VECTORS = "tests/conformance/test_vectors_{}.py"

# Module: the names of its unit tests, and of its public vectors. No two have one name.
Tests = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
INTEGRITY: Tests = {
    "merkle": (("merkle",), ("merkle",)),
    "proof": (("proof",), ()),
    "checkpoint": (("checkpoint",), ("notes",)),
    "note": (("note",), ("notes",)),
    "vkey": (("vkey",), ("notes",)),
    "cosignature": (("cosignature",), ("notes",)),
    "envelope": (("envelope", "statement"), ("dsse",)),
    "event": (("statement",), ()),
    "statement": (("statement", "persons"), ()),
    "canonical": (("canonical",), ()),
    "trust_rule": (("trust_rule",), ()),
    "trust_entry": (("trust_entry", "policy"), ()),
    "trust_check": (("policy",), ()),
    "origins": (("origins",), ()),
    "policy": (("policy", "origins"), ()),
    "key_change": (("key_history", "origins"), ()),
    "key_history": (("key_history",), ()),
    "persons": (("persons",), ()),
    "webauthn": (("webauthn",), ()),
    "witness": (("witness",), ()),
    "digest": (("digest",), ("sm3",)),
    "shape": (("shape",), ()),
    "tiles": (("tiles",), ("tiles",)),
    "sshsig": (("sshsig",), ("sshsig",)),
    "ssh_key": (("ssh_key", "sshsig"), ("sshsig",)),
    "ssh_wire": (("ssh_wire", "ssh_key"), ()),
    "tlog_policy": (("tlog_policy",), ()),
    "tlog_policy_reader": (("tlog_policy",), ()),
    "opentimestamps": (("opentimestamps",), ("ots",)),
    "der": (("der",), ()),
    "certificates": (("certificates", "timestamp"), ("rfc3161",)),
    "timestamp_query": (("timestamp",), ("rfc3161",)),
    "timestamp_token": (("timestamp",), ("rfc3161",)),
    "timestamp_chain": (("timestamp",), ("rfc3161",)),
    "timestamp": (("timestamp",), ("rfc3161",)),
    "keys": (("keys",), ("ed25519",)),
    "errors": (("errors",), ()),
}
RECEIPTS: Tests = {
    "claim": (("claim",), ()),
    "canonical_zip": (("canonical_zip",), ()),
    "zip_layout": (("canonical_zip",), ()),
    "short_code": (("short_code",), ()),
    "token": (("token",), ()),
    "strict_fields": (("strict_fields",), ()),
    "bundle_layout": (("bundle_layout",), ()),
    "verify_proof": (("verify_proof",), ()),
    "verify_bundle": (("verify_bundle", "bundle_first_format"), ()),
    "verify_receipt": (("verify_receipt",), ()),
    "log_checks": (("log_checks",), ()),
    "cms_seal": (("cms_seal",), ()),
    "qr": (("qr",), ()),
    "format": (("format",), ()),
    "printable": (("printable",), ()),
    "checks": (("checks",), ()),
    "receipt_checks": (("receipt_checks",), ()),
    "witness_checks": (("witness_checks",), ()),
    "key_checks": (("key_checks",), ()),
    "key_history_checks": (("key_history_checks",), ()),
    "seal_checks": (("seal_checks",), ()),
    "person_checks": (("person_checks", "person_signatures"), ()),
    "person_halves": (("person_halves", "person_checks"), ()),
    "origin_checks": (("frozen_heads",), ()),
    "time_checks": (("time_checks",), ()),
    "bundle_times": (("time_checks",), ()),
    "bundle_container_checks": (("bundle_container_checks",), ()),
    "bundle_event_checks": (("bundle_event_checks",), ()),
    "bundle_files": (("bundle_files",), ()),
    "bundle_first_format": (("bundle_first_format", "person_checks"), ()),
    "bundle_history": (("bundle_history",), ()),
    "bundle_second_format": (("second_format",), ()),
    "cms_signature": (("cms_signature",), ()),
    "pdf_signature": (("pdf_signature",), ()),
}
MODULES = INTEGRITY | RECEIPTS
PACKAGES = ("integrity", "intake", "receipts", "web", "workers", "migrations")
SETTINGS = """\
[mutmut]
source_paths=
    {package}
only_mutate=
    {package}/{module}.py
do_not_mutate_patterns=
    ^\\s*raise \\w+
pytest_add_cli_args=
    --override-ini=addopts=--import-mode=importlib
    --hypothesis-seed=0
    -pno:cacheprovider
    -mnot slow
pytest_add_cli_args_test_selection=
    {tests}
type_check_command=
    {python}
    -m
    mypy
    --config-file=
    --follow-imports=silent
    --output=json
    {package}/{module}.py
process_isolation=forkserver
timeout_multiplier=4
timeout_constant=10
use_git_change_detection=false
"""
BY_TEST, BY_TYPES = 1, 37
SURVIVED = {0, 5, 33}  # passed every test, or no test reaches it
BY_TIME = {24, -24, 36, 152}  # ran out of time: a loop without end, or no answer at all
# What could not be read, or does not hold: the first argument of refusals and readers,
# and the reason that `parsing` gives.
WORDS = re.compile(
    r"(?:(?:Error|read_(?:object|array|text)|parse_(?:base64|time)|require_der)\(\s*"
    r'|parsing\([A-Z]+, )("[^"]*")'
)
# mutmut keeps all changes of a method beside each other in its class, and mypy minds
# that an attribute is annotated there again: no fault of a change.
AGAIN = "already defined on line"
CODECS = {'"ascii"', "'ascii'", '"utf-8"'}
BIG = '"big"'  # the byte order that is the default


class Survivor(NamedTuple):
    """A change that no test noticed: where it is, the line before and after.

    `after` names a change among those of its module.
    """

    function: str
    before: str
    after: str


def main() -> int:
    """Run the modules named on the command line, or all; print a table."""
    unexplained = 0
    say(f"{'module':20} mutants  found  (by mypy)  survivors")
    for module in sys.argv[1:] or MODULES:
        codes = run(module)
        survivors = [show(mutant) for mutant in survived(codes)]
        total, found = len(codes), len(codes) - len(survivors)
        by_types = sum(code == BY_TYPES for code in codes.values())
        say(f"{module:20} {total:7} {found:6} {by_types:10} {len(survivors):10}")
        for mutant, code in codes.items():
            if code not in SURVIVED | {BY_TEST, BY_TYPES}:
                how = "time only" if code in BY_TIME else f"exit status {code}"
                say(f"  found by {how}: {show(mutant).after}")
        known = explained(module)
        for survivor in survivors:
            if survivor.after not in known:
                unexplained += 1
                say(f"  {survivor.function}")
                say(f"    - {survivor.before}\n    + {survivor.after}")
    return 1 if unexplained else 0


def say(line: str) -> None:
    """Print a line at once: a run takes long."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(module: str) -> dict[str, int]:
    """Mutant by name -> exit status of its tests."""
    package = package_of(module)
    lay_out(package)
    (WORK / "setup.cfg").write_text(settings(package, module), encoding="utf-8")
    log = WORK / "log"
    with log.open("w") as output:
        subprocess.run(
            [sys.executable, __file__, RUN_MUTMUT, module],
            cwd=WORK,
            env=os.environ | {"MYPY_CACHE_DIR": str(WORK.with_name("mypy"))},
            stdout=output,
            stderr=output,
            check=False,
        )
    meta = WORK / "mutants" / package / f"{module}.py.meta"
    codes = json.loads(meta.read_text())["exit_code_by_key"] if meta.exists() else {}
    if not codes or None in codes.values():
        raise SystemExit(f"{log.read_text()[-4000:]}\nthe run of {module} did not end")
    return codes


def lay_out(package: str) -> None:
    """Copy a package and the tests to where its mutants are made; link the others."""
    shutil.rmtree(WORK, ignore_errors=True)
    (WORK / "mutants").mkdir(parents=True)
    for folder in (package, "tests"):
        shutil.copytree(ROOT / folder, WORK / folder)
    for other in set(PACKAGES) - {package}:
        (WORK / "mutants" / other).symlink_to(ROOT / other)
    shutil.copy(ROOT / "pyproject.toml", WORK)
    shared = ROOT.parent / "shared"
    if shared.is_dir():
        (WORK / "shared").symlink_to(shared)


def settings(package: str, module: str) -> str:
    """What mutmut is told about a module."""
    units, vectors = MODULES[module]
    tests = [UNIT.format(package, name) for name in units]
    tests += [VECTORS.format(name) for name in vectors]
    return SETTINGS.format(
        package=package,
        module=module,
        tests="\n    ".join(tests),
        python=sys.executable,
    )


def package_of(module: str) -> str:
    """The package a module lies in."""
    return "integrity" if module in INTEGRITY else "receipts"


def survived(codes: dict[str, int]) -> list[str]:
    """The mutants that passed every test, or that no test reaches."""
    return [name for name, code in codes.items() if code in SURVIVED]


def show(mutant: str) -> Survivor:
    """What a mutant changes; several changed lines are joined."""
    command = [sys.executable, "-m", "mutmut", "show", mutant]
    text = subprocess.run(
        command, cwd=WORK, capture_output=True, text=True, check=True
    ).stdout
    lines = text.splitlines()

    def side(sign: str) -> str:
        return " ".join(
            line[1:].strip()
            for line in lines
            if line.startswith(sign) and not line.startswith(sign * 3)
        )

    name = mutant.rpartition(".")[2].partition("__mutmut_")[0]
    before, after = side("-"), side("+")
    if not re.search(r"\w", after):  # a line left out is known by what it was
        after = f"{before} -> {after}".rstrip()
    return Survivor(name.removeprefix("x").strip("_ǁ"), before, after)


def leave_out(module: str) -> None:
    """Have mutmut make no change to words, to capitals of a codec, to a default."""
    from mutmut.mutation import mutators  # noqa: PLC0415  # reads setup.cfg at once

    strings, removal = mutators.operator_string, mutators.operator_arg_removal
    source = (ROOT / package_of(module) / f"{module}.py").read_text(encoding="utf-8")
    constant = CODECS.union(WORDS.findall(source), reasons(source))

    def kept_strings(node: Any) -> Iterable[Any]:
        return () if getattr(node, "value", None) in constant else strings(node)

    def kept_removal(node: Any) -> Iterator[Any]:
        for changed in removal(node):
            gone = {id(arg) for arg in node.args} - {id(arg) for arg in changed.args}
            values = [arg.value for arg in node.args if id(arg) in gone]
            shorter = len(changed.args) < len(node.args)
            if not (shorter and [getattr(v, "value", 0) for v in values] == [BIG]):
                yield changed

    replaced = {strings: kept_strings, removal: kept_removal}
    mutators.mutation_operators[:] = [
        (kind, replaced.get(operator, operator))
        for kind, operator in mutators.mutation_operators
    ]


def trust_types() -> None:
    """Have mutmut blame no change for an error of its own making."""
    from mutmut.mutation import file_mutation  # noqa: PLC0415  # as above

    found = file_mutation.run_type_checker

    def own(command: list[str]) -> list[Any]:
        return [e for e in found(command) if AGAIN not in e.error_description]

    file_mutation.run_type_checker = own


def reasons(source: str) -> Iterator[str]:
    """The literals that `Words(…)` is made of: what a person reads beside a result."""
    import libcst  # noqa: PLC0415  # comes with mutmut, which is not always there
    from libcst import matchers  # noqa: PLC0415  # as above

    words = matchers.Call(func=matchers.Name("Words"))
    for call in matchers.findall(libcst.parse_module(source), words):
        parts = [arg.value for arg in libcst.ensure_type(call, libcst.Call).args]
        for part in parts:
            if isinstance(part, libcst.ConcatenatedString):
                parts += [part.left, part.right]
            elif isinstance(part, libcst.SimpleString):
                yield part.value


def explained(module: str) -> set[str]:
    """The changed lines that docs/mutation.md gives a reason for."""
    if not EXPLAINED.exists():
        return set()
    text = EXPLAINED.read_text(encoding="utf-8")
    _, _, section = text.partition(f"\n## {module}\n")
    return set(re.findall(r"`` ?(.*?) ?``", section.partition("\n## ")[0]))


def run_mutmut(module: str) -> None:
    """In a process of its own, whose folder holds the settings."""
    leave_out(module)
    trust_types()
    from mutmut.__main__ import cli  # noqa: PLC0415  # as above

    cli(["run", "--max-children", "1"])


if __name__ == "__main__":
    if sys.argv[1:2] == [RUN_MUTMUT]:
        run_mutmut(sys.argv[2])
    else:
        raise SystemExit(main())
