"""Which papers there are: each name once, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from . import (
    agreements,
    contracts,
    court,
    goods,
    invoices,
    letters,
    money,
    notes,
    notices,
    persons,
    policies,
    proceedings,
    screens,
    trade,
)
from .blocks import Paper
from .people import Maker

MAKERS: Final[tuple[Callable[[Maker], Paper], ...]] = (
    contracts.sale,
    notes.iou,
    invoices.old_invoice,
    court.judgment,
    persons.card,
    screens.chat,
    money.statement,
    goods.delivery,
    persons.licence,
    policies.insurance,
    proceedings.summons,
    persons.discharge,
    contracts.service,
    agreements.loan,
    agreements.lease,
    agreements.supplement,
    agreements.settlement,
    notes.iou_untitled,
    notes.debt,
    notes.receipt,
    notes.witness,
    notes.resolution,
    invoices.invoice,
    money.transfer,
    money.payslip,
    contracts.bilingual,
    goods.quotation,
    goods.order,
    trade.acceptance,
    trade.reconciliation,
    trade.email,
    trade.waybill,
    court.ruling,
    proceedings.complaint,
    proceedings.evidence,
    court.notarial,
    proceedings.receipt_of_service,
    letters.mandate,
    letters.head_of_firm,
    letters.lawyer,
    notices.dismissal,
    notices.employment,
    notices.authority,
    notices.traffic,
)
"""The first twelve are of twelve kinds: a smaller set is still a mixed one."""


def papers(seed: int, count: int | None = None) -> list[Paper]:
    """The first `count` papers (all of them by default) of a seed."""
    return [make(Maker(seed, make.__name__)) for make in MAKERS[:count]]
