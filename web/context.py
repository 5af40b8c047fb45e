"""What a view needs of its application and of the person before it."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from intake.services import Services, actor_of
from intake.tables import User
from integrity.statement import Actor

KEY = "custody"


def services() -> Services:
    """The services this application was created with."""
    return cast(Services, current_app.extensions[KEY])


def person() -> User:
    """The signed-in user; views without `@public` always have one."""
    found: User | None = g.get("person")
    if found is None:
        raise LookupError("nobody is signed in")
    return found


def login() -> str:
    """Login of the signed-in user."""
    return person().login


def actor() -> Actor:
    """The signed-in user as the agent of a custody event."""
    return actor_of(person())
