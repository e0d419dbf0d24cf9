"""A Confluence page as HTML, from its storage format.

Macros are not rendered by Confluence: it would do so with the rights of our account, and a page that includes a
restricted one would show it to everybody. What a macro holds itself is kept; what it would fetch is not.
"""

import html
import re

from lxml import etree

AC = "{http://atlassian.com/content}"
RI = "{http://atlassian.com/resource/identifier}"
ROOT = (
    '<page xmlns:ac="http://atlassian.com/content" xmlns:ri="http://atlassian.com/resource/identifier"'
    ' xmlns:at="http://atlassian.com/template">{}</page>'
)
CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]*;")
LITERAL = frozenset({"code", "noformat"})
UNREAD = ("parameter", "placeholder", "task-id", "task-uuid", "image", "adf-attribute", "adf-fallback")
RENAMED = {
    "task-list": "ul",
    "task": "li",
    "task-body": "span",
    "plain-text-link-body": "span",
    "link-body": "span",
    "link": "span",
    "plain-text-body": "p",
}


def as_html(title: str, storage: str) -> bytes:
    """The page with its title as its first heading. What is not well-formed is read as far as it goes."""
    # No entity is ever looked up elsewhere, and none is expanded but the characters that HTML names.
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(ROOT.format(_without_named_entities(storage)).encode(), parser)
    if root is None:
        root = etree.Element("page")
    for element in list(root.iter(etree.Element)):
        _make_plain(element)
    root.tag = "div"
    etree.cleanup_namespaces(root)
    body = etree.tostring(root, encoding="unicode", method="html")
    name = html.escape(title)
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{name}</title></head>'
        f"<body><h1>{name}</h1>{body}</body></html>"
    ).encode()


def _without_named_entities(storage: str) -> str:
    """`&nbsp;` and its like as characters: XML does not know them. Literal text keeps what it says."""
    parts = CDATA.split(storage.replace("\x00", ""))
    return "".join(part if part.startswith("<![CDATA[") else ENTITY.sub(_character, part) for part in parts)


def _character(entity: re.Match[str]) -> str:
    return html.escape(html.unescape(entity[0]), quote=False)


def _make_plain(element: etree._Element) -> None:
    tag = str(element.tag)
    if tag == "time" and not element.text:
        element.text = element.get("datetime", "")
    if tag.startswith(RI):
        _drop(element)
    if not tag.startswith(AC):
        return
    name = tag.removeprefix(AC)
    if name == "structured-macro":
        _open_macro(element)
    elif name == "emoticon":
        _replace_by_text(element, element.get(f"{AC}emoji-fallback", ""))
    elif name == "task-status":
        _replace_by_text(element, "[x] " if element.text == "complete" else "[ ] ")
    elif name in UNREAD:
        _drop(element)
    else:
        element.tag = RENAMED.get(name, "div")
        element.attrib.clear()


def _open_macro(macro: etree._Element) -> None:
    """A box becomes its title and its content; code keeps its lines."""
    name = macro.get(f"{AC}name", "")
    titles = [each.text or "" for each in macro.findall(f"{AC}parameter") if each.get(f"{AC}name") == "title"]
    if name in LITERAL:
        for body in macro.findall(f"{AC}plain-text-body"):
            body.tag = "pre"
    macro.tag = "div"
    macro.attrib.clear()
    if titles and titles[0]:
        heading = etree.Element("p")
        heading.text = titles[0]
        macro.insert(0, heading)


def _drop(element: etree._Element) -> None:
    _replace_by_text(element, "")


def _replace_by_text(element: etree._Element, text: str) -> None:
    parent = element.getparent()
    if parent is None:
        return
    text += element.tail or ""
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(element)
