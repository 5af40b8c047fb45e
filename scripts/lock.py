"""Resolve the dependencies into the lock files: hashes, and no address of an index.

    make lock          keeps the locked versions where they still fit
    make lock U=1      takes the newest versions

A recorded address would tie every later installation to the index of whoever ran
this; the hash alone says which file is meant.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).with_name("uv")
OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
)
LOCKS = {
    "requirements.lock": ("pyproject.toml",),
    "requirements-dev.lock": ("pyproject.toml", "--extra=dev"),
    "requirements-front-end.lock": ("--group=front-end",),
    "requirements-mutation.lock": ("--group=mutation",),
}


def main() -> None:
    """Write every lock file anew; stop at the first that cannot be resolved."""
    for name, sources in LOCKS.items():
        command = [UV, "pip", "compile", *OPTIONS, *sys.argv[1:], *sources]
        subprocess.run([*command, "--output-file", name], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
