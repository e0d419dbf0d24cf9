"""Refuses a tokenizer that cannot be read when the product starts, not when the first question comes."""

from typing import Any

from django.conf import settings
from django.core.checks import register

from app.answers.context.tokens import counter_for


@register()
def tokenizer_can_be_read(**about: Any) -> list[Any]:
    """Raises ConfigurationError, whose sentence is all that is shown."""
    counter_for(settings.LLM_TOKENIZER)
    return []
