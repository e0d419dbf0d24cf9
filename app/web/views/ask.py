"""Asking: the page with the box, the question that is put, and the stream of what becomes of it."""

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import aget_object_or_404, get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.answers.asking import MAX_QUESTION_CHARACTERS, QuestionError
from app.answers.asking import ask as put_question
from app.answers.limits import TooMany
from app.answers.models import Answer, Conversation, Question
from app.answers.running import listen
from app.answers.stopping import ask_to_stop
from app.corpus.access import reader_for
from app.corpus.models import Document
from app.web.asked_for import number_asked
from app.web.conversation_list import listed_conversations
from app.web.doors import reader_of, signed_in
from app.web.event_stream import as_server_sent_events, give_back_connection, listen_to_the_end
from app.web.filter_choice import filter_choice, filters_in, remembered
from app.web.sample_company import example_questions
from app.web.turns import turn_of, turns_of


@login_required
@require_http_methods(["GET", "POST"])
async def ask(request: HttpRequest) -> HttpResponse:
    """The empty box, or a question put. Without JavaScript the reply is the finished page."""
    await request.auser()
    if request.method == "GET":
        return await sync_to_async(ask_page)(request, None)
    try:
        question = await sync_to_async(put)(request)
    except TooMany as refusal:
        return await sync_to_async(too_many)(request, refusal)
    except QuestionError as error:
        return await sync_to_async(refused)(request, str(error))
    if request.headers.get("HX-Request"):
        return await sync_to_async(new_turn)(request, question)
    reader = await sync_to_async(reader_of)(request)
    await give_back_connection()
    await listen_to_the_end(listen(question.pk, reader))
    return redirect("conversation", question.conversation_id)


@login_required
@require_GET
@never_cache
def conversation(request: HttpRequest, conversation_id: int) -> HttpResponse:
    mine = get_object_or_404(Conversation, pk=conversation_id, user=signed_in(request))
    return ask_page(request, mine)


def ask_page(request: HttpRequest, current: Conversation | None, error: str = "") -> HttpResponse:
    user, reader = signed_in(request), reader_of(request)
    context = {
        "conversation": current,
        "conversations": listed_conversations(user),
        "turns": turns_of(current, reader) if current else [],
        "examples": [] if current else example_questions(reader),
        "has_documents": bool(current) or Document.objects.readable_by(reader).searchable().exists(),
        "filters": filter_choice(reader, remembered(current)),
        "today": timezone.localdate(),
        "most_characters": MAX_QUESTION_CHARACTERS,
        "error": error,
        "asked": request.POST.get("question", "") if error else "",
    }
    return render(request, "web/ask.html", context, status=422 if error else 200)


def put(request: HttpRequest) -> Question:
    user = signed_in(request)
    filters = filters_in(request.POST, reader_for(user))
    return put_question(user, request.POST.get("question", ""), asked_in(request), filters)


def asked_in(request: HttpRequest) -> Conversation | None:
    user, chosen = signed_in(request), request.POST.get("conversation", "")
    current = Conversation.objects.filter(user=user, pk=number_asked(chosen) or 0).first()
    if chosen and current is None:
        raise Http404
    return current


def refused(request: HttpRequest, message: str) -> HttpResponse:
    """The page again with what to change; for htmx only the sentence, put where it belongs."""
    if request.headers.get("HX-Request"):
        response = render(request, "web/_ask_error.html", {"error": message})
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#ask-error", "innerHTML"
        return response
    return ask_page(request, asked_in(request), message)


def too_many(request: HttpRequest, refusal: TooMany) -> HttpResponse:
    """As for any refused question: what was typed stays, with a sentence that says when to ask again."""
    response = refused(request, str(refusal))
    if not request.headers.get("HX-Request"):
        response.status_code = 429
    response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def new_turn(request: HttpRequest, question: Question) -> HttpResponse:
    user = signed_in(request)
    context = {
        "turn": turn_of(question.answer, reader_for(user)),
        "conversation": question.conversation,
        "conversations": listed_conversations(user),
    }
    response = render(request, "web/_new_turn.html", context)
    response.headers["HX-Push-Url"] = f"/conversations/{question.conversation_id}/"
    return response


@login_required
@require_GET
async def question_stream(request: HttpRequest, question_id: int) -> HttpResponse | StreamingHttpResponse:
    """The answer's events as they happen, for the one who asked. 409 when it is finished or already being made."""
    user = await request.auser()
    question = await aget_object_or_404(Question, pk=question_id, conversation__user=user)
    answer = await Answer.objects.aget(question=question)
    if answer.outcome:
        return HttpResponse(status=409)
    reader = await sync_to_async(reader_for)(user)
    await give_back_connection()
    return await as_server_sent_events(listen(question.pk, reader))


@login_required
@require_POST
def question_stop(request: HttpRequest, question_id: int) -> HttpResponse:
    """Whichever process writes the answer ends it soon; the page hears of it as of any other end."""
    question = get_object_or_404(Question, pk=question_id, conversation__user=signed_in(request))
    ask_to_stop(question.pk)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect("conversation", question.conversation_id)
