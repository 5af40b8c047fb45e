"""Recordings: duration, codec, day and a still; that nobody listened is said."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from pathlib import Path

import pytest
from PIL import Image

from intake.reading import Reading
from intake.reading_words import finding_words
from tests.sandboxed_reading import codes, read_bytes

pytestmark = [
    pytest.mark.tool("ffmpeg"),
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is missing"),
]


def made(folder: Path, name: str, *options: str) -> Path:
    """A recording of two seconds by ffmpeg: a moving test picture or a tone."""
    path = folder / name
    command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", *options, str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


def detail(reading: Reading, code: str) -> str:
    return next(each.detail for each in reading.findings if each.code == code)


def test_sound(tmp_path: Path):
    """A WAV: how long, which codec, no still, and that nothing was transcribed."""
    memory = io.BytesIO()
    with wave.open(memory, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(2 * 8000 * 3))
    reading = read_bytes(tmp_path, memory.getvalue(), "通话录音.wav")
    assert detail(reading, "RECORDING") == "3.0 s, pcm_s16le"
    assert codes(reading) == {"RECORDING", "NO_TRANSCRIPT"}
    assert reading.derivatives == ()
    assert reading.types[0].value == "audio"
    assert "语音识别模型" in finding_words("NO_TRANSCRIPT", "zh-CN")
    assert "no speech model" in finding_words("NO_TRANSCRIPT", "en")


@pytest.mark.parametrize(
    ("name", "media_type", "codec"),
    [
        ("a.mp3", "audio/mpeg", "mp3"),
        ("a.flac", "audio/flac", "flac"),
        ("a.m4a", "audio/mp4", "aac"),
    ],
)
def test_packed_sound(tmp_path: Path, name, media_type, codec):
    """The usual formats of telephones and recorders."""
    path = made(tmp_path, name, "-i", "sine=duration=2")
    reading = read_bytes(tmp_path, path, name)
    assert reading.media_type == media_type
    assert detail(reading, "RECORDING").startswith(("2.0 s", "2.1 s"))
    assert codec in detail(reading, "RECORDING")
    assert "NO_TRANSCRIPT" in codes(reading)


def test_picture_without_sound(tmp_path: Path):
    """A silent video: size, codec, the device's day, a still; nothing to transcribe."""
    path = made(
        tmp_path, "监控.mp4", "-i", "testsrc=duration=2:size=320x240:rate=10",
        "-metadata", "creation_time=2025-08-29T20:30:00Z", "-pix_fmt", "yuv420p",
    )  # fmt: skip
    reading = read_bytes(tmp_path, path, "监控.mp4")
    assert detail(reading, "RECORDING").startswith("2.0 s, ")
    assert "320x240" in detail(reading, "RECORDING")
    assert codes(reading) == {"RECORDING"}
    assert (reading.dates[0].value, reading.date_basis) == ("2025-08-30", "exif")
    roles = {each.role: each for each in reading.derivatives}
    assert {"still", "thumbnail"} <= set(roles)
    with Image.open(tmp_path / "work" / roles["still"].path) as still:
        assert still.size == (320, 240)
        assert len(still.getcolors(1 << 20) or []) > 100  # the test picture, not black


def test_picture_with_sound(tmp_path: Path):
    """A video with sound has both: a still, and the sentence about the words."""
    path = made(
        tmp_path, "a.mp4", "-i", "testsrc=duration=2:size=320x240:rate=10",
        "-f", "lavfi", "-i", "sine=duration=2", "-pix_fmt", "yuv420p", "-c:a", "aac",
    )  # fmt: skip
    reading = read_bytes(tmp_path, path, "a.mp4")
    assert codes(reading) == {"RECORDING", "NO_TRANSCRIPT"}
    assert "aac" in detail(reading, "RECORDING")
