"""A real ssh-agent and a real SoftHSM token, each in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pkcs11
import pytest

MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
)
PIN = "123456"
SO_PIN = "87654321"


@dataclass(frozen=True, slots=True)
class Agent:
    """A running agent; `socket` is what SSH_AUTH_SOCK names."""

    socket: Path
    pid: int
    folder: Path

    def add(self, name: str, kind: str = "ed25519") -> str:
        """Make a key, give it to the agent, and return its reference."""
        path = self.folder / name
        words = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)]
        subprocess.run(words, check=True)
        self._run("ssh-add", "-q", str(path))
        shown = self._run("ssh-keygen", "-l", "-f", f"{path}.pub").split()[1]
        return f"agent:{shown}"

    def remove(self, name: str) -> None:
        """Take a key away from the agent."""
        self._run("ssh-add", "-q", "-d", str(self.folder / f"{name}.pub"))

    def stop(self) -> None:
        """End the agent."""
        os.kill(self.pid, signal.SIGTERM)

    def _run(self, *words: str) -> str:
        environment = os.environ | {"SSH_AUTH_SOCK": str(self.socket)}
        done = subprocess.run(
            words, check=True, capture_output=True, text=True, env=environment
        )
        return done.stdout


@contextmanager
def ssh_agent() -> Iterator[Agent]:
    """An agent that ends with the block; skipped by name where there is none."""
    if shutil.which("ssh-agent") is None:
        pytest.skip("ssh-agent is not installed")
    # A socket's path may have 107 bytes, fewer than a test's own folder takes.
    with tempfile.TemporaryDirectory(prefix="agent-") as name:
        folder = Path(name)
        words = ["ssh-agent", "-D", "-a", str(folder / "s")]
        with subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                yield Agent(folder / "s", process.pid, folder)
            finally:
                process.terminate()


@dataclass(frozen=True, slots=True)
class Token:
    """A token of SoftHSM."""

    module: str
    label: str

    def reference(self, name: str) -> str:
        """The reference of a key in it."""
        return f"pkcs11:token={self.label};object={name}?module-path={self.module}"


def soft_token(folder: Path, label: str = "firm") -> Token:
    """A new token in `folder`; SOFTHSM2_CONF must lead there already.

    The library of this process then knows the tokens of this folder and no others.
    """
    module = next((path for path in MODULES if Path(path).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM (softhsm2) is not installed")
    (folder / "tokens").mkdir(exist_ok=True)
    words = ["softhsm2-util", "--init-token", "--free", "--label", label]
    subprocess.run(
        [*words, "--pin", PIN, "--so-pin", SO_PIN], check=True, capture_output=True
    )
    # The library looks for tokens once; another test may have made it do so before.
    pkcs11.lib(module).reinitialize()
    return Token(module, label)


def configure_soft_token(folder: Path) -> Path:
    """The settings of SoftHSM for tokens in `folder`."""
    (folder / "tokens").mkdir(parents=True, exist_ok=True)
    path = folder / "softhsm2.conf"
    path.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    return path
