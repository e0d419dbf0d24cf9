"""Slips of the pen are corrected to words of documents that the reader may read, and of no others."""

import pytest
from django.contrib.auth.models import Group

from app.corpus.access import Reader
from ingestion.pipeline import ingest_document
from ingestion.sources import create_source, upload_document
from retrieval.search import search_with_terms
from retrieval.spelling import respelled
from retrieval.terms import query_terms

pytestmark = pytest.mark.django_db
EVERYONE = Reader()


def add(name, text, **rights):
    source = create_source(actor=None, name=name, kind="upload", **({"everyone": True} | rights))
    ingest_document(upload_document(source, actor=None, name=f"{name}.txt", data=text.encode()).pk)


def spelled(query, reader=EVERYONE):
    return respelled(query, query_terms(query), reader)


@pytest.fixture
def library():
    add("leave", "The wedding allowance in the Lincoln office is two days. The notice period is one month.")


@pytest.mark.parametrize(
    ("query", "right"),
    [
        ("notice peroid", "notice period"),
        ("weding leave", "wedding leave"),
        ("alowance in the ofice", "allowance in the office"),
        ("weddding in lincon", "wedding in lincoln"),
        ("abuot notice", "about notice"),
        ("notice alluwance", "notice allowance"),
    ],
)
def test_a_slip_becomes_the_word_of_the_documents(library, query, right):
    assert spelled(query) == right


@pytest.mark.parametrize(
    "query",
    [
        "the notice period",
        "bicycle of Lincon Steel",
        "E47-peroid",
        "xyzzy",
        "fits",
        "the officer haven't",
        "oficer",
        "",
    ],
)
def test_what_is_known_named_or_far_from_every_word_stays(library, query):
    assert spelled(query) == query


def test_a_word_of_a_closed_document_neither_corrects_nor_counts_as_known(library):
    group = Group.objects.create(name="Board")
    member = Reader(group_ids=frozenset([group.pk]))
    add("board", "Project Curlew and its peroid of silence.", everyone=False, group_ids=[group.pk])
    assert spelled("notice curlw", member) == "notice curlew"
    assert spelled("notice curlw") == "notice curlw"
    assert spelled("notice peroid", member) == "notice peroid"
    assert spelled("notice peroid") == "notice period"


def test_search_finds_by_the_corrected_words_and_says_which(library):
    result = search_with_terms("weding alowance", EVERYONE)
    assert result.query == "wedding allowance"
    assert result.passages[0].keyword > 0
