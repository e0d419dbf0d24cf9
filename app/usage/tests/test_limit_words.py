"""Limits as people write them, and waits as people read them."""

import pytest

from app.env import ConfigurationError
from app.usage.limit_words import limit_of, limits_of, refuse_wrong_limits, wait_in_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20/m/user", (20, 60, "a minute", "user", "")),
        ("200/h/group:finance", (200, 3600, "an hour", "group", "finance")),
        ("200/h/group:R&D / Labs", (200, 3600, "an hour", "group", "R&D / Labs")),
        ("500/d/group", (500, 86_400, "a day", "group", "")),
        ("2000/h", (2000, 3600, "an hour", "everyone", "")),
        ("100/5m", (100, 300, "5 minutes", "everyone", "")),
        ("5/s", (5, 1, "a second", "everyone", "")),
    ],
)
def test_a_limit_reads_as_it_is_written(text, expected):
    limit = limit_of(text)
    assert (limit.amount, limit.seconds, limit.window, limit.scope, limit.group) == expected


def test_so_many_at_once_is_a_limit_without_a_window():
    assert limit_of("3/at-once/user").is_at_once
    assert not limit_of("3/m/user").is_at_once


@pytest.mark.parametrize(
    "text",
    ["", "20", "20/m/", "0/m/user", "-1/m", "20/x/user", "20/m/usr", "20/m/group:", "m/20", "1.5/m", "20 / m", "off"],
)
def test_what_is_no_limit_is_refused_with_a_sentence(text):
    with pytest.raises(ConfigurationError) as refused:
        refuse_wrong_limits("ATTEST_LIMITS", ["5/s", text])
    assert str(refused.value) == (
        f'ATTEST_LIMITS has "{text}", but a limit must be written like 20/m/user, 200/h/group:finance, 2000/h or '
        "3/at-once/user; off alone means that there is none."
    )


def test_off_alone_is_no_limit():
    assert limits_of(("off",)) == ()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"), (35, "35 seconds"), (60, "60 seconds"), (61, "2 minutes"), (3600, "60 minutes"),
        (7200, "120 minutes"), (7201, "3 hours"), (172_801, "3 days"),
    ],
)  # fmt: skip
def test_a_wait_is_never_said_to_be_shorter_than_it_is(seconds, words):
    assert wait_in_words(seconds) == words
