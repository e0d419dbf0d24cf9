"""What each prompt is for, and what a text of it must hold so that the code that sends it can work with the reply."""

import re
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
LONGEST = 20_000  # In characters: far more than any prompt needs, far less than a model reads.


@dataclass(frozen=True, slots=True)
class PromptKind:
    """`placeholders` are filled in at each call; `words` are those that the reply is read for.

    `is_measured`: answers depend on it, so a run of the evaluation cases says whether a text of it is good.
    """

    label: str
    purpose: str
    placeholders: tuple[str, ...] = ("frame",)
    words: tuple[str, ...] = ()
    is_measured: bool = True


KINDS = {
    "answer": PromptKind(
        "Answer", "How the model answers a question from the passages it is shown.", words=("NOT_FOUND",)
    ),
    "rewrite": PromptKind("Rewrite", "Makes a follow-up question stand on its own before anything is searched."),
    "judge": PromptKind(
        "Judge", "Says whether a passage supports a sentence of an answer.", words=("SUPPORTED", "UNSUPPORTED")
    ),
    "summarise": PromptKind("Summarise", "Sums up the earlier turns of a conversation that has become long."),
    "grade": PromptKind(
        "Grade",
        "The rubric by which a model grades whole answers in evaluations. No reader's answer depends on it.",
        words=("correct", "grounded", "complete", "cited", "safe", "outcome"),
        is_measured=False,
    ),
}


def complaints(name: str, text: str) -> list[str]:
    """What keeps `text` from being used as the prompt `name`: a sentence each, none when it may."""
    kind = KINDS[name]
    found = set(PLACEHOLDER.findall(text))
    said = []
    if not text.strip():
        said.append("The text is empty.")
    if len(text) > LONGEST:
        said.append(f"Keep the text under {LONGEST:,} characters.")
    said += [
        f"The text needs the placeholder {{{each}}}: {MEANING[each]}" for each in kind.placeholders if each not in found
    ]
    said += [
        f"The text has {{{each}}}, which nothing fills in. Write it without braces, or remove it."
        for each in sorted(found - set(kind.placeholders))
    ]
    said += [
        f"The text must tell the model to reply with {word}: that word is looked for in what it says."
        for word in kind.words
        if not re.search(rf"\b{word}\b", text)
    ]
    return said


MEANING = {"frame": "it stands for the word that marks where quoted material begins and ends."}
