"""Checks 1, 2 and 3 of a bundle: container, names, checksums.

Lists are not parsed: the bytes they must have are computed from the files and
compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from integrity.digest import Digests, digest_bytes
from integrity.errors import MalformedError
from receipts import bundle_layout as layout
from receipts.bundle_files import BundleFiles, Measured
from receipts.checks import CHECKSUMS, CONTAINER, NAMES, Check, Words, failed, passed
from receipts.log_checks import refused

BUNDLE = "bundle"


def names_checks(count: int, faults: list[tuple[str, str]]) -> Iterator[Check]:
    """Check 2, from what `bundle_layout.sort_out` found among `count` names."""
    words = {
        "missing": Words("应有而缺少", "it should be there and is missing"),
        "unlisted": Words("不应有此文件", "a bundle has no such file"),
    }
    for name, fault in faults:
        yield failed(NAMES, name, words[fault])
    if not faults:
        reason = Words(f"共 {count} 个文件，不多不少", f"{count} files, none else")
        yield passed(NAMES, BUNDLE, reason)


def container_checks(
    files: BundleFiles, measured: Mapping[str, Measured]
) -> Iterator[Check]:
    """Check 1 beyond the form of the ZIP: content whole, a bag, its size as told."""
    faults = [*_broken(measured), *_bag_faults(files, measured)]
    yield from faults
    if not faults:
        reason = Words(
            "ZIP 逐字节重建一致；BagIt 1.0 结构完整",
            "the ZIP, rebuilt, is equal byte for byte; a complete BagIt 1.0 bag",
        )
        yield passed(CONTAINER, BUNDLE, reason)


def _broken(measured: Mapping[str, Measured]) -> Iterator[Check]:
    for name, file in measured.items():
        if not file.whole:
            reason = Words(
                "内容与 CRC-32 不符", "the content does not match its CRC-32"
            )
            yield failed(CONTAINER, name, reason)


def _bag_faults(
    files: BundleFiles, measured: Mapping[str, Measured]
) -> Iterator[Check]:
    """What is wrong with the two files of the bag; that one is missing is check 2."""
    if layout.BAGIT in measured and measured[layout.BAGIT].digests != digest_bytes(
        layout.BAGIT_TEXT
    ):
        reason = Words("不是 BagIt 1.0 声明", "not the declaration of BagIt 1.0")
        yield failed(CONTAINER, layout.BAGIT, reason)
    if layout.BAG_INFO not in measured:
        return
    try:
        info = layout.parse_bag_info(files.tag(layout.BAG_INFO))
    except MalformedError as error:
        yield refused(CONTAINER, layout.BAG_INFO, error)
        return
    sizes = [f.size for name, f in measured.items() if name.startswith(layout.DATA)]
    if (info.payload_bytes, info.payload_files) != (sum(sizes), len(sizes)):
        reason = Words("所载大小不是实际大小", "Payload-Oxum is not the actual size")
        yield failed(CONTAINER, layout.BAG_INFO, reason)


def checksum_checks(
    files: BundleFiles, measured: Mapping[str, Measured]
) -> Iterator[Check]:
    """Check 3: each list has exactly the lines that the files call for."""
    originals = _digests(measured, payload=True)
    tags = _digests(measured, payload=False)
    for name in layout.UNLISTED & tags.keys():
        del tags[name]
    lists = {
        layout.MANIFEST: layout.manifest(originals),
        layout.SM3_LIST: layout.sm3_list(originals),
        layout.TAG_MANIFEST: layout.manifest(tags),
    }
    faults = [
        check
        for name, expected in lists.items()
        for check in _list_faults(name, expected, files.tag(name))
    ]
    yield from faults
    if not faults:
        reason = Words(
            f"{len(originals) + len(tags)} 个文件的校验值全部一致",
            f"the digests of {len(originals) + len(tags)} files are those listed",
        )
        yield passed(CHECKSUMS, BUNDLE, reason)


def _digests(measured: Mapping[str, Measured], *, payload: bool) -> dict[str, Digests]:
    return {
        name: file.digests
        for name, file in measured.items()
        if name.startswith(layout.DATA) == payload
    }


def _list_faults(name: str, expected: bytes, actual: bytes) -> Iterator[Check]:
    """One fault for each file whose line is missing, else one for the list."""
    if expected == actual:
        return
    present = set(actual.split(b"\n"))
    wrong = [line for line in expected.split(b"\n") if line and line not in present]
    for line in wrong:
        reason = Words(
            f"{name} 没有列出这一校验值", f"{name} does not list the digest it has"
        )
        yield failed(CHECKSUMS, layout.listed_name(line), reason)
    if not wrong:
        reason = Words("有多余的行或次序不对", "it has other lines or another order")
        yield failed(CHECKSUMS, name, reason)
