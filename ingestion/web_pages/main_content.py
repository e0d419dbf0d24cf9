"""A page without what stands around its content: navigation, banners, side columns, footers.

A page that marks its main content is taken at its word, markup and all; in any other, trafilatura finds it.
"""

from copy import deepcopy

import trafilatura
from lxml import etree, html

from ingestion.formats.html_hidden import remove_hidden

_NOT_CONTENT = ("script", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "link", "base")
# Inside a section these belong to it; a heading of the page often stands in its header.
_AROUND = (
    ".//nav | .//dialog | .//menu | .//*[(self::footer or self::aside or self::header[not(.//h1)])"
    " and not(ancestor::main or ancestor::article or ancestor::section)]"
)
_MARKED = ".//main | .//*[@role='main'] | .//article[not(ancestor::article)]"
# On some pages the marked element, or what trafilatura keeps, is only a small part of what is said.
_MARKED_SHARE = 0.3
_KEPT_SHARE = 0.75
# Finding the content of a larger page takes many seconds, and such a page is one long text anyway.
_LARGEST = 2_000_000
_TAGS = {"item": "li", "row": "tr", "quote": "blockquote", "code": "pre", "lb": "br", "graphic": "img", "hi": "span"}


def main_content(root: html.HtmlElement) -> bytes:
    """A complete HTML page in UTF-8, with the title and dates of this one, that says what it says and no more."""
    page = deepcopy(root)
    etree.strip_elements(page, *_NOT_CONTENT, with_tail=False)
    body = page.find("body") if page.tag == "html" else page
    body = page if body is None else body
    for element in body.xpath(_AROUND):
        element.drop_tree()
    marked = _marked(body)
    return _page_of(page, _extracted(page, body) if marked is None else marked)


def _marked(body: html.HtmlElement) -> html.HtmlElement | None:
    marked = body.xpath(_MARKED)
    outermost = [element for element in marked if not any(other in marked for other in element.iterancestors())]
    if len(outermost) == 1 and _length(outermost[0]) >= _length(body) * _MARKED_SHARE:
        return outermost[0]
    return None


def _extracted(page: html.HtmlElement, body: html.HtmlElement) -> etree._Element:
    """What trafilatura keeps has lost the styles by which the parser would tell what no reader sees."""
    seen = deepcopy(page)
    remove_hidden(seen)
    markup = etree.tostring(seen, encoding="unicode", method="html")
    if len(markup) > _LARGEST:
        return body
    found = trafilatura.bare_extraction(
        markup, include_formatting=True, include_images=True, include_comments=False, favor_recall=True
    )
    kept = getattr(found, "body", None)
    if kept is None or _length(kept) < _prose_length(seen) * _KEPT_SHARE:
        return body
    return _as_html(kept)


def _as_html(kept: etree._Element) -> etree._Element:
    """Trafilatura's own elements in HTML's words; its own conversion forgets that a list was numbered."""
    for element in kept.iter(etree.Element):
        rend = element.get("rend") or ""
        if element.tag == "head":
            element.tag = rend if rend in {"h1", "h2", "h3", "h4", "h5", "h6"} else "h2"
        elif element.tag == "list":
            element.tag = "ol" if rend == "ol" else "ul"
        elif element.tag == "cell":
            element.tag = "th" if element.get("role") == "head" else "td"
        elif element.tag == "code" and element.getparent() is not None and element.getparent().tag == "pre":
            continue
        else:
            element.tag = _TAGS.get(element.tag, element.tag)
    return kept


def _page_of(page: html.HtmlElement, content: etree._Element) -> bytes:
    whole = etree.Element("html", attrib={"lang": page.get("lang")} if page.get("lang") else {})
    head = etree.SubElement(whole, "head")
    # The meta element of the encoding would contradict ours; a style says what is hidden.
    for element in page.xpath("//title[not(ancestor::svg)] | //meta[@name or @property] | //style"):
        if not any(ancestor is content for ancestor in element.iterancestors()):
            head.append(element)
    if content.tag == "body":
        whole.append(content)
    else:
        etree.SubElement(whole, "body").append(content)
    content.tail = None
    return b"<!DOCTYPE html>\n" + etree.tostring(whole, method="html", encoding="utf-8")


def _prose_length(page: html.HtmlElement) -> int:
    return _length(page) - sum(_length(element) for element in page.iter("a", "head"))


def _length(element: etree._Element) -> int:
    return sum(len(" ".join(text.split())) for text in element.itertext())
