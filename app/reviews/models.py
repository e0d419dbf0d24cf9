"""Which answers people are asked to grade, what they said, and the evaluation cases that came of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from app.answers.models import Answer, Outcome
from app.reviews.rubric import ErrorKind


class SamplingDay(models.Model):
    """How the answers of one day are drawn, settled once so that drawing again draws the same ones.

    `rates` gives the chance of each stratum, and `other` that of a stratum which was not there before; both are times
    `novel` or `familiar`, by whether a question like it was drawn before.
    """

    day = models.DateField(unique=True)
    share = models.FloatField()
    most = models.PositiveIntegerField()
    rates = models.JSONField(default=dict)
    other = models.FloatField()
    novel = models.FloatField(default=1)
    familiar = models.FloatField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"sampling of {self.day}"


class Reason(models.TextChoices):
    """Why an answer is looked at. All but the first are always looked at."""

    CHANCE = "chance", "Drawn by chance"
    THUMB_DOWN = "thumb_down", "Its reader was not helped"
    DISPUTED = "disputed", "Refused or not found, and its reader disagrees"
    REPORTED = "reported", "A citation was reported"
    CONFLICT = "conflict", "Sources disagree"
    LOW_SUPPORT = "low_support", "Little supported by its sources"


class ReviewItem(models.Model):
    """An answer that people grade. `probability` is the chance with which it was drawn.

    It is None for one that was opened before the day's limit left it out: it is graded, and counts in no estimate.
    `held_rubric` is the version of the rubric under which the one who holds it opened it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SECOND = "second", "Waiting for a second reviewer"
        RESOLVING = "resolving", "Two reviewers differ"
        DONE = "done", "Graded"
        FLAGGED = "flagged", "Flagged"
        CLOSED = "closed", "Taken out"

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="review")
    day = models.DateField()
    reasons = ArrayField(models.CharField(max_length=16, choices=Reason.choices))
    stratum = models.CharField(max_length=200)
    probability = models.FloatField(null=True)
    needs_second = models.BooleanField(default=False)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    held_until = models.DateTimeField(null=True, blank=True)
    held_rubric = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__gt=0, probability__lte=1),
                name="a_probability_is_above_0_and_at_most_1",
            ),
        )
        indexes = (models.Index(fields=["state", "due_at"], name="review_by_state"), models.Index(fields=["day"]))

    def __str__(self) -> str:
        return f"review of answer {self.answer_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether somebody is still to grade it."""
        return self.state in OPEN

    @property
    def is_late(self) -> bool:
        return self.is_open and self.due_at < timezone.now()

    @property
    def reason_words(self) -> list[str]:
        return [str(Reason(each).label) for each in self.reasons]


OPEN = (ReviewItem.State.WAITING, ReviewItem.State.SECOND, ReviewItem.State.RESOLVING)


class Verdict(models.Model):
    """What one person said of one answer, under the rubric that it was opened with. What is undone is withdrawn."""

    class Round(models.TextChoices):
        FIRST = "first", "First"
        SECOND = "second", "Second, blind"
        RESOLUTION = "resolution", "Resolution"
        CALIBRATION = "calibration", "Calibration"

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="verdicts")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    round = models.CharField(max_length=16, choices=Round.choices)
    rubric_version = models.PositiveSmallIntegerField()
    rubric_hash = models.CharField(max_length=64)
    levels = models.JSONField()
    errors = ArrayField(models.CharField(max_length=16, choices=ErrorKind.choices), default=list, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True, default="")
    corrected = models.TextField(blank=True, default="")
    comment = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["item", "reviewer"], condition=Q(withdrawn_at=None), name="one_verdict_of_each_reviewer"
            ),
            models.UniqueConstraint(
                fields=["item", "round"],
                condition=Q(withdrawn_at=None) & ~Q(round="calibration"),
                name="one_verdict_of_each_round",
            ),
        )
        indexes = (models.Index(fields=["reviewer", "-created_at"], name="verdict_by_reviewer"),)

    def __str__(self) -> str:
        return f"{self.round} verdict on {self.item_id}"

    @property
    def error_words(self) -> list[str]:
        return [str(ErrorKind(each).label) for each in self.errors]


class SetAside(models.Model):
    """A reviewer leaves an answer to others (a skip), or says that it should not be in the queue (a flag)."""

    class Kind(models.TextChoices):
        SKIP = "skip", "Skipped"
        FLAG = "flag", "Flagged"

    class Why(models.TextChoices):
        NOT_MY_FIELD = "not_my_field", "I do not know this field well enough"
        NO_TIME = "no_time", "It takes longer than I have now"
        INVOLVED = "involved", "I am involved in what it is about"
        UNCLEAR = "unclear", "The question cannot be understood"
        PERSONAL = "personal", "It shows personal data that I should not see"
        NOT_WORK = "not_work", "It is not about work, or a test"
        OTHER = "other", "Something else"

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="set_aside")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    why = models.CharField(max_length=16, choices=Why.choices)
    note = models.TextField(blank=True, max_length=2000, default="")
    state_before = models.CharField(max_length=16, choices=ReviewItem.State.choices)
    created_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "pk")
        indexes = (models.Index(fields=["reviewer", "-created_at"], name="set_aside_by_reviewer"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.item_id}"


class CalibrationItem(models.Model):
    """An answer whose verdict is known, given to every reviewer from time to time without saying so."""

    item = models.OneToOneField(ReviewItem, on_delete=models.CASCADE, related_name="calibration")
    rubric_version = models.PositiveSmallIntegerField()
    levels = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"calibration by {self.item_id}"


class CaseDraft(models.Model):
    """An evaluation case that came of a graded answer. It counts once another person than its author approved it.

    `facts` is a list of lists of accepted spellings, `gold` of `{"document", "quote", "document_id"}`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "Waiting for approval"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Sent back"

    item = models.OneToOneField(ReviewItem, null=True, on_delete=models.SET_NULL, related_name="case")
    name = models.CharField(max_length=80, unique=True)
    question = models.TextField()
    history = models.JSONField(default=list)
    asker = models.EmailField()
    expected = models.CharField(max_length=16)
    also_accepted = models.JSONField(default=list)
    reference = models.TextField()
    facts = models.JSONField(default=list)
    must_not = models.JSONField(default=list)
    gold = models.JSONField(default=list)
    tags = models.JSONField(default=list)
    is_derived = models.BooleanField(default=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True, max_length=2000, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="draft") | Q(decided_at__isnull=False), name="a_decided_case_has_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(author=None) | Q(decided_by=None) | ~Q(author=F("decided_by")),
                name="nobody_approves_their_own_case",
            ),
        )

    def __str__(self) -> str:
        return f"case {self.name}: {self.state}"
