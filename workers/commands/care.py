"""`custody fsck` and `custody restore`."""

from __future__ import annotations

import os

import click

from intake.settings import Settings
from receipts.finding_words import finding_words
from receipts.maintenance import Examination
from receipts.maintenance import restore as restore_home
from workers.commands.output import emit, json_option, language, services


@click.command()
@click.option("--repair", is_flag=True, help="Mend what another copy can mend.")
@json_option
def fsck(repair: bool, as_json: bool) -> None:
    """Replay the log, compare every row, re-hash both copies."""
    home = services(complete=False)
    examination = Examination(home, repair=repair)
    for finding in examination.run():
        record = {
            "finding": finding.finding,
            "place": finding.place,
            "subject": finding.subject,
            "repaired": finding.repaired,
        }
        mended = "  (repaired)" if finding.repaired else ""
        words = finding_words(finding.finding, language())
        line = f"{finding.finding}  {finding.place}  {finding.subject}{mended}"
        line += "" if finding.repaired else f"\n    {words}"
        emit(record, line, as_json=as_json)
    tally = examination.checker.tally
    summary = {
        "sound": examination.sound,
        "leaves": tally.leaves,
        "blobs": tally.blobs,
        "bytes": tally.bytes,
    }
    word = "sound" if examination.sound else "NOT SOUND"
    line = f"{word}: {tally.leaves} leaves, {tally.blobs} blobs, {tally.bytes} bytes"
    emit(summary, line, as_json=as_json)
    if not examination.sound:
        raise click.exceptions.Exit(1)


@click.command()
@click.option("--from", "source", required=True, metavar="STORE_URL")
@json_option
def restore(source: str, as_json: bool) -> None:
    """Rebuild an empty home from the second copy."""
    restored = restore_home(Settings.from_env(os.environ), source)
    record = {"leaves": restored.leaves, "blobs": restored.blobs}
    line = f"{restored.leaves} leaves, {restored.blobs} blobs"
    for sha256 in restored.missing:
        click.echo(f"missing or altered in the copy: {sha256}", err=True)
    emit(record | {"missing": list(restored.missing)}, line, as_json=as_json)
    if restored.missing:
        raise click.exceptions.Exit(1)
