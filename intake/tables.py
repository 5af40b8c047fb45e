"""Tables of matters and exhibits.

Two kinds, never mixed in one row: *projected* tables hold only what events say
and are rewritten by a replay; *working* tables (passwords, due readings) can be
reset or remade and are outside the log by design.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from integrity.store.db import Base, UtcTime
from integrity.store.tables import Blob
from integrity.store.tables import Index as LeafNumber


class CustodyEvent(Base):
    """One event of the log in searchable form (projected)."""

    __tablename__ = "custody_events"
    __table_args__ = (
        Index("events_of_exhibit", "exhibit_id", "leaf"),
        Index("events_of_matter", "matter_id", "leaf"),
        Index("events_of_receipt", "receipt_id", "leaf"),
    )

    leaf: Mapped[int] = mapped_column(LeafNumber, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    time: Mapped[dt.datetime] = mapped_column(UtcTime)
    login: Mapped[str] = mapped_column(String(64))
    actor_name: Mapped[str] = mapped_column(String(120))
    actor_role: Mapped[str] = mapped_column(String(20))
    matter_id: Mapped[str | None] = mapped_column(String(20))
    exhibit_id: Mapped[str | None] = mapped_column(String(20))
    receipt_id: Mapped[str | None] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class User(Base):
    """A person of the firm (projected; the password is elsewhere)."""

    __tablename__ = "users"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))
    leaf: Mapped[int] = mapped_column(LeafNumber)


class Matter(Base):
    """A case (案件) (projected)."""

    __tablename__ = "matters"

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    client: Mapped[str] = mapped_column(String(200))
    opponents: Mapped[list[str]] = mapped_column(JSON)
    evidence_deadline: Mapped[str | None] = mapped_column(String(10))
    hearing: Mapped[str | None] = mapped_column(String(10))
    opened_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    leaf: Mapped[int] = mapped_column(LeafNumber)


class Member(Base):
    """Who may see a matter, and as what (projected)."""

    __tablename__ = "members"

    matter_id: Mapped[str] = mapped_column(ForeignKey("matters.id"), primary_key=True)
    login: Mapped[str] = mapped_column(ForeignKey("users.login"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))


class Exhibit(Base):
    """One item of evidence (证据); its original is the blob `sha256` (projected)."""

    __tablename__ = "exhibits"
    __table_args__ = (
        Index("exhibits_of_matter", "matter_id", "state"),
        Index("exhibits_by_digest", "sha256"),
        Index("exhibits_by_leaf", "leaf"),
    )

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    matter_id: Mapped[str] = mapped_column(ForeignKey("matters.id"))
    original_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    sm3: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(LeafNumber)
    media_type: Mapped[str] = mapped_column(String(120))
    via: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[str | None] = mapped_column(String(20))
    member: Mapped[int | None] = mapped_column(Integer)
    duplicate_of: Mapped[str | None] = mapped_column(String(20))
    received_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    received_by: Mapped[str] = mapped_column(String(64))
    leaf: Mapped[int] = mapped_column(LeafNumber)
    state: Mapped[str] = mapped_column(String(20))
    reading_due: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[str | None] = mapped_column(String(255))
    type: Mapped[str | None] = mapped_column(String(60))
    type_confidence: Mapped[int | None] = mapped_column(Integer)
    date: Mapped[str | None] = mapped_column(String(8))
    date_basis: Mapped[str | None] = mapped_column(String(20))
    pages: Mapped[int | None] = mapped_column(Integer)
    engine: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None] = mapped_column(String(40))
    reason_detail: Mapped[str | None] = mapped_column(Text)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    type_candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    date_candidates: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    split_candidates: Mapped[list[dict[str, Any]] | None] = mapped_column(
        JSON(none_as_null=True)
    )
    paper: Mapped[str | None] = mapped_column(String(20))


class ExhibitName(Base):
    """Every legal name ever given, so that an earlier one resolves (projected)."""

    __tablename__ = "exhibit_names"

    matter_id: Mapped[str] = mapped_column(ForeignKey("matters.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibits.id"))
    leaf: Mapped[int] = mapped_column(LeafNumber)


class NameCounter(Base):
    """Last sequence number given for matter, date and type (projected)."""

    __tablename__ = "name_counters"

    matter_id: Mapped[str] = mapped_column(ForeignKey("matters.id"), primary_key=True)
    date: Mapped[str] = mapped_column(String(8), primary_key=True)
    type_name: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Derivative(Base):
    """A page image, searchable PDF or text made from an original (projected)."""

    __tablename__ = "derivatives"

    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibits.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)
    page: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(LeafNumber)
    media_type: Mapped[str] = mapped_column(String(120))
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)


class PersonCheck(Base):
    """One person's half of the two-person check 双人核查 (projected)."""

    __tablename__ = "person_checks"

    leaf: Mapped[int] = mapped_column(LeafNumber, primary_key=True, autoincrement=False)
    exhibit_id: Mapped[str] = mapped_column(ForeignKey("exhibits.id"))
    login: Mapped[str] = mapped_column(String(64))
    time: Mapped[dt.datetime] = mapped_column(UtcTime)
    pages: Mapped[int | None] = mapped_column(Integer)
    paper: Mapped[str | None] = mapped_column(String(20))
    condition: Mapped[str] = mapped_column(Text)
    # A disagreement or a new review closes the round: old halves do not count.
    open: Mapped[bool] = mapped_column(Boolean)


