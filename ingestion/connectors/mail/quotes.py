"""Leaves out of an answer what it repeats of earlier messages, and nothing else.

Only a quoted paragraph goes, and only if the very same paragraph stands in an earlier message of the thread: an answer
between the quoted lines stays, and so does a quotation whose original is not here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import html

from ingestion.formats.html_shown import BLOCKS, visible_text

_NOT_WORDS = re.compile(r"[\W_]+")
_QUOTED = re.compile(r"^(?:\s*>)+ ?")
_DIVIDER = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|"
    r"messaggio originale|oorspronkelijk bericht|forwarded message|weitergeleitete nachricht)\s*-{2,}|_{20,})\s*$",
    re.I,
)
_SENDER = re.compile(r"^\s*\*?(?:from|von|de|da|van|från|fra|od|expéditeur)\*?\s*:", re.I)
_HEADER = re.compile(
    r"^\s*\*?(?:sent|date|to|subject|gesendet|datum|an|betreff|envoyé|à|objet|cc)\b[^:\n]{0,12}:", re.I
)
_HEADS = ".//*[@id='divRplyFwdMsg' or @id='appendonsend' or contains(@style, 'border-top:solid #')]"


def _of_class(name: str) -> str:
    return f".//*[contains(concat(' ', @class, ' '), ' {name} ')]"


_QUOTING = " | ".join((".//blockquote", _of_class("gmail_quote"), _of_class("yahoo_quoted")))
_INTRODUCTIONS = " | ".join((_of_class("gmail_attr"), _of_class("moz-cite-prefix")))
_INTRODUCTION = re.compile(r"(?:\d[^\d]*\d|@).*[:：]\s*$", re.S)
LONGEST_INTRODUCTION, LINES_OF_INTRODUCTION = 300, 3


class Said:
    """The paragraphs that earlier messages of a thread hold, whatever their marks, case and line breaks."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def add(self, paragraphs: Iterable[str]) -> None:
        self._keys.update(_key(paragraph) for paragraph in paragraphs)

    def __contains__(self, paragraph: str) -> bool:
        key = _key(paragraph)
        return not key or key in self._keys


@dataclass(slots=True)
class Paragraph:
    """A plain text's paragraph, its lines without their quotation marks, and whether it is quoted."""

    lines: list[str]
    is_quoted: bool

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def is_head(self) -> bool:
        """Whether it is the head of a copied message: who sent it, and at least two more lines of that kind."""
        return bool(_SENDER.match(self.lines[0])) and sum(1 for line in self.lines[1:8] if _HEADER.match(line)) >= 2


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a plain text. Everything after the head of a copied message counts as quoted."""
    found: list[Paragraph] = []
    is_open = is_copy = False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if _DIVIDER.match(line):
            found.append(Paragraph([line.strip()], is_quoted=True))
            is_open, is_copy = False, True
            continue
        is_quoted = is_copy or line.lstrip().startswith(">")
        bare = _QUOTED.sub("", line).rstrip()
        if not bare.strip():
            is_open = False
            continue
        if is_open and found[-1].is_quoted == is_quoted:
            found[-1].lines.append(bare)
        else:
            found.append(Paragraph([bare], is_quoted))
        is_open = True
        if not is_copy and found[-1].is_head:
            found[-1].is_quoted = is_copy = True
    return found


def without_repeated(found: list[Paragraph], said: Said) -> list[Paragraph]:
    """What is left of a plain text; the line that introduces a quotation goes with it."""
    kept: list[Paragraph] = []
    is_dropping = False
    for paragraph in reversed(found):
        is_introduction = is_dropping and (paragraph.is_head or _introduces(paragraph))
        is_dropping = (paragraph.is_quoted and paragraph.text in said) or is_introduction
        if not is_dropping and not _DIVIDER.match(paragraph.lines[0]):
            kept.append(paragraph)
    return kept[::-1]


def leaves(root: html.HtmlElement) -> list[html.HtmlElement]:
    """The elements that hold text themselves, as a page's paragraphs, items and cells do."""
    above: set[html.HtmlElement] = set()
    blocks = [element for element in root.iter() if element.tag in BLOCKS]
    for element in blocks:
        for ancestor in element.iterancestors():
            if ancestor in above:
                break
            above.add(ancestor)
    return [element for element in blocks if element not in above]


def drop_repeated(root: html.HtmlElement, said: Said) -> None:
    """The same for a page: whatever is quoted there and stands in an earlier message is taken out."""
    quoted = _quoted(root)
    dropped = [leaf for leaf in leaves(root) if leaf in quoted and visible_text(leaf) in said]
    if not any(visible_text(leaf) for leaf in dropped):
        return
    introductions = [each for each in root.xpath(_INTRODUCTIONS) if len(visible_text(each)) <= LONGEST_INTRODUCTION]
    for element in dict.fromkeys([*dropped, *introductions, *_heads(root)]):
        if element is not root and element.getparent() is not None:
            element.drop_tree()


def _quoted(root: html.HtmlElement) -> set[html.HtmlElement]:
    """Every element within a quotation, or after the head of a copied message."""
    areas, heads = set(root.xpath(_QUOTING)), set(_heads(root))
    quoted: set[html.HtmlElement] = set()
    is_copy = False
    for element in root.iter():
        is_copy = is_copy or element in heads
        if is_copy or element in areas or element.getparent() in quoted:
            quoted.add(element)
    return quoted


def _heads(root: html.HtmlElement) -> list[html.HtmlElement]:
    found = [each for each in root.xpath(_HEADS) if len(visible_text(each)) <= LONGEST_INTRODUCTION * 2]
    return [each for each in found if each.get("id") or _SENDER.match(visible_text(each))]


def _introduces(paragraph: Paragraph) -> bool:
    """Whether it reads like "On 3 March 2024 Ada wrote:", and not like words of the sender's own."""
    if len(paragraph.lines) > LINES_OF_INTRODUCTION or len(text := paragraph.text) > LONGEST_INTRODUCTION:
        return False
    return bool(_INTRODUCTION.search(text))


def _key(paragraph: str) -> str:
    return _NOT_WORDS.sub(" ", paragraph).strip().casefold()
