"""The labelled pairs are what they say: quotes of the sample company's documents, no pair twice, halves by document."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from app.providers.registry import get_encoder
from evals.measures.support import false_alarms, recall
from evals.support_set import WRITTEN, half_of, judgements, pairs
from sample.tests.extraction import text_of

DOCUMENTS = Path(__file__).parent.parent.parent / "sample" / "documents"
SUPPORTED = {"verbatim", "paraphrase", "combination"}
UNSUPPORTED = {"invention", "number", "entity", "negation", "date", "unit", "citation"}


@cache
def document(name: str) -> str:
    return text_of((DOCUMENTS / name).read_bytes(), name)


def test_there_are_enough_pairs_of_every_kind():
    kinds = Counter(pair.kind for pair in pairs())
    assert kinds.total() >= 300
    assert set(kinds) == SUPPORTED | UNSUPPORTED
    assert min(kinds.values()) >= 15


QUOTED = {each.document for pair in pairs() for each in pair.passages if not each.document.startswith(WRITTEN)}


@pytest.mark.parametrize("name", sorted(QUOTED))
def test_every_quote_stands_in_its_document(name):
    quotes = {each.quote for pair in pairs() for each in pair.passages if each.document == name}
    missing = [quote for quote in quotes if re.sub(r"\s+", " ", quote).strip() not in document(name)]
    assert missing == []


def test_no_pair_is_there_twice():
    seen = Counter((re.sub(r"\W+", " ", pair.sentence.lower()), pair.passages) for pair in pairs())
    assert [pair for pair, times in seen.items() if times > 1] == []
    assert len({pair.id for pair in pairs()}) == len(pairs())


def test_labels_follow_from_kinds_and_halves_from_documents():
    for pair in pairs():
        assert pair.is_supported == (pair.kind in SUPPORTED)
        assert {half_of(each.document) for each in pair.passages} == {pair.split}


def test_the_check_tells_most_of_the_reported_half_apart():
    found = judgements([pair for pair in pairs() if pair.split == "report"], get_encoder())
    assert recall(found) >= 0.85
    assert false_alarms(found) <= 0.12
