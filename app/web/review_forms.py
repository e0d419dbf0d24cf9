"""What reviewers fill in: a verdict by the rubric, why an answer is set aside, and an evaluation case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from app.answers.models import Outcome
from app.reviews.case_format import KINDS, OUTCOMES
from app.reviews.cases import CaseText, Gold
from app.reviews.models import SetAside, Verdict
from app.reviews.queue import Given
from app.reviews.rubric import Criterion, ErrorKind, Rubric

OUTCOME_CHOICES = [(each, str(Outcome(each).label)) for each in OUTCOMES]
SPELLINGS = "|"


@dataclass(frozen=True, slots=True)
class Question:
    """A criterion with the level that was chosen so far."""

    criterion: Criterion
    chosen: str


def field_of(criterion: Criterion) -> str:
    """A criterion may be called as another field of the form is."""
    return f"level_{criterion.name}"


class VerdictForm(forms.Form):
    """The levels are read by the rubric itself, which says what is missing."""

    errors_found = forms.MultipleChoiceField(
        label="What went wrong", choices=ErrorKind.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    outcome = forms.ChoiceField(
        label="It should have ended as", choices=[("", "It ended as it should"), *OUTCOME_CHOICES], required=False
    )
    corrected = forms.CharField(
        label="Corrected answer", required=False, max_length=5000, strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "What a right answer says"}),
    )  # fmt: skip
    comment = forms.CharField(
        label="Comment", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, rubric: Rubric, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rubric = rubric

    @property
    def questions(self) -> list[Question]:
        said = self.data if self.is_bound else self.initial
        return [Question(each, str(said.get(field_of(each), ""))) for each in self.rubric.criteria]

    def given(self) -> Given:
        said = self.cleaned_data
        return Given(
            levels={each.name: self.data.get(field_of(each), "") for each in self.rubric.criteria},
            errors=said["errors_found"], outcome=said["outcome"], corrected=said["corrected"], comment=said["comment"],
        )  # fmt: skip


def initial_from(verdict: Verdict | None) -> dict[str, Any]:
    """What somebody said before they took it back."""
    if verdict is None:
        return {}
    levels = {f"level_{name}": level for name, level in verdict.levels.items()}
    said = {"outcome": verdict.outcome, "corrected": verdict.corrected, "comment": verdict.comment}
    return levels | said | {"errors_found": verdict.errors}


class SetAsideForm(forms.Form):
    kind = forms.ChoiceField(choices=SetAside.Kind.choices)
    why = forms.ChoiceField(label="Why?", choices=SetAside.Why.choices, widget=forms.RadioSelect)
    note = forms.CharField(label="Anything to add", required=False, max_length=2000)


class CaseForm(forms.Form):
    """Passages are fields of their own, `gold_0` with `quote_0` and so on, made from those of the answer."""

    name = forms.CharField(
        label="Name", max_length=80, help_text="Words in small letters and two digits, such as travel-hotel-01."
    )
    question = forms.CharField(
        label="Question", widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What is personal is replaced by plain words.",
    )  # fmt: skip
    asker = forms.EmailField(
        label="Asked with the rights of", help_text="An account, best one that is for tests; never the one who asked."
    )
    expected = forms.ChoiceField(label="A right answer ends as", choices=OUTCOME_CHOICES)
    also_accepted = forms.MultipleChoiceField(
        label="Also right", choices=OUTCOME_CHOICES, required=False, widget=forms.CheckboxSelectMultiple
    )
    reference = forms.CharField(label="An ideal answer", widget=forms.Textarea(attrs={"rows": 3}))
    facts = forms.CharField(
        label="Facts that it states", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, as short as can be; other spellings that you accept behind a bar: four weeks | 4 weeks.",
    )  # fmt: skip
    must_not = forms.CharField(
        label="What it must not state",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One a line.",
    )
    is_derived = forms.BooleanField(
        label="The facts are worked out from the passages and stand in none of them", required=False
    )
    tags = forms.MultipleChoiceField(
        label="Kinds of case", choices=[(kind, kind.replace("-", " ")) for kind in KINDS],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, candidates: Sequence[Gold], history: tuple[tuple[str, str], ...], *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.candidates, self.history = candidates, history
        for at, gold in enumerate(candidates):
            self.fields[f"gold_{at}"] = forms.BooleanField(
                label=f"An answer should cite {gold.document}", required=False, initial=True
            )
            self.fields[f"quote_{at}"] = forms.CharField(
                label="in these words of it", required=False, initial=gold.quote,
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip

    @property
    def passages(self) -> list[tuple[Any, Any]]:
        return [(self[f"gold_{at}"], self[f"quote_{at}"]) for at in range(len(self.candidates))]

    def text(self) -> CaseText:
        said = self.cleaned_data
        gold = tuple(
            Gold(each.document_id, each.document, said[f"quote_{at}"].strip())
            for at, each in enumerate(self.candidates) if said[f"gold_{at}"]
        )  # fmt: skip
        facts = tuple(spellings(line) for line in lines(said["facts"]))
        return CaseText(
            name=said["name"], question=said["question"], asker=said["asker"].lower(), expected=said["expected"],
            reference=said["reference"], history=self.history, also_accepted=tuple(said["also_accepted"]), facts=facts,
            must_not=tuple(lines(said["must_not"])), gold=gold, tags=tuple(said["tags"]),
            is_derived=said["is_derived"],
        )  # fmt: skip


def initial_of(text: CaseText) -> dict[str, Any]:
    return {
        "name": text.name, "question": text.question, "asker": text.asker, "expected": text.expected,
        "also_accepted": list(text.also_accepted), "reference": text.reference,
        "facts": "\n".join(f" {SPELLINGS} ".join(fact) for fact in text.facts), "must_not": "\n".join(text.must_not),
        "tags": list(text.tags), "is_derived": text.is_derived,
    }  # fmt: skip


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def spellings(line: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in line.split(SPELLINGS) if part.strip())
