"""What an admin fills in about personal data. Each form says in one sentence what is wrong with a field."""

import re
from typing import Any

from django import forms

from app.safety.models import PersonalDataPattern, PersonalDataPolicy, PersonalDataWord

HOST = re.compile(r"\.?[a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?")
LONGEST_TRIED = 5000
MOST_DAYS = 3650


class HostsField(forms.CharField):
    """Hosts, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "none"})

    def clean(self, value: Any) -> Any:
        hosts = [line.strip().lower() for line in str(super().clean(value)).splitlines() if line.strip()]
        for host in hosts:
            if not HOST.fullmatch(host) or len(host) > 253:
                raise forms.ValidationError(
                    f"“{host[:60]}” is not the name of a host. Enter llm.example.com, or .example.com for all below it."
                )
        return list(dict.fromkeys(hosts))


class OneOfSeveral:
    """Several forms stand on the page, so each names its fields' ids after itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}_%s"} | kwargs)


class PolicyForm(OneOfSeveral, forms.Form):
    days = forms.IntegerField(
        label="Redact stored questions and answers after", min_value=0, max_value=MOST_DAYS,
        help_text="Days since the answer. Looked for every hour; it cannot be undone.",
    )  # fmt: skip
    inside = HostsField(
        label="Hosts that count as inside", required=False,
        help_text="One a line; .example.com means all below it. Private addresses and names without a dot always are.",
    )  # fmt: skip
    outside = HostsField(
        label="Hosts that count as outside", required=False,
        help_text="One a line. This comes first: a host named here is treated as external whatever its address.",
    )  # fmt: skip

    @classmethod
    def of(cls, row: PersonalDataPolicy) -> "PolicyForm":
        return cls(
            initial={
                "days": row.redact_after_days,
                "inside": "\n".join(row.inside_hosts),
                "outside": "\n".join(row.outside_hosts),
            }
        )


class PatternForm(OneOfSeveral, forms.ModelForm):
    class Meta:
        model = PersonalDataPattern
        fields = ("name", "expression", "example")
        labels = {"name": "What it finds", "expression": "Regular expression", "example": "An example that it finds"}
        widgets = {
            "name": forms.TextInput(attrs={"placeholder": "Employee numbers", "autocomplete": "off"}),
            "expression": forms.TextInput(
                attrs={"placeholder": r"\bE-\d{5}\b", "autocomplete": "off", "spellcheck": "false", "class": "mono"}
            ),
            "example": forms.TextInput(attrs={"placeholder": "E-10442", "autocomplete": "off"}),
        }


class WordForm(OneOfSeveral, forms.ModelForm):
    class Meta:
        model = PersonalDataWord
        fields = ("text", "list")
        labels = {"text": "Word, name or number", "list": "It is"}
        widgets = {"text": forms.TextInput(attrs={"autocomplete": "off"}), "list": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Without an empty choice.
        self.fields["list"].choices = PersonalDataWord.List.choices  # type: ignore[attr-defined]
        self.fields["list"].initial = PersonalDataWord.List.ALWAYS

    def clean_text(self) -> str:
        text = " ".join(str(self.cleaned_data["text"]).split())
        if len(text) < 3 or not re.search(r"\w", text):
            raise forms.ValidationError("Enter three characters or more.")
        return text


class TryForm(OneOfSeveral, forms.Form):
    text = forms.CharField(
        label="Text", max_length=LONGEST_TRIED, required=False,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "Paste a paragraph. It is neither stored nor logged."}),
    )  # fmt: skip
