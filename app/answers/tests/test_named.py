"""A question about what no passage mentions is not answered with what stands near to it."""

import pytest

from app.answers.steps.named import names_a_stranger, unmentioned

PER_DIEM = ["Country | Per-diem\nGermany | 56\nNetherlands | 54"]
PUMPS = [
    "| Heron 20 | Heron 45 | Heron 90\nFlow | 20 | 45 | 90",
    "Otter 5 and 12 have lobes. Rooms from Lincoln 09:00.",
]


def test_a_country_that_no_passage_has_is_missing():
    assert unmentioned("What is the per-diem for Japan?", PER_DIEM) == ["Japan"]
    assert unmentioned("What is the per-diem for Germany?", PER_DIEM) == []


@pytest.mark.parametrize(
    "question",
    [
        "I am going to Japan, what do I get?",
        "My colleague is in Japan until May. What is the per-diem for Germany?",
        "What is the per-diem for the Nederlands?",
        "What is the per-diem in Germany's north?",
        "What is the RPO of the table?",
        "Wie hoch ist die Pauschale in Deutschland?",
    ],
)
def test_names_that_need_not_be_mentioned(question):
    assert not names_a_stranger(question, PER_DIEM)


@pytest.mark.parametrize(
    "question", ["What is the flow of the Heron 60?", "heron 60 flow", "List price of the Otter 20?"]
)
def test_a_model_is_missing_where_others_of_its_name_are_there(question):
    assert names_a_stranger(question, PUMPS)


@pytest.mark.parametrize(
    "question",
    [
        "What is the flow of the Heron 45?",
        "What does an Otter 12 weigh?",
        "What does an Otter 12 weigh in 2027?",
        "Is the canteen in Lincoln 24 hours open?",
        "What does the Bittern 2 cost?".lower(),
    ],
)
def test_a_model_that_is_there_or_has_no_relatives_is_not(question):
    assert not names_a_stranger(question, PUMPS)


def test_a_run_of_models_holds_those_within():
    assert not names_a_stranger("What is new in Fenn 7?", ["Fenn 5 to 9 are gone."])
