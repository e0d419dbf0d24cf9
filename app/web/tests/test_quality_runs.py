"""Pages of evaluation runs: the list with its trends, one run, one case, two runs side by side, and who sees what."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from app.accounts.models import Role, User
from app.quality.models import EvaluationRun
from app.tests.world import World
from app.web.tests.conftest import Visitors
from app.web.tests.made_runs import ANSWER, QUESTION, made_run

RUNS, COMPARE = "/quality/runs/", "/quality/runs/compare/"
FAILED: dict[str, Any] = {"passed": False, "details": {"missing": ["140 euros"], "must": ["140 euros", "a night"]}}
UNSAFE: dict[str, Any] = {"passed": False, "is_safe": False, "details": {"told": ["480,000 euros"]}}
SECRET = "Why was Vera let go?"


@pytest.fixture
def ada(visitors: Visitors) -> Client:
    return visitors.ada


def seen(client: Client, url: str) -> str:
    """The words of the page's main part, without marks and runs of blanks."""
    page = client.get(url)
    assert page.status_code == 200, url
    main = page.text.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).replace("&nbsp;", " ").split())


def case_url(run: EvaluationRun, case: str = "travel-hotel-01") -> str:
    return reverse("quality_run_case", args=[run.pk, case])


def compare_url(before: EvaluationRun, after: EvaluationRun, **more: str) -> str:
    return f"{COMPARE}?a={before.pk}&b={after.pk}" + "".join(f"&{name}={value}" for name, value in more.items())


# Who may


@pytest.mark.parametrize("role", [Role.ADMIN, Role.REVIEWER, Role.OPERATOR])
def test_whoever_watches_quality_sees_runs(visitors: Visitors, world: World, role: Role) -> None:
    User.objects.filter(pk=world.charlie.pk).update(roles=[role])
    run = made_run({})
    for url in (RUNS, f"{RUNS}{run.pk}/", case_url(run), COMPARE):
        assert visitors.charlie.get(url).status_code == 200
        assert visitors.bob.get(url).status_code == 404
        assert visitors.anonymous.get(url).status_code == 302


def test_what_is_not_there_is_not_found(ada: Client) -> None:
    run = made_run({})
    for url in (f"{RUNS}{run.pk + 1}/", case_url(run, "other-case-01"), f"{RUNS}{10**30}/", f"{RUNS}{run.pk}/%00/"):
        assert ada.get(url).status_code == 404, url


# The list


def test_no_run_yet_says_what_makes_one(ada: Client) -> None:
    page = seen(ada, RUNS)
    assert "No run yet" in page
    assert "python manage.py evaluate" in page
    assert "There are no two runs yet" in seen(ada, COMPARE)


def test_a_run_is_told_with_its_share_interval_and_dangers(ada: Client) -> None:
    made_run({}, {"case": "b-01", **FAILED}, {"case": "c-01", **UNSAFE}, filters={"tags": ["list"], "half": "tune"})
    page = seen(ada, RUNS)
    for words in ("Quoted, without a model", "only list · tuning half", "3 cases", "33 %", "6.1 % to 79 %", "1 unsafe",
                  "told from closed documents"):  # fmt: skip
        assert words in page, words


def test_a_run_without_danger_says_so(ada: Client) -> None:
    made_run({})
    page = seen(ada, RUNS)
    assert "none unsafe" in page
    assert "all cases" in page


def test_the_list_is_filtered_by_mode_and_paged(ada: Client) -> None:
    for day in range(26):
        made_run({}, days_ago=day, model="the-quoting")
    made_run({}, mode="scripted", model="mock-read")
    assert "1–25 of 27 runs" in seen(ada, RUNS)
    scripted = seen(ada, f"{RUNS}?mode=scripted")
    assert "mock-read" in scripted
    assert "the-quoting" not in scripted
    assert "26–27 of 27" in seen(ada, f"{RUNS}?page=2")
    assert "1–25 of 27 runs" in seen(ada, f"{RUNS}?mode=no-such-mode&page=x")


