"""OFD, the Chinese format for final documents and electronic invoices.

GB/T 33190-2016: text with its places, a drawing of ours, attachments as files of
their own. Signatures and seals are named, neither verified nor drawn.
"""

from __future__ import annotations

from pathlib import Path

from workers.reading.content import Content, Context
from workers.reading.ofd_carried import find_carried
from workers.reading.ofd_document import documents
from workers.reading.ofd_package import OfdPackage
from workers.reading.ofd_page import PageReader
from workers.reading.package import check_package, open_package
from workers.reading.searchable import write_searchable
from workers.reading.text_json import write_text


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    check_package(path, context, content)
    with open_package(path, context) as archive:
        _read_package(OfdPackage(archive), context, content)
    if any(made.role == "page" for made in content.derivatives):
        write_searchable(context, content)
    write_text(context, content)


def _read_package(package: OfdPackage, context: Context, content: Content) -> None:
    found = documents(package)
    if len(found) > 1:
        content.find("SEVERAL_DOCUMENTS", f"{len(found)} documents")
    content.pages = sum(document.page_count() for document in found)
    context.announce_pages(content.pages)
    reader = PageReader(package, context, content)
    for document in found:
        for page in document.pages(package):
            reader.read(document, page)
        find_carried(document, package, context, content)
        for place in dict.fromkeys(document.resources.missing):
            content.find("PART_MISSING", place)
