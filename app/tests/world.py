"""One small world for tests: Alice's team may read the team's source; Bob is on her team; Charlie has no access.

Ada is an admin and in no group. Everybody may read the handbook. Documents are stored through the real
last step of ingestion, with made-up vectors, so no model is loaded.
"""

import functools
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone

from app.accounts.keys import create_key
from app.accounts.models import ApiKey, Role, User
from app.answers.models import Answer, Citation, CitationReport, Conversation, Evidence, Outcome, Question
from app.audit import events
from app.audit.events import record_event
from app.audit.models import AuditEvent, LegalHold
from app.audit.retention import hold
from app.corpus.index_text import index_text
from app.corpus.models import Chunk, Document, Source
from app.privacy.erasing import ask_to_erase
from app.privacy.exporting import ask_to_export, make_export
from app.privacy.models import Erasure, PersonExport
from app.quality.models import EvaluationRun, Signal, UnansweredTopic
from app.reviews.models import CaseDraft, ReviewItem
from app.safety.models import PersonalDataPattern, PersonalDataWord
from app.signon.models import SignOnProvider
from app.usage.models import Budget, Scope
from ingestion.documents import Block, BlockKind, ParsedDocument
from ingestion.originals import keep_original
from ingestion.sources import create_source
from ingestion.steps.chunk import chunk
from ingestion.steps.clean import clean
from ingestion.steps.embed import EmbeddedChunks
from ingestion.steps.store import NewVersion, store

PASSWORD = "a long enough password"
MAX_TOKENS = 60
PEOPLE = ("alice", "bob", "charlie", "ada")

BUDGET = [
    ("heading", "Team budget"),
    ("paragraph", "The team may spend 480,000 euros in 2026, of which a third is kept back until July."),
    ("heading", "Travel"),
    ("paragraph", "Hotels cost at most 140 euros a night. Anything above needs a manager's approval."),
]
HANDBOOK = [
    ("heading", "Employee handbook"),
    ("paragraph", "Everybody has 28 days of leave a year. Five of them may be carried over until March."),
]


@dataclass
class World:
    """`answer` belongs to Alice's `question` and cites the team's `document`; `budget` is Charlie's, a large one."""

    team: Group
    alice: User
    bob: User
    charlie: User
    ada: User
    team_source: Source
    handbook_source: Source
    document: Document
    handbook: Document
    conversation: Conversation
    question: Question
    answer: Answer
    citation: Citation
    key: ApiKey
    budget: Budget
    personal_pattern: PersonalDataPattern
    personal_word: PersonalDataWord
    keys: dict[str, str] = field(default_factory=dict)

    @functools.cached_property
    def report(self) -> CitationReport:
        """Bob's, on what everybody may read; it is made when it is first asked for."""
        answer = answered_question(self.bob, "How many days of leave?", self.handbook)
        return CitationReport.objects.create(citation=answer.citations.get(), comment="It says 27.")

    @functools.cached_property
    def review(self) -> ReviewItem:
        """An answer of Bob's to grade, on what everybody may read; made when it is first asked for."""
        answer = answered_question(self.bob, "How many days of leave?", self.handbook)
        return ReviewItem.objects.create(
            answer=answer, day=timezone.localdate(), reasons=["chance"], stratum="-", probability=1.0,
            due_at=timezone.now() + timedelta(days=1),
        )  # fmt: skip

    @functools.cached_property
    def case(self) -> CaseDraft:
        """Bob's draft of an evaluation case, which quotes nothing."""
        return CaseDraft.objects.create(
            name="leave-days-01", question="Leave?", asker="bob@example.com", expected="not_found",
            reference="Nothing.", tags=["near-miss"], author=self.bob,
        )  # fmt: skip

    @functools.cached_property
    def evaluation_run(self) -> EvaluationRun:
        """Of one case, `leave-days-01`; made when it is first asked for."""
        now = timezone.now()
        run = EvaluationRun.objects.create(name="a-run", mode="extractive", cases=1, passed=1, started_at=now)
        run.results.create(case="leave-days-01", expected="answered", outcome="answered", passed=True, is_safe=True)
        return run

    @functools.cached_property
    def signal(self) -> Signal:
        """Of a figure that fell; made when it is first asked for."""
        return Signal.objects.create(
            kind=Signal.Kind.DROP, figure="not_found", first_day=timezone.localdate(), before=0.1, after=0.3,
            evidence={"test": "cusum", "statistic": 9.0, "threshold": 8.0, "deviation": 0.3, "days": []},
        )  # fmt: skip

    @functools.cached_property
    def sign_on_provider(self) -> SignOnProvider:
        """That nobody listens at; made when it is first asked for."""
        return SignOnProvider.objects.create(slug="acme", name="Acme", issuer="http://127.0.0.1:9", client_id="attest")

    @functools.cached_property
    def audit_entry(self) -> AuditEvent:
        """Some entry of the audit log."""
        return record_event(None, events.SOURCE_SYNCED, "source:1")

    @functools.cached_property
    def audit_hold(self) -> LegalHold:
        """Of all entries; made when it is first asked for."""
        return hold(None, LegalHold.Scope.ALL, "", "A lawsuit.")

    @functools.cached_property
    def topic(self) -> UnansweredTopic:
        """What nobody has asked lately."""
        return UnansweredTopic.objects.create(words=["bicycle"])

    @functools.cached_property
    def person_export(self) -> PersonExport:
        """What is kept about Alice, asked for by herself; made when it is first asked for."""
        export = ask_to_export(self.alice, actor=self.alice)
        make_export(export.pk)
        return export

    @functools.cached_property
    def erasure(self) -> Erasure:
        """Of somebody who was here before."""
        return ask_to_erase(make_person("former"), actor=None)

    def person(self, name: str) -> User:
        found: User = getattr(self, name)
        return found


