import math
import re

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.corpus.access import Reader
from app.corpus.models import Chunk, TermChange
from app.corpus.terms import K1, B, corpus_size, fold_changes, reweigh
from ingestion.pipeline import ingest_document
from ingestion.sources import change_source, create_source, remove_document, upload_document
from retrieval import keyword, semantic
from retrieval.index import encoded
from retrieval.keyword import candidate_budget, selecting, strongest
from retrieval.search import candidates, search
from retrieval.terms import QueryTerm, query_terms, query_vector

pytestmark = pytest.mark.django_db
EVERYONE = Reader()
TEXTS = {
    "hotels": "A hotel may cost 140 euros a night in Lincoln.",
    "trains": "Trains are booked in second class, and a night train counts as a hotel.",
    "pumps": "The Heron pump moves ninety litres of acid an hour.",
    "seals": "Seals of the pump are changed each year; the pump stands still for a night.",
}


def source_of(name, everyone=True, group_ids=()):
    return create_source(actor=None, name=name, kind="upload", everyone=everyone, group_ids=group_ids)


def add(source, name, text):
    document = upload_document(source, actor=None, name=f"{name}.txt", data=text.encode())
    ingest_document(document.pk)
    return document


@pytest.fixture
def library():
    source = source_of("Library")
    for name, text in TEXTS.items():
        add(source, name, text)
    return source


def found(query, reader=EVERYONE):
    return [passage.external_id for passage in search(query, reader)]


def test_the_passage_that_speaks_of_it_comes_first(library):
    assert found("price of a hotel night")[0] == "hotels.txt"
    assert found("Heron acid")[0] == "pumps.txt"


def test_a_passage_knows_where_it_stands(library):
    passage = search("Heron acid", EVERYONE)[0]
    version = Chunk.objects.get(pk=passage.chunk_id).version
    assert version.text[passage.start : passage.end] == passage.text
    assert passage.rank == 1
    assert passage.source == "Library"


def test_keyword_scores_are_bm25(library):
    """Against the formula written out by hand over the very lexemes that PostgreSQL makes."""
    reweigh()
    terms = query_terms("pump night seals")
    rows = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.weighed_with, t.lexeme, array_length(t.positions, 1) FROM corpus_chunk c, unnest(c.terms) t"
        )
        for chunk, average, lexeme, frequency in cursor.fetchall():
            rows.setdefault(chunk, (average, {}))[1][lexeme] = frequency
    encodings = encoded("pump night seals", query_vector(terms))
    for candidate in candidates(encodings, terms, EVERYONE):
        average, frequencies = rows[candidate.chunk_id]
        length = sum(frequencies.values())
        expected = 0.0
        for term in terms:
            df = sum(term.lexeme in each for _, each in rows.values())
            idf = math.log(1 + (len(rows) - df + 0.5) / (df + 0.5))
            tf = frequencies.get(term.lexeme, 0)
            expected += idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * length / average))
        assert candidate.keyword == pytest.approx(expected, rel=1e-4)


def counted() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT t.lexeme, count(*) FROM corpus_chunk c, unnest(c.terms) t GROUP BY 1")
        return dict(cursor.fetchall())


def test_document_frequencies_stay_exact_through_updates_removals_and_folds(library):
    words = " ".join(set(re.findall(r"[a-z]+", " ".join(TEXTS.values()).lower())) - {"the", "a"})
    add(library, "pumps", "The Egret pump is new; hotels are not its business.")
    fold_changes()
    remove_document(library.documents.get(external_id="seals.txt"), actor=None)
    truth = counted()
    assert {term.lexeme: term.chunks for term in query_terms(words)} == {
        term.lexeme: truth.get(term.lexeme, 0) for term in query_terms(words)
    }
    fold_changes()
    assert not TermChange.objects.exists()
    assert {term.lexeme: term.chunks for term in query_terms(words) if term.chunks} == {
        lexeme: count for lexeme, count in truth.items() if lexeme in {t.lexeme for t in query_terms(words)}
    }
    assert corpus_size().chunks == Chunk.objects.count() == 3


def test_weights_follow_when_the_average_length_has_moved(library):
    Chunk.objects.update(weighed_with=1.0)
    assert reweigh() == 4
    assert reweigh() == 0


def of_counts(*counts: tuple[str, int], corpus: int = 100_000) -> list[QueryTerm]:
    return [QueryTerm(word, (1,), 1, count, corpus) for word, count in counts]


