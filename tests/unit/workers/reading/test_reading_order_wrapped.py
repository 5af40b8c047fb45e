"""Where a text goes on in the line below: each bound, from both sides."""

from __future__ import annotations

import pytest

from tests.placed_lines import LONG, line, texts
from workers.tools.ocr import OcrLine

MORE = "依法须经批准的项目"
OTHER = "住所甲市乙路"


def goes_on(above: OcrLine, below: OcrLine, beside: OcrLine) -> bool:
    """Whether both are read before what stands to the right of them."""
    found = texts([above, below, beside])
    assert found in (
        [above.text, below.text, beside.text],
        [above.text, beside.text, below.text],
    )
    return found[1] == below.text


@pytest.mark.parametrize(("indent", "together"), [(80, True), (83, False)])
def test_a_paragraph_is_indented_by_two_characters(indent, together):
    """The first line may begin 2.7 heights to the right of the next, not more."""
    above = line(LONG, 100 + indent, 100, 600 - indent)
    found = goes_on(above, line(MORE, 100, 136, 400), line(OTHER, 740, 118, 300))
    assert found is together


@pytest.mark.parametrize(("step", "together"), [(17, False), (19, True)])
def test_what_goes_on_is_no_nearer_than_a_line(step, together):
    """Lines less than 0.6 of their height apart lie over each other."""
    beside = line(OTHER, 740, 110, 300)
    below = line(MORE, 100, 100 + step, 400)
    assert goes_on(line(LONG, 100, 100, 600), below, beside) is together


@pytest.mark.parametrize(("step", "together"), [(60, True), (62, False)])
def test_what_goes_on_is_no_farther_than_a_line_between(step, together):
    """Two heights are the farthest from a line to what goes on below it."""
    beside = line(OTHER, 740, 129, 300)
    below = line(MORE, 100, 100 + step, 400)
    assert goes_on(line(LONG, 100, 100, 600), below, beside) is together


@pytest.mark.parametrize(("off", "first"), [(11, True), (13, False)])
def test_a_label_stands_at_the_middle_of_its_text(off, first):
    """Within 0.4 of its height; lower down it belongs to the last line."""
    label = line("经营范围", 100, 118 + off, 120)
    found = texts([line(LONG, 260, 100, 600), line(MORE, 260, 136, 500), label])
    assert (found[0] == label.text) is first


def side_by_side(long: int = len(LONG), gutter: float = 40) -> bool:
    """Whether two texts of two lines each are read one after the other.

    The last line of the second is a little lower: no scan is level to the pixel.
    """
    names = [LONG[:long], MORE, LONG[::-1], MORE[::-1]]
    right = 700 + gutter
    found = texts(
        [
            line(names[0], 100, 100, 600),
            line(names[2], right, 100, 600),
            line(names[1], 100, 136, 400),
            line(names[3], right, 138, 400),
        ]
    )
    assert found in (names, [names[n] for n in (0, 2, 1, 3)])
    return found == names


@pytest.mark.parametrize(("long", "together"), [(9, False), (10, True)])
def test_short_texts_beside_each_other_are_rows(long, together):
    """Where all of a row goes on below, only ten characters and more are prose."""
    assert side_by_side(long=long) is together


@pytest.mark.parametrize(("gutter", "together"), [(89, True), (92, False)])
def test_prose_leaves_no_room(gutter, together):
    """Where all of a row goes on below, three heights of room make it a row."""
    assert side_by_side(gutter=gutter) is together


@pytest.mark.parametrize(("high", "together"), [(17, False), (19, True)])
def test_what_goes_on_is_printed_alike(high, together):
    """Letters of less than 0.6 of the height are another text."""
    below = line(MORE, 100, 136, 400, high)
    found = goes_on(line(LONG, 100, 100, 600), below, line(OTHER, 740, 118, 300))
    assert found is together


@pytest.mark.parametrize(("moved", "together"), [(29, True), (32, False)])
def test_what_goes_on_begins_at_the_same_edge(moved, together):
    """Edges within one height are one edge."""
    below = line(MORE, 100 + moved, 136, 300)
    found = goes_on(line(LONG, 100, 100, 600), below, line(OTHER, 740, 118, 300))
    assert found is together


@pytest.mark.parametrize(("room", "first"), [(59, True), (62, False)])
def test_a_full_line_reaches_the_end_of_its_column(room, first):
    """Two heights left of where another line of the column ends it is not full."""
    label = line("经营范围", 100, 118, 120)
    other = line(LONG[::-1], 260, 400, 600 + room)
    text = [line(LONG, 260, 100, 600), line(MORE, 260, 136, 500)]
    assert (texts([*text, other, label])[0] == label.text) is first


@pytest.mark.parametrize(("long", "together"), [(5, False), (6, True)])
def test_a_word_does_not_go_on(long, together):
    """Only six characters and more are text that may fill a line."""
    above = line(LONG[:long], 100, 100, 600)
    found = goes_on(above, line(MORE, 100, 136, 400), line(OTHER, 740, 118, 300))
    assert found is together
