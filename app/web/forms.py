"""What people fill in. Each form says in one sentence what is wrong with a field."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group

from app.accounts.models import ApiKey
from app.answers.models import Conversation, Feedback
from app.corpus.models import Source
from ingestion.sources import SourceError, checked_folder


class RenameForm(forms.ModelForm):
    class Meta:
        model = Conversation
        fields = ("title",)
        labels = {"title": "Name"}


class KeyForm(forms.ModelForm):
    class Meta:
        model = ApiKey
        fields = ("name",)
        labels = {"name": "What is the key for?"}
        widgets = {"name": forms.TextInput(attrs={"placeholder": "e.g. intranet search", "autocomplete": "off"})}


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


class SourceForm(forms.Form):
    """A new source, or (with `source`) what may be changed of one."""

    name = forms.CharField(label="Name", max_length=120, help_text="Readers see it beside every citation.")
    kind = forms.ChoiceField(label="Where its documents come from", widget=forms.RadioSelect)
    path = forms.CharField(label="Folder on the server", required=False, max_length=1000)
    readers = forms.ChoiceField(
        label="Who may read it",
        widget=forms.RadioSelect,
        choices=[("everyone", "Everybody who can sign in"), ("groups", "Members of these groups")],
        initial="groups",
    )
    groups = forms.ModelMultipleChoiceField(
        label="Groups", queryset=Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )
    refresh_minutes = forms.IntegerField(
        label="Look for changes every", required=False, min_value=1, max_value=100_000, help_text="minutes"
    )
    freshness_days = forms.IntegerField(
        label="Promise to be fresh within", required=False, min_value=1, max_value=10_000,
        help_text="days; readers are warned when the promise is broken",
    )  # fmt: skip

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        if source is not None:
            kwargs.setdefault("initial", initial_of(source))
        super().__init__(*args, **kwargs)
        self.source = source
        if source is not None:
            del self.fields["kind"], self.fields["path"]
        else:
            self.fields["kind"].choices = kinds_offered()  # type: ignore[attr-defined]
            self.fields["kind"].initial = Source.Kind.UPLOAD
            if not settings.ATTEST_FOLDER_ROOTS:
                del self.fields["path"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("readers") == "groups" and not cleaned.get("groups"):
            self.add_error("groups", "Choose at least one group, or let everybody read it.")
        if cleaned.get("kind") == Source.Kind.FOLDER:
            self.clean_folder(cleaned.get("path", ""))
        return self.cleaned_data

    def clean_folder(self, path: str) -> None:
        try:
            self.cleaned_data["path"] = checked_folder(path)
        except SourceError as error:
            self.add_error("path", str(error))

    def wanted(self) -> dict[str, Any]:
        """The keyword arguments that the source flows take."""
        data = self.cleaned_data
        everyone = data["readers"] == "everyone"
        refresh, freshness = data.get("refresh_minutes"), data.get("freshness_days")
        return {
            "name": data["name"],
            "everyone": everyone,
            "group_ids": [] if everyone else [group.pk for group in data["groups"]],
            "refresh_interval": timedelta(minutes=refresh) if refresh else None,
            "freshness_target": timedelta(days=freshness) if freshness else None,
        }


class RemoveSourceForm(forms.Form):
    name = forms.CharField(
        label="Type the source’s name to confirm", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.source = source

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.source.name:
            raise forms.ValidationError("That is not the name of this source.")
        return self.source.name


def kinds_offered() -> list[tuple[str, str]]:
    kinds = [(Source.Kind.UPLOAD.value, "Files that people upload here")]
    if settings.ATTEST_FOLDER_ROOTS:
        kinds.append((Source.Kind.FOLDER.value, "A folder on the server, kept in step"))
    return kinds


def initial_of(source: Source) -> dict[str, Any]:
    refresh, freshness = source.refresh_interval, source.freshness_target
    return {
        "name": source.name,
        "readers": "everyone" if source.access_set.everyone else "groups",
        "groups": source.access_set.group_ids,
        "refresh_minutes": int(refresh.total_seconds() // 60) or 1 if refresh else None,
        "freshness_days": freshness.days or 1 if freshness else None,
    }
