"""A placeholder says nothing to whoever does not have the key, and comes back however a model hands it over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.safety.personal_data.kinds import Kind, PersonalData
from app.safety.personal_data.placeholders import Placeholders, Restoring

NAME = "Agnieszka Nowakowska"


def hidden(text: str = f"Ask {NAME}.", value: str = NAME) -> tuple[Placeholders, str, str]:
    """The placeholders of a text, the text as it is sent, and the placeholder of the value in it."""
    placeholders = Placeholders(b"key")
    start = text.index(value)
    sent = placeholders.hide(text, [PersonalData(start, start + len(value), Kind.NAME)])
    return placeholders, sent, sent[sent.index("<") : sent.index(">") + 1]


def streamed(placeholders: Placeholders, text: str, size: int) -> str:
    restoring = Restoring(placeholders)
    return "".join(restoring.feed(text[at : at + size]) for at in range(0, len(text), size)) + restoring.end()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "damage",
    [
        lambda said: said, str.lower, str.upper, lambda said: said.replace("_", r"\_"),
        lambda said: f"\\{said[:-1]}\\>", lambda said: said.replace("<", "&lt;").replace(">", "&gt;"),
        lambda said: said.replace("<", "< ").replace(">", " >"),
        lambda said: said.strip("<>"), lambda said: said.replace("_", " "), lambda said: said.replace("_", "-"),
        lambda said: said.replace("<", "«").replace(">", "»"),
    ],
)  # fmt: skip
def test_a_damaged_placeholder_comes_back_across_any_borders(damage, size):
    placeholders, _, said = hidden()
    assert streamed(placeholders, f"It is {damage(said)}, then **{damage(said)}** [1].", size) == (
        f"It is {NAME}, then **{NAME}** [1]."
    )


@given(
    st.lists(
        st.sampled_from(["<PERSON_", "<per", "PERSON_0a1b", "<EMAIL_ffff>", "person", " [1]. ", "<", ">", "a < b", "é"])
    ),
    st.integers(1, 9),
)
def test_a_stream_shows_what_the_whole_text_would(parts, size):
    placeholders, _, said = hidden()
    text = "".join([*parts, said, *parts])
    assert streamed(placeholders, text, size) == placeholders.restore(text)


def test_ordinary_text_is_shown_at_once():
    restoring = Restoring(hidden()[0])
    assert restoring.feed("Hotels cost 140 euros") == "Hotels cost 140 euros"
    assert restoring.feed(" a night [1]. ") == " a night [1]. "


def test_the_same_value_has_one_placeholder_and_another_key_another_one():
    placeholders = Placeholders(b"key")
    text = "Ada Lovelace met Ada  Lovelace."
    sent = placeholders.hide(text, [PersonalData(0, 12, Kind.NAME), PersonalData(17, 30, Kind.NAME)])
    first, second = sent[:-1].split(" met ")
    assert first == second
    other = Placeholders(b"another").hide(text, [PersonalData(0, 12, Kind.NAME)])
    assert not other.startswith(first)


def test_two_values_with_the_same_first_digits_are_told_apart():
    """With 2,000 values some share the four digits."""
    placeholders = Placeholders(b"key")
    values = [f"person{number}" for number in range(2000)]
    sent = [placeholders.hide(value, [PersonalData(0, len(value), Kind.NAME)]) for value in values]
    assert len(set(sent)) == len(values)
    assert [placeholders.restore(each) for each in sent] == values


def test_what_a_text_itself_writes_as_a_placeholder_is_given_back_as_it_stands():
    placeholders, sent, said = hidden(f"Ask {NAME}, or <PERSON_0a1b>, or {NAME.split(maxsplit=1)[0]}.")
    assert "<PERSON_0a1b>" not in sent
    assert placeholders.restore(sent) == f"Ask {NAME}, or <PERSON_0a1b>, or Agnieszka."
    assert said in sent


def test_a_redacted_kind_cannot_come_back():
    placeholders = Placeholders(b"key")
    sent = placeholders.hide("Ask Ada.", [PersonalData(4, 7, Kind.NAME)], {Kind.NAME})
    assert sent == "Ask [removed]."
    assert placeholders.values == {}