def test_words_that_pick_too_many_chunks_select_nothing_beside_rarer_ones():
    assert selecting(of_counts(("the", 90_000), ("pump", 15_000), ("egret", 3), ("x", 0))) == "'egret' | 'pump'"
    assert selecting(of_counts(("pump", 15_000), ("seal", 15_000))) == "'pump'"
    assert selecting(of_counts(("x", 0))) == ""


def test_where_all_words_are_common_chunks_must_hold_as_many_as_leave_few_enough():
    leave, days = ("leave", 60_000), ("day", 70_000)
    assert selecting(of_counts(leave, days, ("year", 80_000), corpus=200_000)) == "'leave' & 'day' & 'year'"
    assert selecting(of_counts(leave, days, ("year", 80_000), corpus=1_000_000)) == "'leave' & 'day'"
    assert selecting(of_counts(days)) == "'day'"


def test_fewer_chunks_are_scored_in_a_larger_corpus():
    assert [candidate_budget(chunks) for chunks in (0, 100_000, 200_000, 10**6)] == [20_000, 20_000, 10_000, 5_000]


def test_no_more_chunks_are_scored_than_the_budget(library, monkeypatch):
    monkeypatch.setattr(keyword, "CANDIDATE_BUDGET", 2)
    assert len(found("night")) >= 2
    terms = query_terms("night")
    [encoding] = encoded("night", query_vector(terms))
    assert len(strongest(terms, encoding, EVERYONE, depth=60)) == 2
    assert len(strongest(query_terms("night pump"), encoding, EVERYONE, depth=60)) <= 2


def test_a_larger_corpus_is_looked_through_more_widely(library, monkeypatch):
    assert [semantic.search_width(chunks) for chunks in (0, 50_000, 100_000)] == [100, 100, 100]
    assert 100 < semantic.search_width(300_000) < semantic.search_width(1_000_000) <= 1000
    assert semantic.search_width(10**9) == 1000
    monkeypatch.setattr(semantic, "USUAL_CORPUS", 1)
    found("acid pump")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('hnsw.ef_search')")
        assert cursor.fetchone()[0] == str(semantic.search_width(len(TEXTS)))


@pytest.mark.parametrize("query", ["", "   ", "???", "the of and", "'; DROP TABLE x; --", "a\x00b", "\\ ' | & !", "🦆"])
def test_any_text_can_be_searched_for(library, query):
    assert isinstance(search(query, EVERYONE), list)


def test_rights_decide_and_hold_from_the_next_query(library):
    group = Group.objects.create(name="finance")
    secret = source_of("Secret", everyone=False, group_ids=[group.pk])
    add(secret, "budget", "The budget for the Heron pump is 900 euros.")
    member = Reader(user_id=1, group_ids=frozenset({group.pk}))
    assert "budget.txt" in found("Heron budget", member)
    assert "budget.txt" not in found("Heron budget")
    change_source(secret, actor=None, everyone=False, group_ids=[])
    assert "budget.txt" not in found("Heron budget", member)


def test_many_forbidden_neighbours_do_not_starve_the_result(library):
    group = Group.objects.create(name="finance")
    secret = source_of("Secret", everyone=False, group_ids=[group.pk])
    for number in range(150):
        add(secret, f"s{number}", f"Heron pump {number} moves ninety litres of acid an hour.")
    assert found("The Heron pump moves ninety litres of acid an hour")[0] == "pumps.txt"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.sets(st.integers(0, 3)), query=st.sampled_from(["pump", "hotel night", "acid train", "euros"]))
def test_nothing_is_found_that_its_reader_may_not_read(worlds, groups, query):
    ids, readable = worlds
    reader = Reader(user_id=7, group_ids=frozenset(ids[number] for number in groups))
    allowed = {name for name, openings in readable.items() if openings is None or openings & groups}
    assert set(found(query, reader)) <= allowed


@pytest.fixture
def worlds():
    """Sources open to everyone, to no one, and to groups 0 to 3 in several ways."""
    ids = [Group.objects.create(name=f"g{number}").pk for number in range(4)]
    openings = {"all": None, "none": set(), "zero": {0}, "one_two": {1, 2}, "three": {3}, "all_four": {0, 1, 2, 3}}
    readable = {}
    for name, groups in openings.items():
        source = source_of(name, everyone=groups is None, group_ids=[ids[g] for g in groups or ()])
        for topic, text in TEXTS.items():
            add(source, f"{name}-{topic}", f"{name}. {text}")
            readable[f"{name}-{topic}.txt"] = groups
    return ids, readable
