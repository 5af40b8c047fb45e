"""A small firm on real parts, and browsers of its people without a browser."""

from __future__ import annotations

import atexit
import base64
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from intake.matters import MatterForm, open_matter
from intake.reading import Candidate, Derivative, Reading
from intake.readings import KeptDerivative, record_reading, take_lease
from intake.services import Services
from intake.tables import Exhibit
from intake.users import add_user, set_password
from integrity.digest import digest_bytes
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, copied, make_settings
from web.app import create_app

PASSWORD = "correct horse battery"
PEOPLE = (
    ("li.na", "李娜", "paralegal"),
    ("wang.wu", "王武", "lawyer"),
    ("zhou.min", "周敏", "lawyer"),
    ("admin", "管理员", "admin"),
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg=="
)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True)
class Firm:
    """li.na and wang.wu are on the matter; zhou.min is on another one."""

    services: Services
    app: Flask
    matter: str
    other_matter: str
    sign_ins: dict[str, str] = field(default_factory=dict)

    def browser(self, login: str | None = None, lang: str = "zh-CN") -> FlaskClient:
        """A fresh browser; a signed-in one shares the sign-in of this login."""
        client = self.app.test_client()
        client.set_cookie("custody-lang", lang)
        if login is not None:
            if login not in self.sign_ins:
                self.sign_ins[login] = self._sign_in(login)
            client.set_cookie("custody", self.sign_ins[login])
        return client

    def _sign_in(self, login: str) -> str:
        """Sign in through the form; returns the cookie."""
        client = self.app.test_client()
        data = {"login": login, "password": PASSWORD}
        assert post(client, "/sign-in", data).status_code == 302
        cookie = client.get_cookie("custody")
        assert cookie is not None
        return cookie.value

    def exhibit(self, name: str = "借条.txt", data: bytes = b"hello") -> str:
        """A received file of the matter; returns the exhibit id."""
        return add_bytes(self.services, self.matter, name, data).exhibit_id

    def read_exhibit(self, name: str = "借条.txt", data: bytes = b"hello") -> str:
        """A file that was read: type 借条, 2025-08-29, one page picture."""
        exhibit_id = self.exhibit(name, data)
        lease = take_lease(self.services, exhibit_id)
        assert lease is not None
        pictures = [self._kept("page", 1), self._kept("thumbnail", None)]
        assert record_reading(self.services, lease, _reading(), pictures)
        return exhibit_id

    def row(self, exhibit_id: str) -> Exhibit:
        """The row of an exhibit as it is now."""
        with self.services.log.session() as session:
            return session.get_one(Exhibit, exhibit_id)

    def _kept(self, role: str, page: int | None) -> KeptDerivative:
        digests = digest_bytes(PNG)
        self.services.log.stores.keep_bytes(PNG, digests.sha256)
        made = Derivative(role, page, "x.png", "image/png", 1, 1)
        return KeptDerivative(made, digests, len(PNG))


def make_firm(folder: Path, **settings: str) -> Firm:
    """Open a home in `folder` with people, two matters and the application.

    It begins as a copy of one that was made once: passwords are slow to hash.
    """
    begun, matter, other_matter = _begun()
    services = open_services(copied(begun, folder, **settings))
    app = create_app(services)
    app.testing = True
    return Firm(services, app, matter, other_matter)


@cache
def _begun() -> tuple[Path, str, str]:
    """The folder of a closed home, and its two matters; gone when the tests end."""
    folder = TemporaryDirectory(prefix="firm-")
    atexit.register(folder.cleanup)
    services = open_services(make_settings(Path(folder.name)))
    for login, name, role in PEOPLE:
        add_user(services, CONSOLE, login, name, role)
        set_password(services, login, PASSWORD)
    form = MatterForm(
        "2025-001", "货款纠纷", "某某公司", leads=("li.na",), assistants=("wang.wu",)
    )
    matter = open_matter(services, CONSOLE, form)
    other = MatterForm("2025-002", "劳动争议", "张某", leads=("zhou.min",))
    other_matter = open_matter(services, CONSOLE, other)
    services.log.engine.dispose()
    return Path(folder.name), matter, other_matter


def token_of(client: FlaskClient) -> str:
    """A CSRF token of this browser."""
    found = _TOKEN.search(client.get("/verify").get_data(as_text=True))
    assert found is not None
    return found[1]


def post(client: FlaskClient, path: str, data: dict[str, object]) -> TestResponse:
    """Send a form as a page would, with the token."""
    return client.post(path, data=data | {"csrf_token": token_of(client)})


def _reading() -> Reading:
    return Reading(
        media_type="text/plain",
        pages=1,
        page_texts=("借条",),
        lines=(),
        engine="",
        engine_version="",
        tools={},
        types=(Candidate("iou_loan", 0.95, "借条", 1, "title"),),
        dates=(Candidate("2025-08-29", 0.9, "2025年8月29日", 1, "label"),),
        date_basis="document",
        findings=(),
        derivatives=(),
        members=(),
        seconds=0.1,
    )
