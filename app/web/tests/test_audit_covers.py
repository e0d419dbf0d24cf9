"""Each kind of act that is promised to be in the audit log is done here for real, and must be found there: who, what,
which object, from where, with which result, by which request, and of settings what they were and became."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from app.accounts.models import ApiKey
from app.answers.asking import ask
from app.answers.draft import Draft
from app.answers.models import Answer, Outcome
from app.answers.steps.record import record
from app.answers.tasks import LOST_AFTER, end_lost_answers
from app.audit import events
from app.audit.chaining import chain_waiting
from app.audit.models import AuditEvent
from app.audit.verifying import verify
from app.corpus.access import reader_for
from app.prompts.activation import activate, register_shipped, write_version
from app.prompts.models import PromptVersion
from app.prompts.shipped import newest_shipped
from app.providers import registry
from app.providers.models_in_use import forget_models_in_use
from app.providers.named_models import NamedModel, read_models
from app.reviews.calibration import make_calibration
from app.reviews.tests.grading import GOOD, grade
from app.scim.tokens import make_token
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import PASSWORD, World, make_world
from ingestion.models import SyncRun
from ingestion.sources import reindex_source, start_sync

FROM, REQUEST, TRACE = "192.0.2.50", "audit-covers-0001", "0af7651916cd43dd8448eb211c80319c"
ORIGIN = {"X-Request-ID": REQUEST, "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
SIGN_IN = {"login": "alice@example.com", "password": PASSWORD}
# What the log is promised to cover; each has at least one act below.
PROMISED = {
    "sign-in and out", "failures", "rights", "keys", "sources", "documents read and downloaded",
    "questions and answers", "reviews", "prompts", "models", "budgets", "exports", "the audit log", "personal data",
    "sign-on and provisioning",
}  # fmt: skip
Things = Mapping[str, Any]


@dataclass(frozen=True)
class Act:
    """One request by `who`, and the entry that it must leave. Names in braces are things of the world.

    `by` is whom the entry names, if it is another; `is_setting` demands what was before and after.
    """

    kind: str
    who: str
    method: str
    address: str
    action: str
    target: str
    data: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""
    result: str = "ok"
    is_setting: bool = False
    prepare: Callable[[World], Mapping[str, Any]] | None = None

    def __str__(self) -> str:
        return f"{self.action}: {self.method} {self.address}"


def get(kind: str, who: str, address: str, action: str, target: str, **more: Any) -> Act:
    return Act(kind, who, "get", address, action, target, **more)


def post(kind: str, who: str, address: str, action: str, target: str, **more: Any) -> Act:
    return Act(kind, who, "post", address, action, target, **more)


def a_crew(world: World) -> Things:
    return {"crew": Group.objects.create(name="crew").pk}


def a_prompt(world: World) -> Things:
    """Another text than the one in use."""
    register_shipped()
    text = newest_shipped("answer").text + "Be brief.\n"
    return {"other_prompt": write_version("answer", text=text, reason="Shorter.", author=world.ada).hash[:8]}


def two_prompts(world: World) -> Things:
    """The shipped one was in use, and another one is."""
    made = a_prompt(world)
    other = PromptVersion.objects.get(hash__startswith=made["other_prompt"])
    activate(other, reason="Shorter.", actor=world.ada, without_run="No model is here to measure it with.")
    return {"prompt": newest_shipped("answer").hash[:8]}


def an_export(world: World) -> Things:
    return {"export": world.person_export.pk}


def a_token(world: World) -> Things:
    return {"token": make_token(world.ada, "a provider", days=30)[0].pk}


def a_run(world: World) -> Things:
    start_sync(world.team_source, actor=world.ada)
    return {}


def a_held_run(world: World) -> Things:
    SyncRun.objects.create(source=world.team_source, state=SyncRun.State.HELD, held_removals=3)
    return {}


def a_reindex(world: World) -> Things:
    reindex_source(world.team_source, actor=world.ada)
    return {}


def graded(world: World) -> Things:
    grade(world.review, world.charlie)
    return {}


def calibrating(world: World) -> Things:
    graded(world)
    make_calibration(world.review, world.charlie)
    return {}


def opened_for_review(world: World) -> Things:
    """Ada has it before her."""
    client = Client()
    client.force_login(world.ada)
    assert client.get(f"/reviews/{world.review.pk}/").status_code == 200
    return {}


def a_held_object(world: World) -> Things:
    return {"hold": world.audit_hold.pk}


GRADES = {"rubric": 1, **{f"level_{name}": level for name, level in GOOD.items()}}
KEY = {"name": "x", "scopes": ["search"], "days": 5}
EVERYBODY = {"name": "Team files", "readers": "everyone", "removal_limit": 20}
CLAIMS = "documents read and downloaded"
ACTS = [
    post("sign-in and out", "", "/accounts/login/", "signed_in", "user:{alice}", data=SIGN_IN, by="alice"),
    post("sign-in and out", "alice", "/accounts/logout/", "signed_out", "user:{alice}"),
    post(
        "failures", "", "/accounts/login/", "sign_in_failed", "", data=SIGN_IN | {"password": "x"}, by="system",
        result="refused",
    ),
    post("rights", "ada", "/people/{charlie}/roles/", "roles_changed", "user:{charlie}", data={"roles": "reviewer"},
         is_setting=True),
    post("rights", "ada", "/people/{charlie}/groups/", "groups_changed", "user:{charlie}", data={"groups": "{team}"},
         is_setting=True),
    post("rights", "ada", "/people/new/", "person_added", "",
         data={"email": "new@example.com", "password": "another long password"}),
    post("rights", "ada", "/people/{charlie}/close/", "account_closed", "user:{charlie}"),
    post("rights", "ada", "/people/{charlie}/end/", "access_ended", "user:{charlie}"),
    post("rights", "ada", "/people/services/new/", "service_account_created", "",
         data={"name": "Intranet", "owner": "{bob}"}),
    get("rights", "ada", "/people/{charlie}/reads/", "rights_looked_at", "user:{charlie}"),
    get("rights", "ada", "/sources/{team_source}/readers/", "rights_looked_at", "source:{team_source}"),
    post("rights", "ada", "/groups/", "group_created", "", data={"name": "crew"}),
    post("rights", "ada", "/groups/{crew}/rename/", "group_renamed", "group:{crew}", data={"name": "hands"},
         is_setting=True, prepare=a_crew),
    post("rights", "ada", "/groups/{crew}/remove/", "group_removed", "group:{crew}", prepare=a_crew),
    post("keys", "alice", "/account/keys/", "api_key_created", "", data=KEY),
    post("keys", "alice", "/account/keys/{key}/rotate/", "api_key_rotated", "api_key:{key}", data={"hours": "1"}),
    post("keys", "alice", "/account/keys/{key}/revoke/", "api_key_revoked", "api_key:{key}"),
    post("sources", "ada", "/sources/new/upload/", "source_created", "", data={"name": "New", "readers": "everyone"}),
    post("sources", "ada", "/sources/{team_source}/settings/", "source_changed", "source:{team_source}",
         data=EVERYBODY, is_setting=True),
    post("sources", "ada", "/sources/{team_source}/pause/", "source_paused", "source:{team_source}"),
    post("sources", "ada", "/sources/{team_source}/sync/", "source_synced", "source:{team_source}"),
    post("sources", "ada", "/sources/{team_source}/cancel/", "run_cancelled", "source:{team_source}", prepare=a_run),
    post("sources", "ada", "/sources/{team_source}/removals/", "removals_refused", "source:{team_source}",
         data={"decision": "refuse"}, prepare=a_held_run),
    post("sources", "ada", "/sources/{team_source}/index/cancel/", "reindex_cancelled", "source:{team_source}",
         prepare=a_reindex),
    post("sources", "ada", "/sources/{team_source}/index/again/", "reindex_begun", "source:{team_source}"),
    post("sources", "ada", "/sources/{team_source}/remove/", "source_removed", "source:{team_source}",
         data={"name": "Team files"}),
    post("sources", "ada", "/sources/{team_source}/purge/", "source_purged", "source:{team_source}",
         data={"name": "Team files"}),
    post("sources", "ada", "/sources/{team_source}/upload", "document_uploaded", "", data={"file": "@notes.md"}),
    post("sources", "ada", "/sources/{team_source}/documents/{document}/details/", "document_changed",
         "document:{document}", data={"owner": "somebody"}, is_setting=True),
    post("sources", "ada", "/sources/{team_source}/documents/{document}/remove/", "document_removed",
         "document:{document}"),
    post("sources", "ada", "/sources/{team_source}/documents/{document}/purge/", "document_purged",
         "document:{document}", data={"name": "budget.md"}),
    get(CLAIMS, "alice", "/documents/{document}/", "document_opened", "document:{document}"),
    get(CLAIMS, "alice", "/documents/{document}/original", "document_downloaded", "document:{document}"),
    get(CLAIMS, "alice", "/library/?q=budget&in=text", "passages_searched", "search"),
    post("questions and answers", "alice", "/", "question_asked", "", data={"question": "How much?"}),
    post("questions and answers", "alice", "/conversations/{conversation}/delete/", "conversation_deleted",
         "conversation:{conversation}"),
    get("reviews", "ada", "/reviews/{review}/", "answer_looked_at", ""),
    post("reviews", "ada", "/reviews/{review}/", "review_verdict_given", "review:{review}", data=GRADES,
         prepare=opened_for_review),
    post("reviews", "ada", "/reviews/{review}/aside/", "review_skipped", "review:{review}",
         data={"kind": "skip", "why": "other", "note": "Unclear."}, prepare=opened_for_review),
    post("reviews", "ada", "/reviews/{review}/calibration/", "review_calibration_made", "review:{review}",
         data={"decision": "make"}, prepare=graded),
    post("reviews", "ada", "/reviews/{review}/calibration/", "review_calibration_retired", "review:{review}",
         data={"decision": "retire"}, prepare=calibrating),
    post("reviews", "ada", "/reviews/cases/{case}/", "case_refused", "case:leave-days-01",
         data={"decision": "refuse", "note": "Too easy."}),
    post("reviews", "ada", "/reports/{report}/settle/", "citation_report_settled", "citation_report:{report}",
         data={"finding": "fine", "note": "28."}),
    post("prompts", "ada", "/prompts/answer/{other_prompt}/activate/", "prompt_activated", "prompt:answer",
         data={"reason": "Shorter.", "without_run": "No model is here to measure it with."}, is_setting=True,
         prepare=a_prompt),
    post("prompts", "ada", "/prompts/answer/{prompt}/back/", "prompt_rolled_back", "prompt:answer",
         data={"reason": "Worse."}, is_setting=True, prepare=two_prompts),
    post("budgets", "ada", "/usage/budgets/new/", "budget_set", "",
         data={"scope": "everyone", "kind": "tokens", "period": "day", "amount": "5"}),
    post("budgets", "ada", "/usage/budgets/{budget}/", "budget_changed", "budget:{budget}", data={"amount": "5"},
         is_setting=True),
    post("budgets", "ada", "/usage/budgets/{budget}/remove/", "budget_removed", "budget:{budget}"),
    post("budgets", "ada", "/usage/prices/new/", "price_set", "model:m",
         data={"model": "m", "input_usd": "1", "output_usd": "2"}),
    get("exports", "ada", "/usage/export.csv", "usage_exported", "usage"),
    get("exports", "ada", "/quality/sources/{team_source}/report.csv", "source_report_exported",
        "source:{team_source}"),
    post("exports", "alice", "/account/data/", "person_export_asked", "user:{alice}"),
    get("exports", "alice", "/account/data/{export}/", "person_export_fetched", "user:{alice}", prepare=an_export),
    post("exports", "ada", "/people/{charlie}/data/", "person_export_made", "user:{charlie}"),
    get("the audit log", "ada", "/audit/", "audit_read", "audit"),
    get("the audit log", "ada", "/audit/{audit_entry}/", "audit_read", "audit:{audit_entry}"),
    get("the audit log", "ada", "/audit/export.csv", "audit_exported", "audit"),
    get("the audit log", "ada", "/audit/export.jsonl", "audit_exported", "audit"),
    post("the audit log", "ada", "/audit/holds/new/", "audit_hold_made", "",
         data={"scope": "object", "subject": "document:1", "reason": "A lawsuit."}),
    post("the audit log", "ada", "/audit/holds/{hold}/lift/", "audit_hold_lifted", "audit_hold:{hold}",
         data={"reason": "Settled."}, prepare=a_held_object),
    post("personal data", "ada", "/personal-data/", "personal_data_policy_changed", "personal-data",
         data={"days": "31"}, is_setting=True),
    post("personal data", "ada", "/personal-data/patterns/{personal_pattern}/remove/",
         "personal_data_pattern_removed", "pattern:{personal_pattern}"),
    post("personal data", "ada", "/personal-data/words/", "personal_data_word_added", "",
         data={"list": "always", "text": "Falcon"}),
    post("personal data", "ada", "/people/{charlie}/erase/", "person_erasure_asked", "user:{charlie}",
         data={"name": "charlie@example.com"}),
    post("personal data", "ada", "/people/{charlie}/erase/", "person_erased", "user:{charlie}",
         data={"name": "charlie@example.com"}),
    post("sign-on and provisioning", "ada", "/sign-on/{sign_on_provider}/remove/", "sign_on_provider_removed",
         "sign_on:acme"),
    post("sign-on and provisioning", "ada", "/provisioning/", "scim_token_made", "",
         data={"name": "a provider", "days": "30"}),
    post("sign-on and provisioning", "ada", "/provisioning/tokens/{token}/revoke/", "scim_token_revoked",
         "scim_token:{token}", prepare=a_token),
]  # fmt: skip


def test_every_kind_that_is_promised_is_done() -> None:
    assert {act.kind for act in ACTS} | {"models"} == PROMISED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ACTS, ids=str)
def test_each_act_leaves_its_entry(act: Act) -> None:
    world = make_world()
    things = Named(world, act.prepare(world) if act.prepare else {})
    client = browser_of(world, act.who)
    before = set(AuditEvent.objects.values_list("pk", flat=True))
    address, target = act.address.format_map(things), act.target.format_map(things)
    response = getattr(client, act.method)(address, sent(act.data, things))
    assert response.status_code < 400, response
    response.close()
    found = AuditEvent.objects.exclude(pk__in=before).filter(action=act.action)
    assert found, "no entry"
    told(found[0], f"{act.by or act.who}@example.com" if act.by != "system" else "system", act.result, target)
    if act.is_setting:
        assert found[0].before is not None
        assert found[0].after is not None
        assert found[0].before != found[0].after
    chain_waiting()
    assert verify().broken is None


class Named(dict[str, Any]):
    """The number of a thing of the world by its name."""

    def __init__(self, world: World, more: Things) -> None:
        super().__init__(more)
        self.world = world

    def __missing__(self, name: str) -> Any:
        return getattr(self.world, name).pk


def sent(data: Things, things: Named) -> dict[str, Any]:
    """A name in braces stands for a thing's number, and one behind an @ for a file."""

    def value(text: Any) -> Any:
        if not isinstance(text, str):
            return text
        return SimpleUploadedFile(text[1:], b"# Notes") if text.startswith("@") else text.format_map(things)

    return {name: value(text) for name, text in data.items()}


