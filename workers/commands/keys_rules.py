"""`custody keys rule` and `witness`: who must sign beside the service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from integrity.policy import DEFAULT_TWO_PERSON_KINDS, MAX_WITNESSES
from receipts.key_plan import (
    two_person_rule,
    witness_added,
    witness_removed,
    witness_rule,
)
from workers.commands.keys_signing import change, signed
from workers.commands.output import services


@click.group()
def rule() -> None:
    """Who must sign."""


@rule.command("two-persons")
@click.argument("kinds", metavar="KINDS")
@signed
def rule_two_persons(
    kinds: str,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """Which acts want two persons: KINDS with commas, `default`, or `none`."""
    home = services()
    chosen = {"default": DEFAULT_TWO_PERSON_KINDS, "none": ()}
    wanted = chosen.get(kinds, tuple(kinds.split(",")))
    plan = two_person_rule(home.log.keys.trusted, wanted)
    change(home, plan, "rule", key_files, passphrase_files, as_json=as_json)


@rule.command("witnesses")
@click.argument("count", type=click.IntRange(0, MAX_WITNESSES), metavar="K")
@signed
def rule_witnesses(
    count: int,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """How many witnesses a checkpoint wants; 0 for none."""
    home = services()
    plan = witness_rule(home.log.keys.trusted, count)
    change(home, plan, "rule", key_files, passphrase_files, as_json=as_json)


@click.group()
def witness() -> None:
    """Keys of outside witnesses 见证方."""


@witness.command("add")
@click.argument("vkey")
@signed
def witness_add(
    vkey: str,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """List a witness, whose checkpoints' cosignatures count from now on."""
    home = services()
    plan = witness_added(vkey)
    change(home, plan, "witness", key_files, passphrase_files, as_json=as_json)


@witness.command("remove")
@click.argument("name")
@signed
def witness_remove(
    name: str,
    key_files: Sequence[Path],
    passphrase_files: Sequence[Path],
    as_json: bool,
) -> None:
    """List a witness no more."""
    home = services()
    plan = witness_removed(home.log.keys.trusted, name)
    change(home, plan, "witness", key_files, passphrase_files, as_json=as_json)
