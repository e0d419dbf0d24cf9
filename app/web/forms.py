"""What people fill in. Each form says in one sentence what is wrong with a field."""

from typing import Any

from django import forms

from app.answers.models import CitationReport, Conversation, Feedback


class RenameForm(forms.ModelForm):
    class Meta:
        model = Conversation
        fields = ("title",)
        labels = {"title": "Name"}


class CitationReportForm(forms.ModelForm):
    comment = forms.CharField(
        label="What does the source really say?", required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "Optional, but it helps whoever looks into it"}),
    )  # fmt: skip

    class Meta:
        model = CitationReport
        fields = ("comment",)


class SettleForm(forms.Form):
    finding = forms.ChoiceField(
        label="What did you find?", choices=CitationReport.Finding.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label="What was wrong, and what was done about it?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class FeedbackForm(forms.ModelForm):
    reason = forms.ChoiceField(
        label="What was wrong with it?", choices=Feedback.Reason.choices, required=False, widget=forms.RadioSelect
    )
    comment = forms.CharField(
        label="Anything to add", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    class Meta:
        model = Feedback
        fields = ("value", "reason", "comment")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("value") == Feedback.Value.UP:
            cleaned |= {"reason": "", "comment": ""}
        return cleaned