def test_the_trend_is_of_whole_runs_of_one_mode_and_leads_to_them(ada: Client) -> None:
    old, new = made_run({}, FAILED | {"case": "b-01"}, days_ago=2), made_run({}, {"case": "b-01"})
    part = made_run({}, filters={"tags": ["list"]})
    page = ada.get(f"{RUNS}?mode=extractive").text
    chart = page.split("<figure", 1)[1].split("</figure>", 1)[0]
    assert f'href="{RUNS}{old.pk}/"' in chart
    assert f'href="{RUNS}{new.pk}/"' in chart
    assert f'href="{RUNS}{part.pk}/"' not in chart
    assert "plot-band" in chart
    assert "Recall@8" in page
    assert "Facts stated" not in page  # no run has that figure, so there is nothing to draw


def test_modes_have_trends_of_their_own(ada: Client) -> None:
    for mode in ("extractive", "scripted"):
        for day in range(2):
            made_run({}, mode=mode, days_ago=day)
    page = ada.get(RUNS).text
    assert page.count("<figure") == 2
    assert "Passed · A server that follows rules" in page


def test_one_run_makes_no_trend(ada: Client) -> None:
    made_run({})
    assert "<figure" not in ada.get(RUNS).text


# One run


def test_a_run_shows_figures_outcomes_times_and_what_it_was_made_of(ada: Client) -> None:
    wrong = {"case": "b-01", "passed": False, "outcome": "not_found", "is_right": False}
    run = made_run({}, wrong, made_of={"encoder": "all-MiniLM-L6-v2", "prompt “answer”": "0123abcd"})
    page = seen(ada, f"{RUNS}{run.pk}/")
    for words in ("1 of 2", "50 %", "Recall@8", "0.50 0.09–0.91", "not found", "expected answered, got not found",
                  "retrieve 20 ms", "0 USD", "no model was asked", "prompt “answer” 0123abcd"):  # fmt: skip
        assert words in page, words


def test_what_an_answer_may_end_as_counts_as_expected(ada: Client) -> None:
    run = made_run({"outcome": "caveat", "details": {"accepted": ["caveat"]}})
    page = seen(ada, f"{RUNS}{run.pk}/").split("Outcomes", 1)[1].split("Time by step")[0]
    assert "caveat" not in page


def test_a_cell_of_the_outcomes_leads_to_its_cases(ada: Client) -> None:
    wrong = {"passed": False, "outcome": "not_found", "is_right": False}
    run = made_run({}, wrong | {"case": "b-01"}, wrong | {"case": "c-01"})
    address = "?state=wrong&amp;expected=answered&amp;outcome=not_found#cases"
    assert address in ada.get(f"{RUNS}{run.pk}/").text
    page = seen(ada, f"{RUNS}{run.pk}/{address.replace('&amp;', '&')}")
    assert "b-01" in page
    assert "travel-hotel-01" not in page
    assert "2 cases" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=failed", {"b-01", "c-01"}), ("state=unsafe", {"c-01"}), ("state=passed", {"travel-hotel-01"}),
        ("tag=list", {"b-01"}), ("outcome=refused", {"c-01"}), ("q=HOTEL", {"travel-hotel-01"}),
        ("q=Parking+permit", {"b-01"}), ("q=%25", set()), ("q=a%00b", set()), ("tag=no-such", None), ("state=x", None),
    ],
)  # fmt: skip
def test_cases_are_filtered(ada: Client, query: str, found: set[str] | None) -> None:
    parking = {"question": "What is a parking permit?"}
    run = made_run(
        {}, {"case": "b-01", "passed": False, "tags": ["list"], "details": parking},
        {"case": "c-01", "outcome": "refused", "passed": False, "is_safe": False, "details": {"question": "Who?"}},
    )  # fmt: skip
    page = ada.get(f"{RUNS}{run.pk}/?{query}").text
    listed = set(re.findall(rf'href="{RUNS}{run.pk}/([\w-]+)/"', page))
    assert listed == ({"travel-hotel-01", "b-01", "c-01"} if found is None else found)


