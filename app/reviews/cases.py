"""From a graded answer to an evaluation case: drafted by one person, approved by another, exported as JSON."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from app.accounts.models import User
from app.answers.looking import may_be_looked_at
from app.answers.models import Answer, Question
from app.answers.shown import MARKERS_BEHIND
from app.audit.events import CASE_APPROVED, CASE_DRAFTED, CASE_REFUSED, record_event
from app.corpus.access import Reader
from app.corpus.models import Document
from app.reviews.anonymous import anonymised, refused_in
from app.reviews.case_format import KINDS, NAME, OUTCOMES, SILENT_OUTCOMES
from app.reviews.models import CaseDraft, ReviewItem
from app.reviews.quality import final_verdict
from app.reviews.queue import NotYoursError

State = CaseDraft.State
AUTHOR = "Reviewers"
MOST_TURNS = 10
MOST_FACTS = 4
# Figures with what they count, percentages, sums of money, and codes such as IT-01: what can only be the answer.
FACT = re.compile(r"[£€$]\s?\d[\d.,]*\d|\d[\d.,]*\s?(?:%|[^\W\d_]{2,})|\b[A-Z]{2,}-\d[\w-]*|\d+(?:[.,]\d+)*")


class CaseProblemError(ValueError):
    """The case cannot be kept like this. `field` names what is to be changed, the sentence says how."""

    permanent = True

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Gold:
    document_id: int
    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class CaseText:
    """What a person says of a case. `facts` are lists of accepted spellings."""

    name: str
    question: str
    asker: str
    expected: str
    reference: str
    history: tuple[tuple[str, str], ...] = ()
    also_accepted: tuple[str, ...] = ()
    facts: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    gold: tuple[Gold, ...] = ()
    tags: tuple[str, ...] = ()
    is_derived: bool = False


def suggested(item: ReviewItem, author: User) -> CaseText:
    """A first version from the answer and its verdict. Asked with the author's rights: who asked stays untold."""
    answer, verdict = item.answer, final_verdict(item)
    said = (verdict.corrected if verdict else "") or MARKERS_BEHIND.sub("", answer.text)
    expected = (verdict.outcome if verdict else "") or answer.outcome
    is_silent = expected in SILENT_OUTCOMES
    gold = () if is_silent else gold_of(answer)
    history = _history(answer.question)
    return CaseText(
        name=f"review-{item.pk}-01",
        question=anonymised(answer.question.text),
        asker=author.email,
        expected=expected if expected in OUTCOMES else "answered",
        reference=anonymised(said.strip()) or "It is not in the documents.",
        history=history,
        facts=() if is_silent else tuple((fact,) for fact in suggested_facts(said, gold)),
        gold=gold,
        tags=("follow-up",) if history else (("near-miss",) if is_silent else ("single-fact",)),
    )


def gold_of(answer: Answer) -> tuple[Gold, ...]:
    """What the answer cites and is still there: each passage once."""
    rows = answer.citations.select_related("evidence__document__source").order_by("marker")
    found = {
        (row.evidence.document_id, row.quote): Gold(row.evidence.document.pk, path_of(row.evidence.document), row.quote)
        for row in rows if row.evidence.document is not None and row.quote
    }  # fmt: skip
    return tuple(found.values())


def path_of(document: Document) -> str:
    """As the evaluation names a document: the folder of its source, and its path in there."""
    folder = str(document.source.settings.get("path", "")).rpartition("/")[2]
    return f"{folder}/{document.external_id}"


def suggested_facts(said: str, gold: Sequence[Gold]) -> list[str]:
    """Figures and codes of the answer that stand in a passage."""
    found = (match[0].strip(" .,") for match in FACT.finditer(said))
    standing = [fact for fact in found if any(fact in each.quote for each in gold)]
    return list(dict.fromkeys(standing))[:MOST_FACTS]


def _history(question: Question) -> tuple[tuple[str, str], ...]:
    rows = Question.objects.filter(conversation=question.conversation_id, pk__lt=question.pk)
    turns = list(rows.select_related("answer").order_by("-pk")[:MOST_TURNS])[::-1]
    said = [(anonymised(row.text), anonymised(row.answer.text)) for row in turns if hasattr(row, "answer")]
    return tuple((question, answer) for question, answer in said if answer)


@transaction.atomic
def draft_case(item: ReviewItem, author: User, reader: Reader, text: CaseText) -> CaseDraft:
    """Keep it, waiting for another person. Raises NotYoursError, and CaseProblemError for what must be changed.

    Personal data in the question, the history and the reference is replaced once more, whatever was typed.
    """
    if item.state != ReviewItem.State.DONE or not may_be_looked_at(item.answer, reader):
        raise NotYoursError("A case is made of an answer that is graded and that you may read whole.")
    text = replace(
        text, question=anonymised(text.question), reference=anonymised(text.reference),
        history=tuple((anonymised(asked), anonymised(said)) for asked, said in text.history),
    )  # fmt: skip
    _refuse_wrong(item, text)
    drafted, _ = CaseDraft.objects.update_or_create(
        item=item, defaults={**_stored(text), "author": author, "state": State.DRAFT, "decided_by": None,
                             "decided_at": None, "note": "", "created_at": timezone.now()},
    )  # fmt: skip
    record_event(author, CASE_DRAFTED, f"case:{drafted.name}", review=item.pk)
    return drafted


