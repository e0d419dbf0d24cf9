"""A citation of words inside a section names the chunk that they begin in, and that chunk is evidence."""

from app.answers.context.citing import cite
from app.answers.context.sections import joined
from app.answers.context.tests.passages import chunked, hit
from app.answers.draft import Draft
from app.corpus.access import Reader

TEXT, CHUNKS = chunked(1, ["Hotels cost 140 euros.", "Trains go second class.", "Flights need approval."])


def drafted():
    found = hit(CHUNKS[0])
    section = joined(CHUNKS, {found.chunk_id: found})
    return Draft(question_id=1, question="?", reader=Reader(), passages=[found], sections=(section,)), section


def cited(draft, section, words):
    at = section.passage.text.index(words)
    return cite(draft, section, 1, at, at + len(words))


def test_words_of_the_chunk_that_was_found_are_cited_with_it():
    draft, section = drafted()
    citation = cited(draft, section, "140 euros")
    assert citation.passage.chunk_id == CHUNKS[0].chunk_id
    assert TEXT[citation.start : citation.end] == citation.quote == "140 euros"
    assert len(draft.passages) == 1


def test_words_of_a_neighbour_make_it_evidence_once():
    draft, section = drafted()
    for _ in range(2):
        citation = cited(draft, section, "second class")
        assert TEXT[citation.start : citation.end] == citation.quote == "second class"
    assert citation.passage.chunk_id == CHUNKS[1].chunk_id
    assert citation.passage.text == TEXT
    assert [(each.chunk_id, each.rank, each.score) for each in draft.passages] == [(100, 1, 1.0), (101, 2, 0.0)]
