"""Answers with the documents' own sentences, word for word, each with its source; or with nothing found."""

from collections.abc import Sequence

from app.answers.draft import Cited, Draft
from app.answers.models import Outcome
from app.answers.shown import MARKER
from app.answers.steps.answerability import THRESHOLD, lifted
from app.answers.steps.assemble import usefulness
from app.answers.steps.by_words import meaning_or_words, words_carry_answer
from app.answers.steps.extract import ExtractedSentence, PassageText, extract
from app.answers.steps.named import names_a_stranger
from app.answers.steps.particulars import all_mentioned, particulars
from app.providers.registry import get_hurried_encoder
from retrieval.passage import Passage

# A sentence with less than this share of the best one's score adds noise more often than the answer.
CLOSE_TO_BEST = 0.7
CLOSE_ENOUGH_IF_CURRENT = 0.6


def quote(draft: Draft) -> None:
    """Fills in text, citations and outcome."""
    passages = [
        PassageText(p.text, p.score, p.semantic, " > ".join((p.title, *p.heading_path)), p.score - usefulness(p))
        for p in draft.passages
    ]
    found = extract(draft.standalone, passages, meaning_or_words(draft, get_hurried_encoder()), draft.idf)
    confidence = lifted(found.confidence, max((each.score for each in found.sentences), default=0.0))
    is_carried = words_carry_answer(passages, draft.idf) if draft.by_words_alone else confidence >= THRESHOLD
    if not is_carried or not found.sentences or misses_a_particular(draft.standalone, draft.passages):
        draft.outcome = Outcome.NOT_FOUND
        return
    sentences = worth_quoting(draft, found.sentences)
    markers: dict[int, int] = {}
    for sentence in sentences:
        markers.setdefault(sentence.passage_index, len(markers) + 1)
    draft.text = "\n\n".join(f"{unmarked(each.text)} [{markers[each.passage_index]}]" for each in sentences)
    draft.citations = [_cited(draft, sentences, index, marker) for index, marker in markers.items()]
    draft.outcome = Outcome.ANSWERED
    draft.confidence = None if draft.by_words_alone else round(confidence, 4)


def misses_a_particular(question: str, passages: Sequence[Passage]) -> bool:
    """Whether the question is about a day, a code, a name or a model that none of the passages mentions.

    The name of a file counts: a contract calls its partner "the Customer".
    """
    texts = [" > ".join((p.external_id, p.title, *p.heading_path)) + f"\n{p.text}" for p in passages]
    return not all_mentioned(particulars(question), texts) or names_a_stranger(question, texts)


def unmarked(text: str) -> str:
    """A document's own "[2]" must not be taken for one of our markers: an invisible joiner keeps them apart."""
    return MARKER.sub("[\u2060\\1]", text)


def worth_quoting(draft: Draft, sentences: list[ExtractedSentence]) -> list[ExtractedSentence]:
    """Those not far behind the best one; what stands in a current document comes before what is stale.

    Where the best one is stale, a current document is heard even if it is somewhat further behind.
    """
    best = sentences[0].score
    stale = [draft.passages[each.passage_index].is_stale for each in sentences]
    needed = [CLOSE_ENOUGH_IF_CURRENT if stale[0] and not old else CLOSE_TO_BEST for old in stale]
    worth = [
        (old, each) for old, each, share in zip(stale, sentences, needed, strict=True) if each.score >= share * best
    ]
    return [each for _, each in sorted(worth, key=lambda pair: pair[0])]


def _cited(draft: Draft, sentences: list[ExtractedSentence], index: int, marker: int) -> Cited:
    """The citation of one passage spans every sentence that was quoted from it."""
    own = sorted((each for each in sentences if each.passage_index == index), key=lambda each: each.start)
    passage = draft.passages[index]
    words, start, end = passage.quoted(own[0].start, own[-1].end)
    return Cited(marker=marker, passage=passage, quote=words, start=start, end=end)
