"""Every address of the product says what each kind of visitor gets; an address without a decision fails here.

Alice owns what is visited, Bob is on her team, Charlie has no access, Ada is an admin in no group.
`anonymous` comes without session and key. What somebody may not see answers like what does not exist.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from app.prompts.shipped import newest_shipped
from app.tests.sessions import as_if_just_signed_in
from app.tests.world import World, make_world

PEOPLE = ("anonymous", "charlie", "bob", "alice", "ada")
NOT_TRIED = -1  # the visit would be slow and has tests of its own: the answer pipeline, the readiness check


@dataclass(frozen=True)
class Visit:
    """One request and the status that each visitor gets; `about` names what of the world the address is about, or is
    a part of the address itself.

    `words` are parts of the address that name nothing of the world.
    """

    name: str
    expected: tuple[int, int, int, int, int]
    method: str = "get"
    about: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.method, self.name, *self.words.values()])

    @property
    def is_call(self) -> bool:
        """Whether a program makes it, with a key instead of a session."""
        return self.name.startswith("api:")


def page(name: str, *about: str, anonymous: int = 302, **statuses: Any) -> Visit:
    data, method = statuses.pop("data", {}), statuses.pop("method", "get")
    words = {word.rstrip("_"): statuses.pop(word) for word in ("kind", "name_", "version", "slug") if word in statuses}
    return Visit(name, expected_of(anonymous, statuses), method, about, data, words)


def call(name: str, *about: str, anonymous: int = 401, **statuses: Any) -> Visit:
    data, method = statuses.pop("data", {}), statuses.pop("method", "get")
    return Visit(f"api:{name}", expected_of(anonymous, statuses), method, about, data)


def expected_of(anonymous: int, statuses: dict[str, int]) -> tuple[int, int, int, int, int]:
    outsider, colleague, owner, admin = (statuses[who] for who in ("outsider", "colleague", "owner", "admin"))
    return anonymous, outsider, colleague, owner, admin


def everybody(status: int) -> dict[str, int]:
    return dict.fromkeys(("outsider", "colleague", "owner", "admin"), status)


OWNER_ALONE = {"outsider": 404, "colleague": 404, "admin": 404}
TEAM_ALONE = {"outsider": 404, "colleague": 200, "owner": 200, "admin": 404}
NO_ADMIN = {"outsider": 404, "colleague": 404, "owner": 404}
A_PROMPT: dict[str, Any] = {"name_": "answer", "version": newest_shipped("answer").hash[:8]}
A_FILE = {"file": ("notes.md", b"# Notes\n\nSomething to read.")}

VISITS = [
    # Machines that watch
    page("healthz", anonymous=200, **everybody(200)),
    page("readyz", anonymous=NOT_TRIED, **everybody(NOT_TRIED)),  # it looks at no visitor, and may load a model
    page("metrics", anonymous=200, **everybody(200)),  # the test client is a direct caller on this machine
    # Accounts
    page("account_login", anonymous=200, **everybody(302)),
    page("account_logout", **everybody(200)),
    page("account_change_password", **everybody(200)),
    page("account_inactive", anonymous=200, **everybody(200)),
    page("account_reauthenticate", **everybody(200)),
    page("account_confirm", **everybody(200)),
    page("usersessions_list", **everybody(200)),
    page("mfa_index", **everybody(200)),
    page("mfa_authenticate", **everybody(302)),  # only between the password and the code
    page("mfa_reauthenticate", **everybody(302)),  # nobody here has a second factor: to the password
    page("mfa_activate_totp", **everybody(200)),
    page("mfa_deactivate_totp", **everybody(404)),
    page("mfa_view_recovery_codes", **everybody(404)),
    page("mfa_generate_recovery_codes", **everybody(200)),
    page("mfa_list_webauthn", **everybody(302)),
    page("mfa_add_webauthn", **everybody(200)),
    page("mfa_reauthenticate_webauthn", **everybody(302)),
    page("mfa_login_webauthn", **everybody(302)),
    page("mfa_remove_webauthn", "1", **everybody(404)),
    # Provisioning
    page("provisioning", **NO_ADMIN, admin=200),
    page("provisioning_revoke", "1", method="post", **NO_ADMIN, admin=404),
    page("scim:service_provider_config", anonymous=401, **everybody(401)),  # a session is no token
    page("scim:resource_types", anonymous=401, **everybody(401)),
    page("scim:resource_type", "User", anonymous=401, **everybody(401)),
    page("scim:schemas", anonymous=401, **everybody(401)),
    page("scim:schema", "User", anonymous=401, **everybody(401)),
    page("scim:users", anonymous=401, **everybody(401)),
    page("scim:user", "user-1", anonymous=401, **everybody(401)),
    page("scim:groups", anonymous=401, **everybody(401)),
    page("scim:group", "group-1", anonymous=401, **everybody(401)),
    Visit("scim:nothing_here", expected_of(401, everybody(401)), words={"rest": "nothing"}),
    # Asking
    page("ask", **everybody(200)),
    page("ask", method="post", data={"question": ""}, **everybody(422)),
    page("ask", method="post", data={"question": "x", "conversation": "conversation"}, **OWNER_ALONE, owner=NOT_TRIED),
    page("conversation", "conversation", **OWNER_ALONE, owner=200),
    page("conversation_rename", "conversation", **OWNER_ALONE, owner=200),
    page("conversation_rename", "conversation", method="post", data={"title": "New"}, **OWNER_ALONE, owner=302),
    page("conversation_delete", "conversation", **OWNER_ALONE, owner=200),
    page("conversation_delete", "conversation", method="post", **OWNER_ALONE, owner=302),
    page("question_stream", "question", **OWNER_ALONE, owner=409),  # the answer is finished
    page("question_stop", "question", method="post", **OWNER_ALONE, owner=302),
    page("answer", "answer", **OWNER_ALONE, owner=302),
    page("answer_why", "answer", **OWNER_ALONE, owner=200),
    page("citation_report", "citation", **OWNER_ALONE, owner=200),
    page("citation_report", "citation", method="post", data={"comment": "No."}, **OWNER_ALONE, owner=302),
    page("citation_report_undo", "citation", method="post", **OWNER_ALONE, owner=302),
    page("answer_feedback", "answer", method="post", data={"value": "up"}, **OWNER_ALONE, owner=302),
    # Reading: a role opens no document
    page("document", "document", **TEAM_ALONE),
    page("document", "handbook", **everybody(200)),
    page("document_original", "document", **TEAM_ALONE),
    page("document_original", "handbook", **everybody(200)),
    page("library", **everybody(200)),
    # Running sources: for admins alone, and for others no such page exists
    page("sources", **NO_ADMIN, admin=200),
    page("source_new", **NO_ADMIN, admin=200),
    page("source_new_kind", kind="upload", **NO_ADMIN, admin=200),
    page("source_new_kind", kind="no-such-kind", **NO_ADMIN, admin=404),
    page("source_new_test", kind="upload", method="post", **NO_ADMIN, admin=200),
    page("source", "team_source", **NO_ADMIN, admin=200),
    page("source_state", "team_source", **NO_ADMIN, admin=302),
    page("source_failures", "team_source", **NO_ADMIN, admin=200),
    page("source_retry", "team_source", method="post", **NO_ADMIN, admin=302),
    page("source_runs", "team_source", **NO_ADMIN, admin=200),
    page("source_sync", "team_source", method="post", **NO_ADMIN, admin=302),
    page("source_pause", "team_source", method="post", **NO_ADMIN, admin=302),
    page("source_resume", "team_source", method="post", **NO_ADMIN, admin=302),
    page("source_cancel", "team_source", method="post", **NO_ADMIN, admin=302),
    page("source_removals", "team_source", method="post", data={"decision": "approve"}, **NO_ADMIN, admin=302),
    page("source_index", "team_source", **NO_ADMIN, admin=200),
    page("source_reindex", "team_source", **NO_ADMIN, admin=200),
    page("source_reindex_cancel", "team_source", method="post", **NO_ADMIN, admin=302),
    page("source_rollback", "team_source", **NO_ADMIN, admin=200),
    page("source_rollback", "team_source", method="post", **NO_ADMIN, admin=302),
    page("source_discard", "team_source", **NO_ADMIN, admin=200),
    page("source_discard", "team_source", method="post", **NO_ADMIN, admin=302),
    page("source_edit", "team_source", **NO_ADMIN, admin=200),
    page("source_edit_test", "team_source", method="post", **NO_ADMIN, admin=200),
    page("source_remove", "team_source", **NO_ADMIN, admin=200),
    page("source_remove", "team_source", method="post", data={"name": "Team files"}, **NO_ADMIN, admin=302),
    page("source_purge", "team_source", **NO_ADMIN, admin=200),
    page("source_purge", "team_source", method="post", data={"name": "Team files"}, **NO_ADMIN, admin=302),
    page("source_upload", "team_source", method="post", data=A_FILE, **NO_ADMIN, admin=302),
    page("source_upload_state", "team_source", "document", **NO_ADMIN, admin=302),
    page("source_document", "team_source", "document", **NO_ADMIN, admin=200),
    page("source_document_edit", "team_source", "document", method="post", **NO_ADMIN, admin=302),
    page("source_document_compare", "team_source", "document", **NO_ADMIN, admin=404),  # its text is for its readers
    page("source_document_find", "team_source", "document", **NO_ADMIN, admin=200),
    page("source_document_remove", "team_source", "document", **NO_ADMIN, admin=200),
    page("source_document_remove", "team_source", "document", method="post", **NO_ADMIN, admin=302),
    page("source_document_purge", "team_source", "document", **NO_ADMIN, admin=200),
    page(
        "source_document_purge",
        "team_source",
        "document",
        method="post",
        data={"name": "budget.md"},
        **NO_ADMIN,
        admin=302,
    ),
    # What the models are told
    page("prompts", **NO_ADMIN, admin=200),
    page("prompt", name_="answer", **NO_ADMIN, admin=200),
    page("prompt", name_="no-such-prompt", **NO_ADMIN, admin=404),
    page("prompt_new", name_="answer", **NO_ADMIN, admin=200),
    page("prompt_new", name_="answer", method="post", data={"text": "", "reason": ""}, **NO_ADMIN, admin=422),
    page("prompt_version", **A_PROMPT, **NO_ADMIN, admin=200),
    page("prompt_version", name_="answer", version="0123abcd", **NO_ADMIN, admin=404),
    page("prompt_activate", **A_PROMPT, **NO_ADMIN, admin=200),
    page("prompt_activate", **A_PROMPT, method="post", data={"reason": "Better."}, **NO_ADMIN, admin=302),
    page("prompt_back", **A_PROMPT, **NO_ADMIN, admin=200),
    page("prompt_back", **A_PROMPT, method="post", data={"reason": "Worse."}, **NO_ADMIN, admin=302),
    # What it costs: for those who run the product, and for everybody their own part
    page("usage", **NO_ADMIN, admin=200),
    page("usage_export", **NO_ADMIN, admin=200),
    page("usage_mine", **everybody(200)),
    page("usage_budget_new", **NO_ADMIN, admin=200),
    page("usage_budget_new", method="post", data={"scope": "everyone"}, **NO_ADMIN, admin=422),
    page("usage_budget", "budget", **NO_ADMIN, admin=200),
    page("usage_budget", "budget", method="post", data={"amount": "5"}, **NO_ADMIN, admin=302),
    page("usage_budget_remove", "budget", **NO_ADMIN, admin=200),
    page("usage_budget_remove", "budget", method="post", **NO_ADMIN, admin=302),
    page("usage_price_new", **NO_ADMIN, admin=200),
    page("usage_price_new", method="post", data={"model": "m"}, **NO_ADMIN, admin=422),
    # Rules on personal data
    page("personal_data", **NO_ADMIN, admin=200),
    page("personal_data", method="post", data={"days": "30"}, **NO_ADMIN, admin=302),
    page("kept", **NO_ADMIN, admin=200),
    page("person_erasure", "erasure", **NO_ADMIN, admin=200),
    page("person_data", "charlie", **NO_ADMIN, admin=200),
    page("person_data", "charlie", method="post", **NO_ADMIN, admin=302),
    page("person_erase", "charlie", **NO_ADMIN, admin=200),
    page("person_erase", "charlie", method="post", data={"name": "wrong"}, **NO_ADMIN, admin=422),
    page("my_data", **everybody(200)),
    page("my_data", method="post", **everybody(302)),
    page("person_export", "person_export", **OWNER_ALONE, owner=200),
    page("personal_data_try", method="post", data={"text": ""}, **NO_ADMIN, admin=200),
    page("personal_data_pattern_new", method="post", data={"name": "x"}, **NO_ADMIN, admin=422),
    page("personal_data_pattern_remove", "personal_pattern", method="post", **NO_ADMIN, admin=302),
    page("personal_data_word_new", method="post", data={"text": "x"}, **NO_ADMIN, admin=422),
    page("personal_data_word_remove", "personal_word", method="post", **NO_ADMIN, admin=302),
    # Reports of wrong citations: Ada may read the handbook that the report is about, and no passage of the team's
    page("reports", **NO_ADMIN, admin=200),
    page("report_settle", "report", **NO_ADMIN, admin=200),
    page("report_settle", "report", method="post", data={"finding": "fine", "note": "28."}, **NO_ADMIN, admin=302),
    # Reviews of real answers: for admins and reviewers
    page("reviews", **NO_ADMIN, admin=200),
    page("review_next", **NO_ADMIN, admin=302),
    page("review_undo", method="post", **NO_ADMIN, admin=302),
    page("review_agreement", **NO_ADMIN, admin=200),
    page("review_cases", **NO_ADMIN, admin=200),
    page("review_case_decide", "case", **NO_ADMIN, admin=200),
    page("review_case_decide", "case", method="post", data={"decision": "approve"}, **NO_ADMIN, admin=302),
    page("review", "review", **NO_ADMIN, admin=200),
    page("review", "review", method="post", **NO_ADMIN, admin=302),  # it was not opened before
    page("review_aside", "review", method="post", data={"kind": "skip", "why": "other"}, **NO_ADMIN, admin=302),
    page("review_flag", "review", method="post", data={"decision": "back"}, **NO_ADMIN, admin=302),
    page("review_calibration", "review", method="post", data={"decision": "make"}, **NO_ADMIN, admin=302),
    page("review_case", "review", **NO_ADMIN, admin=404),  # it is not graded yet
    # Signals: for those who watch quality
    page("quality_signals", **NO_ADMIN, admin=200),
    page("quality_signal", "signal", **NO_ADMIN, admin=200),
    page("quality_signal_act", "signal", method="post", data={"act": "acknowledge"}, **NO_ADMIN, admin=302),
    # How good real answers are, for those who watch it; only those who judge decide about topics
    page("quality", **NO_ADMIN, admin=200),
    page("quality_answers", **NO_ADMIN, admin=200),
    page("quality_unanswered", **NO_ADMIN, admin=200),
    page("quality_topic_dismiss", "topic", method="post", data={"note": "No."}, **NO_ADMIN, admin=302),
    page("quality_topic_restore", "topic", method="post", **NO_ADMIN, admin=302),
    page("quality_source", "team_source", **NO_ADMIN, admin=200),
    page("quality_source_export", "team_source", **NO_ADMIN, admin=200),
    # Runs of evaluation cases: for those who watch quality
    page("quality_runs", **NO_ADMIN, admin=200),
    page("quality_run", "evaluation_run", **NO_ADMIN, admin=200),
    page("quality_run_case", "evaluation_run", "leave-days-01", **NO_ADMIN, admin=200),
    page("quality_run_compare", **NO_ADMIN, admin=200),
    # Models
    page("models", **NO_ADMIN, admin=200),
    page("model_use", name_="none", **NO_ADMIN, admin=404),  # no model is on trial here
    page("model_use", name_="none", method="post", data={"reason": "Better."}, **NO_ADMIN, admin=404),
    page("model_rest", name_="none", **NO_ADMIN, admin=404),
    page("model_rest", name_="none", method="post", data={"reason": "Worse."}, **NO_ADMIN, admin=404),
    page("model_close", method="post", data={"circuit": "no-such-circuit"}, **NO_ADMIN, admin=404),
    # Single sign-on: no provider of that name is there, so there is nothing for anybody
    page("sign_on", slug="nowhere", anonymous=404, **everybody(404)),
    page("sign_on_callback", slug="nowhere", anonymous=404, **everybody(404)),
    page("sign_on_back_channel_logout", slug="nowhere", method="post", anonymous=404, **everybody(404)),
    page("sign_on_assertion", slug="nowhere", method="post", anonymous=404, **everybody(404)),
    page("sign_on_metadata", slug="nowhere", anonymous=404, **everybody(404)),
    page("signon", **NO_ADMIN, admin=200),
    page("signon_new", kind="oidc", **NO_ADMIN, admin=200),
    page("signon_new", kind="saml", **NO_ADMIN, admin=200),
    page("signon_new", kind="no-such-kind", **NO_ADMIN, admin=404),
    page("signon_new", kind="oidc", method="post", data={"name": "x"}, **NO_ADMIN, admin=422),
    page("signon_provider", "sign_on_provider", **NO_ADMIN, admin=200),
    page("signon_test", "sign_on_provider", method="post", **NO_ADMIN, admin=200),
    page("signon_try", "sign_on_provider", method="post", data={"claims": "{}"}, **NO_ADMIN, admin=200),
    page("signon_remove", "sign_on_provider", **NO_ADMIN, admin=200),
    page("signon_remove", "sign_on_provider", method="post", **NO_ADMIN, admin=302),
    # The audit log: for those who audit
    page("audit", **NO_ADMIN, admin=200),
    page("audit_entry", "audit_entry", **NO_ADMIN, admin=200),
    page("audit_export", "csv", **NO_ADMIN, admin=200),
    page("audit_export", "xml", **NO_ADMIN, admin=404),
    page("audit_verify", method="post", **NO_ADMIN, admin=302),
    page("audit_hold_new", **NO_ADMIN, admin=200),
    page("audit_hold_new", method="post", data={"scope": "person"}, **NO_ADMIN, admin=422),
    page("audit_hold_lift", "audit_hold", **NO_ADMIN, admin=200),
    page("audit_hold_lift", "audit_hold", method="post", data={"reason": "Settled."}, **NO_ADMIN, admin=302),
    # Keys
    page("keys", **everybody(200)),
    page("key_revoke", "key", method="post", outsider=404, colleague=404, owner=302, admin=302),
    page("key_rotate", "key", **OWNER_ALONE, owner=200),  # with a person's new key an admin would act as that person
    page("key_rotate", "key", method="post", data={"hours": "1"}, **OWNER_ALONE, owner=200),
    page("all_keys", **NO_ADMIN, admin=200),
    page("service_keys", "charlie", **NO_ADMIN, admin=404),  # no service account: people make their keys themselves
    # People, groups and roles
    page("people", **NO_ADMIN, admin=200),
    page("person_new", **NO_ADMIN, admin=200),
    page("person_new", method="post", data={"email": "x"}, **NO_ADMIN, admin=422),
    page("service_new", **NO_ADMIN, admin=200),
    page("service_new", method="post", data={"name": ""}, **NO_ADMIN, admin=422),
    page("person", "charlie", **NO_ADMIN, admin=200),
    page("person_roles", "charlie", method="post", data={"roles": "reviewer"}, **NO_ADMIN, admin=302),
    page("person_groups", "charlie", method="post", **NO_ADMIN, admin=302),
    page("person_close", "charlie", **NO_ADMIN, admin=200),
    page("person_close", "charlie", method="post", **NO_ADMIN, admin=302),
    page("person_open", "charlie", method="post", **NO_ADMIN, admin=302),
    page("person_end", "charlie", method="post", **NO_ADMIN, admin=302),
    page("person_reads", "charlie", **NO_ADMIN, admin=200),
    page("groups", **NO_ADMIN, admin=200),
    page("groups", method="post", data={"name": ""}, **NO_ADMIN, admin=422),
    page("group", "team", **NO_ADMIN, admin=200),
    page("group_rename", "team", method="post", data={"name": "crew"}, **NO_ADMIN, admin=302),
    page("group_remove", "team", **NO_ADMIN, admin=200),
    page("group_remove", "team", method="post", **NO_ADMIN, admin=302),
    page("roles", **NO_ADMIN, admin=200),
    page("source_folders", "team_source", method="post", **NO_ADMIN, admin=404),  # uploads have no folders
    page("source_readers", "team_source", **NO_ADMIN, admin=200),
    page("source_document_readers", "team_source", "document", **NO_ADMIN, admin=200),
    # Programs
    call("openapi", anonymous=200, **everybody(200)),
    call("nothing", anonymous=404, **everybody(404)),
    call("search_passages", method="post", data={"query": ""}, **everybody(422)),
    call(
        "ask_question",
        method="post",
        data={"question": "x", "conversation_id": "conversation"},
        **OWNER_ALONE,
        owner=NOT_TRIED,
    ),
    call("read_answer", "answer", **OWNER_ALONE, owner=200),
    call("stop_answer", "answer", method="post", **OWNER_ALONE, owner=200),
    call("give_feedback", "answer", method="post", data={"value": "up"}, **OWNER_ALONE, owner=200),
    call("list_sources", **everybody(200)),
    call("read_source", "team_source", outsider=404, colleague=200, owner=200, admin=200),
    call("sync_source", "team_source", method="post", outsider=404, colleague=403, owner=403, admin=202),
    call("list_source_documents", "team_source", outsider=404, colleague=200, owner=200, admin=200),
    call("upload", "team_source", method="post", data=A_FILE, outsider=404, colleague=403, owner=403, admin=202),
    call("list_documents", **everybody(200)),
    call("read_document", "document", outsider=404, colleague=200, owner=200, admin=200),
    call("delete_document", "document", method="delete", outsider=404, colleague=403, owner=403, admin=204),
]


def every_pattern(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from every_pattern(entry, inner)
        else:
            yield f"{namespace}{entry.name or entry.pattern}", entry


def patterns() -> dict[str, URLPattern]:
    return dict(every_pattern(get_resolver()))


def test_every_address_has_a_decision() -> None:
    assert set(patterns()) - {visit.name for visit in VISITS} == set()


def test_no_decision_is_about_an_address_that_is_gone() -> None:
    assert {visit.name for visit in VISITS} - set(patterns()) == set()


@pytest.mark.parametrize("visit", [visit for visit in VISITS if not visit.is_call], ids=str)
def test_each_visitor_of_a_page_gets_what_was_decided(visit: Visit, db: None) -> None:
    assert gets(visit) == dict(zip(PEOPLE, visit.expected, strict=True))


@pytest.mark.parametrize("visit", [visit for visit in VISITS if visit.is_call], ids=str)
def test_each_caller_of_the_api_gets_what_was_decided(visit: Visit, transactional_db: None) -> None:
    """The API works in threads of its own, which see only what is committed."""
    assert gets(visit) == dict(zip(PEOPLE, visit.expected, strict=True))


def gets(visit: Visit) -> dict[str, int]:
    world, expected = make_world(), dict(zip(PEOPLE, visit.expected, strict=True))
    return {who: status if status == NOT_TRIED else status_for(who, visit, world) for who, status in expected.items()}


def status_for(who: str, visit: Visit, world: World) -> int:
    client = Client(raise_request_exception=False)
    headers: dict[str, str] = {}
    if visit.is_call:
        headers = {"Authorization": f"Bearer {world.keys[who]}"} if who != "anonymous" else {}
    elif who != "anonymous":
        client.force_login(world.person(who))
        as_if_just_signed_in(client)
    send: Callable[..., Any] = getattr(client, visit.method)
    return int(send(address_of(visit, world), **body_of(visit, world), headers=headers).status_code)


def address_of(visit: Visit, world: World) -> str:
    if visit.name == "api:nothing":
        return "/api/v1/no-such-thing"
    if visit.words:
        return reverse(visit.name, kwargs=visit.words)
    return reverse(visit.name, args=[key_of(part, world) for part in visit.about])


def body_of(visit: Visit, world: World) -> dict[str, Any]:
    """Names of parts of the world stand for their keys, and a pair of name and bytes for a file."""
    data = {
        name: SimpleUploadedFile(*value) if isinstance(value, tuple) else key_of(value, world)
        for name, value in visit.data.items()
    }
    has_file = any(isinstance(value, SimpleUploadedFile) for value in data.values())
    if visit.method == "post" and visit.is_call and not has_file:
        return {"data": data, "content_type": "application/json"}
    return {"data": data} if visit.method == "post" else {}


def key_of(value: str, world: World) -> Any:
    return getattr(getattr(world, value, None), "pk", value)
