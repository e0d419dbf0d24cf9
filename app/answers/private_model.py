"""Keeps personal data from models outside the network: placeholders go out, and what they stand for is put back in.

A wrapper of the ChatModel type around one named model. Values come from the messages of the call alone, which are the
asker's own words and passages that the asker may read: nothing else can be put back, whatever a model writes.
"""

import hashlib
import hmac
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import structlog
from django.conf import settings
from django.db import connections

from app.answers.draft import Draft
from app.providers.chat_models import all_models
from app.providers.errors import Refused
from app.providers.named_models import NamedModel
from app.providers.types import ChatModel, Delta, Finished, Message
from app.safety.configured import Configured, configured
from app.safety.personal_data.detect import find_in_all
from app.safety.personal_data.placeholders import Placeholders, Restoring
from app.safety.personal_data.policy import Place, Treatment
from app.telemetry.metrics import PERSONAL_DATA_HIDDEN, PERSONAL_DATA_SECONDS
from app.telemetry.threads import in_thread

log = structlog.get_logger(__name__)
# Said to a model that is sent placeholders, whatever prompt is in use.
KEEP_THEM = (
    "\n\nWords in angle brackets such as <PERSON_...> or <EMAIL_...> stand for names, addresses and numbers that you "
    "are not shown. Where you mean one, copy it exactly as it stands, with its brackets; never change, explain or "
    "invent one."
)


class NotHidden(Refused):
    """Personal data could not be looked for, so nothing was sent."""


def private(model: ChatModel, draft: Draft, named: NamedModel) -> ChatModel:
    """`model` as it may be asked about this draft; one on a host of the company's own is shown everything."""
    return PrivateChatModel(model, conversation_id=draft.conversation_id, base_url=named.base_url)


class PrivateChatModel:
    """Raises NotHidden rather than sending what was not looked through."""

    def __init__(self, model: ChatModel, *, conversation_id: int, base_url: str) -> None:
        self.name = model.name
        self._model = model
        self._conversation_id = conversation_id
        self._base_url = base_url

    async def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Delta | Finished]:
        placeholders = Placeholders(conversation_key(self._conversation_id))
        shown = await in_thread(self._shown, messages, placeholders)
        restoring = Restoring(placeholders)
        async with aclosing(self._model.stream(shown, max_tokens=max_tokens, temperature=temperature)) as reply:
            async for event in reply:
                if isinstance(event, Delta):
                    text = restoring.feed(event.text) if shown is not messages else event.text
                    if text:
                        yield Delta(text)
                else:
                    if text := restoring.end():
                        yield Delta(text)
                    yield event

    def _shown(self, messages: Sequence[Message], placeholders: Placeholders) -> Sequence[Message]:
        """The messages as the model may see them; the very same where it may see everything."""
        try:
            admins = configured()
            return hidden(messages, admins, placeholders) if admins.is_external(self._base_url) else messages
        except Exception as error:
            # Whatever went wrong, the way out is closed: the answer is then quoted from the documents.
            log.exception("personal_data_not_looked_for", model=self.name, error=type(error).__name__)
            raise NotHidden(f"{self.name}: personal data could not be looked for") from None


def hidden(messages: Sequence[Message], admins: Configured, placeholders: Placeholders) -> list[Message]:
    """The messages with personal data replaced as the policy for external models says."""
    began = time.perf_counter()
    redacted = admins.policy.kinds(Place.EXTERNAL_MODEL, Treatment.REDACT)
    kinds = redacted | admins.policy.kinds(Place.EXTERNAL_MODEL, Treatment.PLACEHOLDER)
    found = find_in_all([message.content for message in messages], admins.rules, kinds)
    for each in found:
        for one in each:
            PERSONAL_DATA_HIDDEN.labels(one.kind.value).inc()
    shown = [
        replace(message, content=placeholders.hide(message.content, each, redacted))
        for message, each in zip(messages, found, strict=True)
    ]
    if placeholders.values and shown[0].role == "system":
        shown[0] = replace(shown[0], content=shown[0].content + KEEP_THEM)
    PERSONAL_DATA_SECONDS.observe(time.perf_counter() - began)
    return shown


def prepare() -> None:
    """Load what finds personal data, if some configured model is outside: else the first question waits for seconds."""
    try:
        admins = configured()
        if any(admins.is_external(named.base_url) for named in all_models()):
            find_in_all(["Ada Lovelace wrote this."])
    except Exception as error:  # noqa: BLE001 - the first question tries again, and says what is wrong
        log.warning("personal_data_not_prepared", error=type(error).__name__)
    finally:
        connections.close_all()


def conversation_key(conversation_id: int) -> bytes:
    """The secret that makes the placeholders of one conversation; those of another say nothing about them."""
    meant = f"personal-data:{conversation_id}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), meant, hashlib.sha256).digest()
