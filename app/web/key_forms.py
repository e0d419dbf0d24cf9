"""What is filled in to make or replace an API key."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings

from app.accounts.keys import KeyRefusedError, checked_networks
from app.accounts.models import User
from app.accounts.permissions import Permission
from app.accounts.scopes import Scope
from app.web.setting_fields import LinesField

USUAL = (Scope.SEARCH, Scope.ASK, Scope.FEEDBACK, Scope.READ_DOCUMENTS)


class KeyForm(forms.Form):
    """`user` is whose key it will be: a scope that they could not use is not offered."""

    name = forms.CharField(
        label="What is the key for?", max_length=80,
        widget=forms.TextInput({"placeholder": "e.g. intranet search", "autocomplete": "off"}),
    )  # fmt: skip
    scopes = forms.MultipleChoiceField(
        label="It may", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing that the key may be used for."},
    )  # fmt: skip
    days = forms.IntegerField(label="Works for", min_value=1, help_text="Then make a new one, or replace it before.")
    networks = LinesField(
        label="Only from these networks", required=False, widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
        max_length=2000, help_text="One a line, such as 10.1.0.0/16 or 2001:db8::/32. Empty: from anywhere.",
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"scopes": [scope.value for scope in USUAL], "days": settings.ATTEST_API_KEY_DAYS})
        super().__init__(*args, **kwargs)
        usable = [*USUAL, *([Scope.MANAGE_SOURCES] if user.may_for_some_source(Permission.MANAGE_SOURCES) else [])]
        choices = [(scope.value, str(scope.label)) for scope in usable]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        most = settings.ATTEST_API_KEY_MAX_DAYS
        days = self.fields["days"]
        days.max_value = most  # type: ignore[attr-defined]
        days.help_text = f"At most {most} days. Then make a new one, or replace it before."

    def clean_networks(self) -> list[str]:
        try:
            return checked_networks(self.cleaned_data["networks"])
        except KeyRefusedError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_days(self) -> int:
        days: int = self.cleaned_data["days"]
        if days > settings.ATTEST_API_KEY_MAX_DAYS:
            raise forms.ValidationError(f"A key works for at most {settings.ATTEST_API_KEY_MAX_DAYS} days.")
        return days


class RotateForm(forms.Form):
    hours = forms.IntegerField(label="Hours that the old key still works", min_value=0, initial=24)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hours"].initial = min(24, settings.ATTEST_API_KEY_OVERLAP_HOURS)

    def clean_hours(self) -> int:
        hours: int = self.cleaned_data["hours"]
        if hours > settings.ATTEST_API_KEY_OVERLAP_HOURS:
            raise forms.ValidationError(f"At most {settings.ATTEST_API_KEY_OVERLAP_HOURS} hours.")
        return hours

    def overlap(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])
