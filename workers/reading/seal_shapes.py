"""Shapes of seals in a picture of red ink: rings, ovals, frames that stand alone."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

JOINED: Final = (5, 15)  # pixels closed between parts of an outline: whole, worn
LEAST: Final = 0.035  # of the page's longer side: ten millimetres of A4
MOST: Final = 0.5  # of its shorter side
MOST_OVAL: Final = 1.8
MOST_OBLONG: Final = 1.3
ROUND: Final = 0.6  # of the outline that is inked
SQUARE: Final = 0.75
OFF: Final = 7  # pixels across in which ink counts as on the outline
LARGE: Final = 0.1  # of the page's longer side: larger than the letters of a head
NEAR: Final = 1.0  # heights to the next character of a row
NEXT: Final = (2, 2.0)  # others in a row of letters, and in how many heights
LEVEL: Final = 0.25
ALIKE: Final = (0.6, 1.6)
POINTS: Final = 72

Pixels = np.ndarray[Any, Any]


def seal_outlines(mask: Pixels) -> list[Pixels]:
    """The convex outlines of seals: points x, y in pixels of the mask.

    Args:
        mask: 1 where the ink is red, without rules.
    """
    near, known = _near(mask), np.zeros_like(mask)
    whole, worn = (_hulls(mask, reach) for reach in JOINED)
    boxes = np.asarray([box_of(hull) for hull in whole]).reshape(-1, 4)
    found: list[Pixels] = []
    for hull in (each for each in (*whole, *worn) if _has_size(each, mask)):
        x, y = hull.mean(axis=0).round().astype(int)
        if not known[y, x] and _is_seal(hull, near, _beside(box_of(hull), boxes)):
            cv2.fillConvexPoly(known, hull, 1)
            found.append(hull)
    return found


def box_of(outline: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right and bottom, all of them in the outline."""
    left, top, wide, high = cv2.boundingRect(outline.astype(np.int32))
    return left, top, left + wide - 1, top + high - 1


def _near(mask: Pixels) -> Pixels:
    """1 near ink, with a margin about the page, in which outlines may lie."""
    half = OFF // 2
    wider = cv2.copyMakeBorder(mask, half, half, half, half, cv2.BORDER_CONSTANT)
    return np.asarray(cv2.dilate(wider, np.ones((OFF, OFF), np.uint8)))


def _hulls(mask: Pixels, reach: int) -> list[Pixels]:
    """The convex outline of each part, parts nearer than `reach` being one."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel)
    found, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [cv2.convexHull(each)[:, 0, :] for each in found]


def _has_size(hull: Pixels, mask: Pixels) -> bool:
    short, long = sorted(cv2.minAreaRect(hull)[1])
    least, most = LEAST * max(mask.shape), MOST * min(mask.shape)
    return bool(least <= short and long <= most)


def _is_seal(hull: Pixels, near: Pixels, beside: Pixels) -> bool:
    box = cv2.minAreaRect(hull)
    short, long = sorted(box[1])
    number, reach = NEXT
    if long < LARGE * max(near.shape) and (beside < reach).sum() >= number:
        return False
    if long <= MOST_OVAL * short and _inked(_oval(box), near) >= ROUND:
        return True
    if long > MOST_OBLONG * short or _inked(_frame(box), near) < SQUARE:
        return False
    return not (beside < NEAR).any()


def _inked(points: Pixels, near: Pixels) -> float:
    """How many of the points of an outline have ink near them, 0 to 1."""
    places = points.round().astype(int) + OFF // 2
    high, wide = near.shape
    inside = ((places >= 0) & (places < (wide, high))).all(axis=1)
    x, y = places[inside].T
    return float(near[y, x].sum()) / len(points)


def _oval(box: Any) -> Pixels:
    (x, y), (wide, high), degrees = box
    turn = np.radians(degrees)
    angle = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    across, down = np.cos(angle) * wide / 2, np.sin(angle) * high / 2
    return np.stack(
        (
            x + across * np.cos(turn) - down * np.sin(turn),
            y + across * np.sin(turn) + down * np.cos(turn),
        ),
        axis=1,
    )


def _frame(box: Any) -> Pixels:
    corners = cv2.boxPoints(box)
    sides = np.roll(corners, -1, axis=0) - corners
    steps = np.linspace(0, 1, POINTS // 4, endpoint=False)
    points = corners[:, None] + sides[:, None] * steps[:, None]
    return np.asarray(points.reshape(-1, 2))


def _beside(box: tuple[int, int, int, int], others: Pixels) -> Pixels:
    """Heights to each of the others that is as high and level, as letters are.

    Letters that run together into one, as wide as several are high, count for them.
    """
    left, top, right, bottom = box
    x0, y0, x1, y1 = others.T
    high, tall = bottom - top, y1 - y0
    gap = np.maximum(x0 - right, left - x1)
    level = abs(y0 + y1 - top - bottom) < 2 * LEVEL * high
    alike = (ALIKE[0] * high < tall) & (tall < ALIKE[1] * high)
    row = level & alike & (gap > 0)
    letters = np.maximum(1, np.rint((x1 - x0)[row] / tall[row])).astype(int)
    return np.repeat(gap[row] / max(1, high), letters)
