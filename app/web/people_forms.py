"""What is filled in about people, groups, roles and service accounts. A form offers only what its viewer may give."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group

from app.accounts.models import User
from app.accounts.permissions import Role, may_give
from app.corpus.models import Source

NO_FILL = {"autocomplete": "off"}


class RolesForm(forms.Form):
    """`viewer` sees as choices what they may give; a role of the person that they may not give stays as it is."""

    roles = forms.MultipleChoiceField(label="Roles", required=False, widget=forms.CheckboxSelectMultiple)
    sources = forms.ModelMultipleChoiceField(
        label="Named sources", queryset=Source.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="For the role “Admin of named sources”: these, and no others.",
    )  # fmt: skip

    def __init__(self, *args: Any, viewer: User, person: User, **kwargs: Any) -> None:
        self.kept = [role for role in person.roles if not may_give(viewer.roles, role)]
        kwargs.setdefault(
            "initial", {"roles": person.roles, "sources": list(person.administered_sources.all())}
        )  # fmt: skip
        super().__init__(*args, **kwargs)
        offered = [Role.SOURCE_ADMIN] if person.is_service else list(Role)
        choices = [(role.value, role.label) for role in offered if may_give(viewer.roles, role)]
        self.fields["roles"].choices = choices  # type: ignore[attr-defined]
        self.fields["sources"].queryset = Source.objects.managed_by(viewer).order_by("name")  # type: ignore[attr-defined]

    def wanted(self) -> list[str]:
        return [*self.kept, *self.cleaned_data["roles"]]


class LocalGroupsForm(forms.Form):
    """The groups that are given here. What a provider gives is not among the choices that take it away."""

    groups = forms.ModelMultipleChoiceField(
        label="Groups given here", queryset=Group.objects.order_by("name"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254, widget=forms.EmailInput(NO_FILL))
    name = forms.CharField(label="Name", max_length=120, required=False, widget=forms.TextInput(NO_FILL))
    password = forms.CharField(
        label="First password", max_length=200, strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="Hand it over yourself; nothing is sent. The person changes it under “Change password”.",
    )  # fmt: skip
    roles = forms.MultipleChoiceField(label="Roles", required=False, widget=forms.CheckboxSelectMultiple)
    groups = forms.ModelMultipleChoiceField(
        label="Groups", queryset=Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Groups decide what the person can read.",
    )  # fmt: skip

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(role.value, role.label) for role in Role if may_give(viewer.roles, role)]
        self.fields["roles"].choices = choices  # type: ignore[attr-defined]


class ServiceForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=120, help_text="What the program is, such as “Intranet search”.",
        widget=forms.TextInput(NO_FILL),
    )  # fmt: skip
    owner = forms.ModelChoiceField(
        label="Owner", queryset=User.objects.none(),
        help_text="Who answers for it. When the owner's account is closed, its keys stop working.",
    )  # fmt: skip
    groups = forms.ModelMultipleChoiceField(
        label="Groups", queryset=Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Groups decide what the program can read.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, kind=User.Kind.PERSON).order_by("email")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class GroupNameForm(forms.Form):
    name = forms.CharField(label="Name", max_length=150, widget=forms.TextInput(NO_FILL))


class PeopleFilter(forms.Form):
    """What the list of people is narrowed by; nonsense narrows nothing."""

    q = forms.CharField(label="Search people", required=False, max_length=100)
    role = forms.ChoiceField(
        label="Role", required=False, choices=[("", "All roles"), ("none", "No role"), *Role.choices]
    )  # fmt: skip
    state = forms.ChoiceField(
        label="Accounts", required=False,
        choices=[("", "All accounts"), ("active", "Open"), ("closed", "Closed"), ("service", "Service accounts")],
    )  # fmt: skip
    group = forms.ModelChoiceField(
        label="Group", required=False, queryset=Group.objects.order_by("name"), empty_label="All groups"
    )  # fmt: skip

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        data = self.cleaned_data
        group = data.get("group")
        return {
            "query": data.get("q", ""), "role": data.get("role", ""), "state": data.get("state", ""),
            "group": group.pk if group else None,
        }  # fmt: skip
