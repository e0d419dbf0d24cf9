"""The page of production quality: who sees it, what leads where, and that it tells nobody what they may not read."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from app.accounts.models import Role, User
from app.answers.models import Answer, CitationReport, Feedback, Outcome
from app.audit.models import AuditEvent
from app.corpus.models import Document
from app.quality.models import UnansweredTopic
from app.quality.unanswered import find_topics
from app.reviews.models import ReviewItem
from app.tests.world import World, answered_question
from app.web.charts import Line, Point, line_chart
from app.web.quality_choice import SMALLEST_GROUP
from app.web.templatetags.quality import quality_tabs_tag
from app.web.tests.conftest import Visitors

SECRET = "How much may the team spend?"


@pytest.fixture
def world(world: World) -> World:
    """Bob reviews, Charlie runs the product; Alice has asked about the team's budget."""
    User.objects.filter(pk=world.bob.pk).update(roles=[Role.REVIEWER])
    User.objects.filter(pk=world.charlie.pk).update(roles=[Role.OPERATOR])
    world.bob.refresh_from_db()
    world.charlie.refresh_from_db()
    return world


def sampled(answer: Answer) -> ReviewItem:
    return ReviewItem.objects.create(
        answer=answer, day=timezone.now().date(), reasons=["chance"], stratum="-", probability=1.0,
        due_at=timezone.now(),
    )  # fmt: skip


# -- charts ----------------------------------------------------------------------------------------


def test_a_chart_leaves_gaps_open_and_keeps_its_band_within_the_drawing() -> None:
    points = [Point("1", 0.9, 0.8, 0.95), Point("2", 0.92, 0.85, 1.0), Point("3", None), Point("4", 0.88, 0.7, 0.97)]
    chart = line_chart("x", "T", [Line("a", points)])
    (line,) = chart.lines
    assert len(line.paths) == len(line.bands) == 1
    assert [dot.is_alone for dot in line.dots] == [False, False, True]
    assert all(0 <= each <= 100 for dot in line.dots for each in (dot.x, dot.y, dot.top, dot.bottom))
    assert [tick.label for tick in chart.y_ticks][-1] == "100 %"


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.0], ["0 %", "2 %", "4 %", "6 %", "8 %", "10 %"]),
        ([0.031, 0.08], ["0 %", "2 %", "4 %", "6 %", "8 %"]),
        ([0.2, 0.95], ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        ([0.91, 0.93], ["91 %", "92 %", "93 %"]),
        ([1.0], ["90 %", "92 %", "94 %", "96 %", "98 %", "100 %"]),
    ],
)
def test_the_axis_has_round_marks_around_what_is_drawn(values: list[float], labels: list[str]) -> None:
    points = [Point(str(number), value) for number, value in enumerate(values)]
    assert [tick.label for tick in line_chart("x", "T", [Line("a", points)]).y_ticks] == labels


def test_a_chart_says_in_words_what_it_shows() -> None:
    points = [Point("1 May", 0.5), Point("2 May", 0.25), Point("3 May", 0.75)]
    assert line_chart("x", "T", [Line("Thumbs up", points)]).summary.startswith(
        "Thumbs up: 50 % on 1 May, 75 % on 3 May; between 25 % and 75 %."
    )


def test_lines_of_a_chart_share_their_labels() -> None:
    with pytest.raises(ValueError, match="same labels"):
        line_chart("x", "T", [Line("a", [Point("1", 0.5)]), Line("b", [Point("2", 0.5)])])


# -- the page --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ada", "bob", "charlie"])
def test_admins_reviewers_and_operators_see_the_page(visitors: Visitors, name: str) -> None:
    page = getattr(visitors, name).get("/quality/")
    assert page.status_code == 200
    assert "Graded quality" in page.text


def test_tabs_lead_to_pages_that_are_there(visitors: Visitors) -> None:
    tabs = quality_tabs_tag("production")
    assert [tab.label for tab in tabs if tab.is_here] == ["Production"]
    assert {"Production", "Unanswered"} <= {tab.label for tab in tabs}
    for tab in tabs:
        assert visitors.ada.get(tab.url).status_code == 200, tab.url


def test_nothing_on_the_page_breaks_the_content_policy(visitors: Visitors) -> None:
    page = visitors.ada.get("/quality/").text
    assert "style=" not in page
    assert not re.search(r"<script(?! src=)", page)


def test_without_answers_the_page_says_so(visitors: Visitors) -> None:
    Answer.objects.all().delete()
    page = visitors.ada.get("/quality/").text
    assert "No answers in these days" in page
    assert '<svg class="plot' not in page


