"""Verdicts on sentences, repaired markers, and the answer written anew."""

import pytest

from app.answers.checking.check import Opinion, Verdict, judge, with_opinions
from app.answers.checking.claims import claims_of
from app.answers.checking.edit import edited
from app.answers.checking.source import Source

HOTELS = Source.of(
    "Employees may book a hotel for up to 140 euros a night. Anything above needs a manager.", "Travel policy"
)
TRAINS = Source.of(
    "Trains are booked in second class. Journeys of over four hours may be booked in first class.", "Travel policy"
)
LEAVE = Source.of(
    "| Site | Days | Holidays |\n|---|---|---|\n| Lincoln | 27 | 8 |\n| Groningen | 26 | 7 |", "Annual leave"
)
SOURCES = [HOTELS, TRAINS, LEAVE]
CITED = {1: 0, 2: 1, 3: 2}


def judged(answer, sources=SOURCES, cited=CITED):
    claims = claims_of(answer)
    return judge(claims, cited, sources, [[None] * len(sources) for _ in claims])


def one(sentence):
    (found,) = judged(sentence)
    return found


def rewritten(answer, **how):
    made = edited(answer, judged(answer), CITED, **{"remove": True, **how})
    assert all(made.text[each.start : each.end].strip() for each in made.sentences)
    return made


@pytest.mark.parametrize(
    "sentence",
    ["A hotel may cost up to 140 euros a night [1].", "Employees book trains in second class [2].",
     "In Lincoln there are 27 days of leave [3].", "Groningen has 26 days and 7 holidays [3]."],
)  # fmt: skip
def test_what_the_passage_says_is_supported(sentence):
    found = one(sentence)
    assert (found.verdict, found.repaired) == (Verdict.SUPPORTED, False)


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("A hotel may cost up to 150 euros a night [1].", "number"),
        ("A hotel may cost up to 140 pounds a night [1].", "unit"),
        ("A hotel may cost at least 140 euros a night [1].", "limit"),
        ("Trains are not booked in second class [2].", "negation"),
        ("Only Employees of Gdańsk may book a hotel for 140 euros a night [1].", "name"),
        ("Groningen has 27 days of leave [3].", "number"),
        ("Trains are booked in second class since 3 May 2024 [2].", "date"),
    ],
)
def test_what_was_altered_is_named(sentence, kind):
    found = one(sentence)
    assert found.verdict == Verdict.UNSUPPORTED
    assert kind in {problem["kind"] for problem in found.problems}


def test_a_sentence_about_something_else_is_unsupported():
    assert one("The canteen serves soup on Fridays in winter [1].").verdict == Verdict.UNSUPPORTED


def test_a_wrong_marker_is_exchanged_for_the_passage_that_says_so():
    found = one("A hotel may cost up to 140 euros a night [2].")
    assert (found.verdict, found.sources, found.repaired) == (Verdict.SUPPORTED, (0,), True)


def test_a_sentence_without_a_marker_gets_one():
    found = one("Trains are booked in second class.")
    assert (found.verdict, found.sources, found.repaired) == (Verdict.SUPPORTED, (1,), True)


def test_a_sentence_that_no_passage_supports_and_that_cites_none_is_uncited():
    assert one("Brightwater reviews this every 31 weeks.").verdict == Verdict.UNCITED


def test_a_marker_that_adds_nothing_goes():
    found = one("A hotel may cost up to 140 euros a night [1][3].")
    assert (found.sources, found.repaired) == ((0,), True)


def test_two_passages_may_support_a_sentence_together():
    found = one("Hotels cost up to 140 euros a night, and trains are booked in second class [1][2].")
    assert (found.verdict, found.sources) == (Verdict.SUPPORTED, (0, 1))


def test_a_second_reader_overrules_what_rests_on_reading_but_no_figure():
    turned, altered = judged("Trains are not booked in second class [2]. A hotel costs 150 euros a night [1].")
    both = with_opinions([turned, altered], {0: Opinion(0.95, 0.0), 1: Opinion(0.95, 0.0)})
    assert [each.verdict for each in both] == [Verdict.SUPPORTED, Verdict.UNSUPPORTED]
    (held,) = with_opinions(judged("Trains are booked in second class [2]."), {0: Opinion(0.0, 0.95)})
    assert held.verdict == Verdict.UNSUPPORTED


