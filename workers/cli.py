"""`custody`: the firm's command line.

Every error of the product ends here as one sentence on standard error and the exit
code of the table in intake/errors.py; nobody is shown a stack trace for bad input.
"""

from __future__ import annotations

import os
import sys

import click
import structlog

from integrity.errors import CustodyError
from intake.errors import ERRORS, FAILED, UNKNOWN, words
from workers.commands import (
    care,
    files,
    judge,
    log,
    matters,
    people,
    read,
    receipts,
    run,
    verify,
)

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="custody")
def cli() -> None:
    """存证保管 Custody: evidence custody for law firms."""


for command in (
    run.up, run.web, run.worker, run.scheduler, run.db, run.keys,
    people.user, matters.matter,
    files.add, files.list_, files.show, read.read_command,
    judge.review, judge.check, judge.withdraw, judge.reread,
    receipts.receipt, verify.verify, verify.export,
    care.fsck, care.restore, log.log,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Entry point of the `custody` program."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(INTERRUPTED)
    except CustodyError as error:
        click.echo(words(error, _language()), err=True)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        sys.exit(FAILED)


def exit_code(error: CustodyError) -> int:
    """The exit code for an error: its row in the table, or "could not tell"."""
    row = ERRORS.get(error.code.lower())
    return UNKNOWN if row is None else row.exit


def _language() -> str:
    return os.environ.get("CUSTODY_LANG", "zh-CN")


if __name__ == "__main__":
    main()