def test_no_case_like_that_is_said(ada: Client) -> None:
    run = made_run({})
    assert "No case is like that" in seen(ada, f"{RUNS}{run.pk}/?q=nothing+of+the+kind")


def test_cases_are_paged_with_their_filter(ada: Client) -> None:
    run = made_run(*({"case": f"many-{at:02}"} for at in range(60)))
    page = ada.get(f"{RUNS}{run.pk}/?state=passed&page=2").text
    assert "26–50 of 60 cases" in page
    assert "?state=passed&amp;page=1" in page


def test_the_gates_verdict_is_told(ada: Client) -> None:
    run = made_run({}, verdict="failed", compared_with="the baseline", evidence={"reasons": ["4 lists were lost."]})
    page = seen(ada, f"{RUNS}{run.pk}/")
    assert "Failed the gate , compared with the baseline. 4 lists were lost." in page
    assert "failed the gate" in seen(ada, RUNS)


def test_long_and_strange_values_are_shown_as_they_are(ada: Client) -> None:
    name = "x" * 120
    run = made_run({"case": name, "details": {"question": "<b>" + "y" * 5000, "text": "<script>1</script>"}},
                   model="m" * 200, filters={"cases": [name]})  # fmt: skip
    for url in (RUNS, f"{RUNS}{run.pk}/", case_url(run, name)):
        page = ada.get(url).text
        assert "<b>y" not in page
        assert "<script>1" not in page


# One case


def test_a_case_shows_what_was_asked_said_and_missing(ada: Client) -> None:
    details = {
        "missing": ["140 euros"], "must": ["140 euros", "a night"], "forbidden": ["180 euros"],
        "must_not": ["180 euros", "no limit"], "reference": "At most 140 euros a night.", "notice": "It is old.",
        "history": [{"question": "And trains?", "answer": "Second class."}], "error": "The model was slow.",
        "gold": [{"document": "travel/policy.md", "quote": "Hotels cost at most 140 euros"}],
    }  # fmt: skip
    run = made_run({"passed": False, "details": details})
    page = seen(ada, case_url(run))
    for words in (QUESTION, "maya@example.com", "And trains? Second class.", ANSWER, "at most 140 euros a night",
                  "At most 140 euros a night.", "Found by search (2 passages", "140 euros missing", "a night stated",
                  "180 euros forbidden, and stated", "no limit left out, as it should be", "Recall@8 1.00",
                  "retrieve 20 ms", "failed", "The model was slow.", "It is old.",
                  "Hotels cost at most 140 euros"):  # fmt: skip
        assert words in page, words


def test_a_case_of_an_older_run_shows_what_is_known(ada: Client) -> None:
    run = made_run({"passed": False, "details": {"missing": ["140 euros"], "text": ""}, "outcome": ""})
    page = seen(ada, case_url(run))
    assert "140 euros missing" in page
    assert "Nothing was said." in page
    assert "got nothing" in page


def test_a_refusal_that_is_right_misses_no_facts(ada: Client) -> None:
    run = made_run({"outcome": "refused", "details": {"text": "", "accepted": ["refused"], "must": ["140 euros"]}})
    assert "Facts" not in seen(ada, case_url(run))


def test_a_case_is_followed_over_runs(ada: Client) -> None:
    old = made_run({"passed": False}, days_ago=3)
    other = made_run({"details": {"question": "What does a hotel cost?"}}, days_ago=2, mode="scripted")
    run = made_run({}, {"case": "b-01", "passed": False})
    page = ada.get(case_url(run)).text
    assert f'href="{case_url(old)}"' in page
    assert f'href="{case_url(other)}"' in page
    assert page.count("asked or judged otherwise") == 1
    assert f"a={old.pk}&amp;b={run.pk}" in page
    assert f"a={other.pk}&amp;b={run.pk}" not in page
    assert f'rel="next" href="{case_url(run, "b-01")}"' in page


