"""What the page on personal data shows: the policy's table, where models are, and what is found in a text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.providers.chat_models import all_models
from app.providers.registry import encoder_urls, reranker_urls
from app.safety.configured import Configured, configured
from app.safety.hosts import host_of
from app.safety.models import PersonalDataPattern, PersonalDataPolicy, PersonalDataWord
from app.safety.personal_data.detect import find_personal_data
from app.safety.personal_data.kinds import EXAMPLES, Kind
from app.safety.personal_data.placeholders import REMOVED
from app.safety.personal_data.policy import POLICY, Place, Policy, Row, Treatment
from app.web.personal_data_forms import PatternForm, PolicyForm, WordForm


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What a kind gets in a place, as a field; `is_changed`: an admin chose something else than the default."""

    name: str
    place: Row
    options: tuple[Option, ...]
    is_changed: bool


@dataclass(frozen=True, slots=True)
class KindRow:
    kind: Kind
    example: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """A configured model or service, and whether its host counts as external."""

    name: str
    host: str
    is_external: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """A piece of a tried text; `kind` is empty for what is not personal."""

    text: str
    kind: str = ""
    sent: str = ""


def context(**more: Any) -> dict[str, Any]:
    row = PersonalDataPolicy.objects.first() or PersonalDataPolicy()
    admins = configured()
    return {
        "rows": [*kind_rows(Policy(row.chosen))],
        "changeable": [each for each in POLICY.values() if not each.is_fixed],
        "fixed": [each for each in POLICY.values() if each.is_fixed],
        "models": [*model_places(admins)],
        "services": [*services(admins)],
        "patterns": PersonalDataPattern.objects.all(),
        "always": PersonalDataWord.objects.filter(list=PersonalDataWord.List.ALWAYS),
        "never": PersonalDataWord.objects.filter(list=PersonalDataWord.List.NEVER),
        "policy_form": PolicyForm.of(row),
        "pattern_form": PatternForm(),
        "word_form": WordForm(),
    } | more


def kind_rows(policy: Policy) -> Iterator[KindRow]:
    for kind in Kind:
        choices = (_choice(place, row, kind, policy) for place, row in POLICY.items() if not row.is_fixed)
        yield KindRow(kind, EXAMPLES[kind], tuple(choices))


def _choice(place: Place, row: Row, kind: Kind, policy: Policy) -> Choice:
    said = policy.treatment(place, kind)
    options = tuple(Option(each.value, each.label, each is said) for each in row.choices)
    return Choice(f"{place.value}.{kind.value}", row, options, said is not row.default(kind))


def model_places(admins: Configured) -> Iterator[ModelPlace]:
    for named in all_models():
        yield ModelPlace(named.model, host_of(named.base_url), admins.is_external(named.base_url))


def services(admins: Configured) -> Iterator[ModelPlace]:
    """Embedding and reranking services outside the network, which are sent texts as they are."""
    for name, url in [
        *(("Embedding", url) for url in encoder_urls()), *(("Reranking", url) for url in reranker_urls()),
    ]:  # fmt: skip
        if admins.is_external(url):
            yield ModelPlace(name, host_of(url), True)


def tried(text: str) -> list[Tried]:
    """The text in pieces, with what an external model would be sent in place of what is personal."""
    admins = configured()
    pieces, at = [], 0
    for one in find_personal_data(text, admins.rules):
        treatment = admins.policy.treatment(Place.EXTERNAL_MODEL, one.kind)
        sent = {Treatment.PLACEHOLDER: f"<{one.kind.word}_…>", Treatment.REDACT: REMOVED}.get(treatment, "as it is")
        pieces += [Tried(text[at : one.start]), Tried(text[one.start : one.end], one.kind.label, sent)]
        at = one.end
    return [piece for piece in [*pieces, Tried(text[at:])] if piece.text]
