"""The limits of asking: so many questions in a time, so many answers made at once."""

from django.conf import settings

from app.accounts.models import User
from app.answers.spending import longest_s, spender_of
from app.corpus.access import reader_for
from app.usage import admission, slots
from app.usage.admission import TooMany, Window
from app.usage.limit_words import Limit, limits_of

__all__ = ["TooMany", "admit_question", "give_back_slot", "hold_slot", "left_to_ask"]
# A browser that asked and closed at once never has its answer made: its slot is free again after this.
UNCLAIMED_S = 30.0


def admit_question(question_id: int, user: User) -> None:
    """Take a slot and count the question. Raises TooMany, and then neither has happened."""
    limits, spender = question_limits(), spender_of(reader_for(user))
    if not limits:
        return
    admission.take_slot(str(question_id), spender, limits, for_s=UNCLAIMED_S)
    try:
        admission.admit(spender, limits, "question")
    except TooMany:
        slots.give_back(str(question_id))
        raise


def left_to_ask(user: User) -> tuple[Window, ...]:
    """What is left of every limit that holds for the user."""
    limits = question_limits()
    return admission.look(spender_of(reader_for(user)), limits, "question") if limits else ()


def hold_slot(question_id: int) -> None:
    """The answer is being made now: keep its slot for as long as that can take."""
    if any(limit.is_at_once for limit in question_limits()):
        slots.hold(str(question_id), for_s=longest_s())


def give_back_slot(question_id: int) -> None:
    """The answer is recorded, however it ended."""
    if any(limit.is_at_once for limit in question_limits()):
        slots.give_back(str(question_id))


def question_limits() -> tuple[Limit, ...]:
    return limits_of(tuple(settings.ATTEST_LIMITS))
