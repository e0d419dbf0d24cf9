"""What a language model says, made harmless while it streams: nothing in it can load, link or hide anything. Pure.

Links, images, HTML and addresses that the sources do not hold are taken out; what cannot be seen is dropped.
A reply that repeats its own instructions, or the secret word that stands in them, is stopped by `UnsafeReply`. However
the stream is cut, the result is the same: the text is taken in units whose ends depend on the text alone.
"""

from __future__ import annotations

import base64
import codecs
import html
import re
import unicodedata
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from enum import StrEnum

from app.safety.seen_text import seen

# In words: so many in a row out of the instructions are no accident.
SHINGLE = 8
# In letters and digits, without regard to what parts them.
RUN = 60
# In characters. A bracket that stays open longer is ordinary text, so that it cannot hold back the stream.
LONGEST_UNIT = 400
LINK_REMOVED, ADDRESS_REMOVED = "(link removed)", "(address removed)"

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINERS = "\u200c\u200d"  # Persian and emoji need them; between Latin letters they only hide something.
_OPEN = re.compile(r"(?:<[A-Za-z/!?][^<>]*|!?\[[^\[\]]*|\]\([^()]*)\Z")
_ENDS = frozenset("\u3002\u3001\uff0c\uff01\uff1f\uff1b")
_RISKY_END = re.compile(r"[<!\[\]:/\\]\Z")
_REST = r"[^\s<>\"'`\[\]()]"
_NOT_INSIDE_A_WORD = r"(?<![A-Za-z0-9_])"
# A name alone is made a link by chat programs, which load a preview of it. Endings that are words or kinds of files are
# left out.
_DOMAINS = (
    "com|net|org|info|biz|io|dev|app|xyz|site|online|top|club|shop|cloud|tech|link|click|ru|cn|uk|eu|de|fr|nl|example"
)
_URL = re.compile(
    rf"[a-z][a-z0-9+.-]{{1,20}}:[/\\]{{1,3}}{_REST}+"
    rf"|{_NOT_INSIDE_A_WORD}(?:https?:{_REST}+"
    rf"|(?:javascript|vbscript|blob|mailto|tel|sms|intent|view-source|xmpp):{_REST}+"
    rf"|data:[\w.+-]*[/;,]{_REST}*"
    rf"|www\d?\.{_REST}+"
    rf"|[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{{2,24}}(?::\d+)?[/?#]{_REST}*"
    rf"|\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?[/?#]{_REST}*[A-Za-z?=]{_REST}*"
    rf"|(?<![@.\w-])[\w-]+(?:\.[\w-]+)*\.(?:{_DOMAINS})(?![\w@-]|\.\w))"
    rf"|[/\\]{{2}}[\w-]+(?:\.[\w-]+)+{_REST}*",
    re.IGNORECASE,
)
_SIGN_OF_ADDRESS = re.compile(r"[/\\@]|[.:].")
# What a browser would run or show as a page of its own is taken out even where a source has it.
_RUNS = re.compile(r"(?:data|javascript|vbscript|blob|view-source):", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://|[^@/]+@)?([\w-]+(?:\.[\w-]+)+)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^<>]*>", re.DOTALL)
_AUTOLINK = re.compile(r"<([a-zA-Z][\w+.-]{1,31}:[^<>\s]*|[^<>\s@]+@[^<>\s]+)>")
_TAG = re.compile(r"</?([A-Za-z][\w:-]*)([^<>]*)>")
_TAG_BEGIN = re.compile(r"<(?=[A-Za-z/!?])")
_IMAGE_BEGIN = re.compile(r"!+\[")
_IMAGE = re.compile(r"!\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
# What a Markdown viewer turns into the link of another place; a number is a citation.
_REFERENCE = re.compile(r"\[(?!\s*\d[\d\s,]*\])([^\[\]]+)\]:")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LINK = re.compile(r"\[([^\[\]\n]*)\]\(\s*<?([^()\s<>]*)>?(?:\s+[\"'(][^()]*)?\s*\)")
_WORD = re.compile(r"[^\W_]+")
_NO_LETTERS = re.compile(r"[\W_]+")
_HTML = re.compile(
    r"(?:a|abbr|acronym|address|applet|area|article|aside|audio|b|base|bdi|bdo|big|blink|blockquote|body|br|button|canvas"
    r"|center|cite|code|col|colgroup|data|datalist|dd|del|details|dialog|div|dl|dt|em|embed|fieldset|figcaption|figure"
    r"|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|img|image|input|ins|isindex|kbd|label|legend|li"
    r"|link|main|map|mark|marquee|math|menu|meta|meter|nav|noscript|object|ol|optgroup|option|output|p|param|picture"
    r"|plaintext|pre|progress|q|s|samp|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg"
    r"|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|use|var|video|wbr|xmp)",
    re.IGNORECASE,
)


class Removed(StrEnum):
    """What was taken out of a reply."""

    INVISIBLE = "invisible"
    MARKUP = "markup"
    IMAGE = "image"
    LINK = "link"
    ADDRESS = "address"
    FRAME = "frame"


class UnsafeReply(Exception):  # noqa: N818 - the name says what happened
    """The model gives away what it must keep to itself. `kind`: "canary" or "instructions"."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class OutputGuard:
    """Feed it the reply and show what it returns. `sources` are the texts whose addresses may be named.

    `instructions` is the text of the prompt, `canary` the secret word in it, `frame` the word around the passages; ""
    where there is none. What was taken out is counted in `removed`.
    """

    def __init__(
        self, sources: Iterable[str] = (), *, instructions: str = "", canary: str = "", frame: str = ""
    ) -> None:
        self.removed: Counter[Removed] = Counter()
        texts = list(sources)
        self._known = {normal for text in texts for normal in addresses_in(text)}
        self._hosts = {host for known in self._known for host in _HOST.findall(known)}
        self._frame = re.compile(re.escape(frame), re.IGNORECASE) if frame else None
        self._secret = _Secret(instructions, canary, texts)
        self._unit: list[str] = []
        self._length = 0
        self._before = ""

    def feed(self, text: str) -> str:
        """What may be shown of the reply now. Raises UnsafeReply."""
        return "".join(self._shown(unit) for unit in self._units(text))

    def flush(self) -> str:
        """The rest, at the end of the reply. Raises UnsafeReply."""
        return self._shown(self._taken(), is_last=True) if self._unit else ""

    def _units(self, text: str) -> Iterator[str]:
        for letter in text:
            if not self._is_visible(letter):
                self.removed[Removed.INVISIBLE] += 1
                continue
            self._before = letter
            self._unit.append(letter)
            self._length += 1
            is_long = self._length >= LONGEST_UNIT
            if letter.isspace() or letter in _ENDS:
                if is_long or not _OPEN.search("".join(self._unit)):
                    yield self._taken()
            elif is_long and self._length >= 2 * LONGEST_UNIT:
                yield self._taken()

    def _is_visible(self, letter: str) -> bool:
        if letter in _JOINERS:  # Two in a row join nothing: they would be digits of a hidden text.
            return self._before > "\u024f" and self._before not in _JOINERS
        return not _INVISIBLE.match(letter)

    def _taken(self) -> str:
        unit, self._unit, self._length = "".join(self._unit), [], 0
        return unit

    def _shown(self, unit: str, *, is_last: bool = False) -> str:
        self._secret.watch(unit)
        body = unit.rstrip()
        cleaned = self._clean(body) if body else ""
        # Two units side by side must not make a link that neither of them is.
        kept_apart = " " if body == unit and not is_last and _RISKY_END.search(cleaned) else ""
        return cleaned + kept_apart + unit[len(body) :]

    def _clean(self, text: str) -> str:
        if self._frame is not None:
            text = self._counted(Removed.FRAME, self._frame, "", text)
        plain = as_viewed(text)
        if plain != text and (_URL.search(plain) or _TAG.search(plain) or _EMAIL.search(plain)):
            text = plain
        text = self._without_markup(text)
        text = _URL.sub(self._known_or(Removed.LINK, LINK_REMOVED), text)
        text = _EMAIL.sub(self._known_or(Removed.ADDRESS, ADDRESS_REMOVED), text)
        # What the removals left side by side must not be markup either.
        text = _IMAGE_BEGIN.sub("[", _TAG_BEGIN.sub("< ", text)).replace("](", "] (")
        return _REFERENCE.sub(r"[\1] :", text)

    def _without_markup(self, text: str) -> str:
        text = self._counted(Removed.MARKUP, _COMMENT, "", text)
        text = _AUTOLINK.sub(r"\1", text)
        text = _TAG.sub(self._tag, text)
        text = self._counted(Removed.IMAGE, _IMAGE, r"\1", text)
        return _LINK.sub(self._link, text)

    def _counted(self, kind: Removed, pattern: re.Pattern[str], by: str, text: str) -> str:
        text, count = pattern.subn(by, text)
        self.removed[kind] += count
        return text

    def _tag(self, tag: re.Match[str]) -> str:
        """HTML goes; what only looks like it, such as "<timeout>", is kept apart from its bracket."""
        if not _HTML.fullmatch(tag[1]) and not re.search(r"[=:]", tag[2]):
            return "< " + tag[0][1:]
        self.removed[Removed.MARKUP] += 1
        return ""

    def _link(self, link: re.Match[str]) -> str:
        said, target = link[1], html.unescape(link[2])
        if said.strip().replace(",", "").isdigit():  # A citation with a remark behind it.
            return f"[{said}]"
        if self.is_known(target):
            return f"{said} ({target})"
        self.removed[Removed.LINK] += 1
        return said

    def _known_or(self, kind: Removed, instead: str) -> _Replace:
        return _Replace(self, kind, instead)

    def is_known(self, address: str) -> bool:
        """Whether a source holds it, or names a page of that very host."""
        normal = normal_address(address)
        return (normal in self._known or normal in self._hosts) and not _RUNS.match(address)


class _Replace:
    """Keeps an address that the sources hold."""

    def __init__(self, guard: OutputGuard, kind: Removed, instead: str) -> None:
        self._guard, self._kind, self._instead = guard, kind, instead

    def __call__(self, found: re.Match[str]) -> str:
        if self._guard.is_known(found[0]):
            return found[0]
        self._guard.removed[self._kind] += 1
        return self._instead


class _Secret:
    """Notices the instructions and their secret word in what goes by, also spelt out, backwards or in ROT13."""

    def __init__(self, instructions: str, canary: str, sources: list[str]) -> None:
        self._shingles = set(_shingles(instructions))
        self._runs = _runs(instructions)
        self._sources = sources
        self._variants = _variants(canary)
        self._words: deque[str] = deque(maxlen=SHINGLE)
        self._tail = ""

    def watch(self, unit: str) -> None:
        plain = unit.lower() if unit.isascii() else seen(unit).text.lower()
        for word in _WORD.findall(plain):
            self._words.append(word)
            words = tuple(self._words)
            if words in self._shingles and not any(words in _shingles(text) for text in self._sources):
                raise UnsafeReply("instructions")
        letters = _letters(plain)
        if self._variants and any(variant in self._tail + letters for variant in self._variants):
            raise UnsafeReply("canary")
        if self._runs:
            self._watch_runs(self._tail[-RUN + 1 :] + letters)
        self._tail = (self._tail + letters)[-max(RUN, *map(len, self._variants), 1) :]

    def _watch_runs(self, letters: str) -> None:
        for at in range(len(letters) - RUN + 1):
            run = letters[at : at + RUN]
            if run in self._runs and not any(self._runs[run] in _letters(text.lower()) for text in self._sources):
                raise UnsafeReply("instructions")


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", text)


def _runs(instructions: str) -> dict[str, str]:
    """Stretches of the instructions' letters as they are, backwards and in ROT13, each with what it says."""
    letters = _letters(instructions.lower())
    plain = _stretches(letters)
    turned, backwards = _stretches(codecs.encode(letters, "rot13")), _stretches(letters[::-1])[::-1]
    return (
        dict(zip(backwards, plain, strict=True))
        | dict(zip(turned, plain, strict=True))
        | dict(zip(plain, plain, strict=True))
    )


def _stretches(letters: str) -> list[str]:
    return [letters[at : at + RUN] for at in range(len(letters) - RUN + 1)]


def addresses_in(text: str) -> set[str]:
    """Every web and mail address of a text, as `normal_address` writes it."""
    # No address has a blank in it, and hardly a word has a sign of one: the costly patterns see those words alone.
    words = " ".join([word for word in text.split() if _SIGN_OF_ADDRESS.search(word)])
    return {normal_address(found[0]) for pattern in (_URL, _EMAIL) for found in pattern.finditer(words)}


def as_viewed(text: str) -> str:
    """With entities and escapes as a viewer of HTML or Markdown shows them, and letters in their plain form."""
    return unicodedata.normalize("NFKC", _ESCAPED.sub(r"\1", html.unescape(text)))


def normal_address(address: str) -> str:
    return unicodedata.normalize("NFKC", html.unescape(address)).strip().rstrip(".,;:!?*_/").casefold()


def _shingles(text: str) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return zip(*(words[offset:] for offset in range(SHINGLE)), strict=False)


def _variants(canary: str) -> set[str]:
    """The word itself, backwards, in ROT13, as hexadecimal digits and inside base64, in small letters."""
    if not canary:
        return set()
    raw = canary.encode()
    inside = {base64.b64encode(b"\0" * before + raw).decode()[4 if before else 0 : -4] for before in range(3)}
    return {one.lower() for one in {canary, canary[::-1], codecs.encode(canary, "rot13"), raw.hex(), *inside}}
