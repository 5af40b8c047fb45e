"""`custody fixity` and `custody certificate`: are the stored copies whole?"""

from __future__ import annotations

from pathlib import Path

import click

from intake.errors import IntakeError
from intake.services import today
from receipts.certificate import certificate_of, certify
from receipts.export import require_new
from receipts.fixity import Outcome, run_fixity, runs_of
from receipts.fixity_schedule import BUCKETS, Coverage, Run, coverage
from workers.commands.output import console, emit, json_option, person, services


@click.group()
def fixity() -> None:
    """The daily check of stored copies 完整性巡检."""


@fixity.command("run")
@click.option("--all", "everything", is_flag=True, help="Every file, due or not.")
@json_option
def run(everything: bool, as_json: bool) -> None:
    """Check what is due today, mend and log it."""
    done = run_fixity(services(), everything=everything)
    if done is None:
        emit({"due": False}, "nothing is due today", as_json=as_json)
        return
    for finding in done.findings:
        what = f"{finding.finding}  {finding.place}  {finding.subject}"
        click.echo(f"{what}{'  (repaired)' if finding.repaired else ''}", err=True)
    _emit_outcome(done, as_json=as_json)
    if not done.sound:
        raise click.exceptions.Exit(1)


@fixity.command("report")
@json_option
def report(as_json: bool) -> None:
    """Coverage and gaps, from the signed events of the log alone."""
    runs = list(runs_of(services(complete=False)))
    found = coverage(runs, today())
    emit(_record(found, runs), "\n".join(_lines(found, runs)), as_json=as_json)
    if found.overdue or found.broken:
        raise click.exceptions.Exit(1)


@click.command()
@click.argument("matter", metavar="MATTER")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT.pdf")
@click.option("--month", default="", metavar="YYYY-MM", help="This month by default.")
@click.option("--as", "login", default=None, metavar="LOGIN")
@json_option
def certificate(
    matter: str, out: Path, month: str, login: str | None, as_json: bool
) -> None:
    """The certificate of a matter for a month; this month's is made now if absent."""
    require_new(out)
    home = services()
    actor = person(home, login) if login else console()
    made = certificate_of(home, login, matter, month)
    if made is None:
        made = certify(home, actor, login, matter, month)
    try:
        with home.log.stores.open_blob(made.pdf_sha256) as stream:
            out.write_bytes(stream.read())
    except OSError as error:
        reason = error.strerror or "error"
        raise IntakeError("file_unwritable", path=str(out), reason=reason) from error
    record = {
        "matter": made.matter,
        "month": made.month,
        "items": made.items,
        "bytes": made.bytes,
        "leaf": made.leaf,
        "pdf": str(out.absolute()),
        "sha256": made.pdf_sha256,
    }
    line = f"{out}  {made.month}  {made.items} items, {made.bytes} bytes"
    emit(record, line, as_json=as_json)


def _emit_outcome(done: Outcome, *, as_json: bool) -> None:
    record = {
        "due": True,
        "leaf": done.leaf,
        "day": done.day.isoformat(),
        "buckets": list(done.buckets),
        "places": [place.facts() for place in done.places],
        "sound": done.sound,
    }
    lines = [f"{done.day}  {len(done.buckets)} of {BUCKETS} buckets  leaf {done.leaf}"]
    for place in done.places:
        told = f"{place.objects} files, {place.bytes} bytes, {place.missing} missing"
        told += f", {place.altered} altered, {place.repaired} repaired"
        lines.append(f"  {place.place}: {told}")
    emit(record, "\n".join(lines), as_json=as_json)


def _record(found: Coverage, runs: list[Run]) -> dict[str, object]:
    return {
        "runs": len(runs),
        "since": None if found.since is None else found.since.isoformat(),
        "last": None if found.last is None else found.last.isoformat(),
        "checked_within_90_days": len(found.checked),
        "buckets": BUCKETS,
        "complete": found.complete,
        "oldest": None if found.oldest is None else found.oldest.isoformat(),
        "overdue": list(found.overdue),
        "broken": list(found.broken),
        "unrepaired_at_last_run": runs[-1].bad if runs else 0,
        "gaps": [
            {
                "day": gap.day.isoformat(),
                "bucket": gap.bucket,
                "filled": None if gap.filled is None else gap.filled.isoformat(),
            }
            for gap in found.gaps
        ],
    }


def _lines(found: Coverage, runs: list[Run]) -> list[str]:
    lines = [f"{len(runs)} runs since {found.since or '—'}, last {found.last or '—'}"]
    lines.append(f"{len(found.checked)} of {BUCKETS} buckets checked within 90 days")
    lines += [
        f"gap {gap.day}  bucket {gap.bucket}  filled {gap.filled or 'never'}"
        for gap in found.gaps
    ]
    lines += [f"overdue: bucket {number}" for number in found.overdue]
    lines += [f"broken chain at leaf {leaf}" for leaf in found.broken]
    if runs and runs[-1].bad:
        lines.append(f"{runs[-1].bad} copies not repaired at the last run")
    return lines
