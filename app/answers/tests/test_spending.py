"""Every call of a model is paid for, however it ends, and none is made that cannot be paid for."""

import asyncio
import time
from contextlib import aclosing
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from app.accounts.models import User
from app.answers import spending
from app.answers.draft import Call, Draft
from app.answers.models import Answer, Conversation, Outcome, Question
from app.answers.spending import BudgetSpent, budget_state, budgeted, record_saving, tokens_of
from app.answers.stopping import StoppableChatModel
from app.corpus.access import Reader
from app.providers.errors import Timeout, Unavailable
from app.providers.testing import ScriptedChatModel
from app.providers.types import Delta, Finished, Message
from app.telemetry.threads import in_thread
from app.usage.models import Budget, Price, Reservation, Tally, UsageRecord

pytestmark = pytest.mark.django_db(transaction=True)
PROMPT = [Message("system", "Answer from the passages."), Message("user", "How much may a hotel cost?" * 4)]
READER = Reader(7, frozenset([3]))


@pytest.fixture(autouse=True)
def price():
    return Price.objects.create(model="scripted", input_usd=Decimal(1000), output_usd=Decimal(2000))


def a_draft(question_id=0):
    return Draft(question_id=question_id, question="?", reader=READER)


def a_budget(amount, **fields):
    return Budget.objects.create(**{"scope": "everyone", "kind": "cost", "period": "day", "amount": amount} | fields)


async def says(model, draft, task="answer", stop_after=None, max_tokens=100):
    heard = []
    async with aclosing(budgeted(model, draft, task).stream(PROMPT, max_tokens=max_tokens, temperature=0)) as stream:
        async for event in stream:
            heard.append(event)
            if len(heard) == stop_after:
                break
    return heard


def run(model, draft, **how):
    return asyncio.run(says(model, draft, **how))


def test_a_call_is_passed_on_unchanged_and_paid_for(price):
    draft = a_draft()
    assert run(ScriptedChatModel(("Up to ", "140 euros.")), draft) == [
        Delta("Up to "), Delta("140 euros."), Finished(10, 2, "stop"),
    ]  # fmt: skip
    record = UsageRecord.objects.get()
    assert (record.user_id, record.group_ids, record.answer_id, record.step) == (7, [3], None, "answer")
    assert (record.model, record.prompt_tokens, record.completion_tokens) == ("scripted", 10, 2)
    assert (record.estimated, record.cost_usd, record.price) == (False, Decimal("0.014"), price)
    assert draft.calls == [Call("answer", "scripted", 10, 2)]
    assert draft.cost_usd == Decimal("0.014")


def test_all_calls_of_an_answer_add_up():
    draft = a_draft()
    for task in ("rewrite", "answer", "judge"):
        run(ScriptedChatModel(("ok",)), draft, task=task)
    assert draft.cost_usd == Decimal("0.036")
    assert tokens_of(draft) == (30, 3)
    assert set(UsageRecord.objects.values_list("step", flat=True)) == {"rewrite", "answer", "judge"}


def test_a_model_that_breaks_off_is_paid_for_what_it_said():
    a_budget(10)
    draft = a_draft()
    with pytest.raises(Unavailable):
        run(ScriptedChatModel(("Hotels may ", "cost up to ", Unavailable("cut"))), draft)
    record = UsageRecord.objects.get()
    assert record.estimated
    # 25 and 104 characters read, 21 said, four to a token.
    assert (record.prompt_tokens, record.completion_tokens) == (7 + 26, 6)
    assert draft.calls[0].estimated
    assert Reservation.objects.count() == 0


def test_a_listener_that_stops_is_charged_for_what_was_said():
    a_budget(10)
    run(ScriptedChatModel(("Hotels may ", "cost up to ", "140 euros.")), a_draft(), stop_after=1)
    record = UsageRecord.objects.get()
    assert (record.estimated, record.completion_tokens) == (True, 3)
    assert not Reservation.objects.exists()


@pytest.fixture
def slow_bill(monkeypatch):
    """A bill that takes its time, as it does on a busy database."""
    in_time = spending.settled

    def late(*args):
        time.sleep(0.3)
        return in_time(*args)

    monkeypatch.setattr(spending, "settled", late)


def test_an_answer_waits_for_the_bill_of_a_model_that_has_ended(slow_bill):
    draft = a_draft()

    async def heard():
        model = StoppableChatModel(budgeted(ScriptedChatModel(("Up to ", "140 euros.")), draft, "answer"), draft)
        return [part async for part in model.stream(PROMPT, max_tokens=100, temperature=0)]

    assert asyncio.run(heard())[-1] == Finished(10, 2, "stop")
    assert draft.cost_usd == Decimal("0.014")
    assert draft.calls == [Call("answer", "scripted", 10, 2)]
    assert not draft.stopped


def test_who_hangs_up_while_the_bill_is_written_is_charged_all_the_same(slow_bill):
    draft = a_draft()

    async def cancelled():
        task = asyncio.create_task(says(ScriptedChatModel(("Up to ", "140 euros.")), draft))
        await asyncio.sleep(0.15)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert draft.cost_usd == Decimal("0.014")
    assert UsageRecord.objects.get().cost_usd == Decimal("0.014")