def _stored(text: CaseText) -> dict[str, Any]:
    return {
        "name": text.name, "question": text.question, "asker": text.asker, "expected": text.expected,
        "reference": text.reference, "also_accepted": list(text.also_accepted), "must_not": list(text.must_not),
        "history": [{"question": asked, "answer": said} for asked, said in text.history],
        "facts": [list(fact) for fact in text.facts], "tags": list(text.tags), "is_derived": text.is_derived,
        "gold": [
            {"document": each.document, "quote": each.quote, "document_id": each.document_id} for each in text.gold
        ],
    }  # fmt: skip


def _refuse_wrong(item: ReviewItem, text: CaseText) -> None:
    if not NAME.fullmatch(text.name):
        raise CaseProblemError("name", "A name is words in small letters and two digits: travel-hotel-01.")
    if CaseDraft.objects.filter(name=text.name).exclude(item=item).exists():
        raise CaseProblemError("name", "Another case has this name; choose another number.")
    if not User.objects.filter(email=text.asker, is_active=True).exists():
        raise CaseProblemError("asker", "Name an account of this installation, such as one that is for tests.")
    if not text.tags or set(text.tags) - set(KINDS):
        raise CaseProblemError("tags", "Choose at least one kind of case.")
    if text.expected in text.also_accepted:
        raise CaseProblemError("also_accepted", "What is expected is accepted anyway: leave it out here.")
    _refuse_wrong_facts(text)
    _refuse_personal(text)


def _refuse_wrong_facts(text: CaseText) -> None:
    if text.expected in SILENT_OUTCOMES:
        if text.facts or text.gold:
            raise CaseProblemError("facts", "Where nothing should be found, leave facts and passages empty.")
        return
    if not text.facts:
        raise CaseProblemError("facts", "Name at least one fact that every right answer states.")
    if not text.gold:
        raise CaseProblemError("gold", "Choose at least one passage that an answer should cite.")
    for each in text.gold:
        if not each.quote.strip() or _plain(each.quote) not in _plain(_text_of(each.document_id)):
            raise CaseProblemError("gold", f"“{each.quote}” does not stand in {each.document} as it is now.")
    quotes = [_plain(each.quote) for each in text.gold]
    for fact in text.facts:
        if not text.is_derived and not any(_plain(spelling) in quote for spelling in fact for quote in quotes):
            raise CaseProblemError(
                "facts", f"“{fact[0]}” stands in no chosen passage. If it is worked out from them, say so below."
            )


def _text_of(document_id: int) -> str:
    document = Document.objects.select_related("current_version").filter(pk=document_id).first()
    return document.current_version.text if document and document.current_version else ""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _refuse_personal(text: CaseText) -> None:
    facts = [spelling for fact in text.facts for spelling in fact]
    for field, said in (("facts", facts), ("must_not", text.must_not), ("gold", [each.quote for each in text.gold])):
        if found := refused_in("\n\n".join(said)):
            raise CaseProblemError(
                field, f"This holds {found}, which may not travel with the code. Choose other words."
            )


@transaction.atomic
def decide(case_id: int, actor: User, reader: Reader, *, is_approved: bool, note: str = "") -> CaseDraft:
    """Approve or send back another person's draft. Raises NotYoursError."""
    case = CaseDraft.objects.select_for_update().get(pk=case_id)
    if case.state != State.DRAFT:
        raise NotYoursError("Somebody has decided about this case already.")
    if case.author_id == actor.pk:
        raise NotYoursError("You wrote this case, so another person approves it.")
    if not may_read_case(case, reader):
        raise NotYoursError("You may not read a passage of this case, so another person decides.")
    case.state = State.APPROVED if is_approved else State.REFUSED
    case.decided_by, case.decided_at, case.note = actor, timezone.now(), note
    case.save(update_fields=["state", "decided_by", "decided_at", "note"])
    record_event(actor, CASE_APPROVED if is_approved else CASE_REFUSED, f"case:{case.name}")
    return case


def may_read_case(case: CaseDraft, reader: Reader) -> bool:
    """Every passage that it quotes, and the answer that it comes from if that is still there."""
    wanted = {each["document_id"] for each in case.gold}
    readable = Document.objects.readable_by(reader).searchable().filter(pk__in=wanted).count()
    return readable == len(wanted) and (case.item is None or may_be_looked_at(case.item.answer, reader))


def approved_cases() -> QuerySet[CaseDraft]:
    return CaseDraft.objects.filter(state=State.APPROVED).order_by("name")


def exported(case: CaseDraft) -> dict[str, Any]:
    """The case as `evals/cases/case.py` reads it. People's names stay here; the audit trail has them."""
    row = {
        "id": case.name, "question": case.question, "asker": case.asker, "history": case.history,
        "expected": case.expected, "also_accepted": case.also_accepted, "reference": case.reference,
        "must": [fact[0] if len(fact) == 1 else fact for fact in case.facts], "must_not": case.must_not,
        "gold": [{"document": each["document"], "quote": each["quote"]} for each in case.gold], "tags": case.tags,
    }  # fmt: skip
    reviewed = case.decided_at.date().isoformat() if case.decided_at else ""
    return row | ({"derived": True} if case.is_derived else {}) | {"author": AUTHOR, "reviewed": reviewed}
