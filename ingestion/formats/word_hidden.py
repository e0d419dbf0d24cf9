"""Takes out of a Word file what its readers do not see: text marked as hidden, in letters too small to see, or in
the colour of what lies behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from ingestion.documents import LeftOut

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# Half points: what is set in one point is a line of dots.
_TINY = 2
_WHITE = "ffffff"
_OFF = ("0", "false", "off")
# What may lie behind letters in here is not known: a box or a table style has a colour of its own.
_UNKNOWN_GROUND = (f"{_W}txbxContent", f"{_W}pict")


@dataclass(frozen=True, slots=True)
class _Look:
    """How letters look; None where nothing is said and the style below decides."""

    hidden: bool | None = None
    size: int | None = None
    colour: str | None = None
    ground: str | None = None

    def over(self, below: _Look) -> _Look:
        return _Look(
            below.hidden if self.hidden is None else self.hidden,
            below.size if self.size is None else self.size,
            self.colour or below.colour,
            self.ground or below.ground,
        )


def remove_hidden(document: etree._Element, styles: etree._Element | None) -> Counter[LeftOut]:
    """Remove the runs that nobody sees, and count them by reason; neighbouring ones count as one place."""
    looks = _Looks(document, styles)
    left_out: Counter[LeftOut] = Counter()
    for paragraph in document.iter(f"{_W}p"):
        before: LeftOut | None = None
        for run in list(paragraph.iter(f"{_W}r")):
            if _holds_box(run) or _owner(run) is not paragraph:
                continue
            reason = looks.reason(run)
            if reason and _text(run).strip():
                left_out[reason] += reason != before
            if reason:
                _drop(run)
            before = reason
    return left_out


class _Looks:
    def __init__(self, document: etree._Element, styles: etree._Element | None) -> None:
        self._document = document
        self._styles = _styles(styles) if styles is not None else {}
        self._defaults = _default_look(styles) if styles is not None else _Look()

    @cached_property
    def _page_is_white(self) -> bool:
        return self._document.find(f"{_W}background") is None

    def reason(self, run: etree._Element) -> LeftOut | None:
        look = self._look(run)
        if look.hidden:
            return LeftOut.HIDDEN
        if look.size is not None and look.size <= _TINY:
            return LeftOut.TINY
        return LeftOut.SAME_COLOUR if look.colour and self._is_same_as_ground(run, look) else None

    def _look(self, run: etree._Element) -> _Look:
        properties = run.find(f"{_W}rPr")
        own = _look_of(properties)
        character = self._style(properties, "rStyle")
        paragraph = _ancestor(run, "p")
        of_paragraph = paragraph.find(f"{_W}pPr") if paragraph is not None else None
        return own.over(character).over(self._style(of_paragraph, "pStyle")).over(self._defaults)

    def _style(self, properties: etree._Element | None, name: str) -> _Look:
        named = properties.find(f"{_W}{name}") if properties is not None else None
        return self._styles.get(named.get(f"{_W}val", ""), _Look()) if named is not None else _Look()

    def _is_same_as_ground(self, run: etree._Element, look: _Look) -> bool:
        for ground in (look.ground, *_grounds(run)):
            if ground:
                return ground == look.colour
        return look.colour == _WHITE and self._page_is_white and not _is_on_unknown_ground(run)


def _styles(styles: etree._Element) -> Mapping[str, _Look]:
    """Each style's look, with what it takes from the style it is based on."""
    own: dict[str, tuple[_Look, str]] = {}
    for style in styles.iter(f"{_W}style"):
        based = style.find(f"{_W}basedOn")
        parent = based.get(f"{_W}val", "") if based is not None else ""
        look = _look_of(style.find(f"{_W}rPr"))
        ground = _shade(style.find(f"{_W}pPr"))
        own[style.get(f"{_W}styleId", "")] = (look.over(_Look(ground=ground)), parent)
    return {name: _with_parents(name, own) for name in own}


def _with_parents(name: str, own: Mapping[str, tuple[_Look, str]]) -> _Look:
    look, seen = _Look(), set()
    while name in own and name not in seen:
        seen.add(name)
        look, name = look.over(own[name][0]), own[name][1]
    return look


def _default_look(styles: etree._Element) -> _Look:
    return _look_of(styles.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr"))


def _look_of(properties: etree._Element | None) -> _Look:
    if properties is None:
        return _Look()
    colour = properties.find(f"{_W}color")
    return _Look(
        hidden=_switch(properties, "vanish"),
        size=_number(properties.find(f"{_W}sz")),
        colour=_colour(colour),
        ground=_shade(properties) or ("marked" if properties.find(f"{_W}highlight") is not None else None),
    )


def _switch(properties: etree._Element, name: str) -> bool | None:
    found = properties.find(f"{_W}{name}")
    return None if found is None else found.get(f"{_W}val", "1") not in _OFF


def _number(element: etree._Element | None) -> int | None:
    value = element.get(f"{_W}val", "") if element is not None else ""
    return int(value) if value.isdecimal() else None


def _colour(element: etree._Element | None) -> str | None:
    if element is None:
        return None
    if element.get(f"{_W}themeColor") in ("background1", "light1") and not element.get(f"{_W}themeShade"):
        return _WHITE
    value = element.get(f"{_W}val", "").lower()
    return None if value in ("", "auto") else value


def _shade(properties: etree._Element | None) -> str | None:
    shade = properties.find(f"{_W}shd") if properties is not None else None
    if shade is None or shade.get(f"{_W}val") == "nil":
        return None
    fill = shade.get(f"{_W}fill", "auto").lower()
    if shade.get(f"{_W}themeFill") and fill == "auto":
        return "themed"
    return None if fill == "auto" else fill


def _grounds(run: etree._Element) -> Iterator[str | None]:
    """The colours said to lie behind a run, from near to far."""
    for ancestor in run.iterancestors(f"{_W}p", f"{_W}tc", f"{_W}tbl"):
        name = str(ancestor.tag).removeprefix(_W)
        yield _shade(ancestor.find(f"{_W}{name}Pr"))


def _is_on_unknown_ground(run: etree._Element) -> bool:
    if next(run.iterancestors(*_UNKNOWN_GROUND), None) is not None:
        return True
    return any(table.find(f"{_W}tblPr/{_W}tblStyle") is not None for table in run.iterancestors(f"{_W}tbl"))


def _ancestor(element: etree._Element, name: str) -> etree._Element | None:
    return next(element.iterancestors(f"{_W}{name}"), None)


def _owner(run: etree._Element) -> etree._Element | None:
    return _ancestor(run, "p")


def _holds_box(run: etree._Element) -> bool:
    return run.find(f".//{_W}txbxContent") is not None


def _text(run: etree._Element) -> str:
    return "".join(part.text or "" for part in run.iter(f"{_W}t"))


def _drop(run: etree._Element) -> None:
    parent = run.getparent()
    if parent is not None:
        parent.remove(run)
