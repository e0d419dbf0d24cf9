"""Redacts stored questions and answers that are as old as the policy says.

Later rather than at once: the asker reads the answer with its values, and a follow-up can still refer to them.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from app.accounts.holds import everything_is_held, held_people
from app.answers.models import Answer, CitationReport, Conversation, Feedback, Question, ReusableAnswer
from app.safety.configured import Configured, configured
from app.safety.models import RedactionProgress
from app.safety.personal_data.detect import find_personal_data
from app.safety.personal_data.kinds import Kind
from app.safety.personal_data.policy import Place, Treatment

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Cut:
    """`text[start:end]` became `put`."""

    start: int
    end: int
    put: str


def redact_old_turns(*, most: int = 1000) -> int:
    """How many questions and answers were looked through. Starts again where it stopped; blocking."""
    admins = configured()
    places: tuple[tuple[Place, Callable[[Question, Configured], None]], ...] = (
        (Place.STORED_QUESTION, redact_question), (Place.STORED_ANSWER, redact_answer),
    )  # fmt: skip
    return sum(_redact(place, act, admins, most) for place, act in places)


def _redact(place: Place, act: Callable[[Question, Configured], None], admins: Configured, most: int) -> int:
    if not admins.policy.kinds(place, Treatment.REDACT) or everything_is_held():
        return 0
    done, held = 0, held_people()
    progress, _ = RedactionProgress.objects.get_or_create(place=place.value)
    if progress.policy != (policy := _policy(admins, held)):
        progress.policy, progress.question_id = policy, 0
    while done < most:
        due = list(due_questions(progress.question_id, admins.redact_after_days, held)[:AT_ONCE])
        if not due:
            break
        for question in due:
            with transaction.atomic():
                act(question, admins)
        progress.question_id = due[-1].pk
        progress.save()
        done += len(due)
    return done


def _policy(admins: Configured, held: Collection[int]) -> str:
    """What the progress is about. Another legal hold begins again too: one that was lifted kept questions as asked."""
    return hashlib.sha256(f"{admins.digest} {sorted(held)}".encode()).hexdigest() if held else admins.digest


def due_questions(after: int, days: int, held: Collection[int] = ()) -> QuerySet[Question]:
    """Questions that were answered so many days ago, in the order of asking; nothing after one that was not yet.

    Those of people whose data a legal hold keeps are left as they are.
    """
    since = timezone.now() - timedelta(days=days)
    later = Question.objects.filter(pk__gt=after).select_related("answer", "conversation").order_by("pk")
    waiting = (
        later.filter(Q(answer__finished_at__gt=since) | Q(answer__outcome="")).values_list("pk", flat=True).first()
    )
    due = later.filter(answer__isnull=False).exclude(conversation__user__in=held)
    return due if waiting is None else due.filter(pk__lt=waiting)


def redact_question(question: Question, admins: Configured) -> None:
    """The question in every form in which it is stored."""
    kinds = admins.policy.kinds(Place.STORED_QUESTION, Treatment.REDACT)

    def without(text: str) -> str:
        return applied(text, cuts(text, admins, kinds))

    Question.objects.filter(pk=question.pk).update(text=without(question.text), standalone=without(question.standalone))
    Conversation.objects.filter(pk=question.conversation_id).update(title=without(question.conversation.title)[:200])
    # Its words, its vector and its particulars would tell it; whoever asks again gets a fresh answer.
    ReusableAnswer.objects.filter(answer__question=question).delete()
    for feedback in Feedback.objects.filter(answer__question=question).exclude(comment=""):
        Feedback.objects.filter(pk=feedback.pk).update(comment=without(feedback.comment))
    for report in CitationReport.objects.filter(citation__answer__question=question):
        said = {"comment": without(report.comment), "note": without(report.note)}
        CitationReport.objects.filter(pk=report.pk).update(**said)


def redact_answer(question: Question, admins: Configured) -> None:
    """The text with its checked sentences, its notice and what it quotes."""
    kinds = admins.policy.kinds(Place.STORED_ANSWER, Treatment.REDACT)
    answer = question.answer
    found = cuts(answer.text, admins, kinds)
    notice = applied(answer.notice, cuts(answer.notice, admins, kinds))
    Answer.objects.filter(pk=answer.pk).update(text=applied(answer.text, found), notice=notice)
    for sentence in answer.sentences.all():
        start, end = moved(sentence.start, found), moved(sentence.end, found)
        problems = [
            {
                name: applied(said, cuts(said, admins, kinds)) if isinstance(said, str) else said
                for name, said in problem.items()
            }
            for problem in sentence.problems
        ]
        answer.sentences.filter(pk=sentence.pk).update(start=start, end=end, problems=problems)
    for citation in answer.citations.all():
        quote = applied(citation.quote, cuts(citation.quote, admins, kinds))
        answer.citations.filter(pk=citation.pk).update(quote=quote)
    ReusableAnswer.objects.filter(answer=answer).delete()


def cuts(text: str, admins: Configured, kinds: Collection[Kind]) -> list[Cut]:
    """What is to be replaced in `text`, in order; a kind is named by the word that its placeholders have."""
    return [
        Cut(one.start, one.end, f"[{one.kind.word.lower()}]") for one in find_personal_data(text, admins.rules, kinds)
    ]


def applied(text: str, found: Sequence[Cut]) -> str:
    return "".join(_parts(text, found))


def _parts(text: str, found: Sequence[Cut]) -> Iterator[str]:
    at = 0
    for cut in found:
        yield text[at : cut.start]
        yield cut.put
        at = cut.end
    yield text[at:]


def moved(offset: int, found: Sequence[Cut]) -> int:
    """Where an offset into the text is after the cuts; one inside a cut comes to its end."""
    by = 0
    for cut in found:
        if offset >= cut.end:
            by += len(cut.put) - (cut.end - cut.start)
        elif offset > cut.start:
            return cut.start + by + len(cut.put)
    return offset + by
