"""People and service accounts: who there is, what each has, and what admins change about one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.ending import end_access, open_account
from app.accounts.erasing import is_erased
from app.accounts.groups import origins_of, set_memberships
from app.accounts.models import LOCAL, ApiKey, User
from app.accounts.people import PersonError, close_person, found_people, invite_person, make_service, open_sessions
from app.accounts.permissions import Permission
from app.accounts.roles import RoleError, give_roles
from app.web.bounded_paginator import BoundedPaginator
from app.web.doors import confirmed_lately, permitted, signed_in
from app.web.origin_words import origin_words
from app.web.people_forms import InviteForm, LocalGroupsForm, PeopleFilter, RolesForm, ServiceForm

PAGE_SIZE = 50


@permitted(Permission.SEE_PEOPLE)
@require_GET
@never_cache
def people(request: HttpRequest) -> HttpResponse:
    asked = PeopleFilter(request.GET or {})
    page = BoundedPaginator(found_people(**asked.asked()), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "web/people.html", {"page": page, "filter": asked, **acts_of(request)})


@permitted(Permission.SEE_PEOPLE)
@require_GET
@never_cache
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    return person_page(request, person_of(person_id))


@sensitive_post_parameters("password")
@permitted(Permission.MANAGE_PEOPLE)
@confirmed_lately
@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, viewer=signed_in(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = invite_person(**form.cleaned_data, actor=signed_in(request))
        except (PersonError, RoleError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The account is open. Hand over the address and the password.")
            return redirect("person", made.pk)
    status = 422 if form.errors else 200
    context = {"form": form, "heading": "New person", "submit": "Open account", "action": request.path}
    return render(request, "web/person_new.html", context, status=status)


@permitted(Permission.MANAGE_KEYS)
@confirmed_lately
@require_http_methods(["GET", "POST"])
def service_new(request: HttpRequest) -> HttpResponse:
    form = ServiceForm(request.POST or None, initial={"owner": signed_in(request).pk})
    if request.method == "POST" and form.is_valid():
        try:
            made = make_service(**form.cleaned_data, actor=signed_in(request))
        except PersonError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The service account is there. Make its first key.")
            return redirect("service_keys", made.pk)
    status = 422 if form.errors else 200
    context = {"form": form, "heading": "New service account", "submit": "Make it", "action": request.path}
    return render(request, "web/person_new.html", context, status=status)


@permitted(Permission.MANAGE_PEOPLE)
@confirmed_lately
@require_POST
def person_roles(request: HttpRequest, person_id: int) -> HttpResponse:
    row, viewer = person_of(person_id), signed_in(request)
    form = RolesForm(request.POST, viewer=viewer, person=row)
    if not form.is_valid():
        return person_page(request, row, roles_form=form, status=422)
    return acted(
        request, row, "Saved. It holds from the next thing that the person does.",
        lambda: give_roles(row, form.wanted(), actor=viewer, sources=form.cleaned_data["sources"]),
    )  # fmt: skip


@permitted(Permission.MANAGE_PEOPLE)
@confirmed_lately
@require_POST
def person_groups(request: HttpRequest, person_id: int) -> HttpResponse:
    row = person_of(person_id)
    form = LocalGroupsForm(request.POST)
    if not form.is_valid():
        return person_page(request, row, groups_form=form, status=422)
    return acted(
        request, row, "Saved. It holds from the person's next question on.",
        lambda: set_memberships(row, form.cleaned_data["groups"], LOCAL, signed_in(request)),
    )  # fmt: skip


@permitted(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def person_close(request: HttpRequest, person_id: int) -> HttpResponse:
    row = person_of(person_id)
    if request.method == "POST":
        return acted(request, row, "Closed.", lambda: close_person(row, actor=signed_in(request)))
    context = {
        "heading": f"Close the account of {row.display_name}?", "submit": "Close account", "is_danger": True,
        "text": "All sessions end and all API keys are revoked at once. Nothing that was asked or written is removed.",
        "action": request.path, "cancel": reverse("person", args=[row.pk]),
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@permitted(Permission.MANAGE_PEOPLE)
@confirmed_lately
@require_POST
def person_open(request: HttpRequest, person_id: int) -> HttpResponse:
    row, actor = person_of(person_id), signed_in(request)
    if is_erased(row):
        messages.error(request, "This account was erased. Make a new one for the person.")
        return redirect("person", row.pk)
    return acted(
        request, row, "Open again. Keys that were revoked stay revoked.",
        lambda: open_account(row, actor=actor, why="opened by an admin"),
    )  # fmt: skip


@permitted(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def person_end(request: HttpRequest, person_id: int) -> HttpResponse:
    row, actor = person_of(person_id), signed_in(request)
    if request.method == "POST":
        return acted(
            request, row, "All sessions ended and all keys are revoked.",
            lambda: end_access(row, actor=actor, why="ended by an admin"),
        )  # fmt: skip
    context = {
        "heading": f"Sign {row.display_name} out everywhere?", "submit": "Sign out everywhere", "is_danger": True,
        "text": "All sessions end and all API keys are revoked at once. Keys that are revoked cannot be brought back; "
        "whoever may sign in can do so again.",
        "action": request.path, "cancel": reverse("person", args=[row.pk]),
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


def person_page(request: HttpRequest, row: User, *, status: int = 200, **more: Any) -> HttpResponse:
    viewer, given = signed_in(request), origins_of(row)
    names = dict(Group.objects.filter(pk__in=given).values_list("pk", "name"))
    groups = [(pk, names.get(pk, ""), [origin_words(each) for each in sorted(given[pk])]) for pk in given]
    local = [pk for pk, origins in given.items() if LOCAL in origins]
    context = {
        "person": row, "groups": sorted(groups, key=lambda each: each[1].casefold()),
        "roles_form": RolesForm(viewer=viewer, person=row), "groups_form": LocalGroupsForm(initial={"groups": local}),
        "sources": row.administered_sources.order_by("name"), "sessions": open_sessions(row),
        "keys": ApiKey.objects.filter(user=row, revoked_at=None).count(), "is_erased": is_erased(row),
        **acts_of(request),
    }  # fmt: skip
    return render(request, "web/person.html", {**context, **more}, status=status)


def acted(request: HttpRequest, row: User, said: str, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except (PersonError, RoleError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect("person", row.pk)


def acts_of(request: HttpRequest) -> dict[str, bool]:
    viewer = signed_in(request)
    return {
        "may_manage": viewer.may(Permission.MANAGE_PEOPLE),
        "may_keys": viewer.may(Permission.MANAGE_KEYS),
    }


def person_of(person_id: int) -> User:
    return get_object_or_404(User.objects.select_related("owner"), pk=person_id)
