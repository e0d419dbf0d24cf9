"""What auditors fill in to hold entries back from removal, and to let them go."""

from typing import Any

from django import forms

from app.accounts.models import User
from app.audit.models import LegalHold


class HoldForm(forms.Form):
    scope = forms.ChoiceField(
        label="What is kept", choices=LegalHold.Scope.choices, widget=forms.RadioSelect, initial=LegalHold.Scope.PERSON
    )
    subject = forms.CharField(
        label="Person or object", max_length=254, required=False,
        help_text="A person's e-mail, or an object as entries name it, such as document:7. Empty to keep all entries.",
    )  # fmt: skip
    reason = forms.CharField(
        label="Why", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Others read here when it may be lifted.",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        scope, subject = cleaned.get("scope"), cleaned.get("subject", "").strip()
        if scope == LegalHold.Scope.ALL:
            cleaned["subject"] = ""
        elif scope and not subject:
            self.add_error("subject", "Name the person or the object.")
        elif scope == LegalHold.Scope.PERSON and "@" not in subject:
            self.add_error("subject", "Give the person's e-mail.")
        return cleaned

    def person_id(self) -> int | None:
        """The number of the account, where it still exists: entries keep it when the e-mail changes."""
        if self.cleaned_data["scope"] != LegalHold.Scope.PERSON:
            return None
        return User.objects.filter(email__iexact=self.cleaned_data["subject"]).values_list("pk", flat=True).first()


class LiftForm(forms.Form):
    reason = forms.CharField(label="Why it may be lifted", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
