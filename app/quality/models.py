"""What evaluations of the product found: kept here, below its pages, so that these can show them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from app.answers.models import Answer


class EvaluationRun(models.Model):
    """One run of cases in one mode. `name` is that of its folder of files.

    `filters` say which cases were chosen, {} for all; `made_of` what shaped the answers besides the code (prompts,
    encoder, versions); `figures` are those of `summary.json`, by kind of case.

    `verdict` is the gate's, over what `compared_with` names; `evidence` holds its reasons, the cases that broke, got
    better or ended otherwise, and the figures that moved.
    """

    class Mode(models.TextChoices):
        EXTRACTIVE = "extractive", "Quoted, without a model"
        SCRIPTED = "scripted", "A server that follows rules"
        CONFIGURED = "configured", "The configured model"

    class Verdict(models.TextChoices):
        NOT_COMPARED = "not_compared", "Not compared"
        PASSED = "passed", "Passed the gate"
        FAILED = "failed", "Failed the gate"

    name = models.CharField(max_length=80, unique=True)
    mode = models.CharField(max_length=16, choices=Mode.choices)
    model = models.CharField(max_length=200, blank=True)
    filters = models.JSONField(default=dict, blank=True)
    made_of = models.JSONField(default=dict, blank=True)
    cases = models.PositiveIntegerField()
    passed = models.PositiveIntegerField()
    figures = models.JSONField(default=dict)
    verdict = models.CharField(max_length=16, choices=Verdict.choices, default=Verdict.NOT_COMPARED)
    compared_with = models.CharField(max_length=200, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(passed__lte=F("cases")), name="no_more_cases_passed_than_were_run"),
            models.CheckConstraint(
                condition=Q(verdict="not_compared", compared_with="")
                | ~Q(verdict="not_compared") & ~Q(compared_with=""),
                name="a_verdict_names_what_was_compared",
            ),
        )
        indexes = (models.Index(fields=["mode", "-started_at"], name="evaluation_run_by_mode"),)

    def __str__(self) -> str:
        return self.name


class CaseResult(models.Model):
    """How one case ended in a run. `details` is the whole of its line in `results.jsonl`."""

    run = models.ForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="results")
    case = models.CharField(max_length=120)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    expected = models.CharField(max_length=16)
    outcome = models.CharField(max_length=16, blank=True)
    passed = models.BooleanField()
    is_safe = models.BooleanField()
    figures = models.JSONField(default=dict)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["run", "case"], name="a_case_once_in_a_run"),
            models.CheckConstraint(condition=Q(passed=False) | Q(is_safe=True), name="an_unsafe_answer_has_not_passed"),
        )
        indexes = (models.Index(fields=["case", "-run"], name="results_of_a_case"),)

    def __str__(self) -> str:
        return f"{self.case} in {self.run_id}"


class UnansweredTopic(models.Model):
    """Questions about one thing that nothing answered; `words` name it.

    A topic that somebody dismissed goes on taking its questions, so that it does not come back by another name.
    """

    words = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    note = models.TextField(blank=True, max_length=500, default="")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(dismissed_at__isnull=False) | Q(note="", dismissed_by=None),
                name="only_a_dismissed_topic_has_a_note",
            ),
        )

    def __str__(self) -> str:
        return f"topic {self.pk}: {', '.join(self.words)}"


class UnansweredQuestion(models.Model):
    """A question of a topic. `vector` is what it means, as float32 bytes by `encoder`; neither it nor `words` hold
    personal data. It goes with its answer."""

    answer = models.OneToOneField(Answer, on_delete=models.CASCADE, related_name="unanswered")
    topic = models.ForeignKey(UnansweredTopic, null=True, on_delete=models.CASCADE, related_name="questions")
    words = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    vector = models.BinaryField()
    encoder = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"question of answer {self.answer_id} in topic {self.topic_id}"


class AcceptedRun(models.Model):
    """A run over the living set that somebody took for what later ones are compared with; the last one holds.

    Of the written cases `evals/baseline.json` says so, which travels with the code. `who` is told as the audit trail
    tells it.
    """

    run = models.OneToOneField(EvaluationRun, on_delete=models.CASCADE, related_name="accepted")
    reason = models.TextField(max_length=2000)
    who = models.CharField(max_length=254)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.run} accepted"


class JudgeCalibration(models.Model):
    """How far a model judge agreed with people who graded the same answers, under one version of its rubric.

    `criteria` holds for each criterion `{"n", "same", "kappa", "relied_on", "confusion"}` with figures as
    `{"value", "low", "high"}`, or None where kappa is undefined, and with a row of the confusion for each level that
    people gave. `file` names where their grades stood; it is empty where reviewers gave them here.
    """

    model = models.CharField(max_length=200)
    rubric = models.CharField(max_length=64)
    file = models.CharField(max_length=200, blank=True, default="", db_default="")
    answers = models.PositiveIntegerField()
    graded = models.PositiveIntegerField()
    criteria = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(graded__lte=F("answers")), name="a_judge_graded_no_more_than_it_was_given"
            ),
        )

    def __str__(self) -> str:
        return f"{self.model} under {self.rubric}"

    @property
    def left(self) -> int:
        """Answers for which the judge gave no grades that can be used."""
        return self.answers - self.graded

    @property
    def is_of_use(self) -> bool:
        return any(each["relied_on"] for each in self.criteria.values())


class Signal(models.Model):
    """A figure of production that got worse, from when it was noticed until it has come back or somebody closed it.

    `figure` says of what, `slice` of which part (a model's name), "" for all. `before` and `after` are the figure as
    people read it, a share or US dollars; `evidence` holds the series and the test's numbers. `seen_at` is when it was
    last found so; `back_at` when it was found usual again. `is_usual_now` is for one that somebody closed because the
    figure is meant to stay so: what is usual is then learnt anew from `first_day`.
    """

    class Kind(models.TextChoices):
        AVAILABILITY = "availability", "Answers fail"
        DROP = "drop", "Worse than usual"
        COST = "cost", "Costs leap"
        DECLINE = "decline", "Slow decline"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Somebody looks into it"
        CLOSED = "closed", "Closed"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    figure = models.CharField(max_length=32)
    slice = models.CharField(max_length=120, blank=True, default="")
    first_day = models.DateField()
    raised_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    before = models.FloatField(null=True, blank=True)
    after = models.FloatField(null=True, blank=True)
    evidence = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    back_at = models.DateTimeField(null=True, blank=True)
    is_usual_now = models.BooleanField(default=False)
    note = models.TextField(blank=True, max_length=2000, default="")

    class Meta:
        ordering = ("-raised_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "figure", "slice"], condition=~Q(state="closed"), name="one_open_signal_of_a_figure"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | ~Q(state="closed") & Q(closed_at=None),
                name="a_closed_signal_says_when",
            ),
        )

    def __str__(self) -> str:
        return f"{self.severity} {self.kind} of {self.figure} {self.slice}: {self.state}"

    @property
    def severity(self) -> str:
        return SEVERITY[self.kind]

    @property
    def is_closed(self) -> bool:
        return self.state == self.State.CLOSED

    @property
    def is_over(self) -> bool:
        """Whether another signal of the same figure may be raised."""
        return self.is_closed and (self.back_at is not None or self.is_usual_now)


SEVERITY: dict[str, str] = {
    Signal.Kind.AVAILABILITY: "P1", Signal.Kind.DROP: "P2", Signal.Kind.COST: "P3", Signal.Kind.DECLINE: "P4",
}  # fmt: skip