def test_a_cancelled_call_is_settled_too():
    a_budget(10)

    class Hanging:
        name = "scripted"

        async def stream(self, messages, *, max_tokens, temperature):
            yield Delta("Hotels may ")
            await asyncio.sleep(60)
            yield Finished(1, 1, "stop")

    async def cancelled():
        task = asyncio.create_task(says(Hanging(), a_draft()))
        while not await in_thread(Reservation.objects.exists):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(cancelled())
    assert UsageRecord.objects.get().estimated
    assert not Reservation.objects.exists()


def test_a_model_that_was_not_reached_costs_nothing():
    a_budget(10)
    draft = a_draft()
    with pytest.raises(Unavailable):
        run(ScriptedChatModel((Unavailable("refused"),)), draft)
    assert not UsageRecord.objects.exists()
    assert (draft.calls, Tally.objects.get(subject="everyone", period="day").reserved_usd) == ([], 0)


def test_a_model_that_was_too_slow_has_read_the_question():
    with pytest.raises(Timeout):
        run(ScriptedChatModel((Timeout("no token"),)), a_draft())
    record = UsageRecord.objects.get()
    assert (record.prompt_tokens, record.completion_tokens, record.estimated) == (33, 0, True)


def test_nothing_is_asked_that_cannot_be_paid_for():
    a_budget(Decimal("0.2"))
    model, draft = ScriptedChatModel(("ok",)), a_draft()
    with pytest.raises(BudgetSpent) as refusal:
        run(model, draft, max_tokens=100)
    assert model.conversations == []
    assert "answers are quoted from the documents" in refusal.value.message
    assert "UTC" in refusal.value.message
    assert not UsageRecord.objects.exists()
    run(model, draft, max_tokens=20)


def test_calls_beside_each_other_never_spend_more_than_there_is():
    """Each of twenty may cost up to 0.29 and costs 0.25: only three fit beside each other, and then no fourth."""
    a_budget(Decimal("1.0"))
    draft = a_draft()

    class Greedy:
        name = "scripted"

        async def stream(self, messages, *, max_tokens, temperature):
            yield Delta("words")
            await asyncio.sleep(0.3)
            yield Finished(50, 100, "stop")

    async def many():
        return await asyncio.gather(*(says(Greedy(), draft) for _ in range(20)), return_exceptions=True)

    results = asyncio.run(many())
    spent = Tally.objects.get(subject="everyone", period="day").cost_usd
    assert sum(isinstance(each, BudgetSpent) for each in results) == 17
    assert (spent, draft.cost_usd) == (Decimal("0.75"), Decimal("0.75"))


def test_the_state_of_the_budget_is_told_before_a_model_is_chosen():
    assert budget_state(READER) == "free"
    a_budget(Decimal("0.015"), scope="group", group=a_group())
    assert budget_state(READER) == "free"
    Tally.objects.create(subject="group:3", period="day", start=timezone.localdate(), cost_usd=Decimal("0.013"))
    assert budget_state(READER) == "near"
    assert budget_state(Reader(7)) == "free"
    Tally.objects.update(cost_usd=Decimal("0.015"))
    assert budget_state(READER) == "spent"


def a_group():
    from django.contrib.auth.models import Group

    return Group.objects.create(pk=3, name="finance")


def an_answer(**fields):
    user, _ = User.objects.get_or_create(email="alice@example.com")
    question = Question.objects.create(conversation=Conversation.objects.create(user=user, title="?"), text="?")
    values = {"outcome": Outcome.ANSWERED, "finished_at": timezone.now()} | fields
    return Answer.objects.create(question=question, **values)


def test_a_record_names_the_answer_it_was_for():
    answer = an_answer()
    run(ScriptedChatModel(("ok",)), a_draft(answer.question_id))
    assert UsageRecord.objects.get().answer_id == answer.pk


def test_an_answer_given_again_says_what_it_saved():
    original, again = an_answer(cost_usd=Decimal("0.02"), model="scripted"), an_answer()
    draft = a_draft(again.question_id)
    draft.reused_from = original.pk
    record_saving(draft, again)
    record = UsageRecord.objects.get()
    assert (record.step, record.answer_id, record.model) == ("reuse", again.pk, "scripted")
    assert (record.saved_usd, record.cost_usd, record.user_id) == (Decimal("0.02"), 0, 7)


def test_a_bill_that_cannot_be_written_loses_no_answer(monkeypatch):
    from app.usage import reserving

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(reserving, "settle", broken)
    draft = a_draft()
    assert run(ScriptedChatModel(("ok",)), draft)[0] == Delta("ok")
    assert draft.cost_usd == Decimal("0.012")


def test_a_reservation_outlives_no_process_for_long():
    a_budget(10)

    async def dies():
        stream = budgeted(ScriptedChatModel(("Hotels may ", "cost")), a_draft(), "answer").stream(
            PROMPT, max_tokens=5, temperature=0
        )
        await anext(stream)
        reservation = await in_thread(Reservation.objects.get)
        await stream.aclose()
        return reservation

    left = asyncio.run(dies()).expires_at - timezone.now()
    assert timedelta(minutes=1) < left < timedelta(minutes=15)


def test_a_rehearsal_is_charged_to_nobody_and_its_draft_knows_what_it_cost(price):
    a_budget(0)
    draft = Draft(question_id=0, question="?", reader=READER, is_rehearsal=True)
    run(ScriptedChatModel(("Up to ", "140 euros.")), draft)
    assert tokens_of(draft) == (10, 2)
    assert draft.cost_usd == Decimal("0.014")
    for model in (UsageRecord, Tally, Reservation):
        assert not model.objects.exists()
