"""A second opinion on sentences: asked where it is wanted, believed as far as it goes, and never needed."""

import asyncio

import pytest

from app.answers.checking.check import Opinion, Verdict, judge, with_opinions
from app.answers.checking.claims import claims_of
from app.answers.checking.source import Source
from app.answers.draft import Draft
from app.answers.steps import second_reader
from app.answers.steps.second_reader import opinion_in, second_opinions
from app.corpus.access import Reader
from app.providers.entailment import Inference
from app.providers.errors import Refused, Unavailable
from app.providers.testing import ScriptedChatModel

SOURCE = Source.of("Trains are booked in second class.", "Travel policy")
TEXT = "Trains are booked in second class [1]. People enjoy scenic slow journeys abroad [1]."


@pytest.fixture
def judged():
    claims = claims_of(TEXT)
    return judge(claims, {1: 0}, [SOURCE], [[None] for _ in claims])


@pytest.fixture
def draft():
    return Draft(question_id=0, question="In which class?", reader=Reader())


@pytest.fixture(autouse=True)
def _no_entailment_model(monkeypatch):
    monkeypatch.setattr(second_reader, "get_entailment_model", lambda: None)


@pytest.fixture
def judge_says(monkeypatch, settings):
    def says(*scripts, which="all"):
        settings.ATTEST_JUDGE = which
        models = [ScriptedChatModel((script,)) for script in scripts]
        left = list(models)
        monkeypatch.setattr(second_reader, "chat_for", lambda draft, task: left.pop(0) if left else None)
        return models

    return says


class Inferring:
    name = "nli"

    def __init__(self, *inferred):
        self.inferred = list(inferred)

    def infer(self, pairs):
        if not self.inferred:
            raise Refused("It cannot be loaded.")
        return self.inferred


def asked(draft, judged):
    return asyncio.run(second_opinions(draft, judged, [SOURCE]))


def test_nobody_is_asked_unless_configured(draft, judged):
    assert asked(draft, judged) == {}


def test_an_entailment_model_turns_verdicts(draft, judged, monkeypatch):
    model = Inferring(Inference(0.05, 0.9), Inference(0.9, 0.0))
    monkeypatch.setattr(second_reader, "get_entailment_model", lambda: model)
    turned = with_opinions(judged, asked(draft, judged))
    assert [each.verdict for each in turned] == [Verdict.UNSUPPORTED, Verdict.SUPPORTED]


def test_a_model_that_cannot_be_used_changes_nothing(draft, judged, monkeypatch):
    monkeypatch.setattr(second_reader, "get_entailment_model", Inferring)
    assert with_opinions(judged, asked(draft, judged)) == judged


def test_the_chat_model_is_asked_about_each_sentence_in_a_frame(draft, judged, judge_says):
    models = judge_says("SUPPORTED", "UNSUPPORTED")
    assert asked(draft, judged) == {0: second_reader.YES, 1: second_reader.NO}
    system, user = models[0].conversations[0]
    frame = system.content.split("frame word ")[1].split(".")[0]
    assert user.content.count(frame) == 4
    assert "Trains are booked" in user.content


def test_only_doubtful_sentences_are_asked_about_where_so_set(draft, judged, judge_says):
    judge_says("UNSUPPORTED", which="doubtful")
    assert asked(draft, judged) == {1: second_reader.NO}


def test_a_chat_model_that_is_down_changes_nothing(draft, judged, judge_says):
    judge_says(Unavailable("down"), Unavailable("down"))
    assert asked(draft, judged) == {}


@pytest.mark.parametrize(
    ("reply", "opinion"),
    [("SUPPORTED", second_reader.YES), ("**Unsupported**.", second_reader.NO), ("I cannot say", None), ("", None)],
)
def test_a_reply_is_read_for_its_word(reply, opinion: Opinion | None):
    assert opinion_in(reply) == opinion
