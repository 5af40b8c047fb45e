"""Both digests in one read, the same as other people's tools print."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.digest import (
    CHUNK_BYTES,
    DigestReader,
    Digests,
    digest_bytes,
    digest_file,
)
from integrity.errors import MalformedError

ABC = Digests(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
)


class OneReadStream:
    """A stream that counts what is read from it and gives every byte once."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)
        self.handed_out = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self.handed_out += len(data)
        return data


def test_published_digests_of_abc() -> None:
    """FIPS 180-4 and GB/T 32905-2016 A.1 print these digests of `abc`."""
    assert digest_bytes(b"abc") == ABC
    assert ABC.as_dict() == {"sha256": ABC.sha256, "sm3": ABC.sm3}


@given(st.binary(max_size=300), st.integers(1, 64))
def test_reader_passes_bytes_on_and_hashes_them_once(data: bytes, step: int) -> None:
    """Whatever the steps, the bytes pass unchanged and are read a single time."""
    stream = OneReadStream(data)
    reader = DigestReader(stream)
    passed = b"".join(iter(lambda: reader.read(step), b""))
    assert passed == data
    assert stream.handed_out == reader.size == len(data)
    assert reader.digests() == digest_bytes(data)


def test_reader_goes_on_after_digests() -> None:
    """Asking for the digests in the middle does not end or change the hashing."""
    reader = DigestReader(io.BytesIO(b"abcdef"))
    reader.read(3)
    assert reader.digests() == reader.digests() == ABC
    reader.read()
    assert reader.digests() == digest_bytes(b"abcdef")


@pytest.mark.parametrize("size", [0, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_file_digest_is_that_of_its_bytes(tmp_path: Path, size: int) -> None:
    """A file hashes like its bytes on both sides of the chunk size."""
    data = b"\x5a" * size
    path = tmp_path / "original"
    path.write_bytes(data)
    assert digest_file(path) == (digest_bytes(data), size)


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """A file that is not there has no digest."""
    with pytest.raises(FileNotFoundError):
        digest_file(tmp_path / "absent")


@pytest.mark.parametrize(
    "data", [b"", b"\x00", "证据保管".encode(), bytes(range(256)) * 33]
)
def test_openssl_and_sha256sum_agree(tmp_path: Path, data: bytes) -> None:
    """`openssl dgst -sm3` and `sha256sum` print the digests we compute."""
    path = tmp_path / "original"
    path.write_bytes(data)
    digests, _ = digest_file(path)
    assert _output("openssl", "dgst", "-sm3", "-r", path) == digests.sm3
    assert _output("sha256sum", path) == digests.sha256


@pytest.mark.parametrize("wrong", ["", ABC.sha256.upper(), ABC.sha256 + "0", "g" * 64])
def test_digest_of_another_form_is_refused(wrong: str) -> None:
    """Only 64 lower-case hex digits are a digest, in either place."""
    with pytest.raises(MalformedError, match="sha256 digest"):
        Digests(wrong, ABC.sm3)
    with pytest.raises(MalformedError, match="sm3 digest"):
        Digests(ABC.sha256, wrong)


def _output(*command: str | Path) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.split()[0]
