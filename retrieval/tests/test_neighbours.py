"""What stands around a passage: only what the reader may read, of what is searched now, with exact blanks between."""

import pytest

from app.corpus.access import Reader, reader_for
from app.corpus.models import AccessSet, Chunk, DocumentVersion, IndexGeneration
from app.tests.world import make_person, stored_document
from ingestion.sources import change_source, create_source
from retrieval.fuse import Scored
from retrieval.neighbours import neighbours
from retrieval.passage import Passage, load_passages

pytestmark = pytest.mark.django_db
SENTENCE = "Rule {number} says that the form {number} is filed with office {number} before noon on day {number}."
BLOCKS = [("heading", "Rules")] + [("paragraph", " ".join([SENTENCE.format(number=number)] * 3)) for number in range(9)]


@pytest.fixture
def source():
    return create_source(actor=None, name="Handbook", kind="upload", everyone=True)


@pytest.fixture
def document(source):
    return stored_document(source, "rules.md", BLOCKS)


def chunks_of(document) -> list[Chunk]:
    return list(Chunk.objects.filter(document=document).order_by("ordinal"))


def found(chunk: Chunk, reader: Reader) -> list[Passage]:
    return load_passages(
        [Scored(chunk.pk, document_id=chunk.document_id, semantic=0.5, keyword=1.0, score=1.0)], reader
    )


def test_the_chunks_around_a_passage_come_in_order_with_the_blanks_between_them(document):
    chunks, text = chunks_of(document), DocumentVersion.objects.get().text
    around = neighbours(found(chunks[3], Reader()), Reader(), reach=2)
    assert [each.chunk_id for each in around] == [chunk.pk for chunk in chunks[1:6]]
    whole = "".join(each.text + (each.gap or "") for each in around)
    assert whole == text[around[0].start : around[-1].end]
    assert around[-1].gap is None


def test_who_may_not_read_the_document_gets_nothing_of_it(document, source):
    passages = found(chunks_of(document)[3], Reader())
    change_source(source, actor=None, everyone=False, group_ids=[])
    assert neighbours(passages, reader_for(make_person("charlie"))) == []


def test_a_chunk_that_alone_is_closed_is_left_out_and_not_reached_over(document):
    chunks = chunks_of(document)
    Chunk.objects.filter(pk=chunks[2].pk).update(access_set=AccessSet.objects.create())
    around = neighbours(found(chunks[3], Reader()), Reader(), reach=2)
    assert [each.chunk_id for each in around] == [chunks[at].pk for at in (1, 3, 4, 5)]
    assert around[0].gap is None


def test_a_version_that_is_not_searched_now_has_no_neighbours(document):
    passages = found(chunks_of(document)[3], Reader())
    IndexGeneration.objects.update(state=IndexGeneration.State.KEPT)
    assert neighbours(passages, Reader()) == []


def test_text_that_was_left_out_of_the_index_is_not_reached_over(document):
    chunks = chunks_of(document)
    Chunk.objects.filter(pk=chunks[4].pk).update(start=chunks[4].start + 6)
    around = neighbours(found(chunks[3], Reader()), Reader(), reach=1)
    assert [each.gap is None for each in around] == [False, True, True]


def test_no_passage_has_no_neighbours():
    assert neighbours([], Reader()) == []
