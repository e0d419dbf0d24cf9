"""What an HTML page says of itself: its title, its links, how it wants to be treated, and its main content alone."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree, html

from ingestion.documents import Block
from ingestion.formats.decoding import decode
from ingestion.formats.html import read_html
from ingestion.web_pages.addresses import canonical
from ingestion.web_pages.main_content import main_content
from ingestion.web_pages.polite import AGENT

LONGEST_TITLE = 300
# A page that sends its reader on within this time is a redirect in other words.
_PROMPT_S = 5
_REFRESH = re.compile(r"\s*(\d{1,4})(?!\d)[^;,]*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.I)
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_WISHES_WITH_VALUE = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_SMALL = "translate(@{0}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"


@dataclass(frozen=True, slots=True)
class Page:
    """`links` leave out those that are not to be followed. `same_as` is the page's rel=canonical, `sent_on` where a
    prompt refresh leads. `content` is a complete HTML page of the main content; `fingerprint` is of what it says.
    """

    title: str
    links: tuple[str, ...]
    same_as: str | None
    sent_on: str | None
    is_indexed: bool
    modified_at: datetime | None
    content: bytes
    fingerprint: str


def read_page(data: bytes, url: str, *, charset: str | None = None, robots_header: str = "") -> Page | None:
    """The page, or None where the bytes hold no markup at all. `robots_header` is its X-Robots-Tag."""
    root = _tree(data, charset)
    if root is None:
        return None
    base = canonical(root.xpath("string(//base/@href)"), url) or url
    wishes = _wishes(root, robots_header)
    content = main_content(root)
    said = read_html(content)
    title = said.title or next((block.text for block in said.blocks), "")
    return Page(
        title=title[:LONGEST_TITLE],
        links=() if wishes & {"nofollow", "none"} else tuple(dict.fromkeys(_links(root, base))),
        same_as=_same_as(root, base),
        sent_on=_sent_on(root, base),
        is_indexed=not wishes & {"noindex", "none"},
        modified_at=said.modified_at,
        content=content,
        fingerprint=_fingerprint(said.title, said.blocks),
    )


def _tree(data: bytes, charset: str | None) -> html.HtmlElement | None:
    declared = _DECLARED.search(data[:4096])
    text = decode(data, charset or (declared.group(1).decode("ascii", "ignore") if declared else None))
    text = _XML_DECLARATION.sub("", text).replace("\0", "")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def _links(root: html.HtmlElement, base: str) -> Iterator[str]:
    for link in root.xpath("//a[@href] | //area[@href]"):
        url = canonical(link.get("href"), base)
        if url is not None and "nofollow" not in (link.get("rel") or "").lower().split():
            yield url


def _same_as(root: html.HtmlElement, base: str) -> str | None:
    """Two different canonical addresses contradict each other and mean nothing."""
    named = {canonical(href, base) for href in root.xpath(f"//link[{_SMALL.format('rel')}='canonical']/@href") if href}
    return named.pop() if len(named) == 1 else None


def _sent_on(root: html.HtmlElement, base: str) -> str | None:
    for content in root.xpath(f"//meta[{_SMALL.format('http-equiv')}='refresh']/@content"):
        found = _REFRESH.match(content)
        if found and int(found.group(1)) <= _PROMPT_S:
            return canonical(found.group(2), base)
    return None


def _wishes(root: html.HtmlElement, header: str) -> set[str]:
    """What the page asks of every robot and of ours, in its head and in its header."""
    asked = [
        content
        for name in ("robots", AGENT.lower())
        for content in root.xpath(f"//meta[{_SMALL.format('name')}='{name}']/@content")
    ]
    # A header for one robot by name reads "name: wish, wish"; what follows belongs to it until the next name.
    is_for_us = True
    for part in header.lower().split(","):
        name, colon, wish = part.partition(":")
        if colon and name.strip() not in _WISHES_WITH_VALUE:
            is_for_us = name.strip() == AGENT.lower()
        if is_for_us:
            asked.append(wish if colon else part)
    return {wish.strip() for content in asked for wish in content.lower().split(",")}


def _fingerprint(title: str, blocks: Sequence[Block]) -> str:
    """Of the words, headings and tables alone: a new class name or token in the markup is no change."""
    digest = hashlib.sha256(title.encode())
    for block in blocks:
        digest.update(repr((str(block.kind), block.text, block.level, block.rows)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
