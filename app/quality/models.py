"""What evaluations of the product found: kept here, below its pages, so that these can show them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class EvaluationRun(models.Model):
    """One run of cases in one mode. `name` is that of its folder of files.

    `filters` say which cases were chosen, {} for all; `made_of` what shaped the answers besides the code (prompts,
    encoder, versions); `figures` are those of `summary.json`, by kind of case.
    """

    class Mode(models.TextChoices):
        EXTRACTIVE = "extractive", "Quoted, without a model"
        SCRIPTED = "scripted", "A server that follows rules"
        CONFIGURED = "configured", "The configured model"

    name = models.CharField(max_length=80, unique=True)
    mode = models.CharField(max_length=16, choices=Mode.choices)
    model = models.CharField(max_length=200, blank=True)
    filters = models.JSONField(default=dict, blank=True)
    made_of = models.JSONField(default=dict, blank=True)
    cases = models.PositiveIntegerField()
    passed = models.PositiveIntegerField()
    figures = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-started_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(passed__lte=F("cases")), name="no_more_cases_passed_than_were_run"),
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