def test_each_point_leads_to_its_answers(visitors: Visitors, world: World) -> None:
    answered_question(world.alice, "Parking?", world.handbook, outcome=Outcome.NOT_FOUND, text="")
    page = visitors.ada.get("/quality/?days=7").text
    today = timezone.now().date().isoformat()
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/quality/answers/[^"]+)"', page)}
    wanted = f"/quality/answers/?from={today}&to={today}&what=not_found"
    assert wanted in links
    for link in links:
        assert visitors.ada.get(link).status_code == 200, link
    listed = visitors.ada.get(wanted).text
    assert "Not found" in listed
    assert listed.count("Answer ") == 1


def test_what_a_link_lists_is_what_the_figure_counts(visitors: Visitors, world: World) -> None:
    Feedback.objects.create(answer=world.answer, value="down")
    CitationReport.objects.create(citation=world.citation)
    answered_question(world.bob, "Leave?", world.handbook)
    for what, count in (("", 2), ("unhelpful", 1), ("reported", 1), ("helpful", 0), ("graded", 0), ("low_support", 0)):
        listed = visitors.ada.get(f"/quality/answers/?days=7&what={what}").text
        assert listed.count("Answer ") == count, what


def test_a_slice_holds_on_the_page_and_in_its_links(visitors: Visitors, world: World) -> None:
    answered_question(world.bob, "Leave?", world.handbook, model="large")
    page = visitors.ada.get(f"/quality/?days=7&source={world.handbook_source.pk}&model=large").text
    assert f"source={world.handbook_source.pk}&amp;model=large" in page
    listed = visitors.ada.get(f"/quality/answers/?days=7&source={world.handbook_source.pk}").text
    assert listed.count("Answer ") == 1


@pytest.mark.parametrize(
    "query",
    [
        "days=0", "days=x", "from=2026-13-01", "source=999999", "group=-1", "model=", "what=x", "from=1000-01-01",
        "to=9999-12-31", "source=99999999999999999999", "prompt=%00", "page=9999",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_shows_the_usual(visitors: Visitors, query: str) -> None:
    assert visitors.ada.get(f"/quality/?{query}").status_code == 200
    assert visitors.ada.get(f"/quality/answers/?{query}").status_code == 200


def test_a_small_group_is_not_offered_because_it_would_tell_who_asked(visitors: Visitors, world: World) -> None:
    assert "Group of the asker" not in visitors.ada.get("/quality/").text
    listed = visitors.ada.get(f"/quality/answers/?group={world.team.pk}").text
    assert "of the part that you chose" not in listed
    large = Group.objects.create(name="large")
    others = [User.objects.create(email=f"p{number}@example.com") for number in range(SMALLEST_GROUP)]
    large.user_set.set(others)
    Group.objects.create(name="larger").user_set.set(others)
    page = visitors.ada.get("/quality/").text
    assert "Group of the asker" in page
    assert ">team<" not in page


def test_sources_that_one_may_not_read_are_not_named(visitors: Visitors, world: World) -> None:
    assert "Team files" in visitors.ada.get("/quality/").text
    assert "Team files" in visitors.bob.get("/quality/").text
    assert "Team files" not in visitors.charlie.get("/quality/").text
    assert visitors.charlie.get(reverse("quality_source", args=[world.team_source.pk])).status_code == 404


def test_a_source_that_is_worse_says_by_what(visitors: Visitors, world: World) -> None:
    for _ in range(20):
        answered_question(world.alice, "Budget?", world.document, outcome=Outcome.NOT_FOUND, text="")
        answered_question(world.alice, "Leave?", world.handbook)
    page = visitors.ada.get("/quality/").text
    assert "Worse: not found" in page
    assert page.index("Team files</a>") < page.index("Handbook</a>")


# -- the answers behind a figure -------------------------------------------------------------------


def test_questions_are_shown_of_the_sample_to_those_who_may_read_them(visitors: Visitors, world: World) -> None:
    address = "/quality/answers/?days=7"
    assert SECRET not in visitors.bob.get(address).text
    sampled(world.answer)
    assert SECRET in visitors.bob.get(address).text
    assert SECRET not in visitors.ada.get(address).text  # she is in no group: a role opens no document
    assert SECRET not in visitors.charlie.get(address).text
    looked = AuditEvent.objects.get(action="answers_listed")
    assert (looked.actor_label, looked.details) == ("bob@example.com", {"answers": [world.answer.pk]})


def test_who_asked_is_told_nobody(visitors: Visitors, world: World) -> None:
    sampled(world.answer)
    for name in ("ada", "bob", "charlie"):
        client: Client = getattr(visitors, name)
        for address in ("/quality/", "/quality/answers/?days=7", "/quality/unanswered/"):
            text = client.get(address).text
            assert "alice" not in text.casefold(), (name, address)


# -- unanswered ------------------------------------------------------------------------------------


@pytest.fixture
def topic(world: World) -> UnansweredTopic:
    for asker in (world.alice, world.bob):
        answered_question(asker, "Where can I park my bicycle?", world.handbook, outcome=Outcome.NOT_FOUND, text="")
    find_topics()
    return UnansweredTopic.objects.get()


def test_unanswered_questions_are_listed_as_topics(visitors: Visitors, topic: UnansweredTopic) -> None:
    page = visitors.charlie.get("/quality/unanswered/").text
    assert "bicycle" in page
    assert "Where can I park my bicycle?" in page
    assert 'by <span class="numeric">2</span> people' in page
    assert "Employee handbook" in page


def test_a_topic_is_dismissed_and_listed_again(visitors: Visitors, topic: UnansweredTopic) -> None:
    answer = visitors.bob.post(
        reverse("quality_topic_dismiss", args=[topic.pk]), {"note": "Ask reception."}, follow=True
    )
    assert "The topic is dismissed." in answer.text
    assert "Nothing is left unanswered" in answer.text
    dismissed = visitors.bob.get("/quality/unanswered/?state=dismissed").text
    assert "Ask reception." in dismissed
    assert "by Bob" in dismissed
    visitors.bob.post(reverse("quality_topic_restore", args=[topic.pk]))
    assert "bicycle" in visitors.bob.get("/quality/unanswered/").text


def test_operators_look_and_do_not_decide(visitors: Visitors, topic: UnansweredTopic) -> None:
    assert "We will not answer this" not in visitors.charlie.get("/quality/unanswered/").text
    assert visitors.charlie.post(reverse("quality_topic_dismiss", args=[topic.pk])).status_code == 404


# -- the report ------------------------------------------------------------------------------------


def test_a_report_names_the_figures_the_documents_and_the_topics(
    visitors: Visitors, world: World, topic: UnansweredTopic
) -> None:
    Feedback.objects.create(answer=answered_question(world.alice, "Leave?", world.handbook), value="down")
    address = reverse("quality_source", args=[world.handbook_source.pk])
    page = visitors.charlie.get(address).text
    for words in ("Handbook", "Employee handbook", "Thumbs down", "1 of 1", "2 of 3", "Bicycle"):
        assert words in page, words
    assert "Where can I park" not in page  # the report travels: no question stands in it
    kept = AuditEvent.objects.get(action="source_report_exported")
    assert (kept.actor_label, kept.target) == ("charlie@example.com", f"source:{world.handbook_source.pk}")


def test_titles_that_one_may_not_read_are_counted_and_not_told(visitors: Visitors, world: World) -> None:
    Feedback.objects.create(answer=answered_question(world.alice, "Leave?", world.handbook), value="down")
    own = world.team_source.access_set
    Document.objects.filter(pk=world.handbook.pk).update(access_set=own)
    page = visitors.charlie.get(reverse("quality_source", args=[world.handbook_source.pk])).text
    assert "Employee handbook" not in page
    assert "1 more document that you may not read" in page


def test_the_table_of_a_report_holds_no_formula(visitors: Visitors, world: World) -> None:
    Document.objects.filter(pk=world.handbook.pk).update(title='=HYPERLINK("http://evil")')
    Feedback.objects.create(answer=answered_question(world.alice, "Leave?", world.handbook), value="down")
    answer = visitors.charlie.get(reverse("quality_source_export", args=[world.handbook_source.pk]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["part"] for row in rows} == {"source", "document"}
    assert '\'=HYPERLINK("http://evil")' in {row["name"] for row in rows}
    down = next(row for row in rows if row["figure"].startswith("Thumbs down") and row["part"] == "source")
    assert (down["count"], down["of"], down["share"]) == ("1", "1", "1.0")
    assert AuditEvent.objects.get(action="source_report_exported").details["form"] == "csv"


def test_old_answers_are_in_no_recent_figure(visitors: Visitors, world: World) -> None:
    Answer.objects.filter(pk=world.answer.pk).update(finished_at=timezone.now() - timedelta(days=20))
    assert "No answers in these days" in visitors.ada.get("/quality/?days=7").text
    assert "No answers in these days" not in visitors.ada.get("/quality/?days=30").text
