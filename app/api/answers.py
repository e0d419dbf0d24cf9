"""`/answers`: put a question, and read an answer of yours again."""

import asyncio
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

import structlog
from django.conf import settings
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from ninja import Field, Router

from app.accounts.models import User
from app.accounts.scopes import Scope
from app.answers.asking import QuestionError, ask
from app.answers.database_away import AWAY, TOLD
from app.answers.events import Done
from app.answers.limits import TooMany, left_to_ask
from app.answers.models import Answer, Conversation, Question
from app.answers.reply import Reply, reply
from app.answers.running import listen
from app.answers.stopping import ask_to_stop
from app.api.authentication import ApiKeyAuth, ApiRequest, Caller
from app.api.fields import MAX_ID, Asked, RequestBody
from app.api.filters import FiltersIn, checked_filters
from app.api.problems import ProblemError, problem_body
from app.api.stream import EVENT_STREAM, HEADERS, answer_stream
from app.corpus.access import Reader, reader_for
from app.telemetry.threads import in_thread
from app.usage.rate_headers import headers_of, refusal_headers

log = structlog.get_logger(__name__)
router = Router(tags=["answers"])
# Beyond the model's own limit: retrieval, checking, and a quoted answer if the model was too slow.
EXTRA_SECONDS = 30


class QuestionIn(RequestBody):
    question: Asked
    conversation_id: int | None = Field(None, ge=1, le=MAX_ID, description="Continues that conversation of yours.")
    stream: bool = Field(False, description="Answer with server-sent events while the answer is made.")
    filters: FiltersIn | None = Field(None, description="Narrow what is searched.")
    fresh: bool = Field(False, description="Make a new answer, even where one given before would still hold.")


STREAM: dict[str, Any] = {"responses": {200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}}}


@router.post(
    "/answers",
    response=Reply,
    operation_id="ask",
    auth=ApiKeyAuth(Scope.ASK),
    summary="Ask a question",
    openapi_extra=STREAM,
)
async def ask_question(request: ApiRequest, asked: QuestionIn) -> HttpResponseBase | Reply:
    """The answer, with a citation for every claim, from documents that you may read.

    With `"stream": true`, server-sent events: `step` and `token` while it is made (a `restart` says to
    forget the tokens so far), then one `answer` or one `error`. The `answer` replaces the tokens.
    """
    caller = request.auth
    question = await in_thread(new_question, caller, asked)
    request.limit_headers = headers_of(await in_thread(left_to_ask, caller.user))
    if asked.stream:
        return streamed(request, question)
    answer_id = await finished(question, caller.reader)
    return await in_thread(reply_for, caller, answer_id)


@router.get(
    "/answers/{int:answer_id}",
    response=Reply,
    operation_id="answer",
    auth=ApiKeyAuth(Scope.ASK),
    summary="Read an answer again",
)
async def read_answer(request: ApiRequest, answer_id: int) -> Reply:
    """An answer to a question of yours. `outcome` is null while it is being made."""
    return await in_thread(reply_for, request.auth, answer_id)


@router.post(
    "/answers/{int:answer_id}/stop",
    response=Reply,
    operation_id="stop",
    auth=ApiKeyAuth(Scope.ASK),
    summary="Stop an answer",
)
async def stop_answer(request: ApiRequest, answer_id: int) -> Reply:
    """A model that writes the answer is stopped within a second; what it wrote until then is kept and checked.

    A stream of the answer ends as usual, with `answer`. Leaving a stream does not stop its answer.
    """
    answer = await in_thread(answer_of, request.auth, answer_id)
    await in_thread(ask_to_stop, answer.question_id)
    return await in_thread(reply_for, request.auth, answer_id)


def new_question(caller: Caller, asked: QuestionIn) -> Question:
    conversation = None
    if asked.conversation_id is not None:
        conversation = Conversation.objects.filter(pk=asked.conversation_id, user=caller.user).first()
        if conversation is None:
            raise ProblemError(404, "There is no such conversation of yours.")
    try:
        filters = checked_filters(caller, asked.filters, fresh=asked.fresh)
        question = ask(caller.user, asked.question, conversation, filters)
    except TooMany as refusal:
        raise ProblemError(429, str(refusal), headers=refusal_headers(refusal)) from None
    except QuestionError as error:
        raise ProblemError(422, str(error)) from None
    return Question.objects.select_related("answer").get(pk=question.pk)


async def finished(question: Question, reader: Reader) -> int:
    """Wait for the end of the answer; returns its id. It goes on being made if we cannot wait so long."""
    try:
        async with asyncio.timeout(settings.LLM_TOTAL_TIMEOUT_S + EXTRA_SECONDS):
            async with aclosing(listen(question.pk, reader)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        return event.answer_id
    except TimeoutError:
        where = f"GET /api/v1/answers/{question.answer.pk}"
        raise ProblemError(504, f"The answer is still being made. Read it later with {where}.") from None
    raise ProblemError(500)


def streamed(request: ApiRequest, question: Question) -> HttpResponseBase:
    async def body_of(answer_id: int) -> dict[str, Any]:
        return asdict(await in_thread(reply_for, request.auth, answer_id))

    def problem_of(error: Exception | None) -> dict[str, Any]:
        if isinstance(error, ProblemError):
            return problem_body(request, error.status, error.detail)
        log.error("answer_stream_failed", exc_info=error)
        return problem_body(request, 503, TOLD) if isinstance(error, AWAY) else problem_body(request, 500)

    content = answer_stream(listen(question.pk, request.auth.reader), body_of, problem_of)
    where = {"Content-Location": f"/api/v1/answers/{question.answer.pk}"}
    return StreamingHttpResponse(content, content_type=EVENT_STREAM, headers=HEADERS | where)


def reply_for(caller: Caller, answer_id: int) -> Reply:
    """Asked for at the end of a stream too, when the account may have been closed since it began."""
    if not User.objects.filter(pk=caller.user.pk, is_active=True).exists():
        raise ProblemError(401, "The account of this key was closed.")
    return reply(answer_of(caller, answer_id), reader_for(caller.user))


def answer_of(caller: Caller, answer_id: int) -> Answer:
    """The answer, if its question was the caller's."""
    answers = Answer.objects.select_related("question").filter(question__conversation__user=caller.user)
    answer = answers.filter(pk=answer_id).first()
    if answer is None:
        raise ProblemError(404, "There is no such answer of yours.")
    return answer
