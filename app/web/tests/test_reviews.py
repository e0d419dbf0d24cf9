"""Reviewers grade answers on a page that shows what they may see, keeps them blind, and takes every act back."""

from typing import Any

import pytest
from django.test import Client

from app.accounts.models import Role, User
from app.audit.models import AuditEvent
from app.reviews.models import CaseDraft, ReviewItem, SetAside, Verdict
from app.reviews.rubric import LEVELS
from app.reviews.tests.grading import GOOD, POOR, asked_and_queued, grade
from app.tests.world import World
from app.web.tests.conftest import Visitors

REVIEWERS = ("bob", "charlie", "dora", "emil")


@pytest.fixture
def reviewers(world: World, settings) -> dict[str, Client]:
    """Bob is on the team; the others may read the handbook alone."""
    settings.ATTEST_REVIEW_SHARE, settings.ATTEST_REVIEW_SECOND_PERCENT = 100, 0
    clients = {}
    for name in REVIEWERS:
        person, _ = User.objects.get_or_create(email=f"{name}@example.com", defaults={"name": name.title()})
        User.objects.filter(pk=person.pk).update(roles=[Role.REVIEWER])
        clients[name] = Client()
        clients[name].force_login(person)
    return clients


@pytest.fixture
def item(world: World, reviewers: dict[str, Client]) -> ReviewItem:
    """On the handbook, so that everybody may grade it; Alice asked."""
    item = asked_and_queued(world.alice, "How many days of leave do I have?", world.handbook)
    ReviewItem.objects.exclude(pk=item.pk).delete()
    return item


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@example.com")


def form(levels: dict[str, int] | None = None, **said: Any) -> dict[str, Any]:
    return {"rubric": 1, **{f"level_{name}": level for name, level in (levels or GOOD).items()}, **said}


def leads_to(answer: Any) -> str:
    return str(answer.url)


def save(client: Client, item: ReviewItem, levels: dict[str, int] | None = None, **said: Any) -> Any:
    client.get(f"/reviews/{item.pk}/")
    return client.post(f"/reviews/{item.pk}/", form(levels, **said))


def test_nothing_to_grade_is_said_in_words(reviewers: dict[str, Client], world: World) -> None:
    page = reviewers["bob"].get("/reviews/").text
    assert "Nothing waits for you" in page
    assert "graded yet. The first figures appear" in page
    assert leads_to(reviewers["bob"].get("/reviews/next/")) == "/reviews/"
    assert "No case yet" in reviewers["bob"].get("/reviews/cases/").text
    assert "No answer is graded twice yet" in reviewers["bob"].get("/reviews/agreement/").text


def test_that_nothing_is_drawn_is_said_too(reviewers: dict[str, Client], settings) -> None:
    settings.ATTEST_REVIEW_DAILY = 0
    assert "No answers are drawn" in reviewers["bob"].get("/reviews/").text


def test_an_answer_stands_beside_its_passages_and_the_rubric(reviewers: dict[str, Client], item: ReviewItem) -> None:
    client = reviewers["bob"]
    assert leads_to(client.get("/reviews/next/")) == f"/reviews/{item.pk}/"
    page = client.get(f"/reviews/{item.pk}/").text
    for words in (
        "How many days of leave do I have?", "1 of 1", "Drawn by chance",
        'href="#passage-1"', 'id="passage-1"', "Is what the answer says true?", "The main point is wrong.",
        "What went wrong", "Corrected answer", "kept for you until",
    ):  # fmt: skip
        assert words in page, words
    assert "Everybody has 28 days of leave" in page.split("<mark>")[1].split("</mark>")[0]
    assert "alice" not in page.lower()
    assert all(f'name="level_{name}"' in page for name in LEVELS)


