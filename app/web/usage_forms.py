"""What admins fill in about budgets and prices."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import Group

from app.accounts.models import User
from app.providers.chat_models import all_models
from app.usage.models import MODEL_CHARACTERS, Budget, Period, Scope, UsageRecord

MOST = Decimal(10) ** 11
WHOLE_TOKENS = "A number of tokens is a whole number."


class AmountForm(forms.Form):
    """How much of an existing budget's kind."""

    amount = forms.DecimalField(label="Amount", min_value=Decimal(0), max_value=MOST, decimal_places=4)

    def __init__(self, *args: Any, budget: Budget, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"amount": f"{budget.amount.normalize():f}"})
        super().__init__(*args, **kwargs)
        self.budget = budget
        self.fields["amount"].help_text = f"{budget.get_kind_display()} a {budget.period}"

    def clean_amount(self) -> Decimal:
        return amount_of(self.cleaned_data["amount"], self.budget.kind)


class BudgetForm(forms.Form):
    """A new budget."""

    scope = forms.ChoiceField(
        label="For whom",
        choices=[
            (Scope.EVERYONE, "Everybody together"),
            (Scope.GROUP, "A group together"),
            (Scope.USER, "Each person, or one of them"),
        ],
        widget=forms.RadioSelect,
        initial=Scope.EVERYONE,
    )
    group = forms.ModelChoiceField(
        label="Group", queryset=Group.objects.none(), required=False, empty_label="Choose a group"
    )
    email = forms.EmailField(
        label="Person",
        required=False,
        help_text="The e-mail of one person. Left out: each person. A person's own budget stands in for everybody's.",
    )
    kind = forms.ChoiceField(
        label="Of what", choices=Budget.Kind.choices, widget=forms.RadioSelect, initial=Budget.Kind.COST
    )
    amount = forms.DecimalField(label="Amount", min_value=Decimal(0), max_value=MOST, decimal_places=4)
    period = forms.ChoiceField(
        label="For a", choices=Period.choices, widget=forms.RadioSelect, initial=Period.MONTH,
        help_text="Days and months begin at midnight in the product's time zone.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: Any = self.fields["group"]
        groups.queryset = Group.objects.order_by("name")

    def clean_email(self) -> User | None:
        email = self.cleaned_data["email"]
        if not email:
            return None
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise forms.ValidationError("There is no account with that e-mail.")
        return user

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("scope") == Scope.GROUP and not cleaned.get("group"):
            self.add_error("group", "Choose the group.")
        if cleaned.get("amount") is not None and "kind" in cleaned:
            try:
                cleaned["amount"] = amount_of(cleaned["amount"], cleaned["kind"])
            except forms.ValidationError as error:
                self.add_error("amount", error)
        return cleaned

    def budget(self) -> Budget:
        """Only what the chosen scope needs is taken over."""
        scope = self.cleaned_data["scope"]
        return Budget(
            scope=scope, kind=self.cleaned_data["kind"], period=self.cleaned_data["period"],
            amount=self.cleaned_data["amount"],
            group=self.cleaned_data["group"] if scope == Scope.GROUP else None,
            user=self.cleaned_data["email"] if scope == Scope.USER else None,
        )  # fmt: skip


class PriceForm(forms.Form):
    """A new version of a model's price."""

    model = forms.CharField(
        label="Model",
        max_length=MODEL_CHARACTERS,
        help_text="Its name at its endpoint, letter by letter.",
        widget=forms.TextInput({"list": "known-models", "autocomplete": "off"}),
    )
    input_usd = forms.DecimalField(
        label="US dollars for a million tokens read", min_value=Decimal(0), max_value=Decimal(100_000), decimal_places=6
    )
    output_usd = forms.DecimalField(
        label="US dollars for a million tokens written", min_value=Decimal(0), max_value=Decimal(100_000),
        decimal_places=6,
    )  # fmt: skip

    def known_models(self) -> list[str]:
        used = set(UsageRecord.objects.exclude(model="").values_list("model", flat=True).distinct())
        return sorted(used | {model.model for model in all_models()})


def amount_of(amount: Decimal, kind: str) -> Decimal:
    if kind == Budget.Kind.TOKENS and amount != amount.to_integral_value():
        raise forms.ValidationError(WHOLE_TOKENS)
    return amount
