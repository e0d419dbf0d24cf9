"""What differs between two texts, and that comparing stays bounded."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.version_diff import MOST_SHOWN, diff

LINES = st.lists(st.sampled_from(["alpha", "beta gamma", "", "delta 4", "epsilon"]), max_size=12)


@given(LINES, LINES)
def test_both_texts_can_be_read_off_the_comparison(before: list[str], after: list[str]) -> None:
    """Unchanged lines far from a change are folded away, so the numbers are compared where a line is shown."""
    result = diff("\n".join(before), "\n".join(after))
    old, new = "\n".join(before).splitlines(), "\n".join(after).splitlines()
    for line in result.lines:
        text = "".join(span.text for span in line.spans)
        assert line.old is None or old[line.old - 1] == text
        assert line.new is None or new[line.new - 1] == text
    assert len(new) - len(old) == result.added - result.removed
    assert (old == new) == (not result.lines)


def test_the_words_that_changed_are_marked() -> None:
    removed, added = diff("Hotels cost 140 euros.", "Hotels cost 160 euros.").lines
    assert [span.text for span in removed.spans if span.is_changed] == ["140"]
    assert [span.text for span in added.spans if span.is_changed] == ["160"]


def test_unchanged_lines_between_changes_are_folded() -> None:
    middle = [f"line {number}" for number in range(30)]
    result = diff("\n".join(["a", *middle, "b"]), "\n".join(["c", *middle, "d"]))
    assert [line.skipped for line in result.lines if line.kind == "gap"] == [26]


@pytest.mark.timed
def test_long_texts_that_share_nothing_are_cut_and_say_so() -> None:
    began = time.monotonic()
    result = diff("\n".join(f"old {n}" for n in range(50_000)), "\n".join(f"new {n}" for n in range(50_000)))
    assert result.is_cut
    assert len(result.lines) == MOST_SHOWN
    assert time.monotonic() - began < 5


@pytest.mark.timed
def test_many_long_lines_are_compared_in_little_time() -> None:
    began = time.monotonic()
    before = "\n".join("a " * 700 + str(number) for number in range(1000))
    result = diff(before, before.replace("a a a", "a b a"))
    assert (result.added, result.removed) == (1000, 1000)
    assert time.monotonic() - began < 5