def test_grading_goes_on_to_the_next(reviewers: dict[str, Client], item: ReviewItem, world: World) -> None:
    other = asked_and_queued(world.alice, "And until when?", world.handbook)
    ReviewItem.objects.exclude(pk__in=[item.pk, other.pk]).delete()
    answer = save(reviewers["bob"], item, POOR, errors_found=["made_up"], corrected="30.", outcome="not_found")
    assert answer.url == "/reviews/next/"
    assert leads_to(reviewers["bob"].get("/reviews/next/")) == f"/reviews/{other.pk}/"
    assert "2 of 2" in reviewers["bob"].get(f"/reviews/{other.pk}/").text
    verdict = Verdict.objects.get()
    assert (verdict.levels, verdict.errors, verdict.corrected, verdict.outcome) == (
        POOR, ["made_up"], "30.", "not_found",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"level_safe": ""}, "Choose a level for: Safe."),
        ({"level_correct": "7"}, "Correct has the levels 0, 1, 2, and not “7”."),
        ({"errors_found": ["boredom"]}, "Something here cannot be saved"),
    ],
)
def test_what_is_missing_is_said_and_what_was_chosen_stays(
    reviewers: dict[str, Client], item: ReviewItem, said: dict[str, Any], sentence: str
) -> None:
    answer = save(reviewers["bob"], item, {**GOOD, "complete": 1}, **said, comment="Kept.")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Kept." in answer.text
    assert 'name="level_complete" value="1" checked' in answer.text
    assert not Verdict.objects.exists()


def test_the_second_reviewer_is_not_told_of_the_first(reviewers: dict[str, Client], item: ReviewItem) -> None:
    ReviewItem.objects.update(needs_second=True)
    save(reviewers["bob"], item, POOR, comment="All wrong.", corrected="It is 30.")
    page = reviewers["charlie"].get(f"/reviews/{item.pk}/").text
    main = page.split("<main", 1)[1]
    for telling in ("All wrong", "It is 30", "Bob", "bob@"):
        assert telling not in page
    assert "Second" not in main
    again = reviewers["bob"].get(f"/reviews/{item.pk}/").text
    assert "You have graded this answer." in again
    assert "All wrong." in again


def test_the_third_sees_both_verdicts_and_no_names(reviewers: dict[str, Client], item: ReviewItem) -> None:
    ReviewItem.objects.update(needs_second=True)
    save(reviewers["bob"], item, POOR, comment="All wrong.")
    save(reviewers["charlie"], item)
    assert "Somebody else" not in reviewers["bob"].get(f"/reviews/{item.pk}/").text
    page = reviewers["dora"].get(f"/reviews/{item.pk}/").text
    assert "Two reviewers differ" in page
    assert "All wrong." in page
    for name in ("Bob", "Charlie"):
        assert name not in page
    save(reviewers["dora"], item, POOR)
    item.refresh_from_db()
    assert item.state == ReviewItem.State.DONE
    assert "0 of 1" in reviewers["dora"].get("/reviews/agreement/").text


def test_somebody_who_may_not_read_it_sees_a_redacted_form_and_can_do_nothing(
    reviewers: dict[str, Client], world: World
) -> None:
    item = asked_and_queued(world.alice, "How much may the team spend?", world.document)
    client = reviewers["charlie"]
    page = client.get(f"/reviews/{item.pk}/").text
    assert "A passage you may not read" in page
    assert "A sentence that rests on a passage you may not read." in page
    for words in ("480,000", "How much may", "Team budget", "data-rubric"):
        assert words not in page
    for address in ("", "aside/", "calibration/", "case/"):
        data = form() | {"kind": "skip", "why": "other", "decision": "make"}
        assert client.post(f"/reviews/{item.pk}/{address}", data).status_code == 404
    assert "rest on a passage that you may not read" in client.get("/reviews/").text.replace("rests", "rest")
    item.refresh_from_db()
    assert item.held_by is None


def test_another_persons_answer_is_not_opened(reviewers: dict[str, Client], item: ReviewItem) -> None:
    reviewers["bob"].get(f"/reviews/{item.pk}/")
    page = reviewers["charlie"].get(f"/reviews/{item.pk}/").text
    assert "Somebody else is grading this answer. Take the next one." in page
    assert "data-rubric" not in page
    answer = reviewers["charlie"].post(f"/reviews/{item.pk}/", form(), follow=True)
    assert "somebody else has it now" in answer.text


