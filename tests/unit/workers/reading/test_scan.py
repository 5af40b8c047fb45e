"""Pages are read without seals, in bands when long, and turned for good reason."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.seals import company_seal, font, page, stamped
from workers.reading.content import Content, Context
from workers.reading.limits import Limits
from workers.reading.sandbox import PROGRESS
from workers.reading.scan import (
    _seen,
    bands,
    is_doubtful,
    is_sideways,
    read_scan,
    read_tall,
    read_upright,
    read_without_seals,
)
from workers.tools.ocr import OcrLine
from workers.tools.probe import ToolProbe


def line(text: str, score: float = 0.95, box=(0, 0, 100, 20)) -> OcrLine:
    left, top, right, bottom = box
    return OcrLine(text, score, (left, top, right, top, right, bottom, left, bottom))


class Engine:
    """Answers by a function of the picture; remembers what it was shown."""

    probe = ToolProbe("fake", "1")

    def __init__(self, answer) -> None:
        self.answer = answer
        self.shown: list[Image.Image] = []
        self.options: dict[str, str] = {}
        self.processes = 1

    def read(self, image: Image.Image) -> list[OcrLine]:
        self.shown.append(image)
        return self.answer(image)

    def read_line(self, image: Image.Image) -> tuple[str, float]:
        self.shown.append(image)
        return "", 0.0


def test_red_disappears():
    """What the engine is shown first has no red seal in it."""
    page = Image.new("RGB", (50, 50), "white")
    ImageDraw.Draw(page).rectangle((10, 10, 40, 40), fill=(255, 0, 0))
    engine = Engine(lambda _: [line("一二三四五六七八九十")])
    read_without_seals(engine, page)
    assert [image.convert("L").getextrema() for image in engine.shown] == [(255, 255)]


def test_print_under_a_seal_stays():
    """The engine sees the letters under a seal, and a red title, but no seal."""
    plain = page(["", "", "人民币伍万元整，于年底前还清"])
    title = "关于归还借款的通知"
    ImageDraw.Draw(plain).text((200, 30), title, (210, 30, 30), font(40))
    sealed = stamped(plain, company_seal, (150, 100, 350, 300))
    engine = Engine(lambda _: [line("一二三四五六七八九十")])
    for each in (plain, sealed):
        read_without_seals(engine, each)
    before, after = (np.array(each.convert("L"), int) for each in engine.shown)
    assert before[40:70, 200:560].min() < 60  # of the title
    assert before[160:200, 80:480].min() < 30  # of the line under the seal
    changed = abs(before - after)
    assert changed.max() < 120
    assert (changed > 40).mean() < 0.0005


class Whole(Engine):
    """Reads six lines, and any other picture of a line as `补`."""

    def __init__(self, score: float = 0.95) -> None:
        lines = [
            line("一二三四五六", score, (90, top, 200, top + 40))
            for top in range(50, 410, 60)
        ]
        super().__init__(lambda _: lines)

    def read_line(self, image: Image.Image) -> tuple[str, float]:
        super().read_line(image)
        return "补", 0.99


def with_a_letter() -> Image.Image:
    image = Image.new("RGB", (600, 500), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((100, 57, 125, 82), outline="black", width=3)
    draw.rectangle((400, 57, 425, 82), outline="black", width=3)
    return image


@pytest.mark.parametrize(("score", "added"), [(0.81, ["补"]), (0.79, [])])
def test_what_was_left_out_is_added_to_good_pages(score, added):
    """A page that may be lying on its side is not looked at for it."""
    lines = read_without_seals(Whole(score), with_a_letter())
    assert [each.text for each in lines[6:]] == added


def test_what_was_left_out_of_a_band_stands_in_the_whole():
    """In a picture that is read in bands it is moved with the lines of its band."""
    tall = Image.new("RGB", (600, 1500), "white")
    tall.paste(with_a_letter(), (0, 810))
    found = [each for each in read_tall(Whole(), tall) if each.text == "补"]
    assert [each.middle for each in found] == [pytest.approx(880, abs=3)]


@pytest.mark.parametrize(("part", "same"), [(0.68, False), (0.72, True)])
def test_lines_of_two_bands_are_one_where_they_lie_over_each_other(part, same):
    """By 0.7 of the narrower: a line of which a band shows a part is not another."""
    left = 400 - round(100 * part)
    wide = line("前", box=(0, 0, 400, 20))
    narrow = line("后", box=(left, 4, left + 100, 24))
    for one, other in ((wide, narrow), (narrow, wide)):
        assert _seen(one, [other]) is same


def test_red_print_is_read_in_colour():
    """A page printed in red is read in its colours after all."""
    page = Image.new("RGB", (50, 50), (255, 0, 0))
    engine = Engine(
        lambda image: [] if image.getpixel((0, 0)) == (255,) * 3 else [line("红字")]
    )
    assert [each.text for each in read_without_seals(engine, page)] == ["红字"]


def test_good_page_is_read_once():
    """A page that reads well is not turned, and costs one reading."""
    engine = Engine(lambda _: [line("一二三四五六七八九十")])
    _, turned = read_upright(engine, Image.new("RGB", (200, 200), "white"))
    assert (turned, len(engine.shown)) == (0, 1)


def test_upside_down_page_is_turned():
    """A page on its head reads badly and is turned by 180 degrees."""
    page = Image.new("RGB", (200, 200), "white")
    page.putpixel((0, 0), (0, 0, 0))

    def answer(image: Image.Image) -> list[OcrLine]:
        on_its_head = image.getpixel((0, 0)) == (0, 0, 0)
        return [line("一二三四五六七八九十一二", 0.5 if on_its_head else 0.95)]

    lines, turned = read_upright(Engine(answer), page)
    assert (turned, lines[0].score) == (180, 0.95)


def test_sideways_page_is_turned():
    """Lines taller than wide mean a page on its side, even if they can be read."""
    page = Image.new("RGB", (200, 300), "white")

    def answer(image: Image.Image) -> list[OcrLine]:
        box = (0, 0, 20, 100) if image.height > image.width else (0, 0, 100, 20)
        return [line("一二三四五六七八九十", 0.9, box)]

    assert read_upright(Engine(answer), page)[1] in (90, 270)


def test_photograph_is_not_doubted():
    """A few badly read characters on a photograph are no reason to turn it."""
    assert not is_doubtful([line("招牌", 0.4)])
    assert not is_sideways([])


def test_bands_cover_everything():
    """The bands begin at the top, overlap, and end at the bottom."""
    found = list(bands(100, 1000))
    assert found[0][0] == 0
    assert found[-1][1] == 1000
    assert all(after[0] < before[1] for before, after in pairwise(found))


def test_line_in_an_overlap_comes_once():
    """A line that two bands show is kept once, at its place in the whole."""
    page = Image.new("RGB", (100, 400), "white")

    def answer(image: Image.Image) -> list[OcrLine]:
        return [
            line(
                "一二三四五六七八九十",
                0.9,
                (5, image.height - 12, 95, image.height - 2),
            )
        ]

    tops = [each.top for each in read_tall(Engine(answer), page)]
    assert tops == sorted(set(tops))
    assert tops[-1] == 388


def test_each_look_is_progress(tmp_path):
    """A page that is looked at several times does not seem to hang."""
    context = Context(tmp_path, Limits(), "fake", "a.jpg")
    told: list[str] = []

    def answer(_: Image.Image) -> list[OcrLine]:
        told.append((tmp_path / PROGRESS).read_text() if told else "")
        return [line("一二三四五六七八九十一二", 0.5)]

    context._engine = Engine(answer)
    page = Image.new("RGB", (200, 200), "white")
    read_scan(context, Content("image/jpeg"), 1, page)
    assert len(told) > 1
    assert len(set(told)) == len(told)
