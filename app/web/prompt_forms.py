"""A new text of a prompt, and the reason for putting one in use."""

from typing import Any

from django import forms

from app.prompts.kinds import complaints

REASON = "Why?"
REASON_HELP = "Kept with the version and in the audit trail. Say what should become better."


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=REASON, max_length=300, help_text="Kept in the audit trail.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )  # fmt: skip


class PromptForm(forms.Form):
    text = forms.CharField(
        label="Text",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "true", "class": "prompt-edit"}),
    )
    reason = forms.CharField(
        label=REASON, max_length=300, help_text=REASON_HELP, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = name

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].replace("\r\n", "\n")
        if said := complaints(self._name, text):
            raise forms.ValidationError(said)
        return text
