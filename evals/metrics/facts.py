"""Whether a text states a fact, whichever of its spellings it uses. By words alone: "not 20 days" states "20 days".

Texts become words and amounts, and a fact is stated where its own stand in a row. The same are: upper and lower case;
any white space; any dash; any apostrophe; 1,000 and 1'000 and 1 000 and 1000; 1,5 and 1.5; 140.00 and 140; 08:30 and
8:30; € 140, EUR 140, 140 € and 140 euros; 20 %, 20% and 20 percent; 20km and 20 km. Not the same are 5 and 15, 5 and
-5, 15 and 10-15, 2.1 and 2.10, 12 and B12. A point before three digits is a decimal point, as in English.

Where numbers stand side by side there are two ways to read them ("140 120": two cells of a table or 140,120; "2024 EUR
140": the currency of which?), and either may match.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

Fact = str | Sequence[str]  # Its spelling, or spellings of which one suffices.
Words = tuple[str, ...]

DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
APOSTROPHES = dict.fromkeys(map(ord, "‘’ʼ′`´"), "'")
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
PERCENT = re.compile(r"\bper ?cent\b")
MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
NO_BREAK = re.compile(r"(?<=\d)[\u00a0\u2007\u2009\u202f](?=\d{3}(?!\d))")
BLANK_GROUPS = re.compile(r"(?<![\d.,:/-])\d{1,3}(?: \d{3})+(?![\d:/-])")
SPACED_RANGE = re.compile(r"(?<=\d) - (?=\d)")
PIECE = re.compile(
    r"(?P<number>(?:(?<![^\s(])-)?\d+(?:[.,:/'-]\d+)*)(?P<suffix>[^\W\d_]\w*)?"
    r"|(?P<word>[^\W\d_](?:\w*[^\W_])?(?:'\w*[^\W_])*)|(?P<sign>[%°$€£¥])"
)
GROUPED = re.compile(r"-?\d{1,3}(?:(?:,\d{3})+|(?:'\d{3})+|(?:\.\d{3}){2,})(?:[.,]\d+)?")
GERMAN = re.compile(r"(-?\d{1,3}(?:\.\d{3})*),(\d+)")
CURRENCIES = {
    "eur": ("€", "eur", "euro", "euros"),
    "usd": ("$", "usd", "us$", "dollar", "dollars"),
    "gbp": ("£", "gbp", "pound", "pounds"),
    "jpy": ("¥", "jpy", "yen"),
    "chf": ("chf", "franc", "francs", "franken"),
}
CURRENCY = {spelling: code for code, spellings in CURRENCIES.items() for spelling in spellings}
GLUED_CODE = re.compile(r"\b(us(?=\$)|eur|usd|gbp|jpy|chf)(?=[\d$])")
MAGNITUDES = {"thousand", "million", "billion"}
UNIT = re.compile(r"[kcm]?m|[km]?g|t|[mc]?l|h|hrs|mins?|m?s|sec|d|[kmgt]b|k?w|kwh|v|a|[mg]?hz|[ap]m|k")


def states(text: str, fact: Fact) -> bool:
    """Whether any spelling of the fact stands in the text."""
    read, spellings = readings(text), [fact] if isinstance(fact, str) else fact
    return any(in_a_row(whole, part) for spelling in spellings for part in readings(spelling) for whole in read)


def missing_facts(text: str, facts: Iterable[Fact]) -> list[Fact]:
    """Those that the text does not state."""
    return [fact for fact in facts if not states(text, fact)]


def forbidden_facts(text: str, forbidden: Iterable[Fact]) -> list[Fact]:
    """Those that the text states although it must not."""
    return [fact for fact in forbidden if states(text, fact)]


def fact_recall(text: str, facts: Sequence[Fact]) -> float | None:
    """The share of the facts that the text states; None where there are none to state."""
    return 1 - len(missing_facts(text, facts)) / len(facts) if facts else None


def readings(text: str) -> set[Words]:
    """The text as words and amounts, in each way of reading the numbers that stand side by side."""
    plain = _plain(text)
    joined = BLANK_GROUPS.sub(lambda found: found[0].replace(" ", ""), SPACED_RANGE.sub("-", plain))
    pieces = {tuple(_pieces(each)) for each in (plain, joined)}
    return {_money(each, forward=forward) for each in pieces for forward in (False, True)}


def words(text: str) -> Words:
    """The text as words and amounts as it stands."""
    return _money(tuple(_pieces(_plain(text))), forward=False)


def _plain(text: str) -> str:
    """One line in lower case, without citation markers and invisible characters, with one kind of dash and blank."""
    text = unicodedata.normalize("NFC", NO_BREAK.sub("", text)).translate(DASHES | APOSTROPHES | INVISIBLE)
    text = MARKER.sub("", text).replace("*", "").casefold()
    text = PERCENT.sub("%", text)
    return GLUED_CODE.sub(lambda found: "" if found[0] == "us" else f"{found[0]} ", " ".join(text.split()))


def _pieces(text: str) -> Iterator[str]:
    for found in PIECE.finditer(text):
        if found["number"] is None:
            said = found["word"] or found["sign"]
            yield CURRENCY.get(said, said)
        elif (suffix := found["suffix"]) and not is_unit(suffix):
            yield found["number"] + suffix
        else:
            yield amount(found["number"])
            if suffix:
                yield CURRENCY.get(suffix, suffix)


def is_unit(suffix: str) -> bool:
    """Whether these letters behind a number are another word ("20km"); else they are part of it ("2fa", "1st")."""
    return suffix in CURRENCY or UNIT.fullmatch(suffix) is not None


def amount(number: str) -> str:
    """A number in one spelling; what is no plain amount (a date, a range, a version) stays as it is."""
    if re.fullmatch(r"0\d:\d\d", number):
        return number[1:]
    if german := GERMAN.fullmatch(number):
        # "1,000" is a thousand; "1,50" and "1.000,50" have a decimal comma.
        whole, fraction = german.groups()
        if "." in whole or len(fraction) != 3 or whole in ("0", "-0"):
            return _without_cents(f"{whole.replace('.', '')}.{fraction}")
    if GROUPED.fullmatch(number):
        mark = next(each for each in number if each in ",.'")
        number = number.replace(mark, "").replace(",", ".")
    return _without_cents(number)


def _without_cents(number: str) -> str:
    return re.sub(r"(?<=\d)\.00$", "", number) if number.count(".") == 1 else number


def _money(said: Words, *, forward: bool) -> Words:
    """A currency before its amount moves behind it, and behind a "million" after it.

    One that stands between two amounts belongs to the second if `forward`.
    """
    moved, at = list(said), 0
    while at < len(moved) - 1:
        before = moved[at - 1] if at else ""
        is_bound = not forward and (_is_number(before) or before in MAGNITUDES)
        if moved[at] in CURRENCIES and not is_bound and _is_number(moved[at + 1]):
            end = at + 2 if moved[at + 2 : at + 3] and moved[at + 2] in MAGNITUDES else at + 1
            moved[at : end + 1] = [*moved[at + 1 : end + 1], moved[at]]
            at = end
        at += 1
    return tuple(moved)


def _is_number(word: str) -> bool:
    return word.lstrip("-")[:1].isdigit()


def in_a_row(whole: Words, part: Words) -> bool:
    """Whether all of `part` stands in `whole` without a gap; nothing stands nowhere."""
    size = len(part)
    return size > 0 and any(whole[at : at + size] == part for at in range(len(whole) - size + 1))
