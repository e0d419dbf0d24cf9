"""EPUB books: the chapters in the order in which the book says they are read."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree

from ingestion.formats.archive import open_container, read_member
from ingestion.formats.html import read_html
from ingestion.formats.reading import Reading, corrupt, encrypted, together

_PACKAGE = "{http://www.idpf.org/2007/opf}"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_CHAPTER_TYPES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read_epub(data: bytes) -> Reading:
    """Return the chapters' blocks; a book under a reading licence (DRM) is refused as encrypted."""
    container = open_container(data)
    names = set(container.namelist())
    if "META-INF/rights.xml" in names:
        raise encrypted("book")
    path = _package_path(container)
    package = _xml(read_member(container, path))
    chapters = [name for name in _chapters(package, posixpath.dirname(path)) if name in names]
    if not chapters:
        raise corrupt("EPUB file")
    book = together(read_html(read_member(container, name)) for name in chapters)
    return replace(book, title=(package.findtext(f".//{_TITLE}") or "").strip())


def _xml(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def _package_path(container: ZipFile) -> str:
    rootfile = _xml(read_member(container, "META-INF/container.xml")).find(".//{*}rootfile")
    path = rootfile.get("full-path") if rootfile is not None else None
    if not path:
        raise corrupt("EPUB file")
    return path


def _chapters(package: etree._Element, folder: str) -> list[str]:
    items = {item.get("id"): item for item in package.iter(f"{_PACKAGE}item")}
    order = [items.get(reference.get("idref")) for reference in package.iter(f"{_PACKAGE}itemref")]
    return [
        posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        for item in order
        if item is not None and item.get("media-type") in _CHAPTER_TYPES
    ]
