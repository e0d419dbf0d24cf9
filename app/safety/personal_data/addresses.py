"""Finds postal addresses: a street with its number, as several languages write it, and the parts around it."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

_NUMBER = r"\d{1,5}(?:[ ]?[-/][ ]?\d{1,4})?[ ]?[A-Za-z]?\b"
_NAME = r"(?:[^\W\d_][\w'’.-]*[ ]){1,4}?"
_EN = (
    r"(?:street|st|road|rd|avenue|ave|boulevard|blvd|lane|ln|terrace|crescent|highway|hwy|parkway|pkwy|mews|quay|"
    r"broadway|"
    r"alley|wharf|plaza|esplanade)"
)
# These are ordinary words as well: only with capitals.
_EN_CAPITAL = (
    r"(?:Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Close|Circle|Row|Walk|Gardens|Trail|Way|Pike|Loop|Park|Green|Hill|View)"
)
_JOINED = (
    r"(?:stra(?:ß|ss)e|str\.|weg|allee|platz|gasse|damm|ufer|ring|chaussee|graben|steig|gatan|gata|gaten|vägen|väg|"
    r"vegur|"
    r"katu|tie|kuja|polku|kaari|vej|vegen|veien|vei|allé|straat|laan|gracht|plein|dijk|kade|steenweg|utca|tér|götu|"
    r"stígur|"
    r"braut|heimar|backe|gränd|stræde|torv|plass|svingen|bakken)"
)
_FIRST = (
    r"(?:rue|avenue|boulevard|chemin|place|quai|impasse|route|via|viale|piazza|corso|vicolo|largo|strada|calle|c/|"
    r"avenida|avda\.?|"
    r"av\.?|paseo|plaza|camino|ctra\.?|carretera|rua|travessa|praça|estrada|alameda|ulica|ul\.|aleja|al\.|plac|os\.|"
    r"ulice|"
    r"náměstí|trg|cesta|strada|bulevardul|str\.|kralja|οδός|λεωφόρος)"
)
_UNIT = r"(?:apt|apartment|suite|ste|flat|piso|appt|wohnung)\b\.?[ ]?#?[ ]?\d{1,5}[A-Za-z]?"
_PATTERNS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        # 221B Baker Street, 12 Rue de Rivoli
        rf"(?<![\w/.,-])(?:\d{{1,5}}[ ])?{_NUMBER}[ ]{_NAME}{_EN}\b\.?(?:[ ](?:\d{{1,4}}\b|n|s|e|w|ne|nw|se|sw)\b)?",
        rf"(?-i:(?<![\w/.,-])(?:\d{{1,5}}[ ])?{_NUMBER}[ ](?:[A-Z][\w'’.-]*[ ]){{1,4}}?{_EN_CAPITAL}\b)",
        rf"(?<![\w/.,-])(?:\d{{1,5}}[ ])?{_NUMBER},?[ ]{_FIRST}[ ](?:[^\W\d_][\w'’.-]*[ "
        rf",]{{0,2}}){{1,5}}(?:\d{{1,4}}\b)?",
        # Hauptstraße 5, Strandvejen 12, Via Roma 3
        rf"(?<!\w)(?:\d{{1,5}}[ ])?(?:[^\W\d_][\w'’.-]*[ ]){{0,2}}[^\W\d_]{{2,}}(?:-[^\W\d_]+)?[ -]?{_JOINED}[ "
        rf"]{_NUMBER}",
        rf"(?<!\w)(?:\d{{1,5}}[ ])?{_FIRST}[ ](?:[^\W\d_][\w'’.-]*,?[ ]){{1,5}}{_NUMBER}",
        # Post boxes, and flats within a house
        r"\b(?:p\.?[ ]?o\.?[ ]?box|postfach|psc|apartado|boîte postale|b\.?p\.?)[ ]\d{1,6}(?:,[ ]?box[ "
        r"]\d{1,6})?(?:\s+[af]po[ ]\w\w[ ]\d{5})?",
        rf"\b{_UNIT}",
        # Ships and military post offices
        r"\b(?:unit[ ]\d{3,5}[ ]box[ ]\d{2,5}|us(?:ns|s|cgc|nv)[ ][^\W\d_]+)[\s,]{1,8}[adf]po[ ]\w\w[ ]\d{5}\b",
        # Springfield, IL 62704 · M1 1AE · Zip code 12345
        r"(?<!\w)[A-Z][\w'’.-]*(?:[ ][A-Z][\w'’.-]*){0,2},[ ][A-Z]{2}[ ]\d{5}(?:-\d{4})?\b",
        r"\b(?:zip(?:[ ]?code)?|post(?:al)?[ ]?code|postcode|plz)(?:[ ]is|[ ]are)?[ "
        r":#]{1,3}(?=[^\n]{0,8}\d)[A-Z0-9]{2,5}[ -]?[A-Z0-9]{2,5}\b",
        r"\bGIR[ ]?0AA\b|(?-i:\b[A-Z]{1,2}\d[A-Z\d]?[ ]\d[ABD-HJLNP-UW-Z]{2}\b)",
    )
)
# What follows such words up to the end of the line or sentence is an address if there is a number in it.
_SAID = re.compile(
    r"\b(?:(?:home|billing|mailing|postal|street|shipping|delivery|office|my|his|her|their|our|new|old)[ "
    r"]address(?:es)?(?:[ ]is|[ ]are|[ ]to)?"
    r"|address(?:[ ]is|[ ]are)?|lives?[ ]at|living[ ]at|resid(?:es|ing)[ ]at|resident[ ]of|located[ ]at|moved[ ]to|"
    r"offices?[ ](?:is|are)[ ](?:located[ ])?at|"
    r"sent?[ ]to|deliver(?:ed)?[ ]to|address[ ]with)"
    r"[ \t]*[:=,]?[ \t]+",
    re.I,
)
_MOST = 120
# A town, a state or a country below or beside it, up to the post code that ends the line.
_REST = re.compile(
    r"(?:[ ,]{0,2}\n?[ \t>?|]{0,8}[^\W\d_][^\n\d.!?:;]{0,34}){0,3}?"
    r"[\s>?,]{1,8}(?:[A-Za-z]{2,3}[ ])?\d{4,6}(?=[ \t]*(?:\Z|[\n.,!?]))"
)
_GAP = re.compile(r"[\s,;>·|]{0,6}")


def find_addresses(text: str) -> list[Span]:
    """Where addresses stand, parts that follow each other as one."""
    parts = sorted([*_by_form(text), *_as_said(text)])
    whole: list[Span] = []
    for start, end in parts:
        if whole and (start <= whole[-1][1] or _GAP.fullmatch(text, whole[-1][1], start)):
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return [(start, _with_rest(text, end)) for start, end in whole]


def _with_rest(text: str, end: int) -> int:
    rest = _REST.match(text, end)
    return rest.end() if rest else end


def _by_form(text: str) -> Iterator[Span]:
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield match.start(), match.start() + len(match[0].rstrip(" ,"))


def _as_said(text: str) -> Iterator[Span]:
    for match in _SAID.finditer(text):
        start = match.end()
        stretch = _until_end(text[start : start + _MOST])
        if re.search(r"\d{1,5}", stretch) and re.search(r"[^\W\d_]{3}", stretch) and _looks_like(stretch):
            yield start, start + len(stretch)


def _looks_like(stretch: str) -> bool:
    """A house number before a word with a capital, or after one."""
    return bool(
        re.search(r"^\d{1,5}[\w/-]*[ ,]+(?:\d{1,5}[ ])?[^\W\d_]|^[^\W\d_].{2,40}[^\W\d_]\.?[ ]\d{1,5}\b", stretch)
    ) and (any(each[0].isupper() or not each.isascii() for each in re.findall(r"[^\W\d_]{3,}", stretch)[:3]))


def _until_end(stretch: str) -> str:
    """Up to the end of the sentence, or of the first lines that go on as an address does."""
    stop = re.search(
        r"[?!]|\.(?:\s+[A-Z][a-z]+ [a-z]|\s*$)|\n\s*\n|[ ](?:for|and|or|is|with|please|instead|until|from|since|when|"
        r"because)[ ]",
        stretch,
    )
    return (stretch[: stop.start()] if stop else stretch).rstrip()