# Two runs


def test_two_runs_are_compared_case_by_case(ada: Client) -> None:
    before = made_run(
        {"case": "same-01"}, {"case": "broke-01"}, {"case": "mended-01", **FAILED}, {"case": "other-01"},
        days_ago=1, made_of={"encoder": "old-encoder"},
    )  # fmt: skip
    after = made_run(
        {"case": "same-01"}, {"case": "broke-01", "passed": False, "details": {"text": ANSWER.replace("140", "180")}},
        {"case": "mended-01", "details": {"must": ["140 euros", "a night"]}},
        {"case": "other-01", "outcome": "caveat", "details": {"accepted": []}}, made_of={"encoder": "new-encoder"},
    )  # fmt: skip
    page = ada.get(compare_url(before, after)).text
    order = [page.index(f">{case}-01<") for case in ("broke", "mended", "other")]
    assert order == sorted(order)
    assert ">same-01<" not in page
    assert "<del>140</del>" in page
    assert "<ins>180</ins>" in page
    words = seen(ada, compare_url(before, after))
    for each in ("Broke 1", "Got better 1", "Changed otherwise 1", "Ended the same 1", "Over the 4 cases",
                 "old-encoder", "new-encoder", "Passed 0.750 0.750 0.000", "1.000", "missing: 140 euros"):  # fmt: skip
        assert each in words, each
    assert "Not comparable" not in words
    same = seen(ada, compare_url(before, after, show="same"))
    assert "same-01" in same
    assert "broke-01" not in same


def test_what_is_beyond_chance_is_called_worse(ada: Client) -> None:
    before = made_run(*({"case": f"a-{at:02}"} for at in range(12)))
    after = made_run(*({"case": f"a-{at:02}", "passed": False} for at in range(12)))
    page = seen(ada, compare_url(before, after))
    assert "worse" in page.split("Cases")[1]
    back = seen(ada, compare_url(after, before))
    assert "−1.000" in page
    assert "+1.000" in back
    assert "better" in back


def test_becoming_unsafe_is_breaking_also_where_it_failed_before(ada: Client) -> None:
    before, after = made_run({"passed": False}), made_run({"passed": False, "is_safe": False})
    assert "Broke 1" in seen(ada, compare_url(before, after))


def test_runs_that_do_not_compare_say_so(ada: Client) -> None:
    quoted, scripted = made_run({}), made_run({}, mode="scripted")
    elsewhere = made_run({"case": "b-01"}, filters={"tags": ["list"]})
    page = seen(ada, compare_url(quoted, scripted))
    assert "Not comparable. One is of the mode “Quoted, without a model”, the other “A server" in page
    assert "No test" in page
    page = seen(ada, compare_url(quoted, elsewhere))
    assert "no case in common" in page
    assert "Other cases were chosen: all cases before, only list after." in page
    assert "Left out: 1 case that only the run before asked." in page
    assert "This is one run twice" in seen(ada, compare_url(quoted, quoted))


def test_a_case_that_reads_otherwise_is_left_out(ada: Client) -> None:
    before = made_run({"case": "a-01"}, {"case": "b-01"})
    after = made_run({"case": "a-01"}, {"case": "b-01", "passed": False, "details": {"question": "Something else?"}})
    page = seen(ada, compare_url(before, after))
    assert "Left out: 1 case whose words or facts changed between the runs." in page
    assert "Over the 1 case that both" in page
    assert "Nothing changed" in page


@pytest.mark.parametrize("query", ["", "?a=1", "?a=x&b=y", "?a=999999999999999999&b=1", "?a=%00&b=²"])
def test_two_runs_are_asked_for_where_they_are_not_given(ada: Client, query: str) -> None:
    made_run({}), made_run({})
    assert "Choose two runs" in seen(ada, COMPARE + query)


