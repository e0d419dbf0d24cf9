"""The recognisers that Presidio runs: its own for numbers with rules, ours for names, phones, addresses, births.

Importing this loads Presidio and spaCy: only `engine.py` does, at first use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import tldextract
from presidio_analyzer import EntityRecognizer, LocalRecognizer, Pattern, PatternRecognizer, RecognizerResult
from presidio_analyzer import predefined_recognizers as predefined
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.tokens import Doc

from app.safety.personal_data import identity
from app.safety.personal_data.addresses import find_addresses
from app.safety.personal_data.cards import find_cards
from app.safety.personal_data.name_words import Entity
from app.safety.personal_data.people import find_people
from app.safety.personal_data.phones import find_phones

Spans = Callable[[str, NlpArtifacts | None], Sequence[tuple[int, int]]]
"""What of a text is found, as spans."""

_BIRTH = re.compile(
    r"\b(?:born(?:[ ]on)?|date[ ]of[ ]birth|birth[ ]?da(?:te|y)|d\.?o\.?b\.?|geb(?:oren|\.)(?:[ ]am)?|née?[ ]le|"
    r"nacid[oa][ ]el)"
    r"[ \t:=is]{1,8}(\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4}|\d{1,2}(?:st|nd|rd|th|\.)?[ ](?:of[ ])?[^\W\d_]{3,9}\.?,?[ "
    r"]\d{4}|"
    r"[^\W\d_]{3,9}\.?[ ]\d{1,2}(?:st|nd|rd|th)?,?[ ]\d{4})",
    re.I,
)


class Read(NlpArtifacts):
    """What our recogniser of people needs to know of a text; Presidio's own look at the text alone."""

    def __init__(self, found: list[Entity], engine: NlpEngine, nothing: Doc, language: str) -> None:
        super().__init__([], nothing, [], [], engine, language)
        self.found = found


class OwnRecogniser(LocalRecognizer):
    """A function over text in Presidio's shape."""

    def __init__(self, entity: str, find: Spans) -> None:
        self._find = find
        super().__init__(supported_entities=[entity], name=f"Own{entity.title()}", supported_language="en")

    def load(self) -> None:
        """Nothing: the lists are read at first use."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        return [RecognizerResult(self.supported_entities[0], *span, 1.0) for span in self._find(text, nlp_artifacts)]


def people(text: str, artifacts: NlpArtifacts | None) -> list[tuple[int, int]]:
    return find_people(text, artifacts.found if isinstance(artifacts, Read) else [])


def birth_dates(text: str, _: NlpArtifacts | None) -> list[tuple[int, int]]:
    return [match.span(1) for match in _BIRTH.finditer(text)]


def own_recognisers() -> list[EntityRecognizer]:
    return [
        OwnRecogniser("PERSON", people),
        OwnRecogniser("PHONE_NUMBER", lambda text, _: find_phones(text)),
        OwnRecogniser("STREET_ADDRESS", lambda text, _: find_addresses(text)),
        OwnRecogniser("BIRTH_DATE", birth_dates),
        OwnRecogniser("CARD_NUMBER", lambda text, _: find_cards(text)),
        OwnRecogniser("NATIONAL_ID", lambda text, _: identity.find_identity_numbers(text)),
    ]


class OfflineEmailRecogniser(predefined.EmailRecognizer):
    """Presidio's, with the list of top-level domains that tldextract ships instead of one it would download."""

    _domains = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    def validate_result(self, pattern_text: str) -> bool:
        domain = pattern_text.rsplit("@", 1)[-1]
        # Inside a company, machines have names such as mail.corp.local that no public list knows.
        return bool(self._domains(domain).fqdn) or domain.rsplit(".", 1)[-1].lower() in {
            "local",
            "internal",
            "lan",
            "example",
            "test",
            "invalid",
            "corp",
            "home",
        }


def predefined_recognisers() -> list[PatternRecognizer]:
    """Presidio's recognisers of numbers that belong to one person; those of companies and vehicles are left out."""
    kinds = [
        OfflineEmailRecogniser,
        predefined.CreditCardRecognizer,
        predefined.IbanRecognizer,
        predefined.IpRecognizer,
        predefined.MacAddressRecognizer,
        *(getattr(predefined, name) for name in IDENTITY_RECOGNISERS),
    ]
    return [kind(supported_language="en") for kind in kinds]


def regexes_of(recogniser: PatternRecognizer) -> list[str]:
    patterns: Sequence[Pattern] = recogniser.patterns  # type: ignore[has-type]
    return [pattern.regex for pattern in patterns]


IDENTITY_RECOGNISERS = (
    "UsSsnRecognizer", "UsItinRecognizer", "UsPassportRecognizer", "UsLicenseRecognizer", "UsNpiRecognizer",
    "MedicalLicenseRecognizer", "NhsRecognizer", "UkNinoRecognizer", "UkPassportRecognizer",
    "UkDrivingLicenceRecognizer", "EsNifRecognizer", "EsNieRecognizer", "EsPassportRecognizer",
    "ItFiscalCodeRecognizer", "ItDriverLicenseRecognizer", "ItIdentityCardRecognizer", "ItPassportRecognizer",
    "PlPeselRecognizer", "FiPersonalIdentityCodeRecognizer", "SePersonnummerRecognizer", "DeTaxIdRecognizer",
    "DeSocialSecurityRecognizer", "DeHealthInsuranceRecognizer", "DeIdCardRecognizer", "DePassportRecognizer",
    "DeFuehrerscheinRecognizer", "DeLanrRecognizer", "AuTfnRecognizer", "AuMedicareRecognizer", "CaSinRecognizer",
    "InPanRecognizer", "InAadhaarRecognizer", "InVoterRecognizer", "InPassportRecognizer", "SgFinRecognizer",
    "KrRrnRecognizer", "KrFrnRecognizer", "KrPassportRecognizer", "KrDriverLicenseRecognizer", "ThTninRecognizer",
    "TrNationalIdRecognizer", "NgNinRecognizer", "ZaIdNumberRecognizer", "PhTinRecognizer", "UsMbiRecognizer",
)  # fmt: skip
