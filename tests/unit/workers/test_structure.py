from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.evidence_types import EvidenceTypes
from intake.text_normal import PageText, normalise_page
from workers.reading.structure import find_structure, is_id_no, is_luhn, is_uscc

FIELDS = {
    field.name: field for each in EvidenceTypes.load().all for field in each.structure
}
USCC = "91350100M000100Y43"  # the worked example of GB 32100-2015
ID_NO = "11010519491231002X"  # the worked example of GB 11643-1999
CARD = "4111111111111111"  # a published test card number


@pytest.mark.parametrize(
    ("check", "number"), [(is_uscc, USCC), (is_id_no, ID_NO), (is_luhn, CARD)]
)
def test_published_numbers(check: object, number: str) -> None:
    """The examples of the standards prove themselves, and no other last sign does."""
    assert callable(check)
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    right = [sign for sign in signs if check(number[:-1] + sign)]
    assert right == [number[-1]]


@given(st.text(st.sampled_from("0123456789X-一٣"), max_size=20))
def test_any_text_is_judged(text: str) -> None:
    """What is no number at all is false, and never an error."""
    assert all(check(text) in {True, False} for check in (is_uscc, is_id_no, is_luhn))
    if not text.isascii():
        assert not any(check(text) for check in (is_uscc, is_id_no, is_luhn))


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("uscc", f"统一社会信用代码:{USCC}", USCC),
        ("uscc", f"统一社会信用代码:{USCC[:-1]}4", None),
        ("id_no", f"公民身份号码{ID_NO}", ID_NO),
        ("id_no", f"公民身份号码{ID_NO[:-1]}1,{ID_NO}", ID_NO),
        ("invoice_no20", "发票号码:25312000000012345678", "25312000000012345678"),
        ("invoice_no20", "流水号:25312000000012345678", None),
        ("express_no", "运单号:123456789012", "123456789012"),
        ("express_no", "电话:123456789012", None),
        ("case_no", "(2025)京0101民初12345号", "(2025)京0101民初12345号"),
    ],
)
def test_found_where_it_proves_itself(name: str, text: str, found: str | None) -> None:
    """A number counts with its check digit right and its label beside it."""
    page = normalise_page(PageText(1, (text,)))
    hit = find_structure([page], FIELDS[name])
    assert (hit.text if hit else None) == found