def test_skipping_flagging_and_undoing(reviewers: dict[str, Client], item: ReviewItem, world: World) -> None:
    bob, charlie = reviewers["bob"], reviewers["charlie"]
    bob.get(f"/reviews/{item.pk}/")
    assert bob.post(f"/reviews/{item.pk}/aside/", {"kind": "skip"}).status_code == 422
    bob.post(f"/reviews/{item.pk}/aside/", {"kind": "skip", "why": "no_time"})
    assert leads_to(bob.get("/reviews/next/")) == "/reviews/"
    assert leads_to(bob.post("/reviews/undo/")) == f"/reviews/{item.pk}/"
    bob.post(f"/reviews/{item.pk}/aside/", {"kind": "flag", "why": "not_work", "note": "A test."})
    assert leads_to(charlie.get("/reviews/next/")) == "/reviews/"
    assert "A test." not in bob.get("/reviews/").text
    ada = Client()
    ada.force_login(world.ada)
    assert "It is not about work, or a test: A test." in ada.get("/reviews/").text
    assert bob.post(f"/reviews/{item.pk}/flag/", {"decision": "back"}).status_code == 404
    ada.post(f"/reviews/{item.pk}/flag/", {"decision": "back"})
    assert leads_to(charlie.get("/reviews/next/")) == f"/reviews/{item.pk}/"
    assert SetAside.objects.filter(withdrawn_at=None).count() == 1
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"review_skipped", "review_flagged", "review_undone", "review_flag_settled"} <= actions


def test_what_was_said_is_there_again_after_undoing(reviewers: dict[str, Client], item: ReviewItem) -> None:
    save(reviewers["bob"], item, {**GOOD, "complete": 0}, errors_found=["missing"], comment="Until March.")
    reviewers["bob"].post("/reviews/undo/")
    page = reviewers["bob"].get(f"/reviews/{item.pk}/").text
    for chosen in ('name="level_complete" value="0" checked', 'name="level_safe" value="1" checked', "Until March."):
        assert chosen in page
    assert 'value="missing" id="id_errors_found_3" checked' in page
    assert "Until March." not in reviewers["charlie"].get(f"/reviews/{item.pk}/").text


def test_nothing_to_undo_is_said(reviewers: dict[str, Client]) -> None:
    assert "nothing of yours to undo" in reviewers["bob"].post("/reviews/undo/", follow=True).text


def test_opening_is_audited(reviewers: dict[str, Client], item: ReviewItem) -> None:
    reviewers["bob"].get(f"/reviews/{item.pk}/")
    event = AuditEvent.objects.get(action="answer_looked_at")
    assert (event.actor_label, event.target) == ("bob@example.com", f"answer:{item.answer_id}")


def test_quality_and_who_is_behind_are_shown(reviewers: dict[str, Client], item: ReviewItem) -> None:
    save(reviewers["bob"], item)
    page = reviewers["bob"].get("/reviews/").text
    assert "100 %" in page
    assert "from 1 graded of 1" in page
    assert "fewer than 30" in page
    assert "Equal part" in page


def test_calibration_is_not_told_apart(reviewers: dict[str, Client], item: ReviewItem, monkeypatch) -> None:
    monkeypatch.setattr("app.reviews.queue.CALIBRATE_EVERY", 1)
    grade(item, person("bob"))
    reviewers["bob"].post(f"/reviews/{item.pk}/calibration/", {"decision": "make"})
    assert f"/reviews/{item.pk}/" not in reviewers["charlie"].get("/reviews/").text
    assert leads_to(reviewers["charlie"].get("/reviews/next/")) == f"/reviews/{item.pk}/"
    page = reviewers["charlie"].get(f"/reviews/{item.pk}/").text
    assert "data-rubric" in page
    assert "alibrat" not in page
    assert reviewers["charlie"].get(f"/reviews/{item.pk}/case/").status_code == 404
    save(reviewers["charlie"], item, POOR)
    assert Verdict.objects.get(reviewer=person("charlie")).round == "calibration"
    page = reviewers["charlie"].get("/reviews/agreement/").text
    assert "0 of 1" in page
    assert "1 answer with a known verdict is given" in page
    reviewers["bob"].post(f"/reviews/{item.pk}/calibration/", {"decision": "retire"})
    assert leads_to(reviewers["dora"].get("/reviews/next/")) == "/reviews/"


