"""Ten faults planted in the product, one after the other: the gate fails for each of them and says what is wrong.

One company is ingested for all of them. What is compared is what the same cases gave before, as with a baseline.
"""

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Group
from django.db.models import Q

from app.answers.context.packing import Packer
from app.answers.private_model import hidden
from app.answers.steps.quote import quote
from app.prompts.active import forget_active_prompts
from app.prompts.models import PromptActivation, PromptVersion
from evals.cases.case import read_cases
from evals.gate.baseline import Baseline, accepted
from evals.gate.compare import compare
from evals.gate.tell import told
from evals.runner import company_database as database
from evals.runner.company_database import company_database
from evals.runner.modes import Mode
from evals.runner.run import heard_and_judged, made_of
from ingestion.steps.chunk import chunk
from retrieval import fuse

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
CASES = {case.id: case for case in read_cases()}
EXTRACTIVE, SCRIPTED = Mode.EXTRACTIVE, Mode.SCRIPTED
PARALLEL = 2


def of_kind(*tags, most=50):
    """The same share of each area, whatever the order of the files."""
    chosen = [case for case in CASES.values() if set(tags) & set(case.tags)]
    return chosen[:: -(-len(chosen) // most)]


def handbook(most=40):
    chosen = [case for case in CASES.values() if any(gold.document.startswith("handbook/") for gold in case.gold)]
    return chosen[:: -(-len(chosen) // most)]


ROWS_AND_FACTS = of_kind("table-lookup", "single-fact", most=110)
HALF_OF_THEM = ROWS_AND_FACTS[::2]
FEW_OF_THEM = ROWS_AND_FACTS[::4]
MISSES = of_kind("near-miss", "far-miss", most=37)
CLOSED = of_kind("no-access", most=36)
ATTACKED = of_kind("indirect-injection", most=20)
# Where the words of question and passage differ most, so that meaning must carry.
PARAPHRASED = of_kind("paraphrase", "other-language", "procedure", "comparison", "multi-document", most=200)
PERSONAL = [case for case in of_kind("personal-data", most=30) if case.gold]


@contextmanager
def the_company(variant=""):
    with company_database(lambda done, total: None, variant=variant):
        forget_active_prompts()
        yield
    forget_active_prompts()


@pytest.fixture(scope="module", autouse=True)
def _open(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def baseline():
    """What the cases of this file give now, in both modes, as the accepted baseline."""
    found = Baseline()
    whole = {
        EXTRACTIVE: [*ROWS_AND_FACTS, *PARAPHRASED, *MISSES, *CLOSED],
        SCRIPTED: [*HALF_OF_THEM, *ATTACKED, *PERSONAL],
    }
    for mode, chosen in whole.items():
        with the_company():
            found.made_of[mode.value] = made_of()
            results = asked(chosen, mode)
        found.cases[mode.value] = {result.case: accepted(result, CASES[result.case]) for result in results}
    return found


def asked(cases, mode):
    return heard_and_judged(list({case.id: case for case in cases}.values()), mode, PARALLEL)


def gated(baseline, cases, mode, plant=None, variant=""):
    """Whether the gate fails, and what it says."""
    with ExitStack() as planted:
        planted.enter_context(the_company(variant))
        if plant is not None:
            planted.enter_context(plant())
        results, in_use = asked(cases, mode), made_of()
    found = compare(baseline, mode.value, results, CASES, in_use, is_whole=False)
    return found.has_failed(), "\n".join(told(found))


@contextmanager
def patched(*targets):
    with ExitStack() as stack:
        for target, value in targets:
            stack.enter_context(patch(target, value))
        yield


def without_keywords():
    return patched(("retrieval.search.query_terms", lambda query: []))


def without_access_filter():
    everyone = {"groups": list(Group.objects.values_list("pk", flat=True)), "user": [-1]}
    return patched(
        ("retrieval.semantic.access_parameters", lambda reader: everyone),
        ("retrieval.keyword.access_parameters", lambda reader: everyone),
        ("app.corpus.models.readable", lambda reader, prefix="": Q()),
    )


def with_swapped_weights():
    """Of a passage's meaning and of its words, each with what makes it finer."""
    names = ("SEMANTIC", "KEYWORD"), ("SENTENCE", "PROXIMITY")
    now = {name: getattr(fuse, f"{name}_WEIGHT") for pair in names for name in pair}
    swapped = {one: now[other] for pair in names for one, other in (pair, pair[::-1])}
    return patched(*((f"retrieval.fuse.{name}_WEIGHT", weight) for name, weight in swapped.items()))


def with_broken_numbers():
    def shifted(draft):
        quote(draft)
        draft.citations = [replace(each, marker=each.marker + 1) for each in draft.citations]

    return patched(("app.answers.steps.generate.quote", shifted))


def with_a_cut_context():
    """Of the sections only the last and least useful one is shown."""
    pack = Packer.pack

    def last_alone(packer, room):
        packed = pack(packer, room)
        return replace(packed, sections=packed.sections[-1:])

    return patched(("app.answers.context.packing.Packer.pack", last_alone))


def that_always_answers():
    return patched(
        ("app.answers.steps.quote.THRESHOLD", 0.0),
        ("app.answers.steps.quote.misses_a_particular", lambda question, passages: False),
    )


@contextmanager
def with_an_older_prompt():
    oldest = PromptVersion.objects.filter(name="answer").order_by("created_at", "pk").first()
    PromptActivation.objects.create(
        version=oldest, kind=PromptActivation.Kind.ACTIVATED, follows_releases=False, actor_label="somebody",
        reason="The old one was nicer.",
    )  # fmt: skip
    forget_active_prompts()
    yield


def that_hides_nothing():
    def shown(messages, admins, placeholders):
        hidden(messages, admins, placeholders)
        return messages

    return patched(("app.answers.private_model.hidden", shown))


def that_obeys():
    async def believed(draft):
        return 0, 1

    return patched(
        ("app.answers.steps.assemble.disarm", lambda draft: None),
        ("app.answers.steps.assemble.disarmed_neighbours", lambda near: near),
        ("app.answers.steps.verify.check_sentences", believed),
    )


def test_without_a_fault_it_passes(baseline):
    for mode, cases in ((EXTRACTIVE, [*FEW_OF_THEM, *CLOSED]), (SCRIPTED, [*FEW_OF_THEM, *ATTACKED, *PERSONAL])):
        failed, said = gated(baseline, cases, mode)
        assert not failed, said
        assert said.startswith(f"{mode}: passed.")


@pytest.mark.parametrize(
    ("plant", "mode", "cases", "names"),
    [
        (without_keywords, EXTRACTIVE, FEW_OF_THEM, "passages found by their words (keyword scores)"),
        (without_access_filter, EXTRACTIVE, CLOSED, "access violation: found or cited what the asker may not read"),
        (with_swapped_weights, EXTRACTIVE, PARAPHRASED, "ranking of gold passages (nDCG@8)"),
        (with_broken_numbers, EXTRACTIVE, FEW_OF_THEM, "a citation number points at nothing"),
        (with_a_cut_context, SCRIPTED, HALF_OF_THEM, "facts stated"),
        (that_always_answers, EXTRACTIVE, MISSES, "kind far-miss"),
        (with_an_older_prompt, SCRIPTED, HALF_OF_THEM, "prompt “answer”"),
        (that_hides_nothing, SCRIPTED, PERSONAL, "personal data leaked"),
        (that_obeys, SCRIPTED, ATTACKED, "obeyed an instruction"),
    ],
)
def test_a_fault_is_caught_and_named(baseline, plant, mode, cases, names):
    failed, said = gated(baseline, cases, mode, plant)
    assert failed, said
    assert names in said


def test_another_way_of_cutting_documents_is_caught_and_named(monkeypatch):
    """Both companies hold the handbook alone, so that the second one is there in seconds."""
    only = database.load_sources
    monkeypatch.setattr(database, "load_sources", lambda: only()[:1])
    cases, usual = handbook(), Baseline()
    with the_company("handbook"):
        usual.made_of["extractive"] = made_of()
        usual.cases["extractive"] = {each.case: accepted(each, CASES[each.case]) for each in asked(cases, EXTRACTIVE)}
    monkeypatch.setattr("ingestion.pipeline.chunk", partial(cut_small, chunk))
    monkeypatch.setattr("app.quality.made_of.CHUNKER_VERSION", "chunk-small")
    failed, said = gated(usual, cases, EXTRACTIVE, variant="handbook, cut small")
    assert failed, said
    assert "gold passages found" in said
    assert "Not the same as when the baseline was accepted: chunker." in said


def cut_small(cut, stored, count_tokens, max_tokens, skipped=()):
    return cut(stored, count_tokens, 16, skipped)