def browser_of(world: World, who: str) -> Client:
    """A question by htmx is only put: the page asks for its answer by itself, so no model is needed here."""
    client = Client(headers=ORIGIN | {"HX-Request": "true"}, REMOTE_ADDR=FROM)
    if who:
        client.force_login(world.person(who))
        as_if_just_signed_in(client)
    return client


def told(event: AuditEvent, actor: str, result: str, target: str) -> None:
    assert (event.actor_label, event.result, event.address) == (actor, result, FROM)
    assert (event.request_id, event.trace_id) == (REQUEST, TRACE)
    assert event.target == target if target else event.target


MODELS = """
[models.large]
base_url = "http://127.0.0.1:9/v1"
model = "large-instruct"
trial = true
[models.small]
base_url = "http://127.0.0.1:9/v1"
model = "small-instruct"
[routes]
answer = ["small", "large"]
"""


@pytest.mark.django_db(transaction=True)
def test_putting_a_model_in_use_and_taking_it_out_leave_what_was_and_became() -> None:
    world = make_world()
    client = browser_of(world, "ada")
    models = read_models(MODELS, NamedModel("", "", ""), has_default=False, secret=lambda _: "")
    said = {"reason": "Better.", "without_run": "It could not be measured yet."}
    try:
        with override_settings(ATTEST_MODELS=models):
            registry.forget()
            forget_models_in_use()
            assert client.post("/models/large/use/", said).status_code == 302
            assert client.post("/models/large/rest/", {"reason": "Worse."}).status_code == 302
    finally:
        registry.forget()
        forget_models_in_use()
    used, out = AuditEvent.objects.filter(target="model:large").order_by("pk")
    for event, action in ((used, "model_used"), (out, "model_taken_out")):
        assert event.action == action
        told(event, "ada@example.com", "ok", "model:large")
    assert (used.before, out.before) == (None, used.after)
    assert [(each.after or {}).get("is") for each in (used, out)] == ["Put in use", "Taken out of use"]


