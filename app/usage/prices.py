"""What a model costs now. The settings give the first price of the configured model; admins give the later ones."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from app.audit.events import PRICE_SET, record_event
from app.usage.models import MODEL_CHARACTERS, Price


def price_of(model: str, at: datetime | None = None) -> Price | None:
    """The price of `model` at that moment; None where nobody has said one."""
    model = model[:MODEL_CHARACTERS]
    known = Price.objects.filter(model=model, valid_from__lte=at or timezone.now()).first()
    if model != settings.LLM_MODEL[:MODEL_CHARACTERS] or (known is not None and not known.from_settings):
        return known
    return from_settings(model, known)


def from_settings(model: str, known: Price | None) -> Price | None:
    """The settings' price as a row: the known one, or a new version if the settings have changed since."""
    prices = (decimal_of(settings.LLM_INPUT_USD_PER_MILLION), decimal_of(settings.LLM_OUTPUT_USD_PER_MILLION))
    if known is not None and (known.input_usd, known.output_usd) == prices:
        return known
    if known is None and not any(prices):
        return None
    row = Price(model=model, input_usd=prices[0], output_usd=prices[1], from_settings=True)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        # Another process said the same at the same moment.
        return Price.objects.filter(model=model).first()
    return row


def set_price(actor: object, *, model: str, input_usd: Decimal, output_usd: Decimal) -> Price:
    """A new version of a model's price, from now on. What was used before keeps its price."""
    with transaction.atomic():
        before = Price.objects.filter(model=model).first()
        price = Price.objects.create(
            model=model, input_usd=input_usd, output_usd=output_usd,
            created_by_id=getattr(actor, "pk", None),
        )  # fmt: skip
        record_event(actor, PRICE_SET, f"model:{model}", before=_told(before), after=_told(price))
    return price


def _told(price: Price | None) -> dict[str, str] | None:
    """As the audit log tells it; none where there was none."""
    return {"input_usd": f"{price.input_usd:.6f}", "output_usd": f"{price.output_usd:.6f}"} if price else None


def decimal_of(number: float) -> Decimal:
    return Decimal(str(number)).quantize(Decimal("0.000001"))
