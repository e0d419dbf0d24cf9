"""What counts as personal data here, and what a finding of it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds that the policy tells apart; the value is what is stored."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    ACCOUNT = "account"
    IDENTITY = "identity"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"
    NETWORK = "network"
    CUSTOM = "custom"
    LISTED = "listed"

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def word(self) -> str:
        """The word that stands for it in a text, as in `<PERSON_7f3a>`."""
        return WORDS[self]


LABELS = {
    Kind.NAME: "Names of people",
    Kind.EMAIL: "E-mail addresses",
    Kind.PHONE: "Phone numbers",
    Kind.CARD: "Payment cards",
    Kind.ACCOUNT: "Bank accounts (IBAN)",
    Kind.IDENTITY: "Identity numbers",
    Kind.ADDRESS: "Postal addresses",
    Kind.BIRTH_DATE: "Dates of birth",
    Kind.NETWORK: "Network addresses (IP, MAC)",
    Kind.CUSTOM: "Your patterns",
    Kind.LISTED: "Your list “always personal”",
}
EXAMPLES = {
    Kind.NAME: "Ada Lovelace",
    Kind.EMAIL: "ada@example.com",
    Kind.PHONE: "+44 20 7946 0018",
    Kind.CARD: "4111 1111 1111 1111",
    Kind.ACCOUNT: "DE89 3704 0044 0532 0130 00",
    Kind.IDENTITY: "social security, tax, passport, driving licence and health insurance numbers",
    Kind.ADDRESS: "12 Market Street, Springfield",
    Kind.BIRTH_DATE: "born on 10 December 1815",
    Kind.NETWORK: "203.0.113.9",
    Kind.CUSTOM: "employee numbers, as you describe them below",
    Kind.LISTED: "words that you enter below",
}
WORDS = {
    Kind.NAME: "PERSON",
    Kind.EMAIL: "EMAIL",
    Kind.PHONE: "PHONE",
    Kind.CARD: "CARD",
    Kind.ACCOUNT: "ACCOUNT",
    Kind.IDENTITY: "IDNUMBER",
    Kind.ADDRESS: "ADDRESS",
    Kind.BIRTH_DATE: "BIRTHDATE",
    Kind.NETWORK: "IPADDRESS",
    Kind.CUSTOM: "NUMBER",
    Kind.LISTED: "PRIVATE",
}
# Presidio's names and ours; everything else that is looked for is an identity number.
KIND_OF_ENTITY = {
    "PERSON": Kind.NAME,
    "EMAIL_ADDRESS": Kind.EMAIL,
    "PHONE_NUMBER": Kind.PHONE,
    "CREDIT_CARD": Kind.CARD,
    "CARD_NUMBER": Kind.CARD,
    "IBAN_CODE": Kind.ACCOUNT,
    "STREET_ADDRESS": Kind.ADDRESS,
    "BIRTH_DATE": Kind.BIRTH_DATE,
    "IP_ADDRESS": Kind.NETWORK,
    "MAC_ADDRESS": Kind.NETWORK,
}
# Where findings overlap, the place gets the first of these kinds that it was found as.
STRENGTH = (
    Kind.LISTED, Kind.CUSTOM, Kind.EMAIL, Kind.ACCOUNT, Kind.CARD, Kind.NETWORK, Kind.IDENTITY, Kind.BIRTH_DATE,
    Kind.PHONE, Kind.ADDRESS, Kind.NAME,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonalData:
    """`text[start:end]` is personal."""

    start: int
    end: int
    kind: Kind


def merged(findings: list[PersonalData]) -> list[PersonalData]:
    """The same places in order, those that overlap as one of the strongest kind."""
    places: list[PersonalData] = []
    for each in sorted(findings, key=lambda one: (one.start, -one.end)):
        if places and each.start < places[-1].end:
            last = places[-1]
            kind = min(last.kind, each.kind, key=STRENGTH.index)
            places[-1] = PersonalData(last.start, max(last.end, each.end), kind)
        else:
            places.append(each)
    return places
