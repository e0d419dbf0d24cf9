"""What asking costs, for those who run the product; and for everybody their own part of it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from app.accounts.permissions import Permission
from app.answers.limits import left_to_ask
from app.answers.spending import spender_of
from app.audit.events import USAGE_EXPORTED, record_event
from app.providers.chat_models import all_models
from app.usage import report
from app.usage.budget_acts import BudgetError, change_budget, remove_budget, set_budget
from app.usage.budgets import standings
from app.usage.models import Budget, Price, UsageRecord
from app.usage.prices import price_of, set_price
from app.usage.standings import every_budget
from app.web.doors import permitted, reader_of, signed_in
from app.web.usage_export import export
from app.web.usage_forms import AmountForm, BudgetForm, PriceForm
from app.web.usage_page import chart_of, limits_in_force, presets, span_in


@permitted(Permission.SEE_USAGE)
@require_GET
@never_cache
def usage(request: HttpRequest) -> HttpResponse:
    span = span_in(request.GET)
    days = report.by_day(span)
    models, unpriced = report.by_model(span)
    for model in all_models():
        price_of(model.model)
    context = {
        "span": span, "presets": presets(), "total": report.totals(days), "days": days, "chart": chart_of(days),
        "tables": [
            ("person", "By person", report.by_person(span), ""),
            ("group", "By group", report.by_group(span), "Whoever is in two groups counts in both."),
            ("model", "By model", models, ""),
            ("step", "By step", report.by_step(span), ""),
        ],
        "unpriced": unpriced, "budgets": every_budget(), "limits": limits_in_force(),
        "prices": Price.objects.select_related("created_by"), "has_models": bool(all_models()),
        "was_ever_used": UsageRecord.objects.exists(),
    }  # fmt: skip
    return render(request, "web/usage.html", context)


@permitted(Permission.SEE_USAGE)
@require_GET
def usage_export(request: HttpRequest) -> StreamingHttpResponse:
    span = span_in(request.GET)
    record_event(signed_in(request), USAGE_EXPORTED, "usage", first=span.first.isoformat(), last=span.last.isoformat())
    name = f"usage-{span.first.isoformat()}-{span.last.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(export(span), content_type="text/csv; charset=utf-8", headers=headers)


@login_required
@require_GET
@never_cache
def usage_mine(request: HttpRequest) -> HttpResponse:
    """One's own use, what is left of the budgets that hold for one, and of the limits."""
    user, span = signed_in(request), span_in(request.GET)
    days = report.by_day(span, user_id=user.pk)
    context = {
        "span": span, "presets": presets(), "total": report.totals(days), "days": days, "chart": chart_of(days),
        "standings": standings(spender_of(reader_of(request))), "windows": left_to_ask(user),
    }  # fmt: skip
    return render(request, "web/usage_mine.html", context)


@permitted(Permission.MANAGE_BUDGETS)
@require_http_methods(["GET", "POST"])
def usage_budget_new(request: HttpRequest) -> HttpResponse:
    form = BudgetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            set_budget(signed_in(request), form.budget())
        except BudgetError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The budget holds from now on. What was used in its period already counts.")
            return redirect("usage")
    status = 422 if form.errors else 200
    return render(request, "web/usage_budget_new.html", {"form": form}, status=status)


@permitted(Permission.MANAGE_BUDGETS)
@require_http_methods(["GET", "POST"])
def usage_budget(request: HttpRequest, budget_id: int) -> HttpResponse:
    budget = get_object_or_404(Budget.objects.select_related("user", "group"), pk=budget_id)
    form = AmountForm(request.POST or None, budget=budget)
    if request.method == "POST" and form.is_valid():
        change_budget(signed_in(request), budget, form.cleaned_data["amount"])
        messages.success(request, "The budget is changed.")
        return redirect("usage")
    status = 422 if form.errors else 200
    return render(request, "web/usage_budget.html", {"form": form, "budget": budget}, status=status)


@permitted(Permission.MANAGE_BUDGETS)
@require_http_methods(["GET", "POST"])
def usage_budget_remove(request: HttpRequest, budget_id: int) -> HttpResponse:
    budget = get_object_or_404(Budget, pk=budget_id)
    if request.method == "POST":
        remove_budget(signed_in(request), budget)
        messages.success(request, "The budget is gone.")
        return redirect("usage")
    context = {
        "heading": "Remove this budget?", "submit": "Remove budget", "is_danger": True, "cancel": reverse("usage"),
        "text": "From then on it holds nobody back. What was used stays in the records.",
        "action": reverse("usage_budget_remove", args=[budget.pk]),
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


@permitted(Permission.MANAGE_BUDGETS)
@require_http_methods(["GET", "POST"])
def usage_price_new(request: HttpRequest) -> HttpResponse:
    form = PriceForm(request.POST or None, initial={"model": request.GET.get("model", "")})
    if request.method == "POST" and form.is_valid():
        set_price(signed_in(request), **form.cleaned_data)
        messages.success(request, "The price holds from now on. What was used before keeps its price.")
        return redirect("usage")
    return render(request, "web/usage_price_new.html", {"form": form}, status=422 if form.errors else 200)
