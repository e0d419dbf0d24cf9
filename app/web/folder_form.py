"""Readers by folder as lines of text: `contracts/2026 = Finance, Legal`."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group

from app.corpus.models import Source
from app.web.setting_fields import LinesField
from ingestion.folder_readers import folder_rules

MOST_FOLDERS = 500
MOST_PATH_CHARACTERS = 1000


class FolderReadersForm(forms.Form):
    folders = LinesField(
        label="Folders and their groups", required=False, max_length=60_000,
        widget=forms.Textarea({"rows": 4, "spellcheck": "false", "placeholder": "contracts/2026 = Finance, Legal"}),
        help_text="One folder a line, with the groups that may read it. Groups that may not read the source still "
        "cannot. Of two folders the deeper one counts; a folder without a group is for nobody.",
    )  # fmt: skip

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"folders": lines_of(source)})
        super().__init__(*args, **kwargs)

    def clean_folders(self) -> dict[str, set[int]]:
        known = {name.casefold(): pk for pk, name in Group.objects.values_list("pk", "name")}
        rules: dict[str, set[int]] = {}
        for line in self.cleaned_data["folders"]:
            path, groups = rule_in(line, known)
            if path in rules:
                raise forms.ValidationError(f"“{path}” is there twice; name its groups on one line.")
            rules[path] = groups
        if len(rules) > MOST_FOLDERS:
            raise forms.ValidationError(f"At most {MOST_FOLDERS} folders can have readers of their own.")
        return rules


def rule_in(line: str, known: dict[str, int]) -> tuple[str, set[int]]:
    path, separator, names = line.rpartition("=")
    path = "/".join(part for part in path.strip().split("/") if part)
    if not separator or not path or len(path) > MOST_PATH_CHARACTERS:
        raise forms.ValidationError(f"“{line[:60]}” is not a rule; write a folder, “=” and groups.")
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name.casefold() not in known:
            raise forms.ValidationError(f"There is no group “{name[:60]}”.")
    return path, {known[name.casefold()] for name in wanted}


def lines_of(source: Source) -> list[str]:
    names = dict(Group.objects.values_list("pk", "name"))
    return [
        f"{path} = {', '.join(sorted(names[pk] for pk in groups if pk in names))}"
        for path, groups in sorted(folder_rules(source).items())
    ]
