"""Putting a prompt or a model in use: the reason, and a second one where no evaluation run carries it."""

from typing import Any

from django import forms

from app.quality.passing import Standing
from app.web.prompt_forms import ReasonForm


class ActivateForm(ReasonForm):
    """`without_run` is asked for only where a run is demanded and there is none."""

    without_run = forms.CharField(
        label="Why without?", min_length=10, max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Have it measured first, or say here why to go on without."},
    )  # fmt: skip

    def __init__(self, *args: Any, standing: Standing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if standing.may_go_on:
            del self.fields["without_run"]

    def said(self) -> dict[str, str]:
        """What `app.quality.activating` is told."""
        return {"without_run": "", **self.cleaned_data}
