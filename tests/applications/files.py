"""Files that people, or those who attack the site, could join."""

from __future__ import annotations

import io
import zipfile

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

DOCX_TYPES = f'<Types><Override ContentType="{DOCX_TYPE}"/></Types>'.encode()
ODT_CONTENT = (
    b'<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    b'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    b'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    b'xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" '
    b'xmlns:xlink="http://www.w3.org/1999/xlink">%b</office:document-content>'
)


def pdf(pages: int = 1, password: str = "", script: bool = False, file: bool = False) -> bytes:
    """Return a PDF."""
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(595, 842)
    if script:
        _on_opening(writer, "/JavaScript", JS="app.alert(1)")
    if file:
        writer.add_attachment("virus.exe", b"MZ")
    if password:
        writer.encrypt(password)
    return _written(writer)


def pdf_that_sends_a_form() -> bytes:
    """Return a PDF that calls a site when it is opened."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    _on_opening(writer, "/SubmitForm", F="https://example.org")
    return _written(writer)


def _on_opening(writer: PdfWriter, action: str, **texts: str) -> None:
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject("/S"): NameObject(action)}
        | {NameObject(f"/{name}"): TextStringObject(text) for name, text in texts.items()}
    )


def _written(writer: PdfWriter) -> bytes:
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def archive(entries: dict[str, bytes]) -> bytes:
    """Return a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in entries.items():
            written.writestr(name, content)
    return buffer.getvalue()


def docx(**more: bytes) -> bytes:
    """Return a DOCX; `more` adds or replaces entries, see `_named`."""
    entries = {
        "[Content_Types].xml": DOCX_TYPES,
        "_rels/.rels": b"<Relationships/>",
        "word/document.xml": b"<document>Nora</document>",
    }
    return archive(entries | _named(more))


def odt(**more: bytes) -> bytes:
    """Return an ODT; `more` adds or replaces entries, see `_named`."""
    entries = {
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": ODT_CONTENT % b"<text:p>Nora</text:p>",
        "Configurations2/accelerator/current.xml": b"",
        "META-INF/manifest.xml": b"<manifest/>",
    }
    return archive(entries | _named(more))


def _named(entries: dict[str, bytes]) -> dict[str, bytes]:
    """Return entries by their names: a double underscore is a slash, or a point."""
    names = {
        name: name.replace("__xml", ".xml").replace("__rels", ".rels").replace("__", "/")
        for name in entries
    }
    return {names[name].replace("META_INF", "META-INF"): data for name, data in entries.items()}


def image(kind: str) -> bytes:
    """Return a picture, "JPEG" or "PNG"."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(buffer, kind)
    return buffer.getvalue()
