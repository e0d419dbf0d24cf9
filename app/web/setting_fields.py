"""A connector's settings as form fields: what a kind of source asks for decides what its form looks like."""

from collections.abc import Mapping
from typing import Any

from django import forms

from ingestion.connectors.base import Setting, SettingKind

LONGEST_TEXT = 10_000
LONGEST_URL = 2000
LONGEST_SECRET = 20_000
PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
KEPT = "Stored, and never shown again. Leave blank to keep it."


class LinesField(forms.CharField):
    """One value a line, as a list; blank lines say nothing."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(line) for line in value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def field_of(setting: Setting, *, is_stored: bool = False) -> forms.Field:
    """The field of one setting. `is_stored`: a secret that is there already, so that nothing need be typed."""
    common: dict[str, Any] = {
        "label": setting.label,
        "help_text": setting.help,
        "required": setting.required,
        "initial": setting.default,
    }
    if setting.kind is SettingKind.SECRET:
        return secret_field(common, is_stored=is_stored)
    return MAKERS[setting.kind](setting, common)


def text_field(setting: Setting, common: dict[str, Any]) -> forms.Field:
    return forms.CharField(**common, max_length=LONGEST_TEXT, widget=forms.TextInput(PLAIN))


def url_field(setting: Setting, common: dict[str, Any]) -> forms.Field:
    """Any scheme: what is an address is for the connector to say."""
    return forms.CharField(**common, max_length=LONGEST_URL, widget=forms.TextInput({**PLAIN, "inputmode": "url"}))


def number_field(setting: Setting, common: dict[str, Any]) -> forms.Field:
    common["initial"] = None if setting.default == "" else setting.default
    return forms.IntegerField(**common, min_value=setting.minimum, max_value=setting.maximum)


def choice_field(setting: Setting, common: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(**common, choices=choices_of(setting))


def lines_field(setting: Setting, common: dict[str, Any]) -> forms.Field:
    return LinesField(**common, max_length=LONGEST_TEXT, widget=forms.Textarea({**PLAIN, "rows": 3}))


def flag_field(setting: Setting, common: dict[str, Any]) -> forms.Field:
    return forms.BooleanField(**{**common, "required": False, "initial": bool(setting.default)})


MAKERS = {
    SettingKind.TEXT: text_field,
    SettingKind.URL: url_field,
    SettingKind.NUMBER: number_field,
    SettingKind.CHOICE: choice_field,
    SettingKind.LINES: lines_field,
    SettingKind.FLAG: flag_field,
}


def secret_field(common: Mapping[str, Any], *, is_stored: bool) -> forms.Field:
    """Write-only: what was typed is not sent back, not even with an error beside it."""
    fields = dict(common)
    if is_stored:
        fields |= {"required": False, "help_text": f"{KEPT} {common['help_text']}".strip()}
    widget = forms.PasswordInput({"autocomplete": "new-password", "placeholder": "stored" if is_stored else ""})
    return forms.CharField(**fields, max_length=LONGEST_SECRET, strip=False, widget=widget)


def choices_of(setting: Setting) -> list[tuple[str, str]]:
    blank = [] if setting.required or setting.default else [("", "—")]
    return [*blank, *setting.choices]
