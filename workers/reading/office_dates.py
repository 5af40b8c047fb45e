"""Dates that an office program wrote into its file: offered, never taken."""

from __future__ import annotations

import zipfile
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from workers.reading.camera_dates import stored_day
from workers.reading.content import Content

OFFERED: Final = 0.3  # a template's age, or the last time somebody pressed "save"
LARGEST: Final = 1 << 20

_PARTS: Final = ("docProps/core.xml", "meta.xml")
_NAMES: Final = frozenset(
    {"created", "modified", "lastPrinted", "creation-date", "print-date", "date"}
)


def add_office_dates(archive: zipfile.ZipFile, content: Content) -> None:
    """Add the dates of an OOXML or ODF package; broken properties add nothing."""
    for part in _PARTS:
        try:
            with archive.open(part) as stream:
                root = ElementTree.fromstring(stream.read(LARGEST), forbid_dtd=True)
        except (KeyError, ParseError, DefusedXmlException, ValueError):
            continue
        for element in root.iter():
            name = str(element.tag).rpartition("}")[2]
            day = stored_day(element.text or "") if name in _NAMES else None
            if day is not None:
                content.add_date(day, OFFERED, element.text or "", f"office {name}")
