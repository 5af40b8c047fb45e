"""How long a bundle takes to check offline, next to the bare digests of its files.

    python tests/benchmarks/bench_bundle.py [FILES] [BYTES-EACH] [FOLDER]

Makes a bundle (1,000 files of 1 MB unless told otherwise), unpacks its originals, and
in one run measures `sha256sum` plus `openssl dgst -sm3` over them and each verifier
over the bundle. The promise: at most 1.25 times the two together.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

import bundle_factory

from receipts.canonical_zip import open_canonical

LIMIT = 1.25
VERIFY = "import sys; from receipts.cli import main; sys.exit(main())"


def make(folder: Path, count: int, size: int) -> Path:
    """The bundle, and its originals unpacked beside it."""
    matter = bundle_factory.Matter()
    block = bytes(range(256)) * (size // 256 + 2)
    for number in range(count):
        exhibit = f"e{number:012d}"
        start = number % 256
        data = number.to_bytes(8, "big") + block[start : start + size - 8]
        matter.receive(exhibit, data)
        matter.name(exhibit, f"20250829_合同_{number:04d}.pdf")
    out = folder / "bundle.zip"
    matter.export(out)
    with open_canonical(out) as archive:
        for entry in archive.entries:
            if entry.name.startswith("data/"):
                path = folder / entry.name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(b"".join(archive.chunks(entry.name)))
    return out


def timed(run: Callable[[], object]) -> float:
    """Seconds it takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def command(folder: Path, *words: str) -> Callable[[], object]:
    """A program over the originals; its output is thrown away."""
    files = sorted(str(path) for path in (folder / "data").iterdir())
    return lambda: subprocess.run(
        [*words, *files], check=True, stdout=subprocess.DEVNULL
    )


def verifier(*words: str) -> Callable[[], object]:
    """A verifier over the bundle; it must pass."""

    def _run() -> object:
        done = subprocess.run(
            [sys.executable, *words, "--json"],
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[2],
        )
        if json.loads(done.stdout)["verdict"] != "passed":
            raise AssertionError(done.stdout)
        return done

    return _run


def main() -> None:
    """Make, measure, print."""
    count, size = (int(text) for text in (sys.argv[1:3] or ["1000", "1000000"]))
    root = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    with tempfile.TemporaryDirectory(dir=root) as name:
        folder = Path(name)
        bundle = make(folder, count, size)
        total = sum(path.stat().st_size for path in (folder / "data").iterdir())
        print(f"{count} files, {total:,} bytes, bundle {bundle.stat().st_size:,}")
        command(folder, "cat")()  # all of it is in the page cache for everyone
        sha256 = timed(command(folder, "sha256sum"))
        sm3 = timed(command(folder, "openssl", "dgst", "-sm3"))
        bare = sha256 + sm3
        print(f"sha256sum             {sha256:7.2f} s")
        print(f"openssl dgst -sm3     {sm3:7.2f} s")
        print(f"together              {bare:7.2f} s   limit {LIMIT * bare:.2f} s")
        standalone = str(Path("receipts") / "standalone" / "verify.py")
        for label, words in (
            ("custody-verify", ("-c", VERIFY, str(bundle))),
            ("verify.py", (standalone, str(bundle))),
        ):
            taken = timed(verifier(*words))
            verdict = "within" if taken <= LIMIT * bare else "OVER"
            print(f"{label:22}{taken:7.2f} s   {taken / bare:.2f} times, {verdict}")
        shutil.rmtree(folder / "data")


if __name__ == "__main__":
    main()
