"""`custody import`: take a bundle into an empty home as a reading copy."""

from __future__ import annotations

import os
from pathlib import Path

import click

from intake.errors import FAILED
from intake.settings import Settings
from integrity.policy import MAX_FILE_BYTES, TrustedKeys, parse_trusted_keys
from receipts.reimport import ImportReport, import_bundle, write_again
from workers.commands.output import emit, json_option


@click.command("import")
@click.option("--policy", type=click.Path(path_type=Path, exists=True), default=None)
@click.option("--fingerprint", default=None, metavar="HEX")
@click.option(
    "--write-again",
    "again",
    type=click.Path(path_type=Path),
    default=None,
    help="Also write the bundle anew from the copy; it must be the same bytes.",
)
@json_option
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
def import_command(
    policy: Path | None,
    fingerprint: str | None,
    again: Path | None,
    as_json: bool,
    bundle: Path,
) -> None:
    """Keep a bundle in an empty home as a reading copy, and prove it equal.

    A reading copy has no keys and continues no log.
    """
    home = Settings.from_env(os.environ).home
    done = import_bundle(bundle, home, _policy(policy), fingerprint)
    emit(done.as_dict(), _lines(done), as_json=as_json)
    if again is not None:
        write_again(home, again)
    if not done.equal:
        raise click.exceptions.Exit(FAILED)


def _policy(path: Path | None) -> TrustedKeys | None:
    if path is None:
        return None
    with path.open("rb") as stream:
        return parse_trusted_keys(stream.read(MAX_FILE_BYTES + 1))


def _lines(done: ImportReport) -> str:
    answer = {True: "相同 equal", False: "不同 DIFFERENT"}
    lines = [f"{answer[one.equal]}  {one.exhibit}  {one.name}" for one in done.exhibits]
    lines.append(
        f"{answer[done.equal]}：{len(done.members)} 个文件 members，"
        f"SHA-256 {done.sha256}；只读副本，不能续写日志"
        " / a reading copy, it continues no log"
    )
    return "\n".join(lines)
