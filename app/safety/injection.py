"""Finds instructions addressed to a language model in a text: orders to drop its rules, to play another part, to change
its reply, to give away what it was told.

Pure patterns: what they cannot know is an order that reads like any other sentence ("Please create a calendar event").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator

from app.safety.findings import Finding, InstructionKind
from app.safety.hints import hints
from app.safety.seen_text import readings

# At and above: rarely a false alarm on ordinary company documents. Below it a finding wants a second reason.
CAREFUL = 0.8
# At and above: worth counting together with others.
EAGER = 0.6

# With the signs of addresses too, and broken into lines.
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{28,2000}(?:\r?\n[A-Za-z0-9+/_-]{4,100}){0,40}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<![\w])(?:[0-9a-f]{2}){16,1000}(?![\w])|(?<!\w)(?:[0-9a-f]{2} ){15,1000}[0-9a-f]{2}(?!\w)", re.I)
_MOST_ENCODED = 50
# In characters; what a rule can span is shorter than the overlap.
_STRETCH, _OVERLAP = 2000, 400
MOST_REMEMBERED = 20_000
_remembered: dict[bytes, tuple[Finding, ...]] = {}


def find_instructions(text: str, least: float = CAREFUL) -> list[Finding]:
    """Return the places that read like orders to a model, in order, none overlapping, each scored at least `least`.

    Two weaker findings of different kinds in one text support each other. What was found in a text is remembered by
    its hash, for passages are shown again and again.
    """
    key = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    found = _remembered.get(key)
    if found is None:
        found = (*_by_rules(text), *_encoded(text), *_disguised(text))
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = found
    kinds = {finding.kind for finding in found}
    raised = (_raised(finding, len(kinds)) for finding in found)
    return list(_apart(finding for finding in raised if finding.score >= least))


def instruction_score(text: str) -> float:
    """How sure it is that `text` holds an order to a model: the score of its surest place, 0 for none."""
    return max((finding.score for finding in find_instructions(text, 0.0)), default=0.0)


def _by_rules(text: str) -> Iterator[Finding]:
    """Looks stretch by stretch, so that one telling word does not put every rule to a whole book."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(letter if len(letter.lower()) != 1 else letter.lower() for letter in text)
    for begin in range(0, max(len(text), 1), _STRETCH):
        end = begin + _STRETCH + _OVERLAP
        for rule in hints().worth_trying(small[begin:end]):
            for match in rule.pattern.finditer(text, begin, end):
                yield Finding(*_trimmed(match), rule.kind, rule.score)


def _trimmed(match: re.Match[str]) -> tuple[int, int]:
    said = match.group()
    return match.start() + len(said) - len(said.lstrip()), match.end()


def _encoded(text: str) -> Iterator[Finding]:
    """Orders written in base64 or as hexadecimal digits."""
    if not hints().may_be_encoded(text):
        return
    for pattern, read in ((_BASE64, _from_base64), (_HEX, _from_hex)):
        for at, match in enumerate(pattern.finditer(text)):
            if at >= _MOST_ENCODED:
                break
            inside = read(match.group())
            if inside and any(True for _ in _by_rules(inside)):
                yield Finding(match.start(), match.end(), InstructionKind.ENCODED, 0.9)


def _disguised(text: str) -> Iterator[Finding]:
    """Orders in look-alike letters, broken up, backwards, or written in characters that nobody sees."""
    for reading in readings(text):
        for finding in _by_rules(reading.text):
            yield Finding(*reading.span(finding.start, finding.end), finding.kind, finding.score)


def _from_base64(text: str) -> str:
    plain = "".join(text.split()).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _from_hex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode("utf-8")
    except ValueError:
        return ""


def _raised(finding: Finding, kinds: int) -> Finding:
    if finding.score >= CAREFUL or kinds < 2:
        return finding
    return Finding(finding.start, finding.end, finding.kind, max(finding.score, CAREFUL))


def _apart(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The surest of those that overlap."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda one: (-one.score, one.start)):
        if all(finding.end <= other.start or finding.start >= other.end for other in kept):
            kept.append(finding)
    yield from sorted(kept, key=lambda one: one.start)
