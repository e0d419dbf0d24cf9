"""What a question's pipeline says while it runs. Doors turn these into server-sent events or one reply."""

from dataclasses import dataclass
from typing import Literal

StepName = Literal["guard", "rewrite", "retrieve", "reuse", "assemble", "generate", "verify", "record", "wait"]

STEP_LABELS: dict[StepName, str] = {
    "guard": "Reading the question",
    "rewrite": "Understanding the question",
    "retrieve": "Searching the documents you may read",
    "reuse": "Looking for an answer that still holds",
    "assemble": "Reading the best passages",
    "generate": "Writing a draft; it is checked before it stands",
    "verify": "Checking the citations",
    "record": "Saving",
    "wait": "Waiting for the database, which cannot be reached at the moment",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step has begun."""

    name: StepName

    @property
    def label(self) -> str:
        return STEP_LABELS[self.name]


@dataclass(frozen=True, slots=True)
class Token:
    """Text to append to what is shown. Markers in it ("[2]") are whole and point at a passage."""

    text: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Forget the text so far: the model failed midway and a quoted answer follows."""


@dataclass(frozen=True, slots=True)
class Done:
    """The Answer row is complete; it replaces whatever was streamed."""

    answer_id: int


Event = Step | Token | Restart | Done
