"""Loops and foreign languages are recognised, and ordinary text is left alone."""

import pytest

from app.providers.reply_checks import is_other_language, language_of, repeats

TEXTS = {
    "en": "The hotel may cost up to 120 euros a night, and the manager has to agree before it is booked.",
    "de": "Das Hotel darf bis zu 120 Euro pro Nacht kosten, und die Führungskraft muss vorher zustimmen.",
    "fr": "Le prix de la chambre est limité à 120 euros par nuit et il faut l'accord du responsable avant.",
    "es": "El hotel puede costar hasta 120 euros por noche y el responsable tiene que dar su permiso antes.",
    "it": "Il prezzo della camera non deve superare i 120 euro e il responsabile deve dare il permesso.",
    "nl": "Het hotel mag niet meer dan 120 euro per nacht kosten en de manager moet het van tevoren goedkeuren.",
    "CYRILLIC": "Гостиница может стоить до 120 евро за ночь, и руководитель должен согласиться.",
    "CJK": "酒店每晚最高费用为一百二十欧元，预订前必须得到经理的同意。",
}


@pytest.mark.parametrize(("language", "text"), TEXTS.items())
def test_languages_are_told_apart(language, text):
    assert language_of(text) == language
    for expected in TEXTS:
        assert is_other_language(text, expected) == (expected != language)


@pytest.mark.parametrize("text", ["", "NOT_FOUND", "120 EUR [1]", "OK.", "Hotel Adlon, Berlin", "SAP ERP HCM 2024"])
def test_what_cannot_be_told_is_never_called_wrong(text):
    assert not any(is_other_language(text, expected) for expected in TEXTS)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How much may a hotel cost a night?", "en"),
        ("What is the notice period for a probationary contract?", "en"),
        ("Wie viel darf ein Hotel in der Nacht kosten?", "de"),
        ("Quel est le prix de la chambre?", "fr"),
        ("Reisekostenrichtlinie?", ""),
    ],
)
def test_the_language_of_a_question(question, language):
    assert language_of(question) == language


def test_english_that_quotes_german_is_still_english():
    text = 'The rule is called "Entgeltfortzahlung im Krankheitsfall" and says that pay goes on for six weeks [1].'
    assert not is_other_language(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "The policy allows it. " * 12,
        "no " * 60,
        "Start of it. " + "and then the manager agrees and " * 8,
        "a, b, " * 40,
        "好的。" * 60,
    ],
)
def test_loops_are_seen(text):
    assert repeats(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Short. Short. Short. Short.",
        TEXTS["en"] + " " + TEXTS["de"],
        "\n".join(f"- Room {n} costs {n * 7} euros a night [{n}]." for n in range(1, 20)),
        "| Country | Limit |\n|" + " --- |" * 40,
        "Weekly rates:\n" + "=" * 200,
        " ".join(f"Step {n}: press the button and wait for the lamp." for n in range(1, 4)),
    ],
)
def test_lists_tables_and_lines_are_not_loops(text):
    assert not repeats(text)
