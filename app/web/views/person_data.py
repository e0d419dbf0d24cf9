"""The acts of data protection: one's own data as a file, another's for admins, erasing, and what is kept how long."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.accounts.roles import RoleError
from app.audit.events import PERSON_EXPORT_FETCHED, record_event
from app.privacy import erasing, exporting
from app.privacy.erasing import ErasureError, ask_to_erase, preview, refuse
from app.privacy.exporting import ask_to_export, forget_export, live_exports, may_still_be_fetched
from app.privacy.files import file_of
from app.privacy.gathering import PARTS
from app.privacy.keeping import PERIODS
from app.privacy.models import Erasure, PersonExport
from app.privacy.tasks import carry_out_erasure, make_export
from app.web.doors import confirmed_lately, permitted, signed_in
from app.web.source_forms import TypedNameForm


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def my_data(request: HttpRequest) -> HttpResponseBase:
    """What is kept about oneself; a POST has it put into a file."""
    return _data_page(request, signed_in(request))


@permitted(Permission.MANAGE_PERSONAL_DATA)
@never_cache
@require_http_methods(["GET", "POST"])
def person_data(request: HttpRequest, person_id: int) -> HttpResponseBase:
    return _data_page(request, get_object_or_404(User, pk=person_id))


@login_required
@confirmed_lately
@never_cache
@require_GET
def person_export(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """For whoever asked for it alone, as long as they may ask for it and read what is in it, until it expires."""
    user = signed_in(request)
    export = get_object_or_404(
        PersonExport.objects.select_related("person", "asked_by"), pk=export_id, asked_by=user,
        state=PersonExport.State.READY, expires_at__gt=timezone.now(),
    )  # fmt: skip
    is_mine = export.person_id == user.pk
    if not is_mine and not user.may(Permission.MANAGE_PERSONAL_DATA):
        raise Http404
    if not may_still_be_fetched(export):
        forget_export(export)
        messages.error(request, "What may be read changed since this file was made, so it is gone. Make a new one.")
        return redirect("my_data") if is_mine else redirect("person_data", export.person_id)
    try:
        file = file_of(export).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    record_event(user, PERSON_EXPORT_FETCHED, f"user:{export.person_id}", export=export.pk)
    name = f"attest-data-{export.person_id}-{export.asked_at:%Y-%m-%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


@permitted(Permission.MANAGE_PERSONAL_DATA)
@confirmed_lately
@never_cache
@require_http_methods(["GET", "POST"])
def person_erase(request: HttpRequest, person_id: int) -> HttpResponse:
    """Says what would go, what would stay and why; erases it once the address was typed."""
    person, actor = get_object_or_404(User, pk=person_id), signed_in(request)
    form, problem = TypedNameForm(request.POST or None, expected=person.email), ""
    try:
        refuse(person, actor=actor)
        if request.method == "POST" and form.is_valid():
            return redirect("person_erasure", _erase(person, actor).pk)
    except (ErasureError, RoleError) as error:
        problem = str(error)
    status = 422 if request.method == "POST" else 200
    context = {"person": person, "form": form, "lines": preview(person), "problem": problem}
    return render(request, "web/person_erase.html", context, status=status)


@permitted(Permission.MANAGE_PERSONAL_DATA)
@never_cache
@require_GET
def person_erasure(request: HttpRequest, erasure_id: int) -> HttpResponse:
    erasure = get_object_or_404(Erasure.objects.select_related("asked_by"), pk=erasure_id)
    return render(request, "web/person_erasure.html", {"erasure": erasure})


@permitted(Permission.MANAGE_PERSONAL_DATA)
@never_cache
@require_GET
def kept(request: HttpRequest) -> HttpResponse:
    """What is kept how long, and whose data was erased."""
    context = {"periods": PERIODS, "erasures": Erasure.objects.select_related("asked_by")[:100]}
    return render(request, "web/kept.html", context)


def _data_page(request: HttpRequest, person: User) -> HttpResponseBase:
    if request.method == "POST":
        return _export(request, person)
    user = signed_in(request)
    context = {
        "person": person, "is_mine": person.pk == user.pk, "parts": PARTS, "days": settings.ATTEST_KEEP_EXPORTS_DAYS,
        "export": live_exports(person, asked_by=user).first(),
        "may_erase": user.may(Permission.MANAGE_PERSONAL_DATA) and person.pk != user.pk,
    }  # fmt: skip
    return render(request, "web/person_data.html", context)


@confirmed_lately
def _export(request: HttpRequest, person: User) -> HttpResponseBase:
    export = ask_to_export(person, actor=signed_in(request))
    if exporting.is_large(person):
        make_export.delay(export.pk)
        messages.success(request, "The file is being made. Look here again in a few minutes.")
    else:
        exporting.make_export(export.pk)
        messages.success(request, "The file is ready.")
    return redirect(request.path)


def _erase(person: User, actor: User) -> Erasure:
    """Much is left to a worker; the person is out in any case before this returns."""
    is_large = erasing.is_large(person)
    erasure = ask_to_erase(person, actor=actor)
    if is_large:
        transaction.on_commit(lambda: carry_out_erasure.delay(erasure.pk))
    else:
        erasing.carry_out(erasure.pk)
    return erasure
