"""Rewrites the XML of Office files where the reading libraries would overlook text or refuse the file.

Strict files get the usual names; in Word files content controls, accepted insertions, text boxes and
formulas become ordinary paragraphs and runs, and hidden ones go.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from ingestion.documents import LeftOut
from ingestion.formats.archive import open_container, read_member
from ingestion.formats.word_hidden import remove_hidden

_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_OFFICE = re.compile(rb"http://purl\.oclc\.org/ooxml/officeDocument/(\w+)")
_STRICT_OTHER = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_STYLES = "word/styles.xml"
_WORD_DOCUMENT = re.compile(r"word/document\d*\.xml")
_OVERLOOKED = re.compile(rb"<w:(?:sdt|ins|moveTo|smartTag|customXml|txbxContent)[ >]|<m:oMath")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WRAPPERS = (
    f"{_M}oMathPara",
    *(f"{_W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml")),
)
_PROPERTIES = (
    f"{_M}oMathParaPr",
    *(f"{_W}{name}" for name in ("sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr")),
)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """An Office file as the reading libraries want it, and what its readers do not see and was taken out."""

    data: bytes
    left_out: Mapping[LeftOut, int]


def usual(data: bytes) -> Rewritten:
    """Return the file itself, or its rewritten copy where it needs one."""
    container = open_container(data)
    names = container.namelist()
    is_strict = "_rels/.rels" in names and _STRICT in read_member(container, "_rels/.rels")
    changed: dict[str, bytes] = {}
    left_out: Counter[LeftOut] = Counter()
    for name in names:
        if is_strict and name.endswith((".xml", ".rels")):
            changed[name] = _renamed(read_member(container, name))
    for name in filter(_WORD_DOCUMENT.fullmatch, names):
        part = changed.get(name) or read_member(container, name)
        rewritten = _word_document(part, _styles(container, changed), left_out)
        if rewritten is not None:
            changed[name] = rewritten
    return Rewritten(_rewritten(container, changed) if changed else data, left_out)


def _styles(container: zipfile.ZipFile, changed: dict[str, bytes]) -> etree._Element | None:
    if _STYLES not in container.namelist():
        return None
    return parsed(changed.get(_STYLES) or read_member(container, _STYLES))


def _word_document(part: bytes, styles: etree._Element | None, left_out: Counter[LeftOut]) -> bytes | None:
    """The part rewritten, or None where it can stay as it is."""
    root = parsed(part)
    removed = remove_hidden(root, styles)
    left_out.update(removed)
    if _OVERLOOKED.search(part):
        _flatten(root)
    elif not removed:
        return None
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _rewritten(container: zipfile.ZipFile, changed: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in dict.fromkeys(container.namelist()):
            target.writestr(name, changed[name] if name in changed else read_member(container, name))
    return out.getvalue()


def _renamed(part: bytes) -> bytes:
    part = _STRICT_OFFICE.sub(rb"http://schemas.openxmlformats.org/officeDocument/2006/\1", part)
    return _STRICT_OTHER.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", part)


def _flatten(root: etree._Element) -> None:
    for formula in list(root.iter(f"{_M}oMath")):
        _replace_formula(formula)
    for paragraph in list(root.iter(f"{_W}p")):
        _move_text_boxes_behind(paragraph)
    for element in list(root.iter(*_PROPERTIES)):
        _remove(element)
    for element in list(root.iter(*_WRAPPERS)):
        _unwrap(element)


def parsed(part: bytes) -> etree._Element:
    """Parse XML without expanding entities or fetching anything."""
    return etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _unwrap(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        at = parent.index(element)
        parent[at : at + 1] = list(element)


def _move_text_boxes_behind(paragraph: etree._Element) -> None:
    """The same box is written twice, for new and for old versions of Word; one of them is enough."""
    for fallback in list(paragraph.iter(f"{_MC}Fallback")):
        if fallback.getprevious() is not None:
            _remove(fallback)
    last = paragraph
    for box in list(paragraph.iter(f"{_W}txbxContent")):
        for block in list(box):
            last.addnext(block)
            last = block


def _replace_formula(formula: etree._Element) -> None:
    parent = formula.getparent()
    if parent is None:
        return
    run = etree.Element(f"{_W}r")
    etree.SubElement(run, f"{_W}t").text = "".join(_formula_text(formula))
    run.tail = formula.tail
    parent.replace(formula, run)


def _formula_text(element: etree._Element) -> Iterator[str]:
    """A formula on one line, as people type it: fractions with a slash, powers with a caret."""
    for child in element:
        name = str(child.tag).removeprefix(_M)
        if name == "t":
            yield child.text or ""
        elif name == "rad":
            yield f"\u221a({''.join(_formula_text(child))})"
        elif name == "num":
            yield f"({''.join(_formula_text(child))})/"
        elif name == "den":
            yield f"({''.join(_formula_text(child))})"
        elif name in ("sub", "sup"):
            inner = "".join(_formula_text(child))
            yield f"{'_' if name == 'sub' else '^'}{inner}" if inner else ""
        elif name == "d":
            yield f"({''.join(_formula_text(child))})"
        elif name == "naryPr":
            sign = child.find(f"{_M}chr")
            yield sign.get(f"{_M}val", "") if sign is not None else "\u222b"
        elif name == "deg":
            continue
        else:
            yield from _formula_text(child)


def drawing_texts(part: bytes) -> Iterator[str]:
    """Yield the paragraphs of a drawing or diagram."""
    for paragraph in parsed(part).iter(f"{_A}p"):
        text = "".join(run.text or "" for run in paragraph.iter(f"{_A}t")).strip()
        if text:
            yield text