@pytest.mark.django_db(transaction=True)
def test_a_question_for_real_leaves_two_entries_of_one_request() -> None:
    """Without scripts the request waits for the answer, so both come from it."""
    world = make_world()
    client = Client(headers=ORIGIN, REMOTE_ADDR=FROM)
    client.force_login(world.alice)
    assert client.post("/", {"question": "How many days of leave are there?"}).status_code == 302
    asked, given = (AuditEvent.objects.get(action=name) for name in ("question_asked", "answer_given"))
    for event in (asked, given):
        told(event, "alice@example.com", "ok", "")
    assert given.details["question"] == int(asked.target.removeprefix("question:"))
    assert given.details["outcome"]
    assert "leave" not in str([asked.details, given.details])


@pytest.mark.django_db(transaction=True)
def test_the_right_secret_of_a_key_that_ended_is_a_refusal_with_its_place() -> None:
    world = make_world()
    ApiKey.objects.filter(pk=world.key.pk).update(revoked_at=world.key.created_at)
    headers = ORIGIN | {"Authorization": f"Bearer {world.keys['alice']}"}
    assert Client(headers=headers, REMOTE_ADDR=FROM).get("/api/v1/documents").status_code == 401
    told(AuditEvent.objects.get(action="api_key_refused"), "alice@example.com", "refused", f"api_key:{world.key.pk}")


