"""What a reader should know before trusting an answer: that sources differ, are out of date, say little, or say half.

Each gives a sentence of the notice; the first of them also decides the outcome.
"""

import re
from collections.abc import Sequence

from django.utils import timezone

from app.answers.checking.check import Verdict
from app.answers.checking.words import content_stems
from app.answers.context.citing import cite
from app.answers.context.sections import alone
from app.answers.draft import CheckedSentence, Cited, Draft
from app.answers.models import Answer, Outcome
from app.answers.shown import MARKER
from app.answers.steps.answerability import FIRM
from app.answers.steps.disagree import Statement, contradiction
from app.corpus.sentences import Sentence, is_heading, split
from retrieval.passage import Passage
from retrieval.question_words import kind_asked_for, lexemes_in, share

# A sentence of another passage answers the question too if it holds this share of the question's weight.
ALSO_ANSWERS = 0.4
SENTENCES_OF_A_PASSAGE = 2
# A part of a question is covered where what was said holds this share of its words.
COVERED = 0.34
PART = re.compile(
    r"\?\s+(?=\w)|,?\s+and\s+(?=(?:what|how|when|who|where|which|why|is|are|can|may|do|does|did|must|should)\b)", re.I
)
FEWEST_WORDS_OF_A_PART = 2
FEWEST_WORDS_OF_ITS_OWN = 4
ASKS = re.compile(
    r"(?:and |but |or |also )?"
    r"(?:what|how|when|who|whom|whose|where|which|why|is|are|can|may|do|does|did|must|should|will)\b",
    re.I,
)
THIN = "The documents say little about this: look at the source before you rely on it."


def conflict(draft: Draft) -> str:
    """What to say of two sources that contradict each other. One that the answer did not mention is added to it."""
    ours = [(cited, Statement(cited.passage.document_id, text)) for cited in draft.citations for text in _said(cited)]
    others = [(passage, sentence) for passage in draft.passages for sentence in _on_the_question(draft, passage)]
    found = contradiction(
        draft.standalone,
        [statement for _, statement in ours],
        [Statement(passage.document_id, sentence.shown) for passage, sentence in others],
    )
    if found is None:
        return ""
    first, (passage, sentence) = ours[found[0]][0], others[found[1]]
    second = _cited_already(draft, passage, sentence) or _added(draft, passage, sentence)
    return f"Sources differ: {described(first)}; {described(second)}. Check which one applies to you."


def _said(cited: Cited) -> list[str]:
    return [each.shown for each in split(cited.quote) if not is_heading(cited.quote, each)] or [cited.quote]


def _on_the_question(draft: Draft, passage: Passage) -> list[Sentence]:
    """The sentences of a passage that answer the question, best first."""
    shares = [
        (share(lexemes_in(each.shown, draft.idf), draft.idf), each)
        for each in split(passage.text)
        if not is_heading(passage.text, each)
    ]
    answering = sorted((pair for pair in shares if pair[0] >= ALSO_ANSWERS), key=lambda pair: -pair[0])
    return [each for _, each in answering[:SENTENCES_OF_A_PASSAGE]]


def _cited_already(draft: Draft, passage: Passage, sentence: Sentence) -> Cited | None:
    """The citation that shows the sentence to the reader, if there is one."""
    words = content_stems(sentence.shown)
    own = [each for each in draft.citations if each.passage.document_id == passage.document_id]
    return next((each for each in own if words <= content_stems(each.quote)), None)


def _added(draft: Draft, passage: Passage, sentence: Sentence) -> Cited:
    """The sentence at the end of the answer, quoted, with a marker of its own."""
    marker = max((each.marker for each in draft.citations), default=0) + 1
    cited = cite(draft, alone(passage), marker, sentence.start, sentence.end)
    text = MARKER.sub("[\u2060\\1]", sentence.shown)
    start = len(draft.text) + 2
    draft.text += f"\n\n{text} [{marker}]"
    draft.citations = [*draft.citations, cited]
    supported = CheckedSentence(start, len(draft.text), Verdict.SUPPORTED.value, 1.0, (marker,))
    draft.sentences = [*draft.sentences, supported]
    return cited


