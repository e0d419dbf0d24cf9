"""People, sources and documents change in random order while questions are asked; nobody sees more than they may.

Every text carries a word of its own that stands nowhere else, so a leak by whatever way is that word on a page: answers
old and new, citations, answers given again, suggestions, the panel "why this answer", the list of conversations, the
library, search, the pages of documents, the copy of one's own data; and for a reviewer the panels of everybody's
answers, the reports of wrong citations, the figures and the answers to grade. Who may read what says a model of ten
lines (`app/tests/access/reference.py`), which the product's lists and counts must equal.
"""

import re
import zipfile
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.ending import close_account, open_account
from app.accounts.models import Role, User
from app.answers.models import Answer, Citation, CitationReport, Conversation
from app.answers.tests.asked import add, asked
from app.corpus.access import reader_for
from app.corpus.models import Document, Source
from app.corpus.terms import fold_changes
from app.privacy.exporting import ask_to_export, make_export
from app.privacy.files import file_of
from app.privacy.models import PersonExport
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.reviews.models import ReviewItem
from app.reviews.sampling import sample
from app.tests.access import reference
from app.tests.access.reference import Paper, Person
from app.web.library import shelves
from ingestion.connectors.base import Readers
from ingestion.purge import purge_document
from ingestion.readers import change_readers
from ingestion.sources import change_source, create_source, remove_document
from retrieval.search import search

pytestmark = pytest.mark.django_db(transaction=True)
GROUPS = ("red", "green")
PEOPLE = ("ann", "bob", "cat", "rev")
REVIEWER = "rev"
SOURCES = 3
TOPICS = ("tram depot", "rose garden", "salt mine")
EXAMPLES = 6

people, sources = st.sampled_from(PEOPLE), st.integers(0, SOURCES - 1)
groups = st.sets(st.sampled_from(GROUPS))
OPERATIONS = st.one_of(
    st.tuples(st.just("ask"), people, sources, st.booleans()),
    st.tuples(st.just("ask"), people, sources, st.booleans()),
    st.tuples(st.just("look"), people),
    st.tuples(st.just("report"), st.booleans()),
    st.tuples(st.just("edit"), sources),
    st.tuples(st.just("remove"), sources, st.booleans()),
    st.tuples(st.just("move"), people, groups),
    st.tuples(st.just("close"), sources, groups, st.booleans()),
    st.tuples(st.just("narrow"), sources, st.none() | groups, st.sets(people, max_size=2)),
    st.tuples(st.just("shut"), people, st.booleans()),
)


@pytest.fixture(params=["a model writes", "quoted"])
def answering(request, settings):
    if request.param == "quoted":
        yield
        return
    with MisbehavingServer() as server:
        settings.LLM_BASE_URL, settings.LLM_MODEL = server.url, "mock-cite"
        registry.forget()
        yield
    settings.LLM_BASE_URL = ""
    registry.forget()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(operations=st.lists(OPERATIONS, min_size=8, max_size=14))
def test_nobody_reads_more_than_they_may(answering, operations):
    call_command("flush", verbosity=0, interactive=False)
    world = World()
    for act, *details in operations:
        getattr(world, act)(*details)
    for name in PEOPLE:
        world.look(name)


def test_the_words_would_be_found(answering):
    """The test above could pass by finding nothing ever: somebody who may read does see the word."""
    world = World()
    world.ask("ann", 0, False)
    assert world.words[0][-1] in Answer.objects.get().text
    assert any(world.words[0][-1] in text for text in world.seen_by("ann").values())


def test_the_reviewer_would_see_them_too(answering):
    world = World()
    world.move(REVIEWER, GROUPS)
    world.ask("ann", 0, False)
    world.report(False)
    answer = Answer.objects.get()
    client = Client()
    client.force_login(world.users[REVIEWER])
    settled = f"/reports/{CitationReport.objects.get().pk}/settle/"
    for page in (f"/answers/{answer.pk}/why/", "/reports/", settled, *world.to_review()):
        assert any(word in client.get(page).text for word in world.all_words()), page


