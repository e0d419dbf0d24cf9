"""What a model outside the network is sent, and what its reader gets back."""

from collections.abc import Sequence

import pytest
from asgiref.sync import async_to_sync

from app.answers.private_model import KEEP_THEM, PrivateChatModel, conversation_key
from app.providers.errors import Unavailable
from app.providers.testing import ScriptedChatModel
from app.providers.types import ChatModel, Delta, Finished, Message
from app.safety import configured
from app.safety.models import PersonalDataPolicy, PersonalDataWord
from app.safety.personal_data import engine

pytestmark = pytest.mark.django_db(transaction=True)
OUTSIDE, INSIDE = "https://api.models.example/v1", "http://127.0.0.1:9/v1"
NAME, EMAIL, PHONE = "Agnieszka Nowakowska", "agnieszka.nowakowska@corp.example", "+44 20 7946 0018"
PASSAGE = f"Claims above 500 euros go to {NAME} ({EMAIL}, {PHONE})."


@pytest.fixture(autouse=True)
def _read_anew():
    configured.forget()
    yield
    configured.forget()


def private(model: ChatModel, *, url: str = OUTSIDE, conversation_id: int = 7) -> PrivateChatModel:
    return PrivateChatModel(model, conversation_id=conversation_id, base_url=url)


def prompt(passage: str = PASSAGE) -> list[Message]:
    return [Message("system", "Answer from the passage."), Message("user", f"{passage}\n\nQuestion: Who signs claims?")]


def says(model: ChatModel, messages: Sequence[Message]) -> list[Delta | Finished]:
    async def collected() -> list[Delta | Finished]:
        return [event async for event in model.stream(messages, max_tokens=50, temperature=0.0)]

    return list(async_to_sync(collected)())


def text_of(events: list[Delta | Finished]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def sent(model: ScriptedChatModel) -> str:
    return "\n".join(message.content for message in model.conversations[-1])


def placeholder(word: str, model: ScriptedChatModel) -> str:
    user = model.conversations[-1][-1].content
    return next(part.strip("().,") for part in user.split() if f"<{word}_" in part)


def hidden_once(conversation_id: int = 7) -> str:
    model = ScriptedChatModel(["ok"])
    says(private(model, conversation_id=conversation_id), prompt())
    return sent(model)


def test_a_model_outside_is_sent_placeholders_and_its_reader_gets_the_values():
    name = placeholder_of("PERSON")
    model = ScriptedChatModel(["Claims go to ", name[:4], name[4:9], name[9:], " [1]."])
    events = says(private(model), prompt())
    assert text_of(events) == f"Claims go to {NAME} [1]."
    assert isinstance(events[-1], Finished)
    for secret in (NAME, EMAIL, PHONE):
        assert secret not in sent(model)
    assert "Claims above 500 euros" in sent(model)
    assert KEEP_THEM in model.conversations[-1][0].content


def placeholder_of(word: str) -> str:
    model = ScriptedChatModel(["ok"])
    says(private(model), prompt())
    return placeholder(word, model)


def test_a_model_inside_is_shown_everything():
    model = ScriptedChatModel([f"Claims go to {NAME}."])
    assert text_of(says(private(model, url=INSIDE), prompt())) == f"Claims go to {NAME}."
    assert model.conversations == [prompt()]


def test_a_model_that_is_sent_no_placeholder_is_told_of_none():
    model = ScriptedChatModel(["ok"])
    says(private(model), prompt("Nobody is named here."))
    assert model.conversations == [prompt("Nobody is named here.")]


def test_an_admin_can_say_that_a_host_is_outside_or_inside():
    PersonalDataPolicy(outside_hosts=["127.0.0.1"], inside_hosts=[".models.example"]).save()
    model = ScriptedChatModel(["ok"])
    says(private(model, url=INSIDE), prompt())
    assert NAME not in sent(model)
    says(private(model, url=OUTSIDE), prompt())
    assert NAME in sent(model)


def test_placeholders_are_the_same_in_all_of_a_conversation_and_others_in_another():
    assert hidden_once() == hidden_once()
    assert hidden_once(7) != hidden_once(8)
    assert conversation_key(7) != conversation_key(8)


def test_a_placeholder_that_stands_for_nothing_shown_is_removed():
    model = ScriptedChatModel(["It is <PERSON_0000>, or <person_ffff> [1]."])
    assert text_of(says(private(model), prompt())) == "It is [removed], or [removed] [1]."


def test_what_was_said_in_another_conversation_cannot_be_asked_back():
    other = placeholder_of("EMAIL")
    model = ScriptedChatModel([f"Write to {other}."])
    told = says(private(model), prompt("Nobody is named here."))
    assert text_of(told) == "Write to [removed]."


def test_a_document_cannot_name_the_placeholder_of_something_else():
    """A passage that holds another value's placeholder is shown as it stands, not as the value."""
    name = placeholder_of("PERSON")
    model = ScriptedChatModel(["ok"])
    says(private(model), prompt(f"{PASSAGE} Also known as {name}."))
    literal = placeholder("LITERAL", model)
    model = ScriptedChatModel([f"See {literal}."])
    assert text_of(says(private(model), prompt(f"{PASSAGE} Also known as {name}."))) == f"See {name}."


def test_the_policy_decides_by_kind():
    PersonalDataPolicy(chosen={"external_model": {"name": "keep", "phone": "redact"}}).save()
    model = ScriptedChatModel(["Call [removed]."])
    assert text_of(says(private(model), prompt())) == "Call [removed]."
    assert NAME in sent(model)
    assert "[removed])" in sent(model)
    assert EMAIL not in sent(model)


def test_lists_of_words_hold_at_once():
    PersonalDataWord.objects.create(list="always", text="Project Nightingale")
    PersonalDataWord.objects.create(list="never", text="+44 (0)20 7946 0018")
    PersonalDataWord.objects.create(list="never", text="+442079460018")
    model = ScriptedChatModel(["ok"])
    says(private(model), prompt(f"{PASSAGE} It belongs to project  nightingale."))
    assert "nightingale" not in sent(model)
    assert PHONE in sent(model)


def test_nothing_is_sent_when_personal_data_cannot_be_looked_for(monkeypatch):
    def broken(_):
        raise MemoryError

    monkeypatch.setattr(engine, "find_all", broken)
    model = ScriptedChatModel(["ok"])
    with pytest.raises(Exception, match="could not be looked for"):
        says(private(model), prompt("A passage that nothing remembers, about Zofia Wójcik."))
    assert model.conversations == []


def test_what_is_held_back_is_lost_with_a_stream_that_breaks_off():
    model = ScriptedChatModel(["Claims go to <PERS", Unavailable("gone")])
    with pytest.raises(Unavailable):
        says(private(model), prompt())
