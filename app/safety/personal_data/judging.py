"""How sure a number is somebody's, by its checksum, its form and the words around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.context_aware_enhancers import ContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts

from app.safety.personal_data.kinds import KIND_OF_ENTITY

# Numbers whose form and checksum say enough, wherever they stand.
_SURE_PLAIN = frozenset(
    {"TR_NATIONAL_ID", "PL_PESEL", "DE_TAX_ID", "ZA_ID_NUMBER", "KR_RRN", "SE_PERSONNUMMER", "IN_AADHAAR", "TH_TNIN"}
)
_OWN = frozenset({"PERSON", "PHONE_NUMBER", "STREET_ADDRESS", "BIRTH_DATE", "NATIONAL_ID", "CARD_NUMBER"})
_AROUND = 60
# A text without words that is longer than this is a table of figures.
_SHORT = 40
_VALID, _TELLING, _LIKELY, _FAINT = 1.0, 0.5, 0.6, 0.05
_FAINT_WITH_LETTERS = 0.01
# Words beside those that Presidio looks for.
_MORE_WORDS = {"IN_VOTER": ["vote"], "US_NPI": ["provider"], "UK_NHS": ["patient"]}


class Judging(ContextAwareEnhancer):
    """Judges a number by its checksum, its form and the words before it, instead of by lemmas.

    A short run of plain digits fits some country's rule too often: it needs a word that names it, or to stand alone.
    """

    def __init__(self) -> None:
        super().__init__(0.35, 0.4, 5, 0)

    def enhance_using_context(
        self, text: str, raw_results: list[RecognizerResult], nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer], context: list[str] | None = None,
    ) -> list[RecognizerResult]:  # fmt: skip
        words = {each.supported_entities[0]: each.context or [] for each in recognizers}
        for result in raw_results:
            if result.entity_type not in _OWN:
                result.score = _judged(text, result, words.get(result.entity_type, []))
        return raw_results


def _judged(text: str, result: RecognizerResult, words: Sequence[str]) -> float:
    value = text[result.start : result.end]
    if result.entity_type in KIND_OF_ENTITY:
        return float(result.score)
    around = (
        f"{text[max(0, result.start - _AROUND) : result.start]} {text[result.end : result.end + _AROUND // 2]}".lower()
    )
    wanted = [*words, *_MORE_WORDS.get(result.entity_type, [])]
    is_named = any(re.search(rf"(?<!\w){re.escape(word.lower())}", around) for word in wanted)
    rest = f"{text[: result.start]} {text[result.end :]}"
    is_alone = len(text) <= _SHORT and not re.search(r"[^\W\d_]{3}", rest)
    has_letters = any(letter.isalpha() for letter in value)
    if is_named or (is_alone and result.score >= (_FAINT_WITH_LETTERS if has_letters else _FAINT)):
        return max(float(result.score), _LIKELY)
    is_plain = value.isdigit()
    if result.score >= _VALID:
        return 1.0 if not is_plain or result.entity_type in _SURE_PLAIN else 0.3
    return float(result.score) if not is_plain and result.score >= _TELLING else 0.3
