"""`custody up`, `web`, `worker`, `scheduler`, `db`."""

from __future__ import annotations

import os
import signal
import sys
import threading

import click

from intake.errors import words
from intake.search_follow import reindex
from intake.services import SYSTEM, Services
from intake.settings import ADDRESS, Settings
from intake.spool import empty_spool
from intake.tables import User
from intake.users import add_user, anyone_has_password, new_link
from integrity.store.durable import write_durably
from receipts.key_settling import home_keys
from receipts.opening import on_one_disk, open_services
from workers.commands.output import emit, json_option, services
from workers.main import run_worker
from workers.schedule import run_scheduler
from workers.supervise import up as supervise

FIRST_USER = "admin"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True)
def up(host: str, port: int, workers: int) -> None:
    """Everything on one machine, as one supervised process tree."""
    environment = dict(os.environ)
    environment.setdefault("CUSTODY_BASE_URL", f"http://{host}:{port}")
    settings = Settings.from_env(environment)

    def prepare() -> None:
        empty_spool(open_services(settings).spool)
        # So that links and QR codes made by other commands lead here, too.
        write_durably(settings.home / ADDRESS, [settings.base_url.encode()], 0o644)

    def announce() -> None:
        _announce(open_services(settings))

    code = supervise(
        environment, settings.home, host, port, workers, announce, prepare=prepare
    )
    raise click.exceptions.Exit(code)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def web(host: str, port: int) -> None:
    """The web server alone."""
    arguments = [sys.executable, "-m", "web", "--host", host, "--port", str(port)]
    os.execv(sys.executable, arguments)  # noqa: S606 (our interpreter, no shell)


@click.command()
def worker() -> None:
    """One worker alone."""
    run_worker(Settings.from_env(os.environ))


@click.command()
def scheduler() -> None:
    """The scheduler alone."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_scheduler(services(), stop)


@click.group()
def db() -> None:
    """The database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema."""
    services()


@db.command("reindex")
@json_option
def reindex_command(as_json: bool) -> None:
    """Fill the index of the search anew from what the stores hold."""
    done = reindex(services(complete=False))
    emit({"exhibits": done}, f"{done} exhibits", as_json=as_json)


def _announce(home: Services) -> None:
    """The address, the first link, and what the operator must know."""
    address = home.settings.base_url
    click.echo(f"存证保管 Custody  {address}")
    if not anyone_has_password(home):
        click.echo(f"首次设置密码的一次性链接 (one-time link), {FIRST_USER}:")
        click.echo(f"  {address}/setup/{_first_link(home)}")
    for fault in home_keys(home).faults.values():
        click.echo(words(fault, home.settings.lang), err=True)
    if on_one_disk(home.settings):
        click.echo(
            "警告：两个存储在同一块磁盘上；请用 CUSTODY_SECOND_STORE_URL 指定另一块。"
            " (Both stores are on one disk.)",
            err=True,
        )


def _first_link(home: Services) -> str:
    with home.log.session() as session:
        missing = session.get(User, FIRST_USER) is None
    if missing:
        add_user(home, SYSTEM, FIRST_USER, "管理员", "admin")
    return new_link(home, FIRST_USER)
