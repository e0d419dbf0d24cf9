"""What was asked and what came of it. However a question ends, exactly one Answer row records it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from app.corpus.models import Document, DocumentVersion


class Conversation(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["user", "-updated_at"]),)

    def __str__(self) -> str:
        return self.title


class Question(models.Model):
    """`filters` narrow what is searched, such as `{"sources": [3], "changed_since": "2026-01-31"}`; {}: everything."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="questions")
    text = models.TextField()
    standalone = models.TextField(blank=True)
    filters = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"question {self.pk}"


class Outcome(models.TextChoices):
    ANSWERED = "answered", "Answered"
    CAVEAT = "caveat", "Answered with a caveat"
    CONFLICT = "conflict", "Sources disagree"
    NOT_FOUND = "not_found", "Not found"
    REFUSED = "refused", "Refused"
    DEGRADED = "degraded", "Quoted because the model was unavailable"
    FAILED = "failed", "Failed"


class Answer(models.Model):
    """`outcome` is empty while the answer is being made; a sweep ends those whose process died.

    `reused_from` is the earlier answer whose text this one repeats. `flags` holds what the guard found in
    the question, `context` what the model was shown and what was left out with the reason, `attempts` each
    call of a model with how it ended: plain JSON, for the panel "why this answer".
    """

    class Mode(models.TextChoices):
        EXTRACTIVE = "extractive", "Quoted"
        MODEL = "model", "Written by a model"

    question = models.OneToOneField(Question, on_delete=models.CASCADE, related_name="answer")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)
    mode = models.CharField(max_length=16, choices=Mode.choices, default=Mode.EXTRACTIVE)
    text = models.TextField(blank=True)
    notice = models.TextField(blank=True)
    error = models.CharField(max_length=64, blank=True)
    model = models.CharField(max_length=120, blank=True)
    prompt_version = models.CharField(max_length=64, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    confidence = models.FloatField(null=True)
    reused_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="reuses")
    flags = models.JSONField(default=list)
    context = models.JSONField(default=dict)
    attempts = models.JSONField(default=list)
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(outcome="", finished_at__isnull=True) | (~Q(outcome="") & Q(finished_at__isnull=False)),
                name="a_finished_answer_has_an_outcome",
            ),
        )
        indexes = (models.Index(fields=["finished_at"], name="answer_by_end"),)

    def __str__(self) -> str:
        return f"answer to {self.question_id}: {self.outcome or 'running'}"


class Evidence(models.Model):
    """A passage that was retrieved for an answer, with its scores, copied so that it outlives the index."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="evidence")
    rank = models.PositiveSmallIntegerField()
    chunk_id = models.BigIntegerField()
    document = models.ForeignKey(Document, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.ForeignKey(DocumentVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    title = models.CharField(max_length=500)
    heading_path = models.JSONField(default=list)
    page = models.PositiveIntegerField(null=True)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    semantic = models.FloatField()
    keyword = models.FloatField()
    score = models.FloatField()

    class Meta:
        ordering = ("rank",)
        constraints = (models.UniqueConstraint(fields=["answer", "rank"], name="evidence_rank_once"),)

    def __str__(self) -> str:
        return f"evidence {self.rank} of {self.answer_id}"


class Citation(models.Model):
    """A marker in an answer's text and the quoted words of the passage it points to."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="citations")
    evidence = models.ForeignKey(Evidence, on_delete=models.CASCADE, related_name="citations")
    marker = models.PositiveSmallIntegerField()
    quote = models.TextField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()

    class Meta:
        ordering = ("marker",)
        constraints = (models.UniqueConstraint(fields=["answer", "marker"], name="citation_marker_once"),)

    def __str__(self) -> str:
        return f"[{self.marker}] of {self.answer_id}"


class AnswerSentence(models.Model):
    """One sentence of an answer, `answer.text[start:end]`, and how far what it cites supports it.

    `support` is from 0 to 1; `problems` says in plain JSON what the cited passages lack, such as
    `{"kind": "number", "said": "25"}`; `repaired` that its markers were put right.
    """

    class Verdict(models.TextChoices):
        SUPPORTED = "supported", "Supported"
        WEAK = "weak", "Weakly supported"
        UNSUPPORTED = "unsupported", "Not supported"
        UNCITED = "uncited", "No source named"
        NO_CLAIM = "no_claim", "Claims nothing"

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="sentences")
    ordinal = models.PositiveSmallIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    support = models.FloatField()
    markers = ArrayField(models.PositiveSmallIntegerField(), default=list)
    problems = models.JSONField(default=list)
    repaired = models.BooleanField(default=False)

    class Meta:
        ordering = ("ordinal",)
        constraints = (models.UniqueConstraint(fields=["answer", "ordinal"], name="answer_sentence_once"),)

    def __str__(self) -> str:
        return f"sentence {self.ordinal} of {self.answer_id}: {self.verdict}"


class ReusableAnswer(models.Model):
    """What must be the same for an answer to be given again: its evidence, how it was made, and what was asked.

    `evidence_key` hashes the passages that were retrieved, `made_key` everything that shaped the text (prompt,
    model, settings), `question_key` the question's normalised words. `vector` is the question as float32
    bytes by `encoder`; `particulars` its numbers, names, negations and kind, which a paraphrase must share.
    """

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="reusable")
    evidence_key = models.CharField(max_length=64)
    made_key = models.CharField(max_length=64)
    question_key = models.CharField(max_length=64)
    question = models.TextField()
    vector = models.BinaryField()
    encoder = models.CharField(max_length=200)
    particulars = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["evidence_key", "made_key"], name="reusable_by_evidence"),)

    def __str__(self) -> str:
        return f"reusable answer {self.answer_id}"


class CitationReport(models.Model):
    """A reader says that a source does not say what the answer claims of it; somebody looks into it and settles it."""

    class Finding(models.TextChoices):
        WRONG = "wrong", "The source does not say that"
        FINE = "fine", "The source does say that"
        UNCLEAR = "unclear", "It cannot be told"

    citation = models.OneToOneField(Citation, on_delete=models.CASCADE, related_name="report")
    comment = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    finding = models.CharField(max_length=8, choices=Finding.choices, blank=True, default="", db_default="")
    note = models.TextField(blank=True, max_length=2000, default="", db_default="")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, finding="") | (Q(settled_at__isnull=False) & ~Q(finding="")),
                name="a_settled_report_has_a_finding",
            ),
        )
        indexes = (models.Index(fields=["settled_at", "created_at"], name="report_by_state"),)

    def __str__(self) -> str:
        return f"report on citation {self.citation_id}"


class AnswerStep(models.Model):
    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="steps")
    ordinal = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=32)
    took_ms = models.FloatField()

    class Meta:
        ordering = ("ordinal",)

    def __str__(self) -> str:
        return f"{self.name}: {self.took_ms:.0f} ms"


class Feedback(models.Model):
    class Value(models.TextChoices):
        UP = "up", "Helpful"
        DOWN = "down", "Not helpful"

    class Reason(models.TextChoices):
        WRONG = "wrong", "It is wrong"
        UNSUPPORTED = "unsupported", "The source does not say that"
        INCOMPLETE = "incomplete", "Something is missing"
        OUTDATED = "outdated", "It is out of date"
        SHOULD_KNOW = "should_know", "The answer is in our documents"
        OTHER = "other", "Something else"

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="feedback")
    value = models.CharField(max_length=8, choices=Value.choices)
    reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)
    comment = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.value} for answer {self.answer_id}"
