"""The prompt of a real question: whole sections out of the database, exact citations, a long conversation summed up."""

import json

import pytest
from asgiref.sync import async_to_sync

from app.answers import chat
from app.answers.context.history import EARLIER, fitted_history
from app.answers.context.room import Room
from app.answers.context.tokens import counter_for
from app.answers.draft import Draft
from app.answers.following.turns import Turn
from app.answers.models import Outcome
from app.answers.tests.asked import add, asked, library, person
from app.corpus.access import Reader
from app.providers.errors import Unavailable
from app.providers.testing import ScriptedChatModel

pytestmark = pytest.mark.django_db(transaction=True)
RULE = (
    "The {thing} allowance is {amount} euros a month and is paid with the salary of the {thing} month, never earlier."
)
THINGS = ("bicycle", "canteen", "laptop", "training", "moving", "telephone", "childcare", "glasses", "gym", "parking")
LONG_SECTION = "# Allowances\n\n## Amounts\n\n" + "\n\n".join(
    " ".join(
        [RULE.format(thing=thing, amount=100 + 7 * at)] + [f"Ask the {thing} desk about point {n}." for n in range(12)]
    )
    for at, thing in enumerate(THINGS)
)


@pytest.fixture
def model(monkeypatch, settings):
    """Lets a test say what the language model does, one script a call."""

    def use(*scripts):
        scripted = ScriptedChatModel(*scripts)
        settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "scripted"
        monkeypatch.setattr(chat, "protected", lambda named, **rest: scripted)
        return scripted

    return use


@pytest.fixture
def sources():
    return library()


def test_the_model_reads_whole_sections_and_the_citation_points_into_the_stored_text(sources, model):
    document = add(sources["open"], "allowances.md", LONG_SECTION)
    scripted = model(["The training allowance is 121 euros a month [1]."])
    answer, _ = asked(person("charlie@example.com"), "How high is the training allowance?")
    assert answer.outcome == Outcome.ANSWERED
    shown = answer.context["shown"][0]
    assert len(shown["chunk_ids"]) > 1
    citation = answer.citations.get()
    text = document.current_version.text
    assert text[citation.start : citation.end] == citation.quote
    assert "121 euros" in citation.quote
    evidence = citation.evidence
    assert evidence.start <= citation.start < evidence.end
    told = scripted.conversations[0][-1].content
    whole = told.split("\n", 1)[1].split("\nFRAME-")[0]
    assert whole in text
    assert len(whole) > 2000


def test_a_neighbour_that_the_reader_may_not_read_never_comes_in(sources, model):
    """The open document lies beside the closed one; a member sees both, an outsider nothing of the closed one."""
    add(sources["closed"], "pay.md", LONG_SECTION.replace("Allowances", "Secret pay").replace("euros", "secret-coins"))
    add(sources["open"], "allowances.md", LONG_SECTION)
    scripted = model(["It is 121 euros [1]."])
    question = "How high is the training allowance?"
    answer, _ = asked(person("charlie@example.com"), question)
    told = json.dumps([message.content for message in scripted.conversations[-1]])
    assert "secret-coins" not in told
    shown = {pk for each in answer.context["shown"] for pk in each["chunk_ids"]}
    assert not sources["closed"].documents.filter(chunks__pk__in=shown).exists()
    asked(person("alice@example.com", "finance"), question)
    assert "secret-coins" in json.dumps([message.content for message in scripted.conversations[-1]])


CITIES = ("Delft", "Kraków", "Lisbon", "Turin", "Ghent", "Porto", "Malmö", "Bergen", "Leeds", "Nantes")
LONG_TABLE = "# Hotel limits\n\n| City | Limit a night | Approved by |\n|---|---|---|\n" + "\n".join(
    f"| {city} district {number} | {100 + 10 * place + number} euros | the office manager of {city} |"
    for place, city in enumerate(CITIES)
    for number in range(9)
)


@pytest.mark.parametrize("has_model", [False, True])
def test_a_row_far_down_a_table_is_cited_where_it_stands_and_shown_with_its_header(sources, model, has_model):
    """Chunks of a long table repeat its header, which stands in the document only once."""
    document = add(sources["open"], "limits.md", LONG_TABLE)
    assert document.chunks.count() > 2
    scripted = model(["The limit in Bergen district 4 is 174 euros [1]."]) if has_model else None
    answer, _ = asked(person("charlie@example.com"), "What is the limit a night in Bergen district 4?")
    citation = answer.citations.get(marker=1)
    text = document.current_version.text
    assert text[citation.start : citation.end] == citation.quote
    assert "Bergen district 4" in citation.quote
    if scripted:
        told = scripted.conversations[0][-1].content
        assert told.index("Limit a night") < told.index("Bergen district 4")


def test_without_a_model_nothing_is_put_together(sources):
    answer, _ = asked(person("charlie@example.com"), "How much may a hotel cost a night?")
    assert answer.outcome == Outcome.ANSWERED
    assert "shown" not in answer.context


def test_a_context_that_holds_no_passage_ends_in_the_quoted_answer(sources, model, settings):
    settings.LLM_CONTEXT_TOKENS, settings.LLM_MAX_TOKENS = 500, 100
    model(["never asked [1]."])
    answer, _ = asked(person("charlie@example.com"), "How much may a hotel cost a night?")
    assert (answer.outcome, answer.error) == (Outcome.DEGRADED, "NoRoom")
    assert "140 euros" in answer.text


LONG_TURNS = tuple(Turn(f"Question {number}?", f"Answer {number} [1]. " + "Words go on. " * 80) for number in range(4))


def fitted(turns, context=2400):
    draft = Draft(question_id=0, question="And then?", reader=Reader(), history=turns)
    return async_to_sync(fitted_history)(draft, Room(context, 200, counter_for("")))


def test_a_short_conversation_is_told_in_full_without_its_markers(model):
    scripted = model(["never asked"])
    told = fitted((Turn("Hotels?", "They cost 140 euros [1][2]."),))
    assert [turn.answer for turn in told.turns] == ["They cost 140 euros ."]
    assert scripted.conversations == []


def test_the_older_turns_of_a_long_conversation_are_summed_up_by_the_model(model):
    scripted = model(["They spoke of answers 0\nto 2."])
    told = fitted(LONG_TURNS)
    assert told.summary == "They spoke of answers 0 to 2."
    assert (told.summarised, len(told.turns), told.dropped) == (4 - len(told.turns), len(told.turns), 0)
    system, asked_for = scripted.conversations[0]
    assert "sum up the earlier turns" in system.content
    assert EARLIER in asked_for.content
    assert "Answer 0" in asked_for.content
    assert "Answer 3" not in asked_for.content or not told.turns


@pytest.mark.parametrize("failure", [Unavailable("down"), None])
def test_where_no_model_sums_up_the_oldest_turns_are_left_out_whole_and_counted(model, failure):
    if failure:
        model([failure])
    told = fitted(LONG_TURNS)
    assert told.summary == ""
    assert told.dropped == 4 - len(told.turns) > 0
    assert all(turn.answer in LONG_TURNS[-1].answer.replace(" [1]", " ") for turn in told.turns[-1:])
