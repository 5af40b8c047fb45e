"""The bytes say what a file is; its name can only be found to lie."""

from __future__ import annotations

import io
import zipfile

import pytest

from intake.identify import identify
from intake.signatures import EXECUTABLE, MACROS, SCRIPT

OOXML = "application/vnd.openxmlformats-officedocument."


def zipped(*names: str, first: bytes | None = None) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        if first is not None:
            archive.writestr("mimetype", first)
        for name in names:
            archive.writestr(name, "x")
    return memory.getvalue()


def named(folder, name: str, data: bytes):
    path = folder / "file"
    path.write_bytes(data)
    return identify(path, name)


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("a.jpg", b"\xff\xd8\xff\xe0....JFIF", "image/jpeg"),
        ("a.jpeg", b"\xff\xd8\xff\xe1....Exif", "image/jpeg"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        ("a.tif", b"II*\0\x08\0\0\0", "image/tiff"),
        ("a.tiff", b"MM\0*\0\0\0\x08", "image/tiff"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0", "image/heic"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("a.bmp", b"BM\x10\0\0\0\0\0\0\0\x36\0", "image/bmp"),
        ("a.gif", b"GIF89a\x01\0", "image/gif"),
        ("a.mp3", b"ID3\x04\0\0", "audio/mpeg"),
        ("a.mp3", b"\xff\xfb\x90\x64\0\0", "audio/mpeg"),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt ", "audio/x-wav"),
        ("a.m4a", b"\0\0\0\x18ftypM4A \0\0", "audio/mp4"),
        ("a.m4a", b"\0\0\0\x18ftypisom\0\0", "video/mp4"),
        ("a.mp4", b"\0\0\0\x18ftypmp42\0\0", "video/mp4"),
        ("a.mov", b"\0\0\0\x18ftypqt  \0\0", "video/quicktime"),
        ("a.webm", b"\x1aE\xdf\xa3\x93B\x82\x88webm\0", "video/webm"),
        ("a.mkv", b"\x1aE\xdf\xa3\x93B\x82\x88matroska\0", "video/x-matroska"),
        ("a.amr", b"#!AMR\n\0", "audio/amr"),
        ("a.flac", b"fLaC\0\0", "audio/flac"),
        ("a.ogg", b"OggS\0\0", "audio/ogg"),
        ("a.avi", b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\0", "application/x-7z-compressed"),
        ("a.rar", b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "application/msword"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "application/vnd.ms-excel"),
        ("a.txt", "合同".encode(), "text/plain"),
        ("a.txt", "合同".encode("gb18030"), "text/plain"),
        ("a.txt", "合同".encode("utf-16"), "text/plain"),
        ("a.eml", b"From: a@b\r\nTo: c@d\r\n\r\nhi", "message/rfc822"),
        ("a.html", b"<!DOCTYPE html><p>x", "text/html"),
        ("a.svg", b"<svg xmlns='x'/>", "image/svg+xml"),
        ("a.xml", b"<?xml version='1.0'?><a/>", "application/xml"),
        ("a.xml", b"<?xml version='1.0'?><head>1</head>", "application/xml"),
        ("a.xml", b"<EInvoice><HEAD>1</HEAD></EInvoice>\n", "application/xml"),
        ("a.xml", "<?xml version='1.0'?><a/>".encode("utf-16"), "application/xml"),
        ("a.html", b"<?xml version='1.0'?><html>1</html>", "text/html"),
        ("a.html", b"<div><p>1</p></div>", "text/html"),
        ("a.wps", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/wps-office.wps"),
        ("a.et", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/wps-office.et"),
        ("a.docx", zipped("word/document.xml"), f"{OOXML}wordprocessingml.document"),
        ("a.xlsx", zipped("xl/workbook.xml"), f"{OOXML}spreadsheetml.sheet"),
        ("a.pptx", zipped("ppt/x.xml"), f"{OOXML}presentationml.presentation"),
        ("a.ofd", zipped("OFD.xml"), "application/ofd"),
        ("a.zip", zipped("合同.pdf"), "application/zip"),
        (
            "a.odt",
            zipped("c", first=b"application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
    ],
)
def test_types(tmp_path, name, data, media_type):
    """Each type is told by its content, and its usual name is no lie."""
    found = named(tmp_path, name, data)
    assert found.media_type == media_type
    assert found.findings == ()


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.pdf", b"<html><script>x</script>", "text/html"),
        ("a.jpg", b"<svg onload='x'/>", "image/svg+xml"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
        ("a.pdf", b"hello", "text/plain"),
    ],
)
def test_lies(tmp_path, name, data, media_type):
    """A name of another type is a finding; the bytes still decide."""
    found = named(tmp_path, name, data)
    assert found.media_type == media_type
    assert [each.code for each in found.findings] == ["TYPE_MISMATCH"]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"MZ" + bytes(62) + b"PE\0\0", EXECUTABLE),
        (b"\x7fELF\x02", EXECUTABLE),
        (b"#!/bin/sh\n", SCRIPT),
        (b"<?php system($_GET['x']);", SCRIPT),
        (zipped("word/document.xml", "word/vbaProject.bin"), MACROS),
    ],
)
def test_what_runs_is_told_apart(tmp_path, data, media_type):
    """Programs, scripts and documents with macros have types of their own."""
    assert named(tmp_path, "合同", data).media_type == media_type


def test_pdf_header_within_a_kilobyte(tmp_path):
    """Readers look for the header in the first 1,024 bytes, so we do; it is noted."""
    near = named(tmp_path, "a.pdf", b"x" * 1019 + b"%PDF-1.7")
    assert near.media_type == "application/pdf"
    assert [each.code for each in near.findings] == ["AMBIGUOUS"]
    far = named(tmp_path, "a.pdf", b"x" * 1020 + b"%PDF-1.7")
    assert far.media_type == "text/plain"


def test_archive_behind_a_picture(tmp_path):
    """A picture that is also a ZIP is a picture, and ambiguous."""
    found = named(tmp_path, "a.png", b"\x89PNG\r\n\x1a\n\0\0" + zipped("x"))
    assert found.media_type == "image/png"
    assert [each.code for each in found.findings] == ["AMBIGUOUS"]


@pytest.mark.parametrize("data", [b"", b"\0\x01\x02\x03", b"BM", b"PK"])
def test_nothing_known(tmp_path, data):
    """Bytes that say nothing do not become something by their name."""
    found = named(tmp_path, "a.pdf", data)
    assert found.media_type in ("application/octet-stream", "text/plain")


def test_no_decoder_and_no_huge_directory(tmp_path):
    """A ZIP that claims a directory beyond the bound is not listed."""
    end = b"PK\x05\x06" + bytes(8) + (1 << 30).to_bytes(4, "little") + bytes(6)
    data = zipped("word/document.xml")[:-22] + end
    assert named(tmp_path, "a.zip", data).media_type == "application/zip"
