"""A thread as one page: its subject, and each message under a heading that says who wrote it and when.

What a sender can put into a message stays below that heading: no markup of theirs looks like another message's.
"""

import html as escaping
import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree, html

from ingestion.connectors.mail.quotes import Said, drop_repeated, leaves, paragraphs, without_repeated
from ingestion.connectors.mail.threads import Letter, Thread, without_prefix
from ingestion.formats.html_hidden import remove_hidden
from ingestion.formats.html_shown import visible_text

DROPPED = frozenset({
    "script", "style", "title", "meta", "link", "base", "noscript", "template", "iframe", "object", "embed",
    "form", "input", "button",
})  # fmt: skip
# What a page's own layout would mean to a reader of pages; in a letter it is only a box.
BOXES = frozenset({
    "main", "article", "section", "header", "footer", "aside", "nav", "html", "head", "body", "address", "dialog",
})  # fmt: skip
LEFT_OUT = "The text of this message was left out: it is too large."
ENCRYPTED = "The text of this message is encrypted."
WITHOUT_TEXT = "This message has no text."
UNTITLED = "Without a subject"
_ITEM = re.compile(r"\s*(?:[-*•–]|\d{1,3}[.)])\s")
_PAGE_TAGS = re.compile(r"</?(?:html|body)\b[^<>]*>", re.I)
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f/\\:*?\"<>|]+")
LOWEST_HEADING = 6


@dataclass(frozen=True, slots=True)
class Body:
    """A message's text: plain or a page, one for each part; `note` stands where there is none."""

    texts: Sequence[tuple[str, str]] = ()
    note: str = ""


def page(thread: Thread, bodies: Sequence[tuple[Letter, Body]], *, left_out: int = 0) -> bytes:
    """The thread as an HTML page in UTF-8. `left_out`: so many older messages are not in `bodies`."""
    subject = escaping.escape(_clean(thread.subject) or UNTITLED)
    said = Said()
    parts = [f"<h1>{subject}</h1>"]
    if left_out:
        parts.append(f"<p>{left_out} older messages of this thread were left out: together they are too large.</p>")
    for letter, body in bodies:
        parts.append(_head(letter, thread))
        parts += [_text(kind, text, said) for kind, text in body.texts] or [f"<p>{body.note or WITHOUT_TEXT}</p>"]
    whole = f'<!doctype html><html><head><meta charset="utf-8"><title>{subject}</title></head>'
    return f"{whole}<body><main>{''.join(parts)}</main></body></html>".encode("utf-8", "replace")


def file_name(thread: Thread) -> str:
    return f"{_NOT_IN_NAMES.sub(' ', _clean(thread.subject) or UNTITLED).strip()[:150]}.html"


def _head(letter: Letter, thread: Thread) -> str:
    when = f", {letter.sent_at:%Y-%m-%d %H:%M}" if letter.sent_at else ""
    head = f"<h2>{escaping.escape(_clean(letter.sender) or 'An unknown sender')}{when}</h2>"
    subject = without_prefix(letter.subject)
    if subject and subject.casefold() != thread.subject.casefold():
        head += f"<p>Subject: {escaping.escape(_clean(subject))}</p>"
    return head


def _text(kind: str, text: str, said: Said) -> str:
    return _from_page(text, said) if kind == "text/html" else _from_plain(text, said)


def _from_plain(text: str, said: Said) -> str:
    found = paragraphs(_clean(text))
    kept = without_repeated(found, said)
    said.add(paragraph.text for paragraph in found)
    return "".join(f"<p>{_lines(paragraph.text)}</p>" for paragraph in kept)


def _lines(text: str) -> str:
    """Lines of a list stay lines; others were broken to fit a screen of eighty columns."""
    lines = [escaping.escape(line) for line in text.split("\n")]
    return lines[0] + "".join(("</p><p>" if _ITEM.match(line) else "<br>") + line for line in lines[1:])


def _from_page(text: str, said: Said) -> str:
    root = _tree(text)
    if root is None:
        return _from_plain(text, said)
    # Here, because each message's style sheet speaks of that message alone.
    remove_hidden(root)
    for element in list(root.iter()):
        if element is not root and element.tag in DROPPED and element.getparent() is not None:
            element.drop_tree()
    held = [visible_text(leaf) for leaf in leaves(root)]
    drop_repeated(root, said)
    said.add(held)
    for element in root.iter():
        element.attrib.pop("role", None)
        if element.tag in BOXES:
            element.tag = "div"
        elif re.fullmatch("h[1-6]", str(element.tag)):
            element.tag = f"h{min(int(element.tag[1]) + 2, LOWEST_HEADING)}"
    written: str = etree.tostring(root, encoding="unicode", method="html")
    return written


def _tree(text: str) -> html.HtmlElement | None:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        # What programs append below the page's end is part of the message, but the parser would leave it out.
        return html.document_fromstring(_PAGE_TAGS.sub("", _clean(text)).encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None


def _clean(text: str) -> str:
    """Without characters that neither a page nor the database can hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", text)
