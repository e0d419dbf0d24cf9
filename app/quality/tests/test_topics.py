"""Unanswered questions become topics: the same ones from the same questions, named without telling on anybody."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from numpy.typing import NDArray

from app.accounts.models import Role, User
from app.answers.models import Answer, Feedback, Outcome
from app.audit.models import AuditEvent
from app.corpus.access import reader_for
from app.corpus.models import Document
from app.quality.models import UnansweredQuestion, UnansweredTopic
from app.quality.seen_topics import SeenTopic, counted_topics, seen_topics
from app.quality.source_report import nearest_sources
from app.quality.topics import Asked, heaps_of, stems_everywhere, telling_words, words_in
from app.quality.unanswered import dismiss, find_topics, restore, without_personal
from app.tests.world import World, answered_question, make_world
from ingestion.purge import purge_document

BICYCLES = ("Where can I park my bicycle?", "Is there a place to lock up bicycles?", "Do we have bicycle parking?")
WIFI = ("What is the wifi password for guests?", "How can guests get on the wifi?")


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    Answer.objects.all().delete()
    User.objects.filter(pk=made.bob.pk).update(roles=[Role.REVIEWER])
    made.bob.refresh_from_db()
    return made


def not_found(world: World, asker: str, text: str, *, on: Document | None = None, **fields: object) -> Answer:
    values = {"outcome": Outcome.NOT_FOUND, "text": ""} | fields
    return answered_question(world.person(asker), text, on or world.handbook, **values)


def asked_by_several(world: World) -> None:
    for asker, text in zip(("alice", "bob", "charlie"), BICYCLES, strict=True):
        not_found(world, asker, text)
    for asker, text in zip(("alice", "charlie"), WIFI, strict=True):
        not_found(world, asker, text)


def seen_by(user: User, *, may_review: bool) -> list[SeenTopic]:
    return seen_topics(counted_topics(), reader_for(user), may_review=may_review)


# -- pure ------------------------------------------------------------------------------------------


def directions(*degrees: float) -> NDArray[np.float32]:
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def members(vectors: NDArray[np.float32], keys: list[int | None], fixed: frozenset[int] = frozenset()) -> list[object]:
    return [(heap.key, sorted(heap.members)) for heap in heaps_of(vectors, keys, fixed, joined=0.9, merged=0.95)]


def test_what_is_near_comes_together_and_what_is_far_does_not() -> None:
    assert members(directions(0, 10, 90, 95, 180), [None] * 5) == [(None, [0, 1]), (None, [2, 3]), (None, [4])]


def test_a_new_question_joins_a_known_topic_and_moves_none_of_its_questions() -> None:
    assert members(directions(0, 40, 15), [7, 7, None]) == [(7, [0, 1, 2])]


def test_topics_that_came_near_each_other_become_the_older_one() -> None:
    assert members(directions(0, 90, 10), [3, 4, 5]) == [(3, [0, 2]), (4, [1])]


def test_a_dismissed_topic_takes_questions_and_is_merged_with_none() -> None:
    assert members(directions(0, 10, 1), [3, 4, None], frozenset({3})) == [(3, [0, 2]), (4, [1])]


def test_the_same_questions_always_make_the_same_topics() -> None:
    vectors = np.random.default_rng(5).normal(size=(200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys: list[int | None] = [None] * 200
    first, second = heaps_of(vectors, keys), heaps_of(vectors, keys)
    assert [heap.members for heap in first] == [heap.members for heap in second]
    assert sorted(at for heap in first for at in heap.members) == list(range(200))


def test_a_topic_is_named_by_words_that_two_people_share() -> None:
    heap = [Asked(words_in(text), asker) for asker, text in enumerate(BICYCLES)]
    others = [Asked(words_in("Where is the parking office of Zanzibar?"), 9)]
    everything = [*heap, *others]
    words = telling_words(heap, stems_everywhere(everything), len(everything))
    assert words[0] == "bicycle"
    assert "lock" not in words


def test_spellings_of_a_word_are_one_word() -> None:
    heap = [Asked(["pumps", "gdańsk"], 1), Asked(["pump", "gdansk"], 2)]
    assert telling_words(heap, stems_everywhere(heap), 2) == ["gdansk", "pump"]


def test_words_of_asking_and_numbers_say_nothing() -> None:
    assert words_in("Can you tell me where the 3 bikes of 2026 are?") == ["bikes"]


# -- kept ------------------------------------------------------------------------------------------


def test_questions_without_an_answer_become_topics(world: World) -> None:
    asked_by_several(world)
    answered_question(world.alice, "How many days of leave?", world.handbook)
    assert find_topics() == 5
    bicycles, wifi = counted_topics()
    assert (bicycles.words[0], bicycles.asked, bicycles.askers, bicycles.recent) == ("bicycle", 3, 3, 3)
    assert (set(wifi.words), wifi.asked, wifi.askers) == ({"guests", "wifi"}, 2, 2)
    assert find_topics() == 0


def test_a_question_that_its_reader_says_was_left_open_counts(world: World) -> None:
    left = answered_question(world.alice, "Where can I park my bicycle?", world.handbook)
    Feedback.objects.create(answer=left, value="down", reason=Feedback.Reason.INCOMPLETE)
    wrong = answered_question(world.alice, "How many days of leave?", world.handbook)
    Feedback.objects.create(answer=wrong, value="down", reason=Feedback.Reason.WRONG)
    assert find_topics() == 1
    assert UnansweredQuestion.objects.get().answer == left


def test_a_topic_keeps_its_key_when_more_is_asked(world: World) -> None:
    asked_by_several(world)
    find_topics()
    before = {topic.pk: topic.asked for topic in counted_topics()}
    not_found(world, "ada", "May I bring my bicycle into the office to park it?")
    find_topics()
    after = {topic.pk: topic.asked for topic in counted_topics()}
    assert set(after) == set(before)
    assert sum(after.values()) == 6


def test_what_is_old_or_taken_back_leaves_its_topic(world: World) -> None:
    asked_by_several(world)
    find_topics()
    Answer.objects.filter(question__text__in=WIFI).update(finished_at=timezone.now() - timedelta(days=100))
    find_topics()
    assert [topic.words[0] for topic in counted_topics()] == ["bicycle"]


def test_nothing_personal_is_kept_of_a_question(world: World) -> None:
    text = "What is the wifi password of jane.doe@example.com, phone +44 20 7946 0958?"
    assert "jane" not in without_personal(text)
    assert "7946" not in without_personal(text)
    not_found(world, "alice", text)
    find_topics()
    assert set(UnansweredQuestion.objects.get().words) == {"wifi", "password", "phone"}


def test_an_encoder_that_is_away_is_asked_next_time(world: World, settings, free_port: int) -> None:
    from app.providers.registry import forget

    not_found(world, "alice", BICYCLES[0])
    settings.ATTEST_ENCODER_BASE_URL = f"http://127.0.0.1:{free_port}/v1"
    forget()
    assert find_topics() == 0
    settings.ATTEST_ENCODER_BASE_URL = ""
    forget()
    assert find_topics() == 1


def test_another_encoder_encodes_anew_and_leaves_topics_as_they_are(world: World) -> None:
    asked_by_several(world)
    find_topics()
    before = dict(UnansweredQuestion.objects.values_list("answer", "topic"))
    UnansweredQuestion.objects.update(encoder="a former one", vector=b"\0" * 8)
    assert find_topics() == 5
    assert dict(UnansweredQuestion.objects.values_list("answer", "topic")) == before


def test_a_dismissed_topic_stays_so_and_can_come_back(world: World) -> None:
    asked_by_several(world)
    find_topics()
    topic = counted_topics()[0]
    dismiss(world.bob, topic, "  Ask reception.  ")
    not_found(world, "ada", BICYCLES[0])
    find_topics()
    assert topic.pk not in [each.pk for each in counted_topics()]
    gone = counted_topics(dismissed=True).get()
    assert (gone.pk, gone.asked, gone.note, gone.dismissed_by) == (topic.pk, 4, "Ask reception.", world.bob)
    restore(world.bob, topic)
    assert counted_topics()[0].pk == topic.pk
    said = list(AuditEvent.objects.filter(target=f"unanswered_topic:{topic.pk}").values_list("action", flat=True))
    assert sorted(said) == ["topic_dismissed", "topic_restored"]


def test_purging_a_document_forgets_questions_that_may_repeat_it(world: World) -> None:
    asked_by_several(world)
    find_topics()
    purge_document(world.handbook, actor=world.ada)
    assert not UnansweredQuestion.objects.exists()


# -- seen ------------------------------------------------------------------------------------------


def test_what_one_person_asks_is_told_to_reviewers_alone(world: World) -> None:
    not_found(world, "alice", BICYCLES[0])
    find_topics()
    (watching,) = seen_by(world.charlie, may_review=False)
    assert (watching.name, watching.examples, watching.askers) == ("", (), 1)
    (reviewing,) = seen_by(world.bob, may_review=True)
    assert "bicycle" in reviewing.name
    assert reviewing.examples[0].text == BICYCLES[0]


def test_a_question_that_came_near_a_closed_passage_is_not_shown(world: World) -> None:
    for asker, text in zip(("alice", "bob"), BICYCLES, strict=False):
        not_found(world, asker, text, on=world.document)
    find_topics()
    (mine,) = seen_by(world.bob, may_review=True)
    assert len(mine.examples) == 2
    assert [document.pk for document in mine.nearest] == [world.document.pk]
    (closed,) = seen_by(world.charlie, may_review=True)
    assert (closed.examples, closed.nearest) == ((), ())


def test_texts_pass_the_policy_on_personal_data(world: World) -> None:
    for asker in ("alice", "bob"):
        not_found(world, asker, "What is the wifi password of jane.doe@example.com?")
    find_topics()
    (topic,) = seen_by(world.charlie, may_review=False)
    assert [each.text for each in topic.examples] == ["What is the wifi password of [email]?"]


def test_the_trend_compares_four_weeks_with_the_four_before(world: World) -> None:
    for days, asker in ((40, "alice"), (2, "bob"), (1, "charlie")):
        not_found(world, asker, BICYCLES[0], finished_at=timezone.now() - timedelta(days=days))
    find_topics()
    (topic,) = seen_by(world.bob, may_review=True)
    assert (topic.recent, topic.before, topic.trend) == (2, 1, "more")


def test_a_topic_belongs_to_the_source_it_came_nearest_to(world: World) -> None:
    for asker, document in (("alice", world.handbook), ("bob", world.handbook), ("charlie", world.document)):
        not_found(world, asker, BICYCLES[0], on=document)
    find_topics()
    topic = UnansweredTopic.objects.get()
    assert nearest_sources([topic.pk]) == {topic.pk: world.handbook_source.pk}
