"""What was used and what it cost, what may be used, and what is being used at this moment.

A price never changes: a new price is a new row, and each use keeps the price it was counted with.
"""

from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from app.usage.cost import PerMillion, cost_usd

MODEL_CHARACTERS = 120
ZERO = Decimal(0)


class Price(models.Model):
    """What a million tokens of a model cost from a moment on. `created_by` is empty when the settings said so."""

    model = models.CharField(max_length=MODEL_CHARACTERS)
    input_usd = models.DecimalField(max_digits=12, decimal_places=6)
    output_usd = models.DecimalField(max_digits=12, decimal_places=6)
    valid_from = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    from_settings = models.BooleanField(default=False)

    class Meta:
        ordering = ("model", "-valid_from", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(input_usd__gte=0) & Q(output_usd__gte=0), name="a_price_is_never_negative"
            ),
            models.UniqueConstraint(fields=["model", "valid_from"], name="one_price_of_a_model_at_a_time"),
        )

    def __str__(self) -> str:
        return f"{self.model}: {self.input_usd} in, {self.output_usd} out"

    def of(self, *, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """US dollars."""
        price = PerMillion(self.input_usd, self.output_usd)
        return cost_usd(price, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)


class UsageRecord(models.Model):
    """One call of a model, or one answer that was given again and what that saved.

    People, groups and answers are plain numbers: a bill outlives whom it is about. `estimated`: the model's
    owner sent no count. `price` is empty where nobody has said what the model costs, and the cost is 0.
    """

    REUSE = "reuse"
    EMBEDDING = "embedding"
    RERANKING = "reranking"

    at = models.DateTimeField(default=timezone.now)
    user_id = models.BigIntegerField(null=True)
    group_ids = ArrayField(models.IntegerField(), default=list)
    answer_id = models.BigIntegerField(null=True)
    step = models.CharField(max_length=16)
    model = models.CharField(max_length=MODEL_CHARACTERS)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    estimated = models.BooleanField(default=False)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=ZERO)
    price = models.ForeignKey(Price, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    saved_usd = models.DecimalField(max_digits=14, decimal_places=6, default=ZERO)

    class Meta:
        indexes = (
            models.Index(fields=["at"]),
            models.Index(fields=["user_id", "at"]),
            models.Index(fields=["answer_id"]),
        )

    def __str__(self) -> str:
        return f"{self.step} by {self.model}: {self.cost_usd} USD"


class UsageDay(models.Model):
    """What the records of one day add up to: in all, and for each person, group, model and step (`key`).

    Made from the records and made anew at any time. A day that has its row of kind ALL is added up: whole, or up to
    the moment `through` while it goes on.
    """

    class Kind(models.TextChoices):
        ALL = "all", "Everything"
        PERSON = "person", "A person"
        GROUP = "group", "A group"
        MODEL = "model", "A model"
        STEP = "step", "A step"

    day = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    key = models.CharField(max_length=MODEL_CHARACTERS, blank=True)
    through = models.DateTimeField(null=True, blank=True)
    answers = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    estimated = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)
    prompt_tokens = models.BigIntegerField(default=0)
    completion_tokens = models.BigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=16, decimal_places=6, default=ZERO)
    reused = models.PositiveIntegerField(default=0)
    saved_usd = models.DecimalField(max_digits=16, decimal_places=6, default=ZERO)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "day", "key"], name="one_row_a_day"),)
        indexes = (models.Index(fields=["kind", "key", "day"], name="usage_days_of_one"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key} on {self.day}"


class Scope(models.TextChoices):
    USER = "user", "A person"
    GROUP = "group", "A group"
    EVERYONE = "everyone", "Everybody together"


class Period(models.TextChoices):
    DAY = "day", "Day"
    MONTH = "month", "Month"


class Budget(models.Model):
    """The most that may be used in a period. Scope USER without a user: the same amount for each person."""

    class Kind(models.TextChoices):
        TOKENS = "tokens", "Tokens"
        COST = "cost", "US dollars"

    scope = models.CharField(max_length=8, choices=Scope.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.COST)
    period = models.CharField(max_length=8, choices=Period.choices, default=Period.MONTH)
    amount = models.DecimalField(max_digits=16, decimal_places=4)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("scope", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(amount__gte=0), name="a_budget_is_never_negative"),
            models.CheckConstraint(
                condition=Q(scope="group", group__isnull=False, user__isnull=True)
                | Q(scope="user", group__isnull=True)
                | Q(scope="everyone", group__isnull=True, user__isnull=True),
                name="a_budget_is_of_what_its_scope_says",
            ),
            models.UniqueConstraint(
                fields=["scope", "user", "group", "kind", "period"], nulls_distinct=False, name="one_budget_of_a_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.kind} a {self.period} for {self.scope}"


class Tally(models.Model):
    """What one person, group or everybody used in one day or month, and what calls under way may still use.

    `subject` is "user:5", "group:3" or "everyone". The rows are locked while something is reserved or
    settled: they, not the records, decide whether a budget is kept.
    """

    subject = models.CharField(max_length=32)
    period = models.CharField(max_length=8, choices=Period.choices)
    start = models.DateField()
    tokens = models.BigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=16, decimal_places=6, default=ZERO)
    reserved_tokens = models.BigIntegerField(default=0)
    reserved_usd = models.DecimalField(max_digits=16, decimal_places=6, default=ZERO)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject", "period", "start"], name="one_tally_a_period"),
            models.CheckConstraint(
                condition=Q(reserved_tokens__gte=0) & Q(reserved_usd__gte=0), name="nothing_is_released_twice"
            ),
        )
        indexes = (models.Index(fields=["period", "start"]),)

    def __str__(self) -> str:
        return f"{self.subject} in the {self.period} from {self.start}"


class Reservation(models.Model):
    """The most that a call under way can use. Its process settles it; a sweep releases what nobody settled."""

    subjects = ArrayField(models.CharField(max_length=32))
    day = models.DateField()
    tokens = models.BigIntegerField()
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["expires_at"]),)

    def __str__(self) -> str:
        return f"{self.tokens} tokens reserved until {self.expires_at:%H:%M:%S}"
