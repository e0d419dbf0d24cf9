"""Made-up months of production, stored as production stores them: questions, answers, thumbs, grades, costs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np

from app.accounts.models import User
from app.answers.models import Answer, AnswerSentence, Conversation, Feedback, Outcome, Question
from app.quality.recording import watch_days
from app.quality.watching import Look
from app.reviews.models import Reason, ReviewItem, Verdict
from app.reviews.rubric import newest
from app.usage.models import UsageRecord

# A Monday.
BEGIN = date(2026, 3, 2)
Share = Callable[[int], float]


@dataclass
class History:
    """Answers of one person, day by day from `BEGIN`; everything drawn follows from `seed`."""

    user: User
    seed: int = 1
    rng: np.random.Generator = field(init=False)
    conversation: Conversation = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.conversation = Conversation.objects.create(user=self.user, title="Made up")

    def answers(self, days: Iterable[int], a_day: int, **shares: Share) -> list[Answer]:
        """`not_found`, `caveat` and `degraded` are shares of the answers of each day; the rest is answered."""
        rows = []
        for number in days:
            levels = {Outcome(name): share(number) for name, share in shares.items()}
            levels[Outcome.ANSWERED] = 1 - sum(levels.values())
            for outcome in self.rng.choice(list(levels), size=a_day, p=list(levels.values())):
                rows.append((str(outcome), moment(number, int(self.rng.integers(1, 1430)))))
        return self.stored(rows)

    def stored(self, rows: Sequence[tuple[str, datetime]], **fields: object) -> list[Answer]:
        """Answers by outcome and end."""
        questions = Question.objects.bulk_create(
            Question(conversation=self.conversation, text="?", created_at=ended) for _, ended in rows
        )
        return Answer.objects.bulk_create(
            Answer(question=question, outcome=outcome, started_at=ended, finished_at=ended, **fields)
            for question, (outcome, ended) in zip(questions, rows, strict=True)
        )

    def thumbs(self, answers: Iterable[Answer], down: Share) -> None:
        Feedback.objects.bulk_create(
            Feedback(answer=each, value="down" if self.rng.random() < down(number_of(each)) else "up")
            for each in answers
        )

    def sentences(self, answers: Iterable[Answer], supported: Share) -> None:
        AnswerSentence.objects.bulk_create(
            AnswerSentence(
                answer=each, ordinal=0, start=0, end=1, support=0.5,
                verdict="supported" if self.rng.random() < supported(number_of(each)) else "weak",
            )
            for each in answers
        )  # fmt: skip

    def grades(
        self,
        answers: Iterable[Answer],
        good: Share,
        *,
        probability: float = 1.0,
        reasons: Sequence[Reason] = (Reason.CHANCE,),
    ) -> None:
        """All drawn in the same way, and graded by nobody in particular."""
        items = ReviewItem.objects.bulk_create(
            ReviewItem(
                answer=each, day=each.finished_at.date(), reasons=list(reasons), stratum="-", probability=probability,
                state=ReviewItem.State.DONE, due_at=each.finished_at,
            )
            for each in answers if each.finished_at
        )  # fmt: skip
        rubric = newest()
        Verdict.objects.bulk_create(
            Verdict(
                item=item, round=Verdict.Round.FIRST, rubric_version=rubric.version, rubric_hash="-",
                levels={
                    each.name: each.best if self.rng.random() < good((item.day - BEGIN).days) else 0
                    for each in rubric.criteria[:1]
                } | {each.name: each.best for each in rubric.criteria[1:]},
            )
            for item in items
        )  # fmt: skip

    def costs(self, days: Iterable[int], answers: int, usd: Share, *, model: str = "large") -> None:
        """`usd`: what an answer costs; days vary by a tenth."""
        for number in days:
            cost = usd(number) * self.rng.lognormal(0, 0.1)
            UsageRecord.objects.bulk_create(
                UsageRecord(
                    at=moment(number, minute * 10), step="answer", model=model, answer_id=number * 1000 + minute,
                    cost_usd=Decimal(f"{cost:.6f}"),
                )
                for minute in range(answers)
            )  # fmt: skip


def moment(number: int, minute: int) -> datetime:
    return datetime.combine(BEGIN + timedelta(days=number), time(), UTC) + timedelta(minutes=minute)


def number_of(answer: Answer) -> int:
    assert answer.finished_at is not None
    return (answer.finished_at.date() - BEGIN).days


def steady(level: float) -> Share:
    return lambda number: level


def leap(before: float, after: float, *, at: int, until: int = 10_000) -> Share:
    return lambda number: after if at <= number < until else before


def slope(before: float, after: float, *, at: int, over: int) -> Share:
    return lambda number: before + (after - before) * min(max((number - at) / over, 0.0), 1.0)


def looked_on(number: int, minute: int = 20) -> list[Look]:
    """What the daily tests say in the first hour of a day, or later."""
    return watch_days(moment(number, minute))
