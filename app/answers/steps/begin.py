"""Takes a question: one process alone answers it, with the conversation so far as it may be read now."""

from django.db import transaction
from django.utils import timezone

from app.answers.draft import Draft
from app.answers.following.turns import Turn
from app.answers.limits import hold_slot
from app.answers.models import Answer, Outcome, Question
from app.answers.shown import ShownAnswer, shown_answer
from app.corpus.access import Reader
from app.prompts.active import load_active_prompts
from app.providers.models_in_use import load_models_in_use
from app.safety.disarm import disarmed

HISTORY_TURNS = 4


@transaction.atomic
def begin(question_id: int, reader: Reader) -> Draft | None:
    """None when the question is taken already. Where it fails, the question is not taken."""
    waiting = Answer.objects.filter(question_id=question_id, outcome="", claimed_at__isnull=True)
    if not waiting.update(claimed_at=timezone.now()):
        return None
    hold_slot(question_id)
    load_active_prompts()
    load_models_in_use()
    question = Question.objects.get(pk=question_id)
    return Draft(
        question_id=question_id, question=question.text, reader=reader, history=history(question, reader),
        conversation_id=question.conversation_id, filters=question.filters, fresh=bool(question.filters.get("fresh")),
    )  # fmt: skip


def history(question: Question, reader: Reader) -> tuple[Turn, ...]:
    """The last turns before the question; what its reader may no longer read is left out of them."""
    before = (
        Answer.objects.filter(question__conversation_id=question.conversation_id, question_id__lt=question.pk)
        .exclude(outcome__in=("", Outcome.REFUSED))
        .select_related("question")
        .order_by("-question_id")[:HISTORY_TURNS]
    )
    return tuple(turn_of(answer, shown) for answer in reversed(before) for shown in (shown_answer(answer, reader),))


def turn_of(answer: Answer, shown: ShownAnswer) -> Turn:
    """What may still be known of a turn. A rewritten question can hold names out of answers that are withheld now."""
    if shown.is_withheld:
        return Turn(answer.question.text, "")
    # What an answer quoted in an earlier turn is read again here: an order in it must not be obeyed later.
    return Turn(answer.question.standalone or answer.question.text, disarmed(shown.text))
