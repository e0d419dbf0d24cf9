"""Prices have versions: the settings give the first, admins the later ones."""

from decimal import Decimal

import pytest

from app.accounts.models import User
from app.audit.models import AuditEvent
from app.usage.models import Price
from app.usage.prices import price_of, set_price

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configured(settings):
    settings.LLM_MODEL, settings.LLM_INPUT_USD_PER_MILLION, settings.LLM_OUTPUT_USD_PER_MILLION = "default", 2.5, 10.0


def test_the_settings_are_the_first_version_of_the_configured_model():
    price = price_of("default")
    assert (price.input_usd, price.output_usd, price.from_settings) == (Decimal("2.5"), 10, True)
    assert price_of("default") == price
    assert Price.objects.count() == 1


def test_a_changed_setting_is_a_new_version(settings):
    first = price_of("default")
    settings.LLM_INPUT_USD_PER_MILLION = 3.0
    second = price_of("default")
    assert second != first
    assert second.input_usd == 3
    settings.LLM_INPUT_USD_PER_MILLION = 0.0
    settings.LLM_OUTPUT_USD_PER_MILLION = 0.0
    assert price_of("default").input_usd == 0
    assert Price.objects.count() == 3


def test_what_an_admin_says_stands_over_the_settings(settings):
    admin = User.objects.create_user("ada@example.com")
    price_of("default")
    set_price(admin, model="default", input_usd=Decimal(1), output_usd=Decimal(2))
    settings.LLM_INPUT_USD_PER_MILLION = 99.0
    assert price_of("default").input_usd == 1
    event = AuditEvent.objects.get(action="price_set")
    assert (event.actor_label, event.target) == ("ada@example.com", "model:default")


def test_nobody_has_said_what_another_model_costs(settings):
    assert price_of("other") is None
    settings.LLM_INPUT_USD_PER_MILLION = settings.LLM_OUTPUT_USD_PER_MILLION = 0.0
    assert price_of("default") is None