def test_unsupported_sentences_are_left_out_and_markers_counted_afresh():
    made = rewritten(
        "Gold is cheap in June [3]. Trains are booked in second class [2]. A hotel costs up to 140 euros a night [1]."
    )
    assert made.text == "Trains are booked in second class [1]. A hotel costs up to 140 euros a night [2]."
    assert made.order == (1, 0)
    assert [made.text[each.start : each.end] for each in made.sentences] == [
        "Trains are booked in second class [1].", "A hotel costs up to 140 euros a night [2].",
    ]  # fmt: skip


def test_an_item_goes_with_its_bullet_and_an_announcement_with_its_items():
    made = rewritten(
        "Limits:\n- Hotels: 140 euros a night [1]\n- Gold: 9,999 euros [1]\n\nOther rules:\n- Silver: 8,888 euros [2]"
    )
    assert made.text == "Limits:\n- Hotels: 140 euros a night [1]"


def test_unsupported_sentences_stay_with_a_mark_where_so_set():
    made = rewritten(
        "A hotel costs 150 euros a night [1]. Trains are booked in second class [2].", remove=False, mark=" (?)"
    )
    assert made.text == "A hotel costs 150 euros a night [1]. (?) Trains are booked in second class [2]."
    assert made.text[made.sentences[0].start : made.sentences[0].end].endswith("(?)")


def test_a_new_marker_stands_before_the_full_stop():
    assert rewritten("Trains are booked in second class.").text == "Trains are booked in second class [1]."


def test_nothing_of_an_answer_of_inventions_is_left():
    assert rewritten("Gold is cheap in June [3]. Silver costs 8,888 euros [2].").text == ""


PARKING = Source.of("Car park B has 84 spaces. Charging costs 42 cents per kWh. Visitors use car park A.", "Parking")
BANDS = Source.of("Bands 1 to 4 receive a bonus of up to 5 %. Band 5 receives 8 %. It is paid within the EU.", "Bonus")
BOARD = Source.of("The board is chaired by Henrik Sandberg; his predecessor was Carla Moretti.", "Board")
NIGHTS = Source.of("The night shift pays £2.10 an hour more. Nobody under 18 may work at night.", "Night shift")
CLASSES = Source.of("Business class is allowed only on flights of more than eight hours.", "Flights")
MACHINES = Source.of(
    "| Machine | Service | By |\n|---|---|---|\n| Lathe | 6 weeks | Rob Ellis |\n| Oven | 1 year | Aiko Sato |"
)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (PARKING, "There are 84 spaces in car park B."),
        (PARKING, "Charging costs €0.42 for each kWh."),
        (BANDS, "Band 5 gets a bonus of 8 percent."),
        (BANDS, "Those in bands 1–4 get up to 5 % as a bonus."),
        (BOARD, "Before Henrik Sandberg, Carla Moretti chaired the board."),
        (NIGHTS, "Night work pays an extra £2.10 per hour."),
        (NIGHTS, "People younger than 18 must not work at night."),
        (CLASSES, "Business class may be used only on flights that take longer than 8 hours."),
        (MACHINES, "The lathe is serviced every six weeks by Rob Ellis."),
    ],
)
def test_other_words_for_the_same_are_supported(source, sentence):
    (found,) = judged(f"{sentence} [1]", [source], {1: 0})
    assert (found.verdict, found.problems) == (Verdict.SUPPORTED, ())


@pytest.mark.parametrize(
    ("source", "sentence", "kind"),
    [
        (PARKING, "Visitors use car park B.", "name"),
        (PARKING, "Charging costs 42 cents per hour.", "unit"),
        (BANDS, "Band 4 receives 8 %.", "number"),
        (BANDS, "It is paid outside the EU.", "limit"),
        (BOARD, "The board is chaired by Carla Moretti.", "name"),
        (NIGHTS, "The morning shift pays £2.10 an hour more.", "word"),
        (CLASSES, "Business class is never allowed.", "negation"),
        (MACHINES, "The oven is serviced every 6 weeks.", "number"),
    ],
)
def test_the_other_one_of_two_is_named(source, sentence, kind):
    (found,) = judged(f"{sentence} [1]", [source], {1: 0})
    assert found.verdict == Verdict.UNSUPPORTED
    assert kind in {problem["kind"] for problem in found.problems}
