"""LibreOffice: old office formats as newer ones. Optional; looked for when needed.

It runs inside the sandboxed child of one file, with that child's limits, in a profile
made for this one run: macros off, no links followed, no history. A network filter
must be in force before (workers.reading.no_network). The import filter is named by us
from the content, so that nothing else of the many formats it knows can be opened.
"""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 (inside the sandbox, never through a shell)
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

TIMEOUT_S: Final = 100
PROFILE: Final = "office-profile"
OUTPUT: Final = "office-output"
_NAMES = ("soffice", "libreoffice")
_COMMON = "/org.openoffice.Office.Common"
_SETTINGS: Final = (
    (f"{_COMMON}/Security/Scripting", "MacroSecurityLevel", "3"),
    (f"{_COMMON}/Security/Scripting", "DisableMacrosExecution", "true"),
    (f"{_COMMON}/Security/Scripting", "DisableActiveContent", "true"),
    (f"{_COMMON}/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    (f"{_COMMON}/Save/Document", "CreateBackup", "false"),
    (f"{_COMMON}/History", "PickListSize", "0"),
    (f"{_COMMON}/Misc", "FirstRun", "false"),
    ("/org.openoffice.Office.Java/VirtualMachine", "Enable", "false"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("/org.openoffice.Office.Calc/Content/Update", "Link", "1"),
)


class OfficeError(Exception):
    """LibreOffice made nothing of the file; `late` when it ran out of time."""

    def __init__(self, said: str, *, late: bool = False) -> None:
        super().__init__(said)
        self.said = said
        self.late = late


def program() -> str | None:
    """The path of LibreOffice, or None when it is not installed."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


def convert(original: Path, work: Path, import_filter: str, target: str) -> Path:
    """Convert `original`, which is only read, to a file below `work`.

    Args:
        original: the file, under a name whose ending LibreOffice expects.
        work: an existing folder for the profile and the result.
        import_filter: LibreOffice's name of the format that the content has.
        target: the ending of the result, and with a colon how it is made.

    Raises:
        OfficeError: there is no result.
    """
    path = program()
    if path is None:
        raise OfficeError("not installed")
    profile = work / PROFILE
    _write_profile(profile)
    command = [
        path, f"-env:UserInstallation={profile.absolute().as_uri()}",
        "--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
        f"--infilter={import_filter}", "--convert-to", target,
        "--outdir", str(work / OUTPUT), str(original),
    ]  # fmt: skip
    _run(command, work)
    made = work / OUTPUT / f"{original.stem}.{target.partition(':')[0]}"
    if not made.is_file():
        raise OfficeError("it makes nothing of the file")
    return made


def _run(command: list[str], work: Path) -> None:
    try:
        done = subprocess.run(
            command,
            env=_environment(work),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OfficeError("timeout", late=True) from error
    except OSError as error:
        raise OfficeError(type(error).__name__) from error
    if done.returncode != 0:
        said = done.stderr[-300:].decode("utf-8", "replace")
        raise OfficeError(f"exit {done.returncode} {said}")


def _environment(work: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "zh_CN.UTF-8" if "zh_CN" in os.environ.get("LANG", "") else "C.UTF-8",
        "HOME": str(work.absolute()),
        "TMPDIR": str(work.absolute()),
        "SAL_USE_VCLPLUGIN": "svp",
        "SAL_DISABLE_OPENCL": "1",
        # Each arena reserves address space, which is what is limited.
        "MALLOC_ARENA_MAX": "2",
    }


def _write_profile(profile: Path) -> None:
    rows = "\n".join(
        f"<item oor:path={quoteattr(path)}><prop oor:name={quoteattr(name)}"
        f' oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    folder = profile / "user"
    if folder.is_dir():
        return
    folder.mkdir(parents=True)
    (folder / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items'
        ' xmlns:oor="http://openoffice.org/2001/registry"'
        ' xmlns:xs="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        f"{rows}\n</oor:items>\n",
        encoding="utf-8",
    )
