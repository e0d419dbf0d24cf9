"""Personal data, for admins: what happens to it where, the company's own patterns and words, and trying them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from app.accounts.permissions import Permission
from app.safety.changing import RuleError, add_pattern, add_word, change_policy, remove_pattern, remove_word
from app.safety.models import PersonalDataPattern, PersonalDataWord
from app.safety.personal_data.policy import Policy, choices_from
from app.web.doors import permitted, signed_in
from app.web.personal_data_forms import PatternForm, PolicyForm, TryForm, WordForm
from app.web.personal_data_page import context, kind_rows, tried


@permitted(Permission.MANAGE_PERSONAL_DATA)
@never_cache
@require_http_methods(["GET", "POST"])
def personal_data(request: HttpRequest) -> HttpResponse:
    """The whole page; a POST changes the policy."""
    if request.method != "POST":
        return _page(request)
    form, chosen = PolicyForm(request.POST), choices_from(request.POST)
    if not form.is_valid():
        return _page(request, status=422, policy_form=form, rows=[*kind_rows(Policy(chosen))])
    said = form.cleaned_data
    change_policy(signed_in(request), chosen=chosen, days=said["days"], inside=said["inside"], outside=said["outside"])
    messages.success(request, "The policy is changed. It holds everywhere within seconds.")
    return redirect("personal_data")


@permitted(Permission.MANAGE_PERSONAL_DATA)
@require_POST
def personal_data_pattern_new(request: HttpRequest) -> HttpResponse:
    form = PatternForm(request.POST)
    if form.is_valid():
        try:
            pattern = add_pattern(signed_in(request), **form.cleaned_data)
        except RuleError as error:
            form.add_error("expression", str(error))
        else:
            messages.success(request, f"“{pattern.name}” are personal data from now on.")
            return redirect("personal_data")
    return _page(request, status=422, pattern_form=form)


@permitted(Permission.MANAGE_PERSONAL_DATA)
@require_POST
def personal_data_pattern_remove(request: HttpRequest, pattern_id: int) -> HttpResponse:
    remove_pattern(signed_in(request), get_object_or_404(PersonalDataPattern, pk=pattern_id))
    messages.success(request, "The pattern is removed.")
    return redirect("personal_data")


@permitted(Permission.MANAGE_PERSONAL_DATA)
@require_POST
def personal_data_word_new(request: HttpRequest) -> HttpResponse:
    form = WordForm(request.POST)
    if form.is_valid():
        try:
            add_word(signed_in(request), which=form.cleaned_data["list"], text=form.cleaned_data["text"])
        except RuleError as error:
            form.add_error("text", str(error))
        else:
            messages.success(request, "The word is added.")
            return redirect("personal_data")
    return _page(request, status=422, word_form=form)


@permitted(Permission.MANAGE_PERSONAL_DATA)
@require_POST
def personal_data_word_remove(request: HttpRequest, word_id: int) -> HttpResponse:
    remove_word(signed_in(request), get_object_or_404(PersonalDataWord, pk=word_id))
    messages.success(request, "The word is removed.")
    return redirect("personal_data")


@permitted(Permission.MANAGE_PERSONAL_DATA)
@never_cache
@require_POST
def personal_data_try(request: HttpRequest) -> HttpResponse:
    """What is found in a text, which is kept nowhere."""
    form = TryForm(request.POST)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    found: dict[str, Any] = {"try_form": form, "pieces": tried(text) if text.strip() else []}
    if request.headers.get("HX-Request"):
        return render(request, "web/_personal_data_tried.html", found)
    return _page(request, **found)


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "web/personal_data.html", context(**{"try_form": TryForm(), **more}), status=status)