@pytest.mark.django_db(transaction=True)
def test_a_provisioning_token_that_is_none_is_a_refusal_with_its_place() -> None:
    headers = ORIGIN | {"Authorization": "Bearer attest_scim_none"}
    assert Client(headers=headers, REMOTE_ADDR=FROM).get("/scim/v2/Users").status_code == 401
    told(AuditEvent.objects.get(action="scim_refused"), "system", "refused", "scim_token:unknown")


def answered(world: World) -> Answer:
    question = ask(world.alice, "How much?")
    draft = Draft(question_id=question.pk, question=question.text, reader=reader_for(world.alice))
    draft.outcome, draft.text = Outcome.ANSWERED, "Twelve euros."
    return record(draft)


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_was_lost_is_told_too() -> None:
    world = make_world()
    question = ask(world.alice, "How much?")
    Answer.objects.filter(question=question).update(started_at=question.created_at - 2 * LOST_AFTER)
    end_lost_answers()
    assert AuditEvent.objects.get(action="answer_given").result == "failed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("policy", ["none", "text"])
def test_words_of_questions_and_answers_stand_there_only_by_policy(settings, policy):
    settings.ATTEST_AUDIT_QUESTIONS = policy
    answered(make_world())
    asked, given = (AuditEvent.objects.get(action=name) for name in ("question_asked", "answer_given"))
    assert (asked.details.get("text"), given.details.get("text")) == (
        ("How much?", "Twelve euros.") if policy == "text" else (None, None)
    )
    assert (given.details["outcome"], given.result, given.actor_label) == ("answered", "ok", "alice@example.com")


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_recorded_twice_leaves_one_entry():
    world = make_world()
    question = ask(world.alice, "How much?")
    draft = Draft(question_id=question.pk, question=question.text, reader=reader_for(world.alice))
    record(draft)
    record(draft)
    assert AuditEvent.objects.filter(action="answer_given").count() == 1


