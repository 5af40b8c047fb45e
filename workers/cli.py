"""`custody`: the firm's command line.

Every error of the product ends here as one sentence on standard error and the exit
code of the table in intake/errors.py; nobody is shown a stack trace for bad input.
"""

from __future__ import annotations

import importlib
import os
import sys

import click
import structlog

from intake.errors import ERRORS, FAILED, UNKNOWN, IntakeError, words
from integrity.errors import CustodyError

INTERRUPTED = 130
COMMANDS = {
    "up": "run:up", "web": "run:web", "worker": "run:worker",
    "scheduler": "run:scheduler", "db": "run:db", "keys": "keys:keys",
    "user": "people:user", "matter": "matters:matter",
    "add": "files:add", "list": "files:list_", "show": "files:show",
    "search": "search:search_command", "learned": "learned:learned",
    "evaluate": "evaluate:evaluate",
    "read": "read:read_command", "review": "judge:review", "check": "judge:check",
    "withdraw": "judge:withdraw", "reread": "judge:reread",
    "act": "acts:act", "receipt": "receipts:receipt", "verify": "verify:verify",
    "export": "verify:export", "import": "copy:import_command",
    "fsck": "care:fsck", "restore": "care:restore",
    "log": "log:log", "witness": "witness:witness",
    "erase": "care_erase:erase", "fixity": "care_fixity:fixity",
    "certificate": "care_fixity:certificate",
    "stamp": "stamps:stamp", "stamps": "stamps:stamps",
}  # fmt: skip


class LazyGroup(click.Group):
    """Imports a command when it is asked for: most need little of the product."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command `name`, or None."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        loaded = importlib.import_module(f"workers.commands.{module}")
        command: click.Command = getattr(loaded, attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="custody")
def cli() -> None:
    """存证保管 Custody: evidence custody for law firms."""


def main() -> None:
    """Entry point of the `custody` program."""
    log_to_stderr()
    try:
        # Without standalone mode click returns the code of an Exit.
        sys.exit(cli.main(standalone_mode=False) or 0)
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
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        click.echo(words(IntakeError("system", reason=reason), _language()), err=True)
        sys.exit(UNKNOWN)


def log_to_stderr() -> None:
    """Log in JSON lines on standard error: standard output is what was asked for."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def exit_code(error: CustodyError) -> int:
    """The exit code for an error: its row in the table, or "could not tell"."""
    row = ERRORS.get(error.code)
    return UNKNOWN if row is None else row.exit


def _language() -> str:
    return os.environ.get("CUSTODY_LANG", "zh-CN")


if __name__ == "__main__":
    main()
