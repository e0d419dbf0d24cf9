"""Whether an answer is still what people found right. Pure: a case and what was heard in, a result without texts out.

Each thing is asked only where people vouched for it: the outcome always; the passages where the answer was cited as
well as can be; its words where it was at its best in everything.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace

from app.answers.shown import MARKERS_BEHIND
from app.reviews.case_format import SILENT_OUTCOMES
from evals.living.cases import LivingCase
from evals.metrics.answers import token_f1
from evals.runner.asking import Heard
from evals.runner.files import why_failed
from evals.runner.scoring import Result, Rules, result_of

# Below it another answer was given. Two wordings of one answer share more of their words; it measures no quality.
SIMILAR = 0.25
CITES, SIMILARITY = "cites_again", "similarity"


@dataclass(frozen=True, slots=True)
class Known:
    """What the index says of the documents that were shown: which are open to the asker, and which quotes they hold."""

    readable: Collection[str]
    holds: Callable[[str, str], bool]
    instructions: str = ""


def judged(living: LivingCase, heard: Heard, known: Known, mode: str) -> Result:
    """With its texts; `bare` takes them out."""
    case = living.case
    result = result_of(case, heard, Rules(lambda asker, document: document in known.readable, known.instructions), mode)
    is_silent = heard.outcome in SILENT_OUTCOMES
    cites = None if is_silent else _cited_again(living, heard, known)
    said = MARKERS_BEHIND.sub("", heard.text)
    similarity = token_f1(said, case.reference) if case.reference and not is_silent else None
    holds = cites != 0 and not (living.is_best and similarity is not None and similarity < SIMILAR)
    # The same as the similarity, but for refusals.
    others = {name: value for name, value in result.figures.items() if name != "token_f1"}
    figures = {**others, CITES: cites, SIMILARITY: similarity}
    return replace(result, passed=result.passed and holds, figures=figures)


def _cited_again(living: LivingCase, heard: Heard, known: Known) -> float | None:
    """The share of the well-cited passages whose document is cited again, or another one that holds their words."""
    documents = {each.document for each in heard.cited}
    found = [
        gold.document in documents or any(known.holds(each, gold.quote) for each in documents)
        for gold in living.case.gold
    ]
    return sum(found) / len(found) if found else None


def why(result: Result) -> str:
    """In a line, without a word of the question or the answer."""
    reasons = [] if (said := why_failed(result)) == "passed" else [said]
    if result.figures.get(CITES) == 0:
        reasons.append("cites no passage that people found well cited")
    similarity = result.figures.get(SIMILARITY)
    if not result.passed and not reasons and similarity is not None:
        reasons.append(f"says something else (F1 {similarity:.2f} with what was graded)")
    return "; ".join(reasons) or "passed"


def bare(living: LivingCase, result: Result) -> Result:
    """Without texts of people or documents: facts by their place in the case, documents by their number."""
    facts = {" / ".join(fact): f"fact {place}" for place, fact in enumerate(living.case.must, start=1)}
    forbidden = {fact: f"forbidden fact {place}" for place, fact in enumerate(living.case.must_not, start=1)}
    without = replace(
        result, question="", asker="", text="", notice="", missing=_named(result.missing, facts),
        forbidden=_named(result.forbidden, forbidden), told=_named(result.told, forbidden),
        cited=[{"document": each["document"], "quote": ""} for each in result.cited],
    )  # fmt: skip
    return replace(without, notice=why(without) if not result.passed else "")


def _named(said: Sequence[str], names: dict[str, str]) -> list[str]:
    return [names.get(each, "a fact") for each in said]


def details(living: LivingCase, result: Result, digest: str) -> dict[str, object]:
    """What is kept of it in the database: nothing that a page may show to nobody but its readers."""
    return asdict(bare(living, result)) | {"review": living.item_id, "digest": digest, "is_good": living.is_good}
