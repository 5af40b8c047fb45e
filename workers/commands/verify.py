"""`custody verify` and `custody export`."""

from __future__ import annotations

from pathlib import Path

import click

from intake.access import matter_for
from intake.errors import FAILED, UNKNOWN, USAGE, Refused, words
from intake.verify import Verdict, VerdictKind, verify_digests
from integrity.canonical import time_text
from integrity.digest import digest_file
from receipts.export import export_bundle
from workers.commands.output import console, emit, json_option, person, services

EXIT = {
    VerdictKind.MATCH: 0,
    VerdictKind.ALTERED: 1,
    VerdictKind.UNKNOWN: 1,
    VerdictKind.INDETERMINATE: 3,
}

# A failed check outweighs one that could not be made.
WORST_FIRST = (FAILED, UNKNOWN, USAGE, 0)


@click.command()
@click.option("--matter", "matter_number", default=None, metavar="NUMBER")
@json_option
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
def verify(matter_number: str | None, as_json: bool, paths: tuple[str, ...]) -> None:
    """Are these bytes in custody?"""
    home = services(complete=False)
    matter_id = None
    if matter_number is not None:
        with home.log.session() as session:
            matter_id = matter_for(session, None, matter_number).id
    worst = 0
    for name in paths:
        path = Path(name)
        if not path.is_file():
            missing = words(Refused("file_missing", path=name), home.settings.lang)
            click.echo(missing, err=True)
            worst = worst or USAGE
            continue
        digests, _ = digest_file(path)
        verdict = verify_digests(home, None, path.name, digests, matter_id)
        _emit(path, verdict, as_json=as_json)
        worst = min(worst, EXIT[verdict.kind], key=WORST_FIRST.index)
    raise click.exceptions.Exit(worst)


@click.command()
@click.option("--matter", "matter_number", required=True, metavar="NUMBER")
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--as", "login", default=None, metavar="LOGIN")
@json_option
@click.argument("exhibits", nargs=-1)
def export(
    matter_number: str,
    out: Path,
    login: str | None,
    as_json: bool,
    exhibits: tuple[str, ...],
) -> None:
    """Write the evidence bundle that anyone can verify offline."""
    home = services()
    actor = person(home, login) if login else console()
    bundle, count = export_bundle(home, actor, login, matter_number, exhibits, out)
    sha256 = bundle.digests.sha256
    record = {"bundle": str(out), "exhibits": count, "sha256": sha256}
    emit(record, f"{out}  {count}  SHA-256 {sha256}", as_json=as_json)


def _emit(path: Path, verdict: Verdict, *, as_json: bool) -> None:
    received = verdict.received_at
    record = {
        "file": str(path),
        "verdict": verdict.kind.value,
        "exhibit": verdict.exhibit_id,
        "name": verdict.name,
        "leaf": verdict.leaf,
        "received_at": None if received is None else time_text(received),
        "reason": verdict.reason,
    }
    line = f"{verdict.kind.value}  {path}  {verdict.name or ''}".rstrip()
    emit(record, line, as_json=as_json)