@dataclass
class World:
    """Three sources with a document each; `words` are those that its texts have ever carried, the present one last."""

    words: list[list[str]] = field(default_factory=lambda: [[] for _ in range(SOURCES)])
    made: int = 0

    def __post_init__(self):
        self.people = {name: Person(f"{name}@example.com") for name in PEOPLE}
        self.papers = [Paper(place == 2, set(GROUPS[place : place + 1]), is_there=False) for place in range(SOURCES)]
        for name in GROUPS:
            Group.objects.create(name=name)
        self.users = {name: User.objects.create_user(f"{name}@example.com") for name in PEOPLE}
        self.move("ann", GROUPS)
        User.objects.filter(pk=self.users[REVIEWER].pk).update(roles=[Role.REVIEWER])
        self.sources = [
            create_source(
                actor=None, name=f"Source {place}", kind="upload", everyone=place == 2,
                group_ids=self.ids(GROUPS[place : place + 1]),
            )
            for place in range(SOURCES)
        ]  # fmt: skip
        for place in range(SOURCES):
            self.edit(place)

    def ids(self, names):
        return [Group.objects.get(name=name).pk for name in names]

    def ask(self, name, place, goes_on):
        user = self.users[name]
        if not self.people[name].is_open:
            return
        conversation = Conversation.objects.filter(user=user).last() if goes_on else None
        answer, _ = asked(user, f"What does the {TOPICS[place]} keep behind its gate?", conversation)
        assert answer.outcome != "failed", answer.error
        said = " ".join([answer.text, answer.notice, *answer.citations.values_list("quote", flat=True)])
        present = {self.words[each][-1] for each in self.readable(name)}
        assert not (self.all_words() - present) & set(said.replace(".", " ").split()), "a fresh answer knows too much"

    def look(self, name):
        readable = self.readable(name)
        allowed = {word for place in readable for word in self.words[place]}
        shown = self.seen_by(name)
        leaked = {(word, page) for page, text in shown.items() for word in self.all_words() - allowed if word in text}
        assert not leaked, f"{name} sees {leaked}"
        if self.people[name].is_open:
            self.lists_equal(name, readable)

    def lists_equal(self, name, readable):
        """What is listed, counted, found and opened is what the model says, no more and no less."""
        reader, client = reader_for(self.users[name]), self.browser(name)
        listed = {each.source_id for each in Document.objects.readable_by(reader)}
        assert listed == {self.sources[place].pk for place in readable}
        assert sum(shelf.documents for shelf in shelves(reader)) == len(readable)
        for place in range(SOURCES):
            found = {passage.text for passage in search(f"gate of the {TOPICS[place]}", reader, limit=10)}
            words = {word for word in self.all_words() if any(word in text for text in found)}
            assert words <= {self.words[each][-1] for each in readable}
            assert (self.words[place][-1] in words) == (place in readable), "search finds what may be read"
        for document in Document.objects.filter(source__in=self.sources):
            place = [source.pk for source in self.sources].index(document.source_id)
            for page in (f"/documents/{document.pk}/", f"/documents/{document.pk}/original"):
                assert client.get(page).status_code == (200 if place in readable else 404)

    def readable(self, name):
        return {place for place, paper in enumerate(self.papers) if reference.may_read(self.people[name], paper)}

    def browser(self, name):
        client = Client()
        client.force_login(self.users[name])
        return client

    def seen_by(self, name):
        client = self.browser(name)
        pages = [f"/conversations/{each.pk}/" for each in Conversation.objects.filter(user=self.users[name])]
        own = Answer.objects.filter(question__conversation__user=self.users[name])
        pages += [path for each in own for path in (f"/answers/{each.pk}/why/", f"/answers/{each.pk}/")]
        pages += ["/", "/library/", *(f"/library/?in=text&q={topic}" for topic in TOPICS), "/usage/mine/"]
        shown = {page: client.get(page, headers={"HX-Request": "true"}).content.decode() for page in pages}
        shown["own copy"] = self.own_copy(name)
        if name == REVIEWER:
            judged = [f"/answers/{pk}/why/" for pk in Answer.objects.values_list("pk", flat=True)]
            judged += ["/reports/", "/reports/?state=settled"]
            judged += [f"/reports/{pk}/settle/" for pk in CitationReport.objects.values_list("pk", flat=True)]
            judged += ["/quality/", "/quality/answers/", "/quality/unanswered/", "/quality/signals/"]
            judged += ["/reviews/", *self.to_review()]
            shown |= {page: client.get(page).content.decode() for page in judged}
        return shown

    def own_copy(self, name):
        """Everything that the product hands out as one's own data, on the day on which it is asked for."""
        if not self.people[name].is_open:
            return ""
        user = self.users[name]
        export = ask_to_export(user, actor=user)
        make_export(export.pk)
        with zipfile.ZipFile(file_of(PersonExport.objects.get(pk=export.pk))) as files:
            texts = [files.read(each).decode() for each in files.namelist()]
        # What they typed themselves stays theirs, even where they repeated what they read.
        return re.sub(r'"comment": "[^"]*"', "", "\n".join(texts))

    def to_review(self):
        """The pages of all answers, every one of which is drawn."""
        with override_settings(ATTEST_REVIEW_SHARE=100):
            sample()
        return [f"/reviews/{pk}/" for pk in ReviewItem.objects.values_list("pk", flat=True)]

    def report(self, is_settled):
        """The last citation that has none, in the words of whoever read the answer."""
        citation = Citation.objects.filter(report=None).last()
        if citation is None:
            return
        told = {"settled_at": timezone.now(), "finding": "fine", "note": citation.quote} if is_settled else {}
        CitationReport.objects.create(citation=citation, comment=f"No: {citation.quote}", **told)

    def edit(self, place):
        self.made += 1
        word = f"zorb{self.made}quix"
        self.words[place].append(word)
        topic = TOPICS[place]
        text = (
            f"# About the {topic} {word}\n\n## The gate {word}\n\nThe {topic} keeps {word} behind its gate.\n\n"
            f"## The keeper of {word}\n\nWhoever keeps the {topic} counts {word} every Monday."
        )
        add(Source.objects.get(pk=self.sources[place].pk), f"{place}.md", text)
        fold_changes()
        if not self.papers[place].is_there:
            self.papers[place].is_there = True
            self.narrow(place, None, set())

    def remove(self, place, purged):
        document = Document.objects.filter(source=self.sources[place]).first()
        if document is None:
            return
        if purged:
            purge_document(document, actor=None)
        else:
            remove_document(document, actor=None)
        self.papers[place].is_there = False

    def move(self, name, names):
        self.users[name].groups.set(Group.objects.filter(name__in=names))
        self.people[name].groups = set(names)

    def shut(self, name, is_open):
        user = User.objects.get(pk=self.users[name].pk)
        (open_account if is_open else close_account)(user, actor=None, why="test")
        self.users[name] = user
        self.people[name].is_open = is_open

    def narrow(self, place, names, people):
        """The document alone gets readers of its own, as a source or a folder's rule would say; None lifts that."""
        emails = {self.people[name].email for name in people}
        paper = self.papers[place]
        paper.only_groups, paper.only_people = (None, set()) if names is None else (set(names), emails)
        readers = Readers(emails=frozenset(emails), group_ids=frozenset(self.ids(names or ()) or [0]))
        with transaction.atomic():
            change_readers(self.sources[place], {f"{place}.md": None if names is None else readers})

    def close(self, place, names, everyone):
        source = Source.objects.get(pk=self.sources[place].pk)
        change_source(source, actor=None, everyone=everyone, group_ids=self.ids(names))
        self.papers[place].for_everyone, self.papers[place].groups = everyone, set(names)

    def all_words(self):
        return {word for words in self.words for word in words}
