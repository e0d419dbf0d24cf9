"""What admins fill in about sources and their documents: connection, name, readers, promises, confirmations."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import Group

from app.corpus.models import Document, Source
from app.corpus.secrets import SecretsLost, open_secrets
from app.web.setting_fields import field_of
from app.web.span_field import SpanField
from ingestion.apply import TRIVIAL_REMOVALS
from ingestion.connectors.base import ConnectorKind, SettingKind


class ConnectionForm(forms.Form):
    """The settings of one kind of source, from what its connector asks for. A stored secret stays while left blank.

    Where a source reads from is for who runs all sources: another place could hold what nobody meant to open here.
    """

    prefix = "connection"

    def __init__(
        self, *args: Any, kind: ConnectorKind, source: Source | None = None, may_change: bool = True, **kwargs: Any
    ) -> None:
        if source is not None:
            kwargs.setdefault("initial", source.settings)
        super().__init__(*args, **kwargs)
        self.kind, self.may_change = kind, may_change
        stored, self.secrets_are_lost = stored_secrets(source)
        for setting in kind.settings if may_change else ():
            self.fields[setting.name] = field_of(setting, is_stored=setting.name in stored)

    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in self.secret_names()}

    def secrets(self) -> dict[str, str]:
        """The secrets that were typed now."""
        return {name: value for name in self.secret_names() if (value := self.cleaned_data.get(name))}

    def secret_names(self) -> set[str]:
        return {setting.name for setting in self.kind.settings if setting.kind is SettingKind.SECRET}


class SourceForm(forms.Form):
    """What every source has, whatever its kind: a name, readers, and how true it promises to stay."""

    name = forms.CharField(
        label="Name", max_length=120, help_text="Readers see it beside every citation.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    readers = forms.ChoiceField(
        label="Who may read it",
        widget=forms.RadioSelect,
        choices=[("everyone", "Everybody who can sign in"), ("groups", "Members of these groups")],
        initial="groups",
    )
    groups = forms.ModelMultipleChoiceField(
        label="Groups", queryset=Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )
    refresh = SpanField(
        label="Look for changes every", help_text="Empty: only when somebody starts a run.", initial=timedelta(hours=6)
    )
    freshness = SpanField(
        label="Promise to be checked within",
        help_text="Readers are warned on every answer while the promise is broken. Empty: no promise.",
    )
    removal_limit = forms.IntegerField(
        label="Ask an admin before removing more than", min_value=0, max_value=100, initial=20,
        help_text="A run that finds more of the documents gone removes nothing until an admin has approved it. "
        f"Fewer than {TRIVIAL_REMOVALS} documents go without asking, unless this is 0.",
    )  # fmt: skip

    def __init__(self, *args: Any, kind: ConnectorKind, source: Source | None = None, **kwargs: Any) -> None:
        if source is not None:
            kwargs.setdefault("initial", initial_of(source))
        super().__init__(*args, **kwargs)
        for name in needless_fields(kind, source):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("readers") == "groups" and not cleaned.get("groups"):
            self.add_error("groups", "Choose at least one group, or let everybody read it.")
        return self.cleaned_data

    def wanted(self) -> dict[str, Any]:
        """The keyword arguments that the source flows take."""
        data = self.cleaned_data
        everyone = data["readers"] == "everyone"
        wanted = {
            "name": data["name"],
            "everyone": everyone,
            "group_ids": [] if everyone else [group.pk for group in data["groups"]],
            "refresh_interval": data.get("refresh"),
            "freshness_target": data.get("freshness"),
        }
        return wanted | ({"removal_limit": data["removal_limit"]} if "removal_limit" in data else {})


class TypedNameForm(forms.Form):
    """A confirmation that cannot be given by a slip: the name is typed."""

    name = forms.CharField(label="Type its name to confirm", widget=forms.TextInput({"autocomplete": "off"}))

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["name"].label = f"Type “{expected}” to confirm"

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.expected:
            raise forms.ValidationError(f"That is not the name; type “{self.expected}” exactly.")
        return self.expected


class DocumentForm(forms.ModelForm):
    """Until when a document holds, and whom to ask."""

    class Meta:
        model = Document
        fields = ("valid_until", "owner")
        labels = {"valid_until": "Review by", "owner": "Owner"}
        help_texts = {
            "valid_until": "From the day after, answers that cite it say that it is past its review date.",
            "owner": "Whom to ask when it is out of date.",
        }
        widgets = {"valid_until": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}


def needless_fields(kind: ConnectorKind, source: Source | None) -> list[str]:
    """Nothing is looked at where people hand the files in, so nothing can be promised of looking."""
    if kind.kind != Source.Kind.UPLOAD:
        return []
    promised = source is not None and source.freshness_target is not None
    return ["refresh", "removal_limit", *([] if promised else ["freshness"])]


def stored_secrets(source: Source | None) -> tuple[set[str], bool]:
    """The names of the secrets that are stored, and whether they can no longer be decrypted."""
    if source is None:
        return set(), False
    try:
        return set(open_secrets(source.secrets)), False
    except SecretsLost:
        return set(), True


def initial_of(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "readers": "everyone" if source.access_set.everyone else "groups",
        "groups": source.access_set.group_ids,
        "refresh": source.refresh_interval,
        "freshness": source.freshness_target,
        "removal_limit": source.removal_limit,
    }
