"""The usage pages: who sees them, what they add up, and that budgets and prices are changed by admins, audited."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client
from django.utils import timezone

from app.accounts.models import Role, User
from app.audit.models import AuditEvent
from app.tests.world import World
from app.usage import valkey
from app.usage.models import Budget, Price, Tally, UsageRecord
from app.usage.tests.conftest import Gone
from app.web.tests.conftest import Visitors

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def empty_windows() -> None:
    valkey.forget()
    valkey.storage().reset()


def used(user_id: int | None, cost: str = "0.5", **fields: object) -> UsageRecord:
    values = {"step": "answer", "model": "large", "prompt_tokens": 900, "completion_tokens": 100} | fields
    return UsageRecord.objects.create(user_id=user_id, cost_usd=Decimal(cost), **values)


@pytest.fixture
def use(world: World) -> World:
    Price.objects.create(model="large", input_usd=Decimal("2.5"), output_usd=Decimal(10))
    price = Price.objects.get()
    used(world.alice.pk, "1.5", group_ids=[world.team.pk], answer_id=1, price=price)
    used(world.bob.pk, "0.25", group_ids=[world.team.pk], answer_id=2, step="rewrite", price=price)
    used(world.charlie.pk, "0", model="=small", answer_id=3)
    used(None, "0.125", price=price)
    used(
        world.alice.pk, "0", step="reuse", answer_id=4, saved_usd=Decimal("0.75"), prompt_tokens=0, completion_tokens=0
    )
    used(world.alice.pk, "40", at=timezone.now() - timedelta(days=40), price=price)
    return world


def test_the_page_adds_up_what_was_used(visitors: Visitors, use: World) -> None:
    page = visitors.ada.get("/usage/").text
    for words in ("1.88 USD", "0.75 USD", "alice@example.com", "Documents, command line and evaluation",
                  "In no group", "team", "Understanding follow-ups", "Giving answers again",
                  "Nobody has said what =small costs"):  # fmt: skip
        assert words in page, words
    assert "40.00 USD" not in page


def test_a_span_shows_its_days_alone(visitors: Visitors, use: World) -> None:
    day = timezone.localdate() - timedelta(days=40)
    page = visitors.ada.get(f"/usage/?from={day}&to={day}").text
    assert "40.00 USD" in page
    assert "bob@example.com" not in page
    for nonsense in ("from=x&to=y", "from=2999-01-01", "to=1999-01-01&from=2999-01-01", "from=0001-01-01"):
        assert visitors.ada.get(f"/usage/?{nonsense}").status_code == 200


def test_nothing_used_yet_is_said_in_words(visitors: Visitors) -> None:
    page = visitors.ada.get("/usage/").text
    assert "No language model was used yet" in page
    assert "Set LLM_BASE_URL and LLM_MODEL" in page


def test_an_operator_sees_and_does_not_change(world: World) -> None:
    User.objects.filter(pk=world.bob.pk).update(roles=[Role.OPERATOR])
    client = Client()
    client.force_login(world.bob)
    page = client.get("/usage/")
    assert page.status_code == 200
    assert "New budget" not in page.text
    assert client.get("/usage/export.csv").status_code == 200
    for address in ("/usage/budgets/new/", f"/usage/budgets/{world.budget.pk}/", "/usage/prices/new/"):
        assert client.get(address).status_code == 404


def test_everybody_sees_their_own_use_alone(visitors: Visitors, use: World, settings) -> None:
    settings.ATTEST_LIMITS = ["20/m/user"]
    page = visitors.bob.get("/usage/mine/").text
    assert "0.25 USD" in page
    assert "1.50 USD" not in page
    assert "alice@" not in page
    assert "20 of 20 in a minute" in page


def test_the_export_has_every_use_and_no_formulas(transactional_db: None, visitors: Visitors, use: World) -> None:
    reply: Any = visitors.ada.get("/usage/export.csv")
    assert reply.headers["Content-Disposition"].startswith('attachment; filename="usage-')
    rows = list(csv.DictReader(io.StringIO(b"".join(collected(reply.streaming_content)).decode())))
    assert len(rows) == 5
    first = rows[0]
    assert (first["person"], first["groups"], first["cost_usd"]) == ("alice@example.com", "team", "1.500000")
    assert (first["input_usd_per_million"], first["estimated"], first["answer"]) == ("2.500000", "no", "1")
    assert rows[2]["model"] == "'=small"
    assert rows[4]["saved_usd"] == "0.750000"


@async_to_sync
async def collected(parts: AsyncIterator[bytes]) -> list[bytes]:
    return [part async for part in parts]


def test_an_admin_sets_changes_and_removes_a_budget(visitors: Visitors, world: World) -> None:
    Budget.objects.all().delete()
    ada = visitors.ada
    fields = {"scope": "group", "group": world.team.pk, "kind": "cost", "period": "month", "amount": "50"}
    assert ada.post("/usage/budgets/new/", fields).status_code == 302
    budget = Budget.objects.get()
    assert (budget.group, budget.amount, budget.created_by) == (world.team, 50, world.ada)
    again = ada.post("/usage/budgets/new/", fields)
    assert again.status_code == 422
    assert "There is such a budget already" in again.text
    ada.post(f"/usage/budgets/{budget.pk}/", {"amount": "75.5"})
    budget.refresh_from_db()
    assert budget.amount == Decimal("75.5")
    assert "Remove this budget?" in ada.get(f"/usage/budgets/{budget.pk}/remove/").text
    ada.post(f"/usage/budgets/{budget.pk}/remove/")
    assert not Budget.objects.exists()
    acts = AuditEvent.objects.filter(target=f"budget:{budget.pk}").order_by("pk")
    assert [event.action for event in acts] == ["budget_set", "budget_changed", "budget_removed"]
    assert acts[1].before == "50.0000"
    assert {event.actor_label for event in acts} == {"ada@example.com"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"scope": "group"}, "Choose the group."),
        ({"scope": "user", "email": "nobody@example.com"}, "There is no account with that e-mail."),
        ({"kind": "tokens", "amount": "1.5"}, "A number of tokens is a whole number."),
        ({"amount": "-1"}, "greater than or equal to 0"),
        ({"amount": ""}, "This field is required."),
    ],
)
def test_a_wrong_budget_is_refused_beside_its_field(visitors: Visitors, fields: dict[str, str], sentence: str) -> None:
    usual = {"scope": "everyone", "kind": "cost", "period": "day", "amount": "5"}
    reply = visitors.ada.post("/usage/budgets/new/", usual | fields)
    assert reply.status_code == 422
    assert sentence in reply.text
    assert Budget.objects.count() == 1


def test_budgets_say_how_far_they_are_used_in_words(visitors: Visitors, world: World) -> None:
    today = timezone.localdate()
    Budget.objects.all().delete()
    Budget.objects.create(scope="everyone", kind="cost", period="day", amount=10)
    Budget.objects.create(scope="user", kind="tokens", period="day", amount=1000)
    Tally.objects.create(subject="everyone", period="day", start=today, cost_usd=Decimal("8.5"))
    for person, tokens in ((world.alice, 1000), (world.bob, 900), (world.charlie, 100)):
        Tally.objects.create(subject=f"user:{person.pk}", period="day", start=today, tokens=tokens)
    page = visitors.ada.get("/usage/").text
    assert "8.50 of 10.00 USD today, 85 %" in page
    assert "nearly used up" in page
    assert "Most by alice@example.com: 1,000 of 1,000 tokens today, 100 %" in page
    assert "1 person has used theirs up." in page
    assert "1 is near it." in page
    assert "Answers are quoted until" in visitors.alice.get("/usage/mine/").text


def test_a_new_price_is_a_new_version(visitors: Visitors, use: World) -> None:
    fields = {"model": "large", "input_usd": "3", "output_usd": "12"}
    assert visitors.ada.post("/usage/prices/new/", fields).status_code == 302
    assert [price.input_usd for price in Price.objects.filter(model="large")] == [3, Decimal("2.5")]
    event = AuditEvent.objects.get(action="price_set")
    assert event.before
    assert event.before["input_usd"] == "2.500000"
    assert event.after == {"input_usd": "3.000000", "output_usd": "12.000000"}
    page = visitors.ada.get("/usage/").text
    assert "1.88 USD" in page
    assert "12" in page


def test_the_limits_in_force_are_listed_and_one_for_no_group_is_marked(visitors: Visitors, settings) -> None:
    settings.ATTEST_LIMITS = ["20/m/user", "200/h/group:Team", "9/d/group:nobody", "3/at-once/user"]
    page = visitors.ada.get("/usage/").text
    assert "20 questions in a minute for each person" in page
    assert "3 answers at once for each person" in page
    assert page.count("There is no such group.") == 1


def test_too_many_questions_keep_what_was_typed(visitors: Visitors, world: World, settings) -> None:
    settings.ATTEST_LIMITS = ["1/m/user"]
    alice = visitors.alice
    alice.post("/", {"question": "One?"}, headers=HTMX)
    fields = {"question": "What about two?", "conversation": world.conversation.pk}
    part = alice.post("/", fields, headers=HTMX)
    assert part.text.strip().startswith("You have asked 1 question in a minute. Ask again in ")
    assert (part.status_code, part.headers["HX-Retarget"]) == (200, "#ask-error")
    page = alice.post("/", fields)
    assert page.status_code == 429
    assert 1 <= int(page.headers["Retry-After"]) <= 61
    assert "What about two?" in page.text
    assert f'value="{world.conversation.pk}"' in page.text
    assert "480,000" in page.text


def test_valkey_being_down_shows_no_error(visitors: Visitors, world: World, settings) -> None:
    settings.ATTEST_LIMITS = ["1/m/user", "1/at-once/user"]
    Gone(settings)
    for number in range(3):
        assert visitors.alice.post("/", {"question": f"{number}?"}, headers=HTMX).status_code == 200
    assert visitors.alice.get("/usage/mine/").status_code == 200
    assert visitors.ada.get("/usage/").status_code == 200
    valkey.forget()


def test_nothing_styles_itself(visitors: Visitors, use: World) -> None:
    for address in ("/usage/", "/usage/mine/", "/usage/budgets/new/", "/usage/prices/new/"):
        assert " style=" not in visitors.ada.get(address).text