def make_world() -> World:
    team = Group.objects.create(name="team")
    people = {name: User.objects.create_user(f"{name}@example.com", PASSWORD, name=name.title()) for name in PEOPLE}
    people["alice"].groups.add(team)
    people["bob"].groups.add(team)
    User.objects.filter(pk=people["ada"].pk).update(roles=[Role.ADMIN])
    people["ada"].refresh_from_db()
    team_source = create_source(
        actor=None, name="Team files", kind=Source.Kind.UPLOAD, everyone=False, group_ids=[team.pk]
    )
    handbook_source = create_source(actor=None, name="Handbook", kind=Source.Kind.UPLOAD, everyone=True)
    document = stored_document(team_source, "budget.md", BUDGET)
    handbook = stored_document(handbook_source, "handbook.md", HANDBOOK)
    answer = answered_question(people["alice"], "How much may the team spend?", document)
    made = {name: create_key(user, "test") for name, user in people.items()}
    return World(
        team=team, team_source=team_source, handbook_source=handbook_source, document=document, handbook=handbook,
        conversation=answer.question.conversation, question=answer.question, answer=answer,
        citation=answer.citations.get(),
        key=made["alice"][0],
        budget=Budget.objects.create(scope=Scope.USER, user=people["charlie"], kind=Budget.Kind.TOKENS, amount=10**9),
        personal_pattern=PersonalDataPattern.objects.create(name="Badges", expression=r"\bB-\d{4}\b", example="B-1234"),
        personal_word=PersonalDataWord.objects.create(list=PersonalDataWord.List.NEVER, text="Front desk"),
        keys={name: secret for name, (_, secret) in made.items()}, **people,
    )  # fmt: skip


def make_person(name: str) -> User:
    return User.objects.create(email=f"{name}@example.com", name=name.title(), password=hashed_password())


@functools.cache
def hashed_password() -> str:
    """Hashing is slow on purpose, so everybody shares one hash."""
    return make_password(PASSWORD)


def stored_document(source: Source, name: str, blocks: list[tuple[str, str]]) -> Document:
    """A searchable document of `source`; `blocks` are pairs of a block's kind and its text."""
    document, _ = Document.objects.get_or_create(
        source=source, external_id=name, defaults={"access_set_id": source.access_set_id}
    )
    data = "\n\n".join(text for _, text in blocks).encode()
    parsed_blocks = tuple(Block(BlockKind(kind), text, level=int(kind == "heading")) for kind, text in blocks)
    parsed = ParsedDocument(blocks[0][1], parsed_blocks, "text/markdown", None, (), None)
    stored = clean(parsed)
    drafts = chunk(stored, lambda text: len(text.split()), MAX_TOKENS)
    keywords = [index_text(parsed.title, draft.heading_path, draft.text)[1] for draft in drafts]
    vectors = np.stack([made_up_vector(draft.text) for draft in drafts])
    digest = keep_original(data)
    version = NewVersion(
        title=parsed.title, stored=stored, chunks=EmbeddedChunks(drafts, keywords, vectors), content_hash=digest,
        original=digest, mime_type=parsed.mime_type, size=len(data), report={}, pipeline="test",
    )  # fmt: skip
    store(document, version)
    Document.objects.filter(pk=document.pk).update(checked_at=timezone.now(), modified_at=timezone.now())
    document.refresh_from_db()
    return document


def made_up_vector(text: str) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """A unit vector that depends on the text alone."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    vector = np.random.default_rng(seed).normal(size=settings.ATTEST_ENCODER_DIMENSIONS)
    unit: np.ndarray[tuple[int], np.dtype[np.float32]] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def answered_question(user: User, asked: str, document: Document, **fields: object) -> Answer:
    """A question of `user` with a finished answer that quotes the first passage of `document`."""
    conversation = Conversation.objects.create(user=user, title=asked)
    question = Question.objects.create(conversation=conversation, text=asked)
    passage = Chunk.objects.filter(document=document).order_by("ordinal").defer("embedding", "terms", "weights")[0]
    values = {
        "outcome": Outcome.ANSWERED,
        "text": f"{passage.text} [1]",
        "finished_at": timezone.now(),
    } | fields
    answer = Answer.objects.create(question=question, **values)
    evidence = Evidence.objects.create(
        answer=answer, rank=1, chunk_id=passage.pk, document=document, version_id=passage.version_id,
        title=document.title, heading_path=passage.heading_path, page=passage.page, start=passage.start,
        end=passage.end, semantic=0.8, keyword=3.0, score=0.9,
    )  # fmt: skip
    Citation.objects.create(
        answer=answer, evidence=evidence, marker=1, quote=passage.text, start=passage.start, end=passage.end
    )
    return answer
