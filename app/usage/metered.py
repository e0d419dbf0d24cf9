"""Counts what remote embedding and reranking endpoints used, on the account of whoever it was done for.

It is shown among the costs and held against no budget: a source that is indexed anew would otherwise end everybody's
written answers, and search must go on. Whatever goes wrong here, the call it is about has succeeded.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import structlog
from django.db import transaction

from app.providers.metering import Use
from app.telemetry.metrics import MODEL_COST_USD, MODEL_TOKENS
from app.usage.cost import CHARACTERS_PER_TOKEN
from app.usage.models import MODEL_CHARACTERS, UsageRecord
from app.usage.prices import price_of
from app.usage.spender import Spender

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Account:
    spender: Spender
    answer: Callable[[], int | None]


NOBODYS = _Account(Spender(), lambda: None)
_account: ContextVar[_Account | None] = ContextVar("account_of_remote_calls", default=NOBODYS)


@contextmanager
def on_account_of(spender: Spender, answer: Callable[[], int | None] = NOBODYS.answer) -> Iterator[None]:
    """Calls within are for `spender`, and for the answer whose number `answer` gives when it is needed."""
    before = _account.set(_Account(spender, answer))
    try:
        yield
    finally:
        _account.reset(before)


@contextmanager
def unrecorded() -> Iterator[None]:
    """Calls within are counted nowhere: an evaluation must not show among what people used."""
    before = _account.set(None)
    try:
        yield
    finally:
        _account.reset(before)


def record_use(use: Use) -> None:
    account = _account.get()
    if account is None:
        return
    try:
        with transaction.atomic():
            record = _recorded(use, account)
    except Exception as error:  # the reply is there, and somebody waits for it
        log.exception("usage_not_recorded", model=use.model, step=use.kind, error=type(error).__name__)
        return
    MODEL_TOKENS.labels(record.model, record.step, "prompt").inc(record.prompt_tokens)
    MODEL_COST_USD.labels(record.model, record.step).inc(float(record.cost_usd))


def _recorded(use: Use, account: _Account) -> UsageRecord:
    price = price_of(use.model)
    tokens = use.tokens if use.tokens is not None else -(-use.characters // CHARACTERS_PER_TOKEN)
    record = UsageRecord(
        user_id=account.spender.user_id, group_ids=sorted(account.spender.group_ids), answer_id=account.answer(),
        step=use.kind, model=use.model[:MODEL_CHARACTERS], prompt_tokens=tokens, estimated=use.tokens is None,
        price=price,
    )  # fmt: skip
    if price is not None:
        record.cost_usd = price.of(prompt_tokens=tokens, completion_tokens=0)
    record.save(force_insert=True)
    return record
