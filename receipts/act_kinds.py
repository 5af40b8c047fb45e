"""Every kind of act that two persons sign, and what each needs."""

from __future__ import annotations

from intake.acts import ActHandler
from receipts.erasure import ERASURE_ACTS
from receipts.issue import VOID_ACTS
from receipts.person_keys import KEY_ACTS

HANDLERS: dict[str, ActHandler] = VOID_ACTS | KEY_ACTS | ERASURE_ACTS
