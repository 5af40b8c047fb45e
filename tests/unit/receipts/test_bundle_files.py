"""The files of a bundle, measured and read under bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integrity.digest import digest_bytes
from integrity.errors import MalformedError
from integrity.proof import MAX_PROOF_BYTES
from receipts.bundle_files import WORTH_A_THREAD, BundleFiles
from receipts.bundle_layout import MAX_TAG_FILE
from receipts.canonical_zip import CHUNK, open_canonical
from tests.bundle_factory import pack

STATEMENT, PROOF = "statements/00000000.dsse.json", "proofs/00000000.tlog-proof"


@contextmanager
def opened(path: Path) -> Iterator[BundleFiles]:
    """The bundle at `path`."""
    with open_canonical(path) as archive:
        yield BundleFiles(archive)


def test_every_file_is_measured_whatever_its_size(tmp_path: Path) -> None:
    """Size and digests are those of the bytes, each side of every bound on a chunk."""
    sizes = (0, 1, WORTH_A_THREAD - 1, WORTH_A_THREAD, CHUNK, CHUNK + 1, 2 * CHUNK + 9)
    contents = {
        f"data/{size:08d}.bin": bytes(place % 251 for place in range(64)) * (size // 64)
        + b"x" * (size % 64)
        for size in sizes
    }
    with opened(pack(contents, tmp_path / "b.zip")) as files:
        measured = files.measure()
        assert files.names == tuple(contents)
    assert list(measured) == list(contents)
    for name, data in contents.items():
        assert measured[name].size == len(data)
        assert measured[name].digests == digest_bytes(data)
        assert measured[name].whole


def test_a_changed_byte_is_not_whole(tmp_path: Path) -> None:
    """The CRC-32 is compared; the digests are those of the bytes that are there."""
    data = b"a" * (CHUNK + 1)
    out = pack({"data/a.bin": data, "data/b.bin": b"b"}, tmp_path / "b.zip")
    place = out.read_bytes().index(data)
    with out.open("r+b") as stream:
        stream.seek(place)
        stream.write(b"c")
    with opened(out) as files:
        measured = files.measure()
    assert [file.whole for file in measured.values()] == [False, True]
    assert measured["data/a.bin"].digests == digest_bytes(b"c" + data[1:])


@pytest.mark.parametrize("name", [STATEMENT, PROOF])
def test_what_the_log_gave_has_the_bound_of_a_proof(name: str, tmp_path: Path) -> None:
    """MAX_PROOF_BYTES are read; one more is refused by the name of the file."""
    longest = bytes(MAX_PROOF_BYTES)
    with opened(pack({name: longest}, tmp_path / "a.zip")) as files:
        assert files.tag(name) == longest
    with opened(pack({name: longest + b"x"}, tmp_path / "b.zip")) as files:
        with pytest.raises(MalformedError) as refusal:
            files.tag(name)
        assert refusal.value.what == name


def test_other_files_have_the_bound_of_a_tag_file(tmp_path: Path) -> None:
    """A report may be longer than a proof, up to MAX_TAG_FILE and no more."""
    contents = {"a": bytes(MAX_TAG_FILE), "b": bytes(MAX_TAG_FILE + 1)}
    with opened(pack(contents, tmp_path / "b.zip")) as files:
        assert len(files.tag("a")) == MAX_TAG_FILE
        with pytest.raises(MalformedError, match="more than it can have"):
            files.tag("b")