class Credential(Base):
    """Password and one-time link of a user (working table)."""

    __tablename__ = "credentials"

    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    link_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    link_expires: Mapped[dt.datetime | None] = mapped_column(UtcTime)
    failed: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[dt.datetime | None] = mapped_column(UtcTime)
    # Part of every signed-in cookie: raising it ends all sign-ins of this user.
    generation: Mapped[int] = mapped_column(Integer, default=0)


class ReadingTask(Base):
    """A reading that is being tried; Redis only wakes workers (working table)."""

    __tablename__ = "reading_tasks"

    exhibit_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[dt.datetime | None] = mapped_column(UtcTime)
    queued_at: Mapped[dt.datetime | None] = mapped_column(UtcTime)


class PendingAct(Base):
    """An act that waits for the signatures of two persons (working table).

    `payload` is the statement that they sign, byte for byte as it enters the log.
    `pending` → `recorded` → `done`; or `cancelled`, or `expired`.
    """

    __tablename__ = "pending_acts"
    __table_args__ = (Index("acts_by_state", "state", "expires_at"),)

    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    # What it is about (a receipt, an exhibit): one act of a kind waits at a time.
    subject_id: Mapped[str] = mapped_column(String(64))
    matter_id: Mapped[str | None] = mapped_column(String(20))
    proposed_by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(20))
    leaf: Mapped[int | None] = mapped_column(LeafNumber)
    ended_by: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcTime)


class ActSignature(Base):
    """One person's signature of a pending act (working table)."""

    __tablename__ = "act_signatures"

    act_id: Mapped[str] = mapped_column(ForeignKey("pending_acts.id"), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), primary_key=True)
    keyid: Mapped[str] = mapped_column(String(64))
    sig: Mapped[bytes] = mapped_column(LargeBinary)
    signed_at: Mapped[dt.datetime] = mapped_column(UtcTime)


class Passkey(Base):
    """How a browser finds the passkey behind a person's key (working table).

    The public key is in the log; without this row the browser asks which to use.
    """

    __tablename__ = "passkeys"

    keyid: Mapped[str] = mapped_column(String(64), primary_key=True)
    login: Mapped[str] = mapped_column(String(64))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)


class SearchPage(Base):
    """The text of a page of an exhibit, for full-text search (working table).

    Page 0 is what is known of the exhibit: names, type, date, notes. `units` is the
    text in the form of intake/search_terms.py. Beside it the databases keep
    `search_tokens`, each in its own way (intake/search_index.py).
    """

    __tablename__ = "search_pages"
    __table_args__ = (Index("search_pages_of_exhibit", "exhibit_id", "page"),)

    id: Mapped[int] = mapped_column(LeafNumber, primary_key=True)
    exhibit_id: Mapped[str] = mapped_column(String(20))
    page: Mapped[int] = mapped_column(Integer)
    units: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)


class SearchState(Base):
    """How far the search follows the log: one row (working table)."""

    __tablename__ = "search_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    # Events before this leaf are in the index; in a form with this number.
    leaf: Mapped[int] = mapped_column(LeafNumber)
    form: Mapped[int] = mapped_column(Integer)


class LearnedExample(Base):
    """An exhibit whose proposed type a person corrected (working table).

    `features` are counts of hashed pairs of characters (intake/learning.py), no text.
    """

    __tablename__ = "learned_examples"

    exhibit_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    type: Mapped[str] = mapped_column(String(60))
    proposed: Mapped[str] = mapped_column(String(60))
    features: Mapped[dict[str, int]] = mapped_column(JSON)
    learned_at: Mapped[dt.datetime] = mapped_column(UtcTime)


PROJECTED = (
    Blob, CustodyEvent, User, Matter, Member, Exhibit, ExhibitName, NameCounter,
    Derivative, PersonCheck,
)  # fmt: skip
