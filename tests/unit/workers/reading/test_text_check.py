"""A text layer is believed unless most sampled lines clearly say something else."""

from __future__ import annotations

import pytest
from PIL import Image

from workers.reading.content import Context
from workers.reading.limits import Limits
from workers.reading.pdf_text import PlacedText
from workers.reading.text_check import layer_lies
from workers.tools.probe import ToolProbe

PAGE = Image.new("RGB", (1000, 1000), "white")
SHOWN = "借款人今收到出借人现金壹万元整"


def layer(*lines: str) -> list[PlacedText]:
    return [
        PlacedText(text, (0.1, 0.1 * n + 0.1, 0.8, 0.1 * n + 0.13))
        for n, text in enumerate(lines)
    ]


class Recogniser:
    """Sees the same line everywhere, as surely as it is told."""

    probe = ToolProbe("fake", "1")

    def __init__(self, score: float) -> None:
        self.score = score

    def read_line(self, _: Image.Image) -> tuple[str, float]:
        return SHOWN, self.score


def lies(folder, lines: list[PlacedText], score: float = 0.95) -> bool:
    context = Context(folder, Limits(), "fake", "a.pdf")
    context._engine = Recogniser(score)
    found = layer_lies(context, lines, PAGE)
    assert context.opened_engine is None
    return found


OTHER = "本院认为原告的诉讼请求缺乏依据"
NEARLY = SHOWN.replace("壹", "查").replace("整", "")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((OTHER,) * 4, True),
        ((SHOWN, OTHER, OTHER, OTHER), True),
        ((SHOWN, SHOWN, OTHER, OTHER), False),
        ((NEARLY,) * 4, False),
        ((OTHER,), False),
        (("短",) * 4, False),
    ],
    ids=["all", "most", "half", "mistakes", "one line", "too short"],
)
def test_most_lines_must_differ_clearly(tmp_path, lines, expected):
    """Three of four lines are most; mistakes of recognition are no lie."""
    assert lies(tmp_path, layer(*lines)) is expected


def test_doubtful_reading_proves_nothing(tmp_path):
    """What the engine itself is unsure of is not held against the layer."""
    assert not lies(tmp_path, layer(*(OTHER,) * 4), score=0.79)
    assert lies(tmp_path, layer(*(OTHER,) * 4), score=0.80)


def test_no_engine_no_verdict(tmp_path):
    """Without an engine a file with text is read as before."""
    context = Context(tmp_path, Limits(), "none", "a.pdf")
    assert not layer_lies(context, layer(*(OTHER,) * 4), PAGE)