@pytest.mark.django_db(transaction=True)
async def test_what_programs_read_is_there_too(async_client):
    from asgiref.sync import sync_to_async

    world = await sync_to_async(make_world)()
    headers = {"Authorization": f"Bearer {world.keys['alice']}"}
    read = await async_client.get(f"/api/v1/documents/{world.document.pk}", headers=headers)
    found = await async_client.post(
        "/api/v1/search", {"query": "budget"}, content_type="application/json", headers=headers
    )
    assert (read.status_code, found.status_code) == (200, 200)
    opened = await AuditEvent.objects.aget(action="document_opened")
    searched = await AuditEvent.objects.aget(action="passages_searched")
    assert (opened.target, opened.actor_label) == (f"document:{world.document.pk}", "alice@example.com")
    assert set(searched.details) == {"documents", "by"}


CODE = Path(settings.BASE_DIR)
NAMES = {name: value for name, value in vars(events).items() if name.isupper() and isinstance(value, str)}


def sources(of_tests: bool) -> str:
    paths = (path for folder in ("app", "ingestion", "evals", "retrieval") for path in (CODE / folder).rglob("*.py"))
    return "".join(
        path.read_text(encoding="utf-8")
        for path in paths
        if ("tests" in path.parts) == of_tests and path.name != "events.py"
    )


def test_every_kind_of_entry_is_written_by_something_and_looked_for_by_some_test() -> None:
    written, looked_for = sources(of_tests=False), sources(of_tests=True)
    assert [name for name in NAMES if name not in written] == []
    assert [name for name, value in NAMES.items() if name not in looked_for and f'"{value}"' not in looked_for] == []
