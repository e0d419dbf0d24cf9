"""Takes out of an HTML page what a browser would not show a reader: hidden elements, letters too small to see, in the
colour of their background, or moved out of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from lxml import html

from ingestion.documents import LeftOut
from ingestion.formats.html_styles import PageStyles, colour_of, declarations, page_styles

_LENGTH = re.compile(r"(-?\d*\.?\d+)\s*(px|pt|em|rem|%|vw|vh)?$")
# What is moved this far out of the page, in its own unit, is not in it.
_FAR_OUT = {"px": 400.0, "pt": 300.0, "em": 40.0, "rem": 40.0, "vw": 100.0, "vh": 100.0, "%": 100.0}
_TINY = {"px": 1.0, "pt": 1.0, "em": 0.08, "rem": 0.08, "%": 8.0}
_WHITE = "ffffff"
_NOT_TEXT = frozenset({"script", "style", "template", "head", "title"})
_PAGE = ("html", "body")
_UNSEEN = ("hidden", "collapse")
_SIZES = ("width", "height", "max-height", "max-width")
Look = Mapping[str, str]


def remove_hidden(root: html.HtmlElement) -> Counter[LeftOut]:
    """Remove what is not shown, and count it by reason."""
    page = _Page(root)
    left_out: Counter[LeftOut] = Counter()
    within = 0
    for element in list(root.iter()):
        if within > 0:
            within -= 1
        elif isinstance(element.tag, str) and element.getparent() is not None and element.tag not in _NOT_TEXT:
            reason = page.reason(element)
            if reason is not None:
                left_out[reason] += _says_something(element)
                within = sum(1 for _ in element.iter()) - 1
                element.drop_tree()
    return left_out


class _Page:
    def __init__(self, root: html.HtmlElement) -> None:
        self._styles: PageStyles = page_styles(root)

    def reason(self, element: html.HtmlElement) -> LeftOut | None:
        if element.get("hidden") not in (None, "until-found"):
            return LeftOut.HIDDEN
        look = self._look(element)
        if not look:
            return None
        if _is_switched_off(look) or (look.get("visibility") in _UNSEEN and self._keeps(element)):
            return LeftOut.HIDDEN
        if _is_tiny(look) and self._keeps_size(element):
            return LeftOut.TINY
        if _is_moved_out(look):
            return LeftOut.OFF_PAGE
        return LeftOut.SAME_COLOUR if self._is_in_colour_of_ground(element, look) else None

    def _look(self, element: html.HtmlElement) -> dict[str, str]:
        look = dict(self._styles.of(element))
        style = element.get("style")
        if style:
            look.update(declarations(style))
        if element.tag == "font" and element.get("color"):
            look["color"] = element.get("color") or ""
        return look

    def _descendants(self, element: html.HtmlElement) -> Iterator[dict[str, str]]:
        return (self._look(child) for child in element.iterdescendants() if isinstance(child.tag, str))

    def _keeps(self, element: html.HtmlElement) -> bool:
        """Whether no element inside is made visible again."""
        return not any(inner.get("visibility") == "visible" for inner in self._descendants(element))

    def _keeps_size(self, element: html.HtmlElement) -> bool:
        """Mails set a row to no size so that no blank shows between its cells, and the cells to theirs."""
        return not any("font-size" in inner or "font" in inner for inner in self._descendants(element))

    def _is_in_colour_of_ground(self, element: html.HtmlElement, look: Look) -> bool:
        colour = colour_of(look.get("color", ""))
        if colour is None or colour != self._ground(element, look):
            return False
        return not any("color" in inner or "background" in inner for inner in self._descendants(element))

    def _ground(self, element: html.HtmlElement, look: Look) -> str | None:
        """The colour behind an element, None where it is not known."""
        for one in (element, *element.iterancestors()):
            said = look if one is element else self._look(one)
            if said.get("background-image") or "url(" in said.get("background", ""):
                return None
            ground = said.get("background-color") or said.get("background") or one.get("bgcolor") or ""
            if ground and ground not in ("transparent", "none", "inherit"):
                return colour_of(ground)
            if one.get("background") or (one.tag not in _PAGE and self._styles.may_colour(one)):
                return None
        return _WHITE


def _is_switched_off(look: Look) -> bool:
    if look.get("display") == "none" or look.get("opacity") in ("0", "0.0", "0%"):
        return True
    clipped = look.get("overflow") == "hidden" and any(_is_nothing(look.get(name)) for name in _SIZES)
    return clipped or "inset(100%" in look.get("clip-path", "")


def _is_nothing(length: str | None) -> bool:
    found = _LENGTH.match(length or "")
    return found is not None and float(found[1]) == 0


def _is_tiny(look: Look) -> bool:
    found = _LENGTH.match(look.get("font-size", ""))
    return found is not None and float(found[1]) <= _TINY.get(found[2] or "px", 0.0)


def _is_moved_out(look: Look) -> bool:
    names = ["text-indent"]
    if look.get("position") in ("absolute", "fixed"):
        names += ["left", "top", "right", "bottom", "margin-left", "margin-top"]
    return any(_is_far_out(look.get(name, "")) for name in names)


def _is_far_out(length: str) -> bool:
    found = _LENGTH.match(length)
    return found is not None and float(found[1]) <= -_FAR_OUT.get(found[2] or "px", 400.0)


def _says_something(element: html.HtmlElement) -> bool:
    """Whether there is text that somebody might have been meant to read."""
    if element.tag in _NOT_TEXT:
        return False
    if (element.text or "").strip():
        return True
    return any(
        (child.tail or "").strip() or (isinstance(child.tag, str) and _says_something(child)) for child in element
    )
