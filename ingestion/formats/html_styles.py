"""The few things that matter here of a page's own style sheets: what hides elements, and what colours them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import html

_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?([.#][\w-]+)$", re.I)
_NAMED = re.compile(r"[.#][\w-]+")
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})$")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+%?))?\s*\)$")
_NAMES = {"white": "ffffff", "black": "000000", "snow": "fffafa", "ivory": "fffff0", "transparent": "transparent"}
_KEPT = frozenset(("display", "visibility", "color", "background", "background-color", "background-image", "font-size",
         "font", "opacity", "position", "left", "top", "right", "bottom", "margin-left", "margin-top", "text-indent",
         "overflow", "height", "width", "max-height", "max-width", "clip-path"))  # fmt: skip
_MOST_CHARACTERS = 500_000


@dataclass(frozen=True, slots=True)
class PageStyles:
    """What the page's own sheets say about single classes and ids; `coloured` are those whose background may be set.

    `has_others`: the page takes sheets from elsewhere too, which are not fetched.
    """

    rules: Mapping[str, Mapping[str, str]]
    coloured: frozenset[str]
    has_others: bool

    def of(self, element: html.HtmlElement) -> Mapping[str, str]:
        if not self.rules:
            return {}
        found: dict[str, str] = {}
        for name in _names(element):
            found.update(self.rules.get(name, {}))
        return found

    def may_colour(self, element: html.HtmlElement) -> bool:
        """Whether a sheet may give the element a background."""
        names = set(_names(element))
        return bool(names) and (self.has_others or not self.coloured.isdisjoint(names))


def page_styles(root: html.HtmlElement) -> PageStyles:
    """Read the `style` elements; rules for printers, small screens and states such as `:hover` are passed over."""
    text = "\n".join(style.text or "" for style in root.iter("style"))[:_MOST_CHARACTERS].lower()
    rules: dict[str, dict[str, str]] = defaultdict(dict)
    mentioned: dict[str, set[str]] = defaultdict(set)
    coloured: set[str] = set()
    for selector, said in _rules(text):
        simple = _SIMPLE.match(selector)
        if simple:
            rules[simple[1]].update(said)
        else:
            for name in _NAMED.findall(selector):
                mentioned[name].update(said)
        if any(name.startswith("background") for name in said):
            coloured.update(_NAMED.findall(selector))
    others = root.xpath("//link[contains(@rel, 'stylesheet')]")
    return PageStyles(_certain(rules, mentioned), frozenset(coloured), bool(others) or "@import" in text)


def _certain(rules: Mapping[str, dict[str, str]], mentioned: Mapping[str, set[str]]) -> Mapping[str, Mapping[str, str]]:
    """What another rule about the same class may change again, as for a menu that opens, is not certain."""
    return {
        name: {key: value for key, value in said.items() if key not in mentioned.get(name, ())}
        for name, said in rules.items()
    }


def _rules(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for selectors, body in _RULE.findall(_without_conditions(_COMMENT.sub(" ", text))):
        said = declarations(body)
        if said:
            yield from ((selector.strip(), said) for selector in selectors.split(","))


def _without_conditions(text: str) -> str:
    """Drop `@media` and its like with their blocks."""
    parts, at = [], 0
    while (found := text.find("@", at)) >= 0:
        parts.append(text[at:found])
        opening, end = text.find("{", found), text.find(";", found)
        if opening < 0 or 0 <= end < opening:
            at = end + 1 if end >= 0 else len(text)
            continue
        at = _closing(text, opening)
    return "".join([*parts, text[at:]])


def _closing(text: str, opening: int) -> int:
    depth = 0
    for brace in re.finditer(r"[{}]", text[opening:]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return opening + brace.end()
    return len(text)


def declarations(style: str) -> dict[str, str]:
    """The properties of a `style` attribute or of a rule's body that matter here, in small letters."""
    found: dict[str, str] = {}
    for part in style.lower().split(";"):
        name, _, value = part.partition(":")
        if name.strip() in _KEPT:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def colour_of(text: str) -> str | None:
    """A colour as six hexadecimal digits, or None where it is not known."""
    text = text.strip().lower()
    if text in _NAMES:
        return _NAMES[text]
    short = _HEX.match(text if text.startswith("#") else f"#{text}")
    if short:
        return short[1] if len(short[1]) == 6 else "".join(digit * 2 for digit in short[1])
    parts = _RGB.match(text)
    if parts is None or parts[4] in ("0", "0.0", "0%"):
        return None
    return "".join(f"{min(int(part), 255):02x}" for part in parts.groups()[:3])


def _names(element: html.HtmlElement) -> list[str]:
    names = [f".{name}" for name in (element.get("class") or "").lower().split()]
    own = element.get("id")
    return [*names, f"#{own.lower()}"] if own else names
