"""What quoting does without an encoder: sentences are chosen, and judged, by their words alone."""

from collections.abc import Mapping, Sequence

import numpy as np
import structlog
from numpy.typing import NDArray

from app.answers.draft import Draft
from app.answers.steps.answerability import Evidence
from app.answers.steps.extract import Encode
from app.corpus.sentences import split
from app.providers.errors import ProviderError
from app.providers.types import Encoder
from retrieval.question_words import lexemes_in, share

log = structlog.get_logger(__name__)
# Shares of the question's weight that one sentence, and one passage, must say again. The fitted judgement rests on
# nearness in meaning, which is unknown here; these are chosen by hand, and the answer says how it was found.
IN_A_SENTENCE = 0.4
IN_A_PASSAGE = 0.5


def meaning_or_words(draft: Draft, encoder: Encoder) -> Encode:
    """The encoder, or, when it fails, vectors that say nothing; the draft then notes that."""

    def encode(texts: list[str]) -> NDArray[np.float32]:
        if not draft.by_words_alone:
            try:
                return encoder.encode_passages(texts)
            except ProviderError as error:
                log.warning("quoted_by_words_alone", error=type(error).__name__)
                # Passages were found by their meaning, so that is judged by; only the sentences are not.
                return nothing(texts)
        return nothing(texts)

    return encode


def nothing(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.zeros((len(texts), 1), dtype=np.float32)


def words_carry_answer(passages: Sequence[Evidence], idf: Mapping[str, float]) -> bool:
    """Whether so much of the question is repeated that quoting is worth it."""
    if not passages:
        return False
    sentences = (sentence.shown for passage in passages for sentence in split(passage.text))
    in_a_sentence = max((share(lexemes_in(sentence, idf), idf) for sentence in sentences), default=0.0)
    in_a_passage = max(share(lexemes_in(f"{each.heading}\n{each.text}", idf), idf) for each in passages)
    return in_a_sentence >= IN_A_SENTENCE and in_a_passage >= IN_A_PASSAGE
