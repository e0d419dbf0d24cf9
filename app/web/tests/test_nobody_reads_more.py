"""People, sources and documents change in random order while questions are asked; nobody sees more than they may.

Every text carries a word of its own that stands nowhere else, so a leak by whatever way is that word on a page: answers
old and new, citations, answers given again, suggestions, the panel "why this answer", the list of conversations; and
for a reviewer the panels of everybody's answers, the reports of wrong citations and the answers to grade.
"""

from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.models import Role, User
from app.answers.models import Answer, Citation, CitationReport, Conversation
from app.answers.tests.asked import add, asked
from app.corpus.access import reader_for
from app.corpus.models import Document, Source
from app.corpus.terms import fold_changes
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.reviews.models import ReviewItem
from app.reviews.sampling import sample
from ingestion.purge import purge_document
from ingestion.sources import change_source, create_source, remove_document

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
    assert world.words[0][-1] in world.seen_by("ann")


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
        for name in GROUPS:
            Group.objects.create(name=name)
        self.users = {name: User.objects.create_user(f"{name}@example.com") for name in PEOPLE}
        self.users["ann"].groups.set(Group.objects.all())
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
        conversation = Conversation.objects.filter(user=user).last() if goes_on else None
        answer, _ = asked(user, f"What does the {TOPICS[place]} keep behind its gate?", conversation)
        assert answer.outcome != "failed", answer.error
        said = " ".join([answer.text, answer.notice, *answer.citations.values_list("quote", flat=True)])
        present = {self.words[each][-1] for each in range(SOURCES) if self.may_read(user, each)}
        assert not (self.all_words() - present) & set(said.replace(".", " ").split()), "a fresh answer knows too much"

    def look(self, name):
        user = self.users[name]
        allowed = {word for place in range(SOURCES) if self.may_read(user, place) for word in self.words[place]}
        shown = self.seen_by(name)
        leaked = {word for word in self.all_words() - allowed if word in shown}
        assert not leaked, f"{name} sees {leaked}"

    def seen_by(self, name):
        client = Client()
        client.force_login(self.users[name])
        pages = [f"/conversations/{each.pk}/" for each in Conversation.objects.filter(user=self.users[name])]
        own = Answer.objects.filter(question__conversation__user=self.users[name])
        pages += [path for each in own for path in (f"/answers/{each.pk}/why/", f"/answers/{each.pk}/")]
        shown = [client.get(page, headers={"HX-Request": "true"}).content.decode() for page in [*pages, "/"]]
        if name == REVIEWER:
            judged = [f"/answers/{pk}/why/" for pk in Answer.objects.values_list("pk", flat=True)]
            judged += ["/reports/", "/reports/?state=settled"]
            judged += [f"/reports/{pk}/settle/" for pk in CitationReport.objects.values_list("pk", flat=True)]
            judged += ["/reviews/", *self.to_review()]
            shown += [client.get(page).content.decode() for page in judged]
        return "\n".join(shown)

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

    def remove(self, place, purged):
        document = Document.objects.filter(source=self.sources[place]).first()
        if document is None:
            return
        if purged:
            purge_document(document, actor=None)
        else:
            remove_document(document, actor=None)

    def move(self, name, names):
        self.users[name].groups.set(Group.objects.filter(name__in=names))

    def close(self, place, names, everyone):
        source = Source.objects.get(pk=self.sources[place].pk)
        change_source(source, actor=None, everyone=everyone, group_ids=self.ids(names))

    def may_read(self, user, place):
        return Document.objects.readable_by(reader_for(user)).filter(source=self.sources[place]).exists()

    def all_words(self):
        return {word for words in self.words for word in words}
