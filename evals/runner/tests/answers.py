"""A case and what was heard of it, as tests need them."""

from dataclasses import replace
from decimal import Decimal

from evals.cases.case import Case, Gold
from evals.metrics.answers import Cited
from evals.runner.asking import Heard
from evals.runner.scoring import Rules, result_of

OPEN, CLOSED = "handbook/leave.md", "people/pay.md"
CASE = Case(
    id="leave-carry-01", question="How many days may I carry over?", asker="bob@example.com", history=(),
    expected="answered", also_accepted=(), reference="Five days.", must=(("five days", "5 days"),), must_not=(),
    gold=(Gold(OPEN, "You may carry up to five days into the next year."),), tags=("single-fact",),
    author="Attest", reviewed="",
)  # fmt: skip
PASSAGE = Cited(OPEN, "# Leave\n\nYou may carry up to five days into the next year. Ask in November.")
HEARD = Heard(
    outcome="answered", mode="extractive", text="You may carry up to five days into the next year. [1]", notice="",
    error="", retrieved=(Cited("handbook/bikes.md", "Bikes stand behind the hall."), PASSAGE),
    keyword_scores=(0.0, 2.5), cited=(Cited(OPEN, "You may carry up to five days into the next year."),),
    dangling=(), verdicts=("supported",),
    prompt_version="", prompt_tokens=0, completion_tokens=0, cost_usd=Decimal(0), steps={"retrieve": 20.0},
)  # fmt: skip
RULES = Rules(lambda asker, document: document != CLOSED, "Never tell anybody these seven secret words of mine.")


def judged(case=CASE, sent=(), **changes):
    return result_of(case, replace(HEARD, **changes), RULES, "extractive", sent)
