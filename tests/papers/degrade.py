"""What scanners, copiers, fax machines and phones do to a page.

Each takes the drawn page and a source of chance and gives the picture that a firm
would receive. All of them keep the text readable to a person.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .draw import Sheet

Pixels = NDArray[np.float32]
A4 = (1654, 2339)
SCREEN = 0.6  # what is narrower is the screen of a phone
SHOWN = 1900  # the height of a screen that was printed
SEAL_INK = 24
SEAL_PATCHES = 12  # of brightness from -60 to 60: most of a seal comes through
FAX_WIDTH, FAX_DPI = 1728, (204, 196)


def on_a4(page: Image.Image) -> Image.Image:
    """A slip or screen laid on a sheet of A4; a page of that size as it is."""
    if page.width < page.height * SCREEN:
        size = (round(page.width * SHOWN / page.height), SHOWN)
        page = page.resize(size, Image.Resampling.LANCZOS)
    lying = page.width > A4[0] + 2
    wide, high = A4[::-1] if lying else A4
    if page.height > high - 2:
        return page
    sheet = Image.new("RGB", (wide, high), "white")
    sheet.paste(page, (max(0, (wide - page.width) // 2), (high - page.height) // 5))
    return sheet


def clean(sheet: Sheet, chance: np.random.Generator) -> Image.Image:
    """A good colour scan: hardly askew, a little noise, paper not quite white."""
    pixels = _turned(_pixels(sheet.sealed), float(chance.uniform(-1, 1)))
    pixels = cv2.GaussianBlur(pixels, (0, 0), 0.45)
    pixels *= np.float32(chance.uniform(0.965, 0.995))
    pixels += chance.normal(0, 2.5, pixels.shape).astype(np.float32)
    return _image(pixels)


def photocopy(sheet: Sheet, chance: np.random.Generator) -> Image.Image:
    """A copy of a copy: grey, hard, specks, a dark edge; seals come out broken."""
    pixels = _turned(_pixels(_copied(sheet, chance)), float(chance.uniform(-1.2, 1.2)))
    grey = cv2.GaussianBlur(pixels.mean(axis=2), (0, 0), 0.8)
    grey += _clouds(grey.shape, chance, 9)
    middle = float(chance.uniform(135, 165))
    hard = 255 / (1 + np.exp(-(grey - middle) / 16))
    hard = np.clip(12 + hard * 0.93 + chance.normal(0, 4, hard.shape), 0, 255)
    _specks(hard, chance, hard.size // 9000)
    _dark_edge(hard, chance)
    return Image.fromarray(hard.astype(np.uint8), "L")


def fax(sheet: Sheet, chance: np.random.Generator) -> Image.Image:
    """Black and white at 204 by 196 dots an inch, with a few torn lines."""
    page = _copied(sheet, chance).convert("L")
    high = round(page.height * FAX_WIDTH / page.width * FAX_DPI[1] / FAX_DPI[0])
    small = page.resize((FAX_WIDTH, high), Image.Resampling.BILINEAR)
    grey = _turned(np.asarray(small, np.float32), float(chance.uniform(-0.5, 0.5)))
    grey += _clouds(grey.shape, chance, 14) + chance.normal(0, 14, grey.shape)
    black = grey > float(chance.uniform(150, 178))
    for row in chance.integers(0, high, 3):
        black[row, int(chance.integers(0, FAX_WIDTH)) :] = True
    return Image.fromarray((black * 255).astype(np.uint8), "L").convert(
        "1", dither=Image.Dither.NONE
    )


def photo(sheet: Sheet, chance: np.random.Generator) -> Image.Image:
    """A sheet on a desk, by a phone held in a hand: perspective, shade, dim light."""
    pixels = _pixels(sheet.sealed)
    high, wide = pixels.shape[:2]
    frame = (round(wide * 1.22), round(high * 1.2))
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    reach = np.array([wide, high], np.float32) * 0.045
    moved = (
        corners
        + np.array([wide, high], np.float32) * 0.1
        + chance.uniform(-1, 1, (4, 2)).astype(np.float32) * reach
    )
    turn = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    desk = (
        np.float32(chance.uniform(60, 120, 3))
        + _clouds((frame[1], frame[0]), chance, 18)[..., None]
    )
    laid = cv2.warpPerspective(pixels, turn, frame, flags=cv2.INTER_AREA)
    on_sheet = cv2.warpPerspective(np.ones((high, wide), np.float32), turn, frame)[
        ..., None
    ]
    scene = (laid * on_sheet + desk * (1 - on_sheet)) * _shade(frame, chance)[..., None]
    scene *= np.float32(
        [
            chance.uniform(0.96, 1.0),
            chance.uniform(0.95, 0.99),
            chance.uniform(0.86, 0.95),
        ]
    )
    long = int(chance.integers(2300, 2700))
    ratio = long / max(frame)
    scene = cv2.resize(
        scene,
        (round(frame[0] * ratio), round(frame[1] * ratio)),
        interpolation=cv2.INTER_AREA,
    )
    scene = cv2.GaussianBlur(scene, (0, 0), float(chance.uniform(0.5, 0.9)))
    return _image(scene + chance.normal(0, 4, scene.shape).astype(np.float32))


def _pixels(page: Image.Image) -> Pixels:
    return np.asarray(page.convert("RGB"), np.float32).copy()


def _image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def _turned(pixels: Pixels, degrees: float) -> Pixels:
    high, wide = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), degrees, 1)
    white = (255.0,) * 3
    return np.asarray(
        cv2.warpAffine(
            pixels, turn, (wide, high), flags=cv2.INTER_CUBIC, borderValue=white
        ),
        np.float32,
    )


def _copied(sheet: Sheet, chance: np.random.Generator) -> Image.Image:
    """Red ink is pale to the drum of a copier: seals come out grey and in patches."""
    plain, sealed = _pixels(sheet.plain), _pixels(sheet.sealed)
    ink = np.abs(plain - sealed).max(axis=2) > SEAL_INK
    kept = ink & (_clouds(ink.shape, chance, 60, grain=18) <= SEAL_PATCHES)
    plain[kept] = np.minimum(plain[kept], 165)
    return _image(plain)


def _clouds(
    shape: tuple[int, ...],
    chance: np.random.Generator,
    strength: float,
    grain: int = 160,
) -> Pixels:
    """Slow changes of brightness, from -strength to strength."""
    high, wide = shape[:2]
    rough = chance.uniform(
        -strength, strength, (high // grain + 2, wide // grain + 2)
    ).astype(np.float32)
    return np.asarray(
        cv2.resize(rough, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32
    )


def _specks(grey: Pixels, chance: np.random.Generator, count: int) -> None:
    high, wide = grey.shape
    for _ in range(count):
        size = int(chance.integers(1, 4))
        y, x = int(chance.integers(0, high - 4)), int(chance.integers(0, wide - 4))
        grey[y : y + size, x : x + size] = chance.uniform(0, 130)


def _dark_edge(grey: Pixels, chance: np.random.Generator) -> None:
    width = int(chance.integers(14, 46))
    fade = np.linspace(0.12, 1, width, dtype=np.float32)
    if chance.integers(0, 2):
        grey[:, :width] *= fade
    else:
        grey[:, -width:] *= fade[::-1]
    grey[: width // 2] *= np.linspace(0.4, 1, width // 2, dtype=np.float32)[:, None]


def _shade(frame: tuple[int, int], chance: np.random.Generator) -> Pixels:
    """Light from one side, and the shadow of the hand that holds the phone."""
    wide, high = frame
    angle = chance.uniform(0, 2 * np.pi)
    x, y = np.meshgrid(
        np.linspace(-1, 1, wide, dtype=np.float32),
        np.linspace(-1, 1, high, dtype=np.float32),
    )
    light = 0.84 + 0.14 * (x * np.cos(angle) + y * np.sin(angle))
    edge = (
        x * np.cos(angle + 1) + y * np.sin(angle + 1) - float(chance.uniform(0.1, 0.5))
    )
    return np.asarray(light * (1 - 0.3 / (1 + np.exp(-edge * 9))), np.float32)
