"""Says in words how far an answer's sentence is supported by what it cites. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.answers.models import AnswerSentence
from app.answers.shown import ShownSentence

Level = Literal["good", "weak", "bad", "none"]
Verdict = AnswerSentence.Verdict

# What a cited passage may lack, for one and for several.
PROBLEMS = {
    "number": ("number", "numbers"),
    "date": ("date", "dates"),
    "unit": ("unit", "units"),
    "name": ("name", "names"),
    "limit": ("limit", "limits"),
    "word": ("word", "words"),
    "quantifier": ("word of scope", "words of scope"),
    "obligation": ("word of obligation", "words of obligation"),
    "negation": ("negation", "negations"),
}
CONTRADICTION = "contradiction"
OTHER = ("detail", "details")
LONGEST_SAID = 40


@dataclass(frozen=True, slots=True)
class SentenceCheck:
    """A checked sentence as the page marks it: `start` and `end` in the answer's text, `words` for its bubble."""

    start: int
    end: int
    level: Level
    words: str

    @property
    def is_marked(self) -> bool:
        """Whether a reader should be stopped by it."""
        return self.level in ("weak", "bad")


def checks_of(sentences: Sequence[ShownSentence], *, quoted: bool = False) -> list[SentenceCheck]:
    """Sentences that claim nothing have nothing to be told about. `quoted`: they are the documents' own words."""
    words = quoted_words if quoted else words_for
    claims = [each for each in sentences if each.verdict != Verdict.NO_CLAIM]
    return [SentenceCheck(each.start, each.end, level_of(each), words(each)) for each in claims]


def level_of(sentence: ShownSentence) -> Level:
    if sentence.verdict in (Verdict.UNSUPPORTED, Verdict.UNCITED):
        return "bad"
    return "weak" if sentence.verdict == Verdict.WEAK or sentence.problems else "good"


def words_for(sentence: ShownSentence) -> str:
    """ "Supported by [2] · 1 number not found: 25"."""
    facts = [verdict_words(sentence), *problem_words(sentence.problems)]
    return " · ".join([*facts, "source number put right"] if sentence.repaired else facts)


def quoted_words(sentence: ShownSentence) -> str:
    return f"Word for word from {in_a_row(sentence.markers)}" if sentence.markers else "Word for word"


def verdict_words(sentence: ShownSentence) -> str:
    by = f" by {in_a_row(sentence.markers)}" if sentence.markers else ""
    match sentence.verdict:
        case Verdict.SUPPORTED:
            return f"Supported{by}"
        case Verdict.WEAK:
            return f"Only partly supported{by}"
        case Verdict.UNCITED:
            return "No source named"
        case _:
            return f"Not supported{by or ' by any source'}"


def in_a_row(markers: Sequence[int]) -> str:
    """ "[1], [2] and [4]"."""
    named = [f"[{marker}]" for marker in markers]
    return " and ".join([*([", ".join(named[:-1])] if len(named) > 1 else []), named[-1]])


def problem_words(problems: Sequence[dict[str, Any]]) -> list[str]:
    """One fact for each kind of problem, with the words that were not found."""
    counts = Counter(str(problem.get("kind", "")) for problem in problems)
    facts = []
    for kind, count in counts.items():
        if kind == CONTRADICTION:
            facts.append("the source says otherwise")
            continue
        noun = PROBLEMS.get(kind, OTHER)[count > 1]
        said = [str(each["said"])[:LONGEST_SAID] for each in problems if each.get("kind") == kind and each.get("said")]
        facts.append(f"{count} {noun} not found" + (f": {', '.join(said)}" if said else ""))
    return facts


def summary(checks: Sequence[SentenceCheck]) -> str:
    """ "3 of 4 statements supported"; empty where nothing was checked."""
    if not checks:
        return ""
    good = sum(check.level == "good" for check in checks)
    if good == len(checks):
        return "all statements supported" if good > 1 else "supported by its source"
    return f"{good} of {len(checks)} statements supported"