def stale(draft: Draft) -> str:
    """The cited sources that are out of date, with the dates that tell how far to trust them."""
    old = [cited for cited in draft.citations if cited.passage.is_stale]
    return "; ".join(described(cited) for cited in old) + "." if old else ""


def partial(draft: Draft) -> str:
    """The part of a question of two that nothing in the answer speaks of."""
    parts = [part.strip(" ?.,") for part in PART.split(draft.question) if part.strip(" ?.,")]
    if len(parts) < 2:
        return ""
    said = content_stems("\n".join([draft.text, *(_named(cited) for cited in draft.citations)]))
    wanted = [content_stems(part) for part in parts]
    for at, (part, words) in enumerate(zip(parts, wanted, strict=True)):
        own = words - frozenset[str]().union(*(other for place, other in enumerate(wanted) if place != at))
        kind = kind_asked_for(part)
        if not ASKS.match(part) or (kind and len(own) < FEWEST_WORDS_OF_ITS_OWN and kind.search(draft.text)):
            continue  # A remark, or "how long is it good for", which an answer that has a duration has told.
        if len(own) >= FEWEST_WORDS_OF_A_PART and len(own & said) < COVERED * len(own):
            return f"Only a part of your question is answered: nothing was found on “{part}”."
    return ""


def _named(cited: Cited) -> str:
    return "\n".join((cited.passage.title, *cited.passage.heading_path, cited.quote))


def thin(draft: Draft) -> str:
    """Weak evidence: what was found is hardly about the question, or most of what is said is only nearly supported."""
    checked = [each for each in draft.sentences if each.verdict != Verdict.NO_CLAIM.value]
    weak = [each for each in checked if each.verdict == Verdict.WEAK.value]
    mostly_weak = draft.mode == Answer.Mode.MODEL and len(weak) * 2 > len(checked)
    unsure = draft.confidence is not None and draft.confidence < FIRM
    return THIN if mostly_weak or unsure else ""


def describe_evidence(draft: Draft) -> tuple[Outcome, list[str]]:
    """The outcome of an answer that is there, and the sentences of its notice."""
    differing = conflict(draft)
    others = [stale(draft) if not differing else "", partial(draft), thin(draft)]
    notes = [note for note in (differing, *others) if note]
    if differing:
        return Outcome.CONFLICT, notes
    return (Outcome.CAVEAT if notes else Outcome.ANSWERED), notes


def described(cited: Cited) -> str:
    """The source with the dates that tell how far to trust it."""
    passage = cited.passage
    facts = [f"last changed {passage.updated_at:%d %B %Y}"] if passage.updated_at else []
    if passage.valid_until is not None and passage.valid_until < timezone.now().date():
        facts.append(f"past its review date of {passage.valid_until:%d %B %Y}")
    elif passage.is_stale:
        facts.append("not checked as recently as it should be")
    dates = f" ({', '.join(facts)})" if facts else ""
    return f"[{cited.marker}] {passage.title}{dates}"


def quoted_sentences(text: str, citations: Sequence[Cited]) -> list[CheckedSentence]:
    """The paragraphs of a quoted answer: the documents' own words, so supported as they stand."""
    known = {cited.marker for cited in citations}
    sentences, start = [], 0
    for paragraph in text.split("\n\n"):
        markers = tuple(dict.fromkeys(n for n in map(int, MARKER.findall(paragraph)) if n in known))
        if paragraph.strip():
            end = start + len(paragraph)
            sentences.append(CheckedSentence(start, end, Verdict.SUPPORTED.value, 1.0, markers))
        start += len(paragraph) + 2
    return sentences
