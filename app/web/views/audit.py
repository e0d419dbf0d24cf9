"""The audit log for those who audit: search, one entry, exports, the state of the chain, legal holds.

Reading and exporting it are audited themselves.
"""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from app.accounts.permissions import Permission
from app.audit.database_role import power
from app.audit.events import AUDIT_EXPORTED, AUDIT_READ, record_event
from app.audit.models import AuditEvent, LegalHold
from app.audit.retention import HoldError, held_from, hold, lift, standing_holds
from app.audit.standing import standing_now
from app.audit.tasks import verify_chain
from app.web.audit_export import FORMS, export
from app.web.audit_forms import HoldForm, LiftForm
from app.web.audit_page import ACTIONS, changes, details, matching, page_of, wanted_in
from app.web.doors import confirmed_lately, permitted, signed_in


@permitted(Permission.SEE_AUDIT)
@require_GET
@never_cache
def audit(request: HttpRequest) -> HttpResponse:
    user, wanted = signed_in(request), wanted_in(request.GET)
    page = page_of(matching(wanted), request.GET)
    record_event(user, AUDIT_READ, "audit", entries=len(page.entries), filters=wanted.said())
    context = {
        "wanted": wanted, "page": page, "actions": ACTIONS, "results": AuditEvent.Result.choices,
        "standing": standing_now(), "power": power(), "days": settings.ATTEST_AUDIT_DAYS,
        "holds": standing_holds(), "held_from": held_from(), "may_export": user.may(Permission.EXPORT_AUDIT),
    }  # fmt: skip
    return render(request, "web/audit.html", context)


@permitted(Permission.SEE_AUDIT)
@require_GET
@never_cache
def audit_entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    event = get_object_or_404(AuditEvent, pk=entry_id)
    record_event(signed_in(request), AUDIT_READ, f"audit:{event.pk}")
    context = {"event": event, "changes": changes(event), "details": details(event)}
    return render(request, "web/audit_entry.html", context)


@permitted(Permission.EXPORT_AUDIT)
@require_GET
def audit_export(request: HttpRequest, form: str) -> StreamingHttpResponse:
    """Recorded before the first byte leaves."""
    if form not in FORMS:
        raise Http404
    wanted = wanted_in(request.GET)
    record_event(signed_in(request), AUDIT_EXPORTED, "audit", form=form, filters=wanted.said())
    content_type, head, write = FORMS[form]
    name = f"audit-{timezone.now():%Y%m%d-%H%M%S}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(export(wanted, head, write), content_type=content_type, headers=headers)


@permitted(Permission.SEE_AUDIT)
@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """A worker does it: a long chain takes longer than a request may."""
    verify_chain.delay()
    messages.success(request, "The chain is being proved. Look here again in a moment.")
    return redirect("audit")


@permitted(Permission.EXPORT_AUDIT)
@confirmed_lately
@require_http_methods(["GET", "POST"])
def audit_hold_new(request: HttpRequest) -> HttpResponse:
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            hold(signed_in(request), asked["scope"], asked["subject"], asked["reason"], form.person_id())
        except HoldError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "These entries, and all behind the first of them, are kept until you lift it.")
            return redirect("audit")
    return render(request, "web/audit_hold_new.html", {"form": form}, status=422 if form.errors else 200)


@permitted(Permission.EXPORT_AUDIT)
@confirmed_lately
@require_http_methods(["GET", "POST"])
def audit_hold_lift(request: HttpRequest, hold_id: int) -> HttpResponse:
    found = get_object_or_404(LegalHold, pk=hold_id, lifted_at=None)
    form = LiftForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            lift(signed_in(request), found.pk, form.cleaned_data["reason"])
        except HoldError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "The hold is lifted.")
        return redirect("audit")
    context = {
        "heading": "Lift this hold?", "submit": "Lift hold", "is_danger": True, "cancel": reverse("audit"),
        "text": f"It was made by {found.made_by}: {found.reason}", "form": form,
        "action": reverse("audit_hold_lift", args=[found.pk]),
    }  # fmt: skip
    return render(request, "web/confirm.html", context, status=422 if form.errors else 200)
