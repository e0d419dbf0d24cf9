"""Filters narrow both branches inside the database, and never let anybody see more than their rights."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import Group
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.corpus.access import Reader
from app.corpus.models import Document, Source
from ingestion.pipeline import ingest_document
from ingestion.sources import create_source, upload_document
from retrieval.filters import EVERYTHING, Filters, filters_from
from retrieval.index import encoded
from retrieval.keyword import strongest
from retrieval.search import search
from retrieval.semantic import nearest
from retrieval.terms import query_terms, query_vector

pytestmark = pytest.mark.django_db
NAMES = ("open", "team", "closed")
DAYS = {"old": date(2024, 5, 1), "new": date(2026, 2, 3), "undated": None}
MEMBER, OUTSIDER = "member", "outsider"


@pytest.fixture
def company():
    """Three sources, open, for one group and for nobody, each with an old, a new and an undated document on pumps."""
    group = Group.objects.create(name="team")
    readers = {MEMBER: Reader(1, frozenset({group.pk})), OUTSIDER: Reader(2)}
    groups = {"open": (), "team": (group.pk,), "closed": ()}
    sources = {}
    for name in NAMES:
        source = create_source(
            actor=None, name=name, kind="upload", everyone=name == "open", group_ids=list(groups[name])
        )
        for age, day in DAYS.items():
            data = f"{name} {age}. The Heron pump moves {len(name) * 7 + len(age)} litres of acid an hour.".encode()
            document = upload_document(source, actor=None, name=f"{name}-{age}.txt", data=data)
            ingest_document(document.pk)
            moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC) if day else None
            Document.objects.filter(pk=document.pk).update(modified_at=moment)
        sources[name] = source.pk
    return readers, sources


def found(reader, filters=EVERYTHING):
    return {passage.external_id for passage in search("Heron pump acid", reader, limit=50, filters=filters)}


def test_a_source_narrows_what_is_found(company):
    readers, sources = company
    only_team = Filters(frozenset({sources["team"]}))
    assert found(readers[MEMBER], only_team) == {"team-old.txt", "team-new.txt", "team-undated.txt"}


def test_a_day_leaves_out_what_changed_before_it_and_what_does_not_say(company):
    readers, _ = company
    since = Filters(changed_since=date(2026, 2, 3))
    assert found(readers[MEMBER], since) == {"open-new.txt", "team-new.txt"}
    assert found(readers[MEMBER], Filters(changed_since=date(2026, 2, 4))) == set()


def test_a_filter_opens_no_source(company):
    readers, sources = company
    assert found(readers[OUTSIDER], Filters(frozenset({sources["team"]}))) == set()
    assert found(readers[MEMBER], Filters(frozenset({sources["closed"]}))) == set()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    who=st.sampled_from([MEMBER, OUTSIDER]),
    names=st.sets(st.sampled_from([*NAMES, "unknown"])),
    since=st.none() | st.dates(date(2023, 1, 1), date(2027, 1, 1)),
)
def test_filters_never_widen_rights(company, who, names, since):
    readers, sources = company
    chosen = Filters(frozenset(sources.get(name, 10**12) for name in names), since)
    allowed = found(readers[who])
    narrowed = found(readers[who], chosen)
    expected = {
        f"{source}-{age}.txt"
        for source in NAMES
        for age, day in DAYS.items()
        if (not names or source in names) and (since is None or (day is not None and day >= since))
    }
    assert narrowed == expected & allowed


def test_each_branch_filters_by_itself(company):
    """Not afterwards: a source with few passages is found among many others."""
    readers, sources = company
    team = Filters(frozenset({sources["team"]}))
    terms = query_terms("Heron pump")
    ids = set(Document.objects.filter(source=sources["team"]).values_list("pk", flat=True))
    for query in encoded("Heron pump", query_vector(terms)):
        assert {c.document_id for c in nearest(query, readers[MEMBER], depth=3, filters=team)} == ids
        assert {c.document_id for c in strongest(terms, query, readers[MEMBER], depth=3, filters=team)} == ids


def test_filters_are_read_as_they_are_stored(company):
    _, sources = company
    assert filters_from({}) == EVERYTHING
    assert not filters_from({"fresh": True})
    stored = {"sources": [sources["team"]], "changed_since": "2026-01-31", "fresh": True}
    assert filters_from(stored) == Filters(frozenset({sources["team"]}), date(2026, 1, 31))
    assert Source.objects.filter(pk__in=filters_from(stored).source_ids).count() == 1
