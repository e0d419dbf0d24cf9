"""How much personal data is found, by kind, and how much of what is found is personal."""

import hashlib
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from app.safety.personal_data.detect import find_in_all, memory
from app.safety.personal_data.kinds import Kind, PersonalData

TITLE = "Personal data"
SETS = {
    "pii_presidio_research": "written by templates",
    "pii_real_ner": "contracts and comments",
    "pii_identifiers": "numbers alone or in a phrase",
}
# What is personal in the sets' own words; every identifier that is not listed here or below is an identity number.
KINDS = {
    "PERSON": Kind.NAME, "EMAIL_ADDRESS": Kind.EMAIL, "PHONE_NUMBER": Kind.PHONE, "PH_MOBILE_NUMBER": Kind.PHONE,
    "TR_PHONE_NUMBER": Kind.PHONE, "CREDIT_CARD": Kind.CARD, "IBAN_CODE": Kind.ACCOUNT, "STREET_ADDRESS": Kind.ADDRESS,
    "ZIP_CODE": Kind.ADDRESS, "UK_POSTCODE": Kind.ADDRESS, "IP_ADDRESS": Kind.NETWORK, "MAC_ADDRESS": Kind.NETWORK,
}  # fmt: skip
# Companies, places, vehicles, dates and pages are not looked for.
OTHER_MARKS = """
    LOCATION ORGANIZATION DATE_TIME TITLE DOMAIN_NAME NRP AGE URL CRYPTO AU_ACN AU_ABN ABA_ROUTING_NUMBER IN_GSTIN
    IN_VEHICLE_REGISTRATION NG_VEHICLE_REGISTRATION UK_VEHICLE_REGISTRATION TR_LICENSE_PLATE KR_BRN SG_UEN
    SE_ORGANISATIONSNUMMER IT_VAT_CODE
"""
NOT_PERSONAL = frozenset(OTHER_MARKS.split())
# Marked as persons in contracts, but nobody's name.
ROLE_WORDS = """
    borrower borrowers lender lenders bank agent company issuer trustee owner tenant landlord holder employee executive
    consultant purchaser mr ms mrs dr miss
"""
ROLES = frozenset(ROLE_WORDS.split())
CHARACTERS, PASSAGES = 1200, 8


@dataclass(slots=True)
class Tally:
    """`marked` places, those hidden `whole` and those `found` as what they are; `findings`, and the `right` ones."""

    marked: Counter[Kind] = field(default_factory=Counter)
    whole: Counter[Kind] = field(default_factory=Counter)
    found: Counter[Kind] = field(default_factory=Counter)
    findings: Counter[Kind] = field(default_factory=Counter)
    right: Counter[Kind] = field(default_factory=Counter)


def rows(data: Path) -> list[str]:
    head = ["| set | kind | marked | found | hidden whole | precision | found, half tuned on |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    table = [line for name, about in SETS.items() for line in _set_rows(name, about, list(_rows(data / name)))]
    return [*head, *table, "", *_speed(data)]


def _set_rows(name: str, about: str, rows_: list[dict[str, Any]]) -> Iterator[str]:
    half = reported_wordings(rows_)
    tuned = tally([row for row in rows_ if wording(row) not in half])
    reported = tally([row for row in rows_ if wording(row) in half])
    for kind in Kind:
        if reported.marked[kind]:
            cells = [
                f"{name} ({about})", kind.label, str(reported.marked[kind]),
                _share(reported.found[kind], reported.marked[kind]),
                _share(reported.whole[kind], reported.marked[kind]),
                _share(reported.right[kind], reported.findings[kind]), _share(tuned.found[kind], tuned.marked[kind]),
            ]  # fmt: skip
            yield f"| {' | '.join(cells)} |"


def tally(rows_: list[dict[str, Any]]) -> Tally:
    counts = Tally()
    for row, found in zip(rows_, find_in_all([row["text"] for row in rows_]), strict=True):
        for span in row["spans"]:
            if (kind := kind_of(span)) is not None:
                over = [one for one in found if one.start < span["end"] and one.end > span["start"]]
                counts.marked[kind] += 1
                counts.found[kind] += any(one.kind is kind for one in over)
                counts.whole[kind] += _is_covered(row["text"], span, over)
        for one in found:
            counts.findings[one.kind] += 1
            counts.right[one.kind] += any(one.start < span["end"] and one.end > span["start"] for span in row["spans"])
    return counts


def kind_of(span: Mapping[str, Any]) -> Kind | None:
    if span["type"] in NOT_PERSONAL:
        return None
    kind = KINDS.get(span["type"], Kind.IDENTITY)
    said = re.sub(r"^the | ?\.$", "", span["value"].strip().lower())
    return None if kind is Kind.NAME and said in ROLES else kind


def _is_covered(text: str, span: Mapping[str, Any], found: list[PersonalData]) -> bool:
    """Whether every letter and digit of it is hidden, as whatever."""
    return all(
        any(one.start <= place < one.end for one in found)
        for place in range(span["start"], span["end"])
        if text[place].isalnum()
    )


def reported_wordings(rows_: Iterable[Mapping[str, Any]]) -> set[str]:
    """The wordings of the half to report: every second by a hash, and of each type at least one in either half.

    Where the hash puts all of a type into one half, every second of its wordings is moved to the other.
    """
    types: dict[str, set[str]] = defaultdict(set)
    for row in rows_:
        types[wording(row)].update(span["type"] for span in row["spans"])
    reported = {each for each in types if _hash(each) % 2}
    for name in sorted(set().union(*types.values())):
        having = sorted((each for each, found in types.items() if name in found), key=_hash)
        if len(having) > 1 and len(reported.intersection(having)) in (0, len(having)):
            reported.symmetric_difference_update(having[::2])
    return reported


def wording(row: Mapping[str, Any]) -> str:
    """The text with what is marked left out: texts made by one template have the same, and fall together."""
    text = row["text"]
    for span in sorted(row["spans"], key=lambda each: -each["start"]):
        text = f"{text[: span['start']]}<{span['type']}>{text[span['end'] :]}"
    bare = re.sub(r"\W", "", row["text"]).lower()
    if not re.sub(r"<\w+>|\W", "", text):
        text = bare
    is_phrase = re.search(r"[a-z]{3}.*[a-z]{3}", re.sub(r"<\w+>", "", text).lower())
    return re.sub(r"[\d\W_]+", " ", text.lower()) if is_phrase else bare


def _hash(text: str) -> int:
    return int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def _speed(data: Path) -> Iterator[str]:
    """Milliseconds for the passages of one prompt: pages nobody asked about yet, and the same again."""
    pages = [row["text"][:CHARACTERS] for row in _rows(data / "handbook", "corpus.jsonl")][: PASSAGES * 40]
    find_in_all(["Ada Lovelace lives here."])
    memory.clear()
    fresh, again = [], []
    for at in range(0, len(pages), PASSAGES):
        prompt = ["\n\n".join(pages[at : at + PASSAGES])]
        fresh.append(_ms(prompt))
        again.append(_ms(prompt))
    yield "| time for one prompt | median | slowest of 20 |"
    yield "| --- | ---: | ---: |"
    for name, times in (("passages never seen before", fresh), ("passages seen before", again)):
        yield f"| {PASSAGES} {name} | {median(times):.1f} ms | {sorted(times)[int(len(times) * 0.95)]:.1f} ms |"


def _ms(texts: list[str]) -> float:
    began = time.perf_counter()
    find_in_all(texts)
    return (time.perf_counter() - began) * 1000


def _rows(folder: Path, name: str = "texts.jsonl") -> Iterator[dict[str, Any]]:
    with (folder / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
