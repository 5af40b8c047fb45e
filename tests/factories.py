"""Small real things for tests: settings of a temporary home, files in custody."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from intake.access import matter_for
from intake.receive import Received, UploadClaims, receive_file
from intake.services import Services
from intake.settings import Settings
from intake.spool import spooled
from integrity.statement import Actor

CONSOLE = Actor("console", "console (test)", "console")


def make_settings(folder: Path, **more: str) -> Settings:
    """Settings of a home in `folder`, with a queue that nobody runs."""
    home = folder / "home"
    environment = {
        "CUSTODY_HOME": str(home),
        "CUSTODY_FIRM_NAME": "示例律师事务所",
        "CUSTODY_REDIS_URL": f"unix://{home}/no-redis.sock",
    }
    more_named = {f"CUSTODY_{name.upper()}": value for name, value in more.items()}
    return Settings.from_env(environment | more_named)


def copied(begun: Path, folder: Path, **more: str) -> Settings:
    """Settings of a copy, in `folder`, of the home in `begun` that nobody has open."""
    shutil.copytree(begun / "home", folder / "home")
    return make_settings(folder, **more)


def add_bytes(
    services: Services, matter: str, name: str, data: bytes, via: str = "console"
) -> Received:
    """Receive `data` into a matter through the real operation."""
    with services.log.session() as session:
        matter_id = matter_for(session, None, matter).id
    claims = UploadClaims(name, via=via)
    limit = services.settings.max_upload_bytes
    with spooled(io.BytesIO(data), services.spool, name, limit) as file:
        return receive_file(services, CONSOLE, matter_id, file, claims)