# Living runs: real answers, whose words are for reviews alone


LIVING: dict[str, Any] = {
    "case": "review-7", "passed": False, "is_safe": False, "tags": ["graded-good"], "is_right": False,
    "details": {
        "question": SECRET, "text": SECRET, "reference": SECRET, "notice": SECRET, "error": SECRET, "asker": SECRET,
        "missing": [SECRET], "must": [SECRET], "forbidden": [SECRET], "must_not": [SECRET], "told": [SECRET],
        "cited": [{"document": SECRET, "quote": SECRET}], "found": [SECRET], "review": 7,
        "gold": [{"document": SECRET, "quote": SECRET}], "history": [{"question": SECRET, "answer": SECRET}],
    },
}  # fmt: skip
CLOSED: list[dict[str, Any]] = [
    {"filters": {"living": True, "last": 50}}, {"mode": "living"}, {"filters": {"tags": ["living"]}},
    {"filters": {"no-such-filter": 1}}, {"mode": "no-such-mode"},
]  # fmt: skip


@pytest.mark.parametrize("fields", CLOSED, ids=str)
@pytest.mark.parametrize("role", [Role.ADMIN, Role.REVIEWER, Role.OPERATOR])
def test_no_word_of_a_living_run_is_shown(visitors: Visitors, world: World, role: Role, fields: dict[str, Any]) -> None:
    User.objects.filter(pk=world.charlie.pk).update(roles=[role])
    client = visitors.charlie
    before = made_run(LIVING | {"details": LIVING["details"] | {"text": "Vera"}}, days_ago=1, **fields)
    run = made_run(LIVING, evidence={"reasons": [SECRET]}, verdict="failed", compared_with="people", **fields)
    for url in (RUNS, f"{RUNS}{run.pk}/", case_url(run, "review-7"), compare_url(before, run), compare_url(run, run)):
        page = client.get(url)
        assert page.status_code == 200
        assert "Vera" not in page.text, url
    assert "Their words are shown in reviews alone" in seen(client, f"{RUNS}{run.pk}/")
    assert "missing (1)" in seen(client, case_url(run, "review-7"))


def test_a_search_does_not_tell_of_the_words_of_a_living_run(ada: Client) -> None:
    run = made_run(LIVING, filters={"living": True})
    assert "No case is like that" in seen(ada, f"{RUNS}{run.pk}/?q=Vera")
    assert "review-7" in seen(ada, f"{RUNS}{run.pk}/?q=review")


def test_a_living_case_leads_reviewers_to_its_review(visitors: Visitors, world: World) -> None:
    User.objects.filter(pk=world.charlie.pk).update(roles=[Role.OPERATOR])
    run = made_run(LIVING, filters={"living": True})
    assert 'href="/reviews/7/"' in visitors.ada.get(case_url(run, "review-7")).text
    operator = visitors.charlie.get(case_url(run, "review-7")).text
    assert 'href="/reviews/7/"' not in operator
    assert "It was graded in a review" in operator


def test_a_living_run_is_not_compared_with_another_and_is_no_part_of_its_trend(ada: Client) -> None:
    living, quoted = made_run(LIVING, filters={"living": True, "left_out": {"moved on": 2}}), made_run({})
    page = seen(ada, compare_url(quoted, living))
    assert "One is of the mode “Quoted, without a model”, the other “Graded answers”" in page
    assert "what was asked" in page
    assert "graded answers · 2 left out" in seen(ada, RUNS)
    assert f"{RUNS}{living.pk}/" not in ada.get(f"{RUNS}?mode=extractive").text
    assert f"{RUNS}{living.pk}/" in ada.get(f"{RUNS}?mode=living").text
    assert "<figure" not in ada.get(RUNS).text
