"""The criteria of the rubric and their levels; what each level means stands in the prompt "grade"."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.reviews.rubric import LEVELS, GradesError, newest

# The rubric is the one that people grade by.
__all__ = ["LEVELS", "GradesError", "Verdict", "rubric_in_use", "verdict_of"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A level for each criterion, and why in a sentence."""

    levels: Mapping[str, int]
    reason: str = ""

    def share(self, criterion: str) -> float:
        """The level from 0 (worst) to 1 (best), for averages."""
        return self.levels[criterion] / max(LEVELS[criterion])


def rubric_in_use() -> str:
    """Names what people grade by now: its version and the first signs of its hash, as a changed word counts too."""
    return f"{newest().version}@{newest().hash[:8]}"


def verdict_of(given: Mapping[str, object]) -> Verdict:
    """From JSON. Raises GradesError for a criterion that is missing or a level that it does not have."""
    if missing := [name for name in LEVELS if name not in given]:
        raise GradesError(f"There is no grade for {', '.join(missing)}.")
    reason = given.get("reason", "")
    return Verdict({name: _level(name, given[name]) for name in LEVELS}, reason if isinstance(reason, str) else "")


def _level(name: str, given: object) -> int:
    # JSON's true is no grade, although Python takes it for 1.
    if isinstance(given, bool) or not isinstance(given, int) or given not in LEVELS[name]:
        raise GradesError(f"The grade for {name} is {given!r}, but the levels are {', '.join(map(str, LEVELS[name]))}.")
    return given
