"""What the language models are told: each prompt with its versions, what differs between them, and which is in use."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from app.accounts.permissions import Permission
from app.prompts import activation as acts
from app.prompts.kinds import KINDS, PromptKind
from app.prompts.models import PromptActivation, PromptVersion
from app.prompts.shipped import newest_shipped
from app.quality.activating import NoPassingRun, activate_prompt
from app.quality.passing import runs_by_name, standing_of_prompt
from app.web.activation_forms import ActivateForm
from app.web.asked_for import text_asked
from app.web.doors import permitted, signed_in
from app.web.prompt_forms import PromptForm, ReasonForm
from app.web.version_diff import diff

MOST_VERSIONS = 50
MOST_ACTIVATIONS = 30
SHORT_HASH = 8


@permitted(Permission.MANAGE_PROMPTS)
@require_GET
@never_cache
def prompts(request: HttpRequest) -> HttpResponse:
    active = {each.version.name: each for each in acts.current_activations()}
    rows = [{"name": name, "kind": kind, **state_of(name, active.get(name))} for name, kind in KINDS.items()]
    return render(request, "web/prompts.html", {"prompts": rows})


@permitted(Permission.MANAGE_PROMPTS)
@require_GET
@never_cache
def prompt(request: HttpRequest, name: str) -> HttpResponse:
    kind = kind_of(name)
    versions, state = PromptVersion.objects.filter(name=name), state_of(name, acts.current_activation(name))
    activations = PromptActivation.objects.filter(version__name=name).select_related("version")[:MOST_ACTIVATIONS]
    runs = runs_by_name([each.run for each in (*activations, state["active"]) if each])
    context = {
        "name": name, "kind": kind, "versions": versions[:MOST_VERSIONS], "before": acts.in_use_before(name),
        "activations": [(each, runs.get(each.run)) for each in activations], **state,
        "active_run": runs.get(state["active"].run) if state["active"] else None,
    }  # fmt: skip
    return render(request, "web/prompt.html", context)


@permitted(Permission.MANAGE_PROMPTS)
@require_GET
@never_cache
def prompt_version(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """One version beside the one in use."""
    kind, row = kind_of(name), version_of(name, version)
    active = acts.current_activation(name)
    context = {
        "name": name, "kind": kind, "version": row, "active": active, "standing": standing_of_prompt(row),
        "was_in_use": row.activations.exists(),
        "diff": diff(active.version.text, row.text) if active and active.version_id != row.pk else None,
    }  # fmt: skip
    return render(request, "web/prompt_version.html", context)


@permitted(Permission.MANAGE_PROMPTS)
@require_http_methods(["GET", "POST"])
@never_cache
def prompt_new(request: HttpRequest, name: str) -> HttpResponse:
    """A new text, which begins as the one in use or the one named by `from`. It is not put in use by being written."""
    kind = kind_of(name)
    form = PromptForm(request.POST or None, name=name, initial={"text": text_to_begin_with(request, name)})
    if request.method == "POST" and form.is_valid():
        row = acts.write_version(name, author=signed_in(request), **form.cleaned_data)
        messages.success(request, "Saved, but not in use yet. Compare it with the one in use, then activate it.")
        return redirect("prompt_version", name, row.short_hash)
    context = {"name": name, "kind": kind, "form": form}
    return render(request, "web/prompt_new.html", context, status=422 if form.errors else 200)


@permitted(Permission.MANAGE_PROMPTS)
@require_http_methods(["GET", "POST"])
@never_cache
def prompt_activate(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """On a run that measured it, or with a second reason."""
    kind, row = kind_of(name), version_of(name, version)
    standing = standing_of_prompt(row)
    form = ActivateForm(request.POST or None, standing=standing)
    if request.method == "POST" and form.is_valid():
        return put_in_use(request, row, activate_prompt, form.said())
    context = {
        "heading": f"Use this text for “{kind.label}”?", "form": form, "standing": standing, "submit": "Activate",
        "text": f"Version {row.short_hash} is used from the next question on. You can go back at any time.",
        "action": request.path, "cancel": f"/prompts/{row.name}/",
    }  # fmt: skip
    return render(request, "web/activate.html", context, status=422 if form.errors else 200)


@permitted(Permission.MANAGE_PROMPTS)
@require_http_methods(["GET", "POST"])
@never_cache
def prompt_back(request: HttpRequest, name: str, version: str) -> HttpResponse:
    """To a version that was in use before; the address names it, so that nobody goes back further than was meant."""
    kind, row = kind_of(name), version_of(name, version)
    if not row.activations.exists():
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return put_in_use(request, row, acts.roll_back, form.cleaned_data)
    text = f"Version {row.short_hash}, which was in use before, is used again from the next question on."
    return confirmation(request, row, form, heading=f"Roll “{kind.label}” back?", text=text, submit="Roll back")


def put_in_use(request: HttpRequest, row: PromptVersion, act: Any, said: dict[str, str]) -> HttpResponse:
    try:
        act(row, actor=signed_in(request), **said)
    except acts.PromptRefused as refusal:
        messages.error(request, f"This text cannot be used. {refusal}")
    except NoPassingRun as refusal:
        messages.error(request, f"Not activated. {refusal}")
    else:
        messages.success(request, f"Version {row.short_hash} is in use from the next question on.")
    return redirect("prompt", row.name)


def confirmation(
    request: HttpRequest, row: PromptVersion, form: ReasonForm, *, heading: str, text: str, submit: str
) -> HttpResponse:
    context = {
        "heading": heading, "text": text, "submit": submit, "form": form, "action": request.path,
        "cancel": f"/prompts/{row.name}/",
    }  # fmt: skip
    return render(request, "web/confirm.html", context)


def kind_of(name: str) -> PromptKind:
    if name not in KINDS:
        raise Http404
    return KINDS[name]


def version_of(name: str, version: str) -> PromptVersion:
    row = (
        PromptVersion.objects.filter(name=name, hash__startswith=version).first()
        if len(version) >= SHORT_HASH
        else None
    )
    if row is None:
        raise Http404
    return row


def state_of(name: str, active: PromptActivation | None) -> dict[str, Any]:
    """The activation in use, and the newest shipped version where that is another one."""
    shipped = PromptVersion.objects.filter(name=name, hash=newest_shipped(name).hash).first()
    is_other = active is not None and shipped is not None and active.version_id != shipped.pk
    return {"active": active, "shipped": shipped if is_other else None}


def text_to_begin_with(request: HttpRequest, name: str) -> str:
    wanted = text_asked(request.GET, "from")
    if wanted:
        return version_of(name, wanted).text
    active = acts.current_activation(name)
    return active.version.text if active else newest_shipped(name).text
