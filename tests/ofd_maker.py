"""A small writer of OFD files, straight from GB/T 33190-2016, for the tests.

It shares nothing with the reader: numbers and element names are written here as the
standard has them.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "http://www.ofdspec.org/2016"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def element(name: str, *inside: str, **attributes: str) -> str:
    """`<ofd:Name …>inside</ofd:Name>`."""
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<ofd:{name}{said}>{''.join(inside)}</ofd:{name}>"


def root(name: str, *inside: str, **attributes: str) -> str:
    """A whole XML file with that root element."""
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    space = f' xmlns:ofd="{NAMESPACE}"'
    return f"{HEAD}<ofd:{name}{space}{said}>{''.join(inside)}</ofd:{name}>"


def text(x: float, y: float, words: str, size: float = 5, **attributes: str) -> str:
    """A text object whose first base line begins at x, y + size."""
    steps = {"DeltaX": f"g {len(words) - 1} {size}"} if len(words) > 1 else {}
    steps = {"DeltaX": attributes.pop("DeltaX")} if "DeltaX" in attributes else steps
    code = {k: attributes.pop(k) for k in ("DeltaY",) if k in attributes}
    return element(
        "TextObject",
        element("TextCode", escape(words), X="0", Y=str(size), **steps, **code),
        ID="10",
        Boundary=f"{x} {y} {size * len(words) + 1} {size * 1.4}",
        Font="2",
        Size=str(size),
        **attributes,
    )


def path(x: float, y: float, data: str, **attributes: str) -> str:
    """A path object."""
    return element(
        "PathObject",
        element("AbbreviatedData", data),
        ID="11",
        Boundary=f"{x} {y} 100 100",
        **attributes,
    )


def picture(x: float, y: float, width: float, height: float, resource: str) -> str:
    """An image object that fills its boundary."""
    return element(
        "ImageObject",
        ID="12",
        Boundary=f"{x} {y} {width} {height}",
        CTM=f"{width} 0 0 {height} 0 0",
        ResourceID=resource,
    )


@dataclass(slots=True)
class Ofd:
    """One document; `pages` hold the objects of each page as XML."""

    pages: list[str]
    box: str = "0 0 210 140"
    template: str = ""
    attachments: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    annotation: str = ""
    sealed: bool = False
    created: str = "2024-05-31"
    resources: str = ""

    def files(self, folder: str = "Doc_0") -> dict[str, bytes]:
        """The files of the document, below its folder."""
        made: dict[str, str | bytes] = {
            f"{folder}/Document.xml": self._document(),
            f"{folder}/PublicRes.xml": root(
                "Res",
                element(
                    "Fonts", element("Font", ID="2", FontName="宋体", FamilyName="宋体")
                ),
                BaseLoc="Res",
            ),
            f"{folder}/DocumentRes.xml": root(
                "Res",
                element("MultiMedias", *(self._media(name) for name in self.pictures)),
                self.resources,
                BaseLoc="Res",
            ),
        }
        for number, objects in enumerate(self.pages):
            place = f"{folder}/Pages/Page_{number}/Content.xml"
            made[place] = self._page(objects)
        if self.template:
            layer = element("Layer", self.template, ID="31")
            place = f"{folder}/Tpls/Tpl_0/Content.xml"
            made[place] = root("Page", element("Content", layer))
        self._add_annotation(made, folder)
        self._add_attachments(made, folder)
        self._add_signs(made, folder)
        for name, data in self.pictures.items():
            made[f"{folder}/Res/{name}"] = data
        return {k: v.encode() if isinstance(v, str) else v for k, v in made.items()}

    def body(self, folder: str = "Doc_0") -> str:
        """The entry of the document in `OFD.xml`."""
        signs = f"/{folder}/Signs/Signatures.xml"
        return element(
            "DocBody",
            element(
                "DocInfo",
                element("DocID", "0123456789abcdef0123456789abcdef"),
                element("CreationDate", self.created),
            ),
            element("DocRoot", f"{folder}/Document.xml"),
            *([element("Signatures", signs)] if self.sealed else []),
        )

    def _document(self) -> str:
        template = (
            [element("TemplatePage", ID="30", BaseLoc="Tpls/Tpl_0/Content.xml")]
            if self.template
            else []
        )
        pages = (
            element("Page", ID=str(100 + i), BaseLoc=f"Pages/Page_{i}/Content.xml")
            for i in range(len(self.pages))
        )
        return root(
            "Document",
            element(
                "CommonData",
                element("MaxUnitID", "999"),
                element("PageArea", element("PhysicalBox", self.box)),
                element("PublicRes", "PublicRes.xml"),
                element("DocumentRes", "DocumentRes.xml"),
                *template,
            ),
            element("Pages", *pages),
            *(
                [element("Annotations", "Annots/Annotations.xml")]
                if self.annotation
                else []
            ),
            *(
                [element("Attachments", "Attachs/Attachments.xml")]
                if self.attachments
                else []
            ),
        )

    def _page(self, objects: str) -> str:
        used = (
            [element("Template", TemplateID="30", ZOrder="Background")]
            if self.template
            else []
        )
        layer = element("Layer", objects, ID="20", Type="Body")
        return root("Page", *used, element("Content", layer))

    @staticmethod
    def _media(name: str) -> str:
        return element(
            "MultiMedia",
            element("MediaFile", name),
            ID=name.partition(".")[0],
            Type="Image",
        )

    def _add_annotation(self, made: dict[str, str | bytes], folder: str) -> None:
        if not self.annotation:
            return
        listed = element("FileLoc", "Page_0/Annotation.xml")
        made[f"{folder}/Annots/Annotations.xml"] = root(
            "Annotations", element("Page", listed, PageID="100")
        )
        shown = element("Appearance", self.annotation, Boundary="20 60 100 20")
        made[f"{folder}/Annots/Page_0/Annotation.xml"] = root(
            "PageAnnot", element("Annot", shown, ID="40", Type="Stamp")
        )

    def _add_attachments(self, made: dict[str, str | bytes], folder: str) -> None:
        entries = []
        for name, data in self.attachments.items():
            made[f"{folder}/Attachs/{name}"] = data
            stem, _, ending = name.rpartition(".")
            place = element("FileLoc", name)
            entries.append(element("Attachment", place, Name=stem, Format=ending))
        if entries:
            place = f"{folder}/Attachs/Attachments.xml"
            made[place] = root("Attachments", *entries)

    def _add_signs(self, made: dict[str, str | bytes], folder: str) -> None:
        if not self.sealed:
            return
        made[f"{folder}/Signs/Signatures.xml"] = root(
            "Signatures",
            element("Signature", ID="1", Type="Seal", BaseLoc="Sign_0/Signature.xml"),
        )
        made[f"{folder}/Signs/Sign_0/Signature.xml"] = root(
            "Signature",
            element(
                "SignedInfo",
                element("SignatureDateTime", "20240531141733Z"),
                element("StampAnnot", ID="1", PageRef="100", Boundary="90 5 30 20"),
            ),
        )


def package(
    *documents: Ofd, without: str = "", extra: dict[str, bytes] | None = None
) -> bytes:
    """The bytes of an OFD with these documents; `without` names a file left out."""
    folders = {f"Doc_{i}": document for i, document in enumerate(documents)}
    bodies = (document.body(folder) for folder, document in folders.items())
    files = {"OFD.xml": root("OFD", *bodies, Version="1.1", DocType="OFD").encode()}
    for folder, document in folders.items():
        files.update(document.files(folder))
    files.update(extra or {})
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            if name != without:
                archive.writestr(name, data)
    return memory.getvalue()
