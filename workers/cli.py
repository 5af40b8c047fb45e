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
# With what `custody --help` says of each, so that it need not load them.
COMMANDS = {
    "up": ("run:up", "Everything on one machine, as one supervised process tree."),
    "web": ("run:web", "The web server alone."),
    "worker": ("run:worker", "One worker alone."),
    "scheduler": ("run:scheduler", "The scheduler alone."),
    "db": ("run:db", "The database."),
    "keys": ("keys:keys", "The firm's keys 密钥."),
    "user": ("people:user", "People of the firm."),
    "matter": ("matters:matter", "Matters and their people."),
    "add": ("files:add", "Take files, folders and ZIPs into custody."),
    "list": ("files:list_", "What is in a matter."),
    "show": ("files:show", "One exhibit by id, current or earlier name, or digest."),
    "search": (
        "search:search_command",
        'Find exhibits by their text: all words; "in quotes" one phrase.',
    ),
    "learned": (
        "learned:learned",
        "What your corrections of types taught; forget it again.",
    ),
    "evaluate": (
        "evaluate:evaluate",
        "Read the files of FOLDER and measure them against what stands in them.",
    ),
    "read": (
        "read:read_command",
        "Read FILE and print its text and the proposed type, date and name.",
    ),
    "review": ("judge:review", "Confirm or correct type and date."),
    "check": ("judge:check", "One of the two persons' checks."),
    "withdraw": ("judge:withdraw", "Take an exhibit out of use; nothing is deleted."),
    "reread": ("judge:reread", "Ask for a new reading."),
    "act": ("acts:act", "Acts that two persons sign 双人签名."),
    "receipt": ("receipts:receipt", "Handover receipts 交接确认书."),
    "verify": ("verify:verify", "Are these bytes in custody?"),
    "export": (
        "verify:export",
        "Write the evidence bundle that anyone can verify offline.",
    ),
    "import": (
        "copy:import_command",
        "Keep a bundle in an empty home as a reading copy, and prove it equal.",
    ),
    "fsck": ("care:fsck", "Replay the log, compare every row, re-hash both copies."),
    "restore": ("care:restore", "Rebuild an empty home from the second copy."),
    "log": ("log:log", "Checkpoint and proofs of the custody log."),
    "witness": (
        "witness:witness",
        "A witness for other firms' logs; it sees sizes and hashes only.",
    ),
    "erase": (
        "care_erase:erase",
        "Erase an exhibit for good; with --key, as the first of two who sign it.",
    ),
    "fixity": ("care_fixity:fixity", "The daily check of stored copies 完整性巡检."),
    "certificate": (
        "care_fixity:certificate",
        "The certificate of a matter for a month; this month's is made now if absent.",
    ),
    "stamp": (
        "stamps:stamp",
        "Have the log's checkpoint, or one exhibit, time-stamped now.",
    ),
    "stamps": ("stamps:stamps", "List time stamps with what each of them shows."),
}


class LazyGroup(click.Group):
    """Imports a command when it is asked for: most need little of the product."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command `name`, or None."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        loaded = importlib.import_module(f"workers.commands.{module}")
        command: click.Command = getattr(loaded, attribute)
        return command

    def format_commands(
        self, _ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """The list of commands, which loads none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(n, about) for n, (_, about) in COMMANDS.items()])


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
