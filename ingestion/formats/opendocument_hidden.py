"""Takes out of an OpenDocument file what its readers do not see: hidden text, slides, sheets, rows and columns,
letters too small or in the colour of what lies behind them, and remarks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from lxml import etree

from ingestion.documents import LeftOut

_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TEXT, _TABLE, _STYLE, _DRAW, _SHOW = (
    f"{{{_SPACE}{family}:1.0}}" for family in ("office", "text", "table", "style", "drawing", "presentation")
)
_FO = f"{{{_SPACE}xsl-fo-compatible:1.0}}"
_TINY_POINTS = 1.0
_MOST_COLUMNS = 20_000
_WHITE = "#ffffff"
Look = Mapping[str, str]


def remove_hidden(content: etree._Element, styles: etree._Element | None) -> Counter[LeftOut]:
    """Remove what nobody sees from the content, and count it by reason."""
    looks = _looks(content, styles)
    left_out: Counter[LeftOut] = Counter()
    for element in list(content.iter(f"{_OFFICE}annotation")):
        left_out[LeftOut.COMMENT] += 1
        _remove(element)
    for element in list(content.iter(f"{_TEXT}section", f"{_TEXT}p", f"{_TEXT}h", f"{_TEXT}span", f"{_DRAW}page")):
        reason = _reason(element, looks)
        if reason is not None:
            left_out[reason] += bool("".join(element.itertext()).strip())
            _remove(element)
    for table in list(content.iter(f"{_TABLE}table")):
        left_out.update(_hide_table(table, looks))
    return left_out


def _looks(*roots: etree._Element | None) -> dict[str, Look]:
    """What each style says, with what it takes from its parents; names are unique enough over its families."""
    own: dict[str, dict[str, str]] = {}
    for style in (found for root in roots if root is not None for found in root.iter(f"{_STYLE}style")):
        said = {str(key): str(value) for properties in style for key, value in properties.attrib.items()}
        said["parent"] = style.get(f"{_STYLE}parent-style-name") or ""
        own.setdefault(style.get(f"{_STYLE}name") or "", said)
    return {name: _with_parents(name, own) for name in own}


def _with_parents(name: str, own: Mapping[str, dict[str, str]]) -> Look:
    look: dict[str, str] = {}
    seen: set[str] = set()
    while name in own and name not in seen:
        seen.add(name)
        look = {**own[name], **look}
        name = own[name]["parent"]
    return look


def _look(element: etree._Element, looks: Mapping[str, Look]) -> Look:
    families = (_TEXT, _DRAW, _TABLE)
    name = next((found for family in families if (found := element.get(f"{family}style-name"))), "")
    return looks.get(name, {})


def _reason(element: etree._Element, looks: Mapping[str, Look]) -> LeftOut | None:
    look = _look(element, looks)
    if element.tag == f"{_DRAW}page":
        return LeftOut.SLIDE if look.get(f"{_SHOW}visibility") == "hidden" else None
    if "none" in (element.get(f"{_TEXT}display"), look.get(f"{_TEXT}display")):
        return LeftOut.HIDDEN
    size = look.get(f"{_FO}font-size", "")
    if size.endswith("pt") and _is_number(size[:-2]) and float(size[:-2]) <= _TINY_POINTS:
        return LeftOut.TINY
    colour = look.get(f"{_FO}color", "").lower()
    return LeftOut.SAME_COLOUR if colour and colour == _ground(element, looks) else None


def _ground(element: etree._Element, looks: Mapping[str, Look]) -> str | None:
    """The colour behind an element; None inside drawn shapes, whose surface is not known."""
    for one in (element, *element.iterancestors()):
        if str(one.tag).startswith(_DRAW):
            return None
        said = _look(one, looks).get(f"{_FO}background-color", "transparent").lower()
        if said != "transparent":
            return said
    return _WHITE


def _hide_table(table: etree._Element, looks: Mapping[str, Look]) -> Iterator[LeftOut]:
    if _look(table, looks).get(f"{_TABLE}display") == "false":
        _remove(table)
        yield LeftOut.SHEET
        return
    for row in list(table.iter(f"{_TABLE}table-row")):
        if row.get(f"{_TABLE}visibility") == "collapse":
            if "".join(row.itertext()).strip():
                yield LeftOut.ROW_OR_COLUMN
            _remove(row)
    for column in _hidden_columns(table):
        emptied = [_empty(row, column) for row in table.iter(f"{_TABLE}table-row")]
        if any(emptied):
            yield LeftOut.ROW_OR_COLUMN


def _hidden_columns(table: etree._Element) -> list[int]:
    hidden: list[int] = []
    at = 0
    for column in table.iter(f"{_TABLE}table-column"):
        repeats = _repeats(column)
        if column.get(f"{_TABLE}visibility") == "collapse":
            hidden += range(at, min(at + repeats, _MOST_COLUMNS))
        at += repeats
    return hidden


def _empty(row: etree._Element, column: int) -> bool:
    """Empty one cell of a row; a repeated cell stays, as all of its columns look alike."""
    at = 0
    for cell in row.iter(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        if at == column and _repeats(cell) == 1:
            filled = bool("".join(cell.itertext()).strip())
            for child in list(cell):
                cell.remove(child)
            return filled
        at += _repeats(cell)
        if at > column:
            break
    return False


def _repeats(element: etree._Element) -> int:
    value = element.get(f"{_TABLE}number-columns-repeated") or "1"
    return int(value) if value.isdecimal() else 1


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _remove(element: etree._Element) -> None:
    """Remove an element and keep the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    tail, before = element.tail or "", element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)