def test_a_graded_answer_becomes_a_case_that_another_approves(reviewers: dict[str, Client], item: ReviewItem) -> None:
    bob, charlie = reviewers["bob"], reviewers["charlie"]
    save(bob, item, corrected="28 days of leave a year.")
    page = bob.get(f"/reviews/{item.pk}/case/")
    assert "28 days" in page.text
    data = page.context["form"].initial | {"gold_0": "on", "quote_0": "Everybody has 28 days of leave a year."}
    answer = bob.post(f"/reviews/{item.pk}/case/", data | {"facts": ""})
    assert answer.status_code == 422
    assert "Name at least one fact" in answer.text
    assert leads_to(bob.post(f"/reviews/{item.pk}/case/", data | {"facts": "28 days | 28"})) == "/reviews/cases/"
    case = CaseDraft.objects.get()
    assert case.facts == [["28 days", "28"]]
    assert [(each["document"], each["quote"]) for each in case.gold] == [
        ("/handbook.md", "Everybody has 28 days of leave a year.")
    ]
    assert "another person approves it" in bob.get(f"/reviews/cases/{case.pk}/").text
    refused = bob.post(f"/reviews/cases/{case.pk}/", {"decision": "approve"}, follow=True)
    assert "You wrote this case" in refused.text
    charlie.post(f"/reviews/cases/{case.pk}/", {"decision": "refuse", "note": "Which year?"})
    assert "Which year?" in bob.get("/reviews/cases/").text
    bob.post(f"/reviews/{item.pk}/case/", data | {"facts": "28 days"})
    charlie.post(f"/reviews/cases/{case.pk}/", {"decision": "approve"})
    case.refresh_from_db()
    assert case.state == CaseDraft.State.APPROVED


def test_words_that_do_not_stand_in_the_document_are_refused(reviewers: dict[str, Client], item: ReviewItem) -> None:
    save(reviewers["bob"], item)
    data = reviewers["bob"].get(f"/reviews/{item.pk}/case/").context["form"].initial
    answer = reviewers["bob"].post(
        f"/reviews/{item.pk}/case/", data | {"facts": "29 days", "gold_0": "on", "quote_0": "Everybody has 29 days."}
    )
    assert "does not stand in /handbook.md" in answer.text


def test_a_case_on_a_closed_passage_is_a_line_without_words(reviewers: dict[str, Client], world: World) -> None:
    item = asked_and_queued(world.alice, "How much may the team spend?", world.document)
    grade(item, world.bob)
    data = reviewers["bob"].get(f"/reviews/{item.pk}/case/").context["form"].initial
    quote = "The team may spend 480,000 euros in 2026"
    reviewers["bob"].post(
        f"/reviews/{item.pk}/case/", data | {"facts": "480,000 euros", "gold_0": "on", "quote_0": quote}
    )
    case = CaseDraft.objects.get()
    page = reviewers["charlie"].get("/reviews/cases/").text
    assert "A case on a passage you may not read" in page
    assert "480,000" not in page
    assert reviewers["charlie"].get(f"/reviews/cases/{case.pk}/").status_code == 404
    assert reviewers["charlie"].post(f"/reviews/cases/{case.pk}/", {"decision": "approve"}).status_code == 404


def test_the_header_offers_reviews_to_reviewers(reviewers: dict[str, Client], visitors: Visitors) -> None:
    assert 'href="/reviews/"' in reviewers["bob"].get("/").text
    assert 'href="/reviews/"' not in visitors.alice.get("/").text
