"""Made-up papers as a scanner gives them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

IOU = "借 条\n今借到张三人民币伍万元整\n借款人：李四\n2025年8月29日"


def scan(path: Path, text: str = IOU, font_size: int = 40) -> None:
    """A page with `text` and a red seal over it, at 150 dpi."""
    page = Image.new("RGB", (1240, 900), "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.truetype(font_file(), font_size)
    draw.multiline_text((120, 100), text, "black", font, spacing=40)
    draw.ellipse((500, 200, 820, 520), outline="red", width=12)
    page.save(path, dpi=(150, 150))


def font_file() -> str:
    """A font of the machine with Chinese letters."""
    done = subprocess.run(
        ["fc-match", "-f", "%{file}", "Noto Sans CJK SC:lang=zh"],
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout
