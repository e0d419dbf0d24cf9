"""Groups: who made them, whom they hold and what they open. Those that were made here are changed here."""

from django.contrib import messages
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.groups import GroupError, make_group, origin_of, remove_group, rename_group
from app.accounts.models import LOCAL
from app.accounts.permissions import Permission
from app.corpus.rights import forget_group, sources_opened_by
from app.web.bounded_paginator import BoundedPaginator
from app.web.doors import permitted, signed_in
from app.web.origin_words import maker_words
from app.web.people_forms import GroupNameForm

PAGE_SIZE = 50


@permitted(Permission.SEE_PEOPLE)
@never_cache
@require_http_methods(["GET", "POST"])
def groups(request: HttpRequest) -> HttpResponse:
    """The list; a POST makes a group, by those who may."""
    viewer = signed_in(request)
    may_manage = viewer.may(Permission.MANAGE_PEOPLE)
    if request.method == "POST" and not may_manage:
        raise Http404
    form = GroupNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = make_group(form.cleaned_data["name"], actor=viewer)
        except GroupError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, f"“{made.name}” is there. Put people into it on their pages.")
            return redirect("group", made.pk)
    context = {"page": page_of_groups(request), "form": form, "may_manage": may_manage}
    return render(request, "web/groups.html", context, status=422 if form.errors else 200)


@permitted(Permission.SEE_PEOPLE)
@require_GET
@never_cache
def group(request: HttpRequest, group_id: int) -> HttpResponse:
    return group_page(request, group_of(group_id), GroupNameForm(initial={"name": group_of(group_id).name}))


@permitted(Permission.MANAGE_PEOPLE)
@require_POST
def group_rename(request: HttpRequest, group_id: int) -> HttpResponse:
    row, form = local_group(group_id), GroupNameForm(request.POST)
    if form.is_valid():
        try:
            rename_group(row, form.cleaned_data["name"], actor=signed_in(request))
        except GroupError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, "Renamed.")
            return redirect("group", row.pk)
    return group_page(request, group_of(group_id), form, status=422)


@permitted(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def group_remove(request: HttpRequest, group_id: int) -> HttpResponse:
    """Says first which sources it opens, and to how many people."""
    row = local_group(group_id)
    if request.method == "POST":
        name = row.name
        with transaction.atomic():
            forget_group(row.pk)
            remove_group(row, actor=signed_in(request))
        messages.success(request, f"“{name}” is gone, and nobody reads by it any more.")
        return redirect("groups")
    context = {
        "heading": f"Remove the group “{row.name}”?", "submit": "Remove group", "is_danger": True,
        "text": what_it_opens(row), "action": request.path, "cancel": reverse("group", args=[row.pk]),
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


def what_it_opens(row: Group) -> str:
    sources, people = list(sources_opened_by(row.pk)), row.user_set.count()
    who = f"{people} {'person' if people == 1 else 'people'}"
    if not sources:
        return f"It opens no source. {who} will no longer be in it. This cannot be undone."
    names = ", ".join(f"“{source.name}”" for source in sources)
    return f"It opens {names} to {who}, who read them no longer unless something else lets them. This cannot be undone."


def group_page(request: HttpRequest, row: Group, form: GroupNameForm, status: int = 200) -> HttpResponse:
    origin = origin_of(row)
    members = row.user_set.order_by("email")
    context = {
        "group": row, "form": form, "origin": maker_words(origin), "is_local": origin == LOCAL,
        "page": BoundedPaginator(members, PAGE_SIZE).get_page(request.GET.get("page")),
        "sources": sources_opened_by(row.pk), "may_manage": signed_in(request).may(Permission.MANAGE_PEOPLE),
    }  # fmt: skip
    return render(request, "web/group.html", context, status=status)


def page_of_groups(request: HttpRequest) -> list[tuple[Group, str]]:
    rows = Group.objects.select_related("made_by").annotate(
        people=Count("user", filter=Q(user__is_active=True))
    )  # fmt: skip
    return [
        (row, maker_words(made.origin if (made := getattr(row, "made_by", None)) else LOCAL))
        for row in rows.order_by("name")
    ]


def group_of(group_id: int) -> Group:
    return get_object_or_404(Group, pk=group_id)


def local_group(group_id: int) -> Group:
    """One that was made here: what a provider made, the provider renames and removes."""
    made_elsewhere = ~Q(made_by=None) & ~Q(made_by__origin=LOCAL)
    return get_object_or_404(Group.objects.exclude(made_elsewhere), pk=group_id)
