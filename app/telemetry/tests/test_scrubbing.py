"""Log lines and error reports carry no personal data, whoever wrote them."""

import io
import json
import logging

import pytest
import structlog

from app.telemetry.scrubbing import scrub_report

EMAIL, PHONE = "agnieszka@corp.example", "+44 20 7946 0018"
IBAN, CARD = "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111"


@pytest.fixture
def lines():
    """What this process would write."""
    stream = io.StringIO()
    formatter = next(
        each.formatter for each in logging.getLogger().handlers
        if isinstance(each.formatter, structlog.stdlib.ProcessorFormatter)
    )  # fmt: skip
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    yield stream.getvalue
    logging.getLogger().removeHandler(handler)


def test_what_can_be_told_by_its_form_is_removed_from_every_line(lines):
    structlog.get_logger("app.tests").warning("odd_thing", said=f"ask {EMAIL}", parts=[{"to": PHONE}, IBAN], card=CARD)
    logging.getLogger("somebody.else").warning("cannot reach %s", EMAIL)
    for secret in (EMAIL, PHONE, IBAN, CARD):
        assert secret not in lines()
    assert "odd_thing" in lines()
    assert "cannot reach [removed]" in lines()


def test_ids_times_and_numbers_stay(lines):
    fields = {"request_id": "0123456789abcdef0123456789abcdef", "took_ms": 1234567890123456,
              "version": "answer@1a2b3c4d",
              "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015", "at": "2026-11-23T05:02:41.338130Z"}  # fmt: skip
    structlog.get_logger("app.tests").warning("all_well", **fields)
    line = json.loads(lines())
    assert {name: line[name] for name in fields} == fields


def test_the_words_of_an_error_that_is_not_ours_are_left_out(lines):
    try:
        raise ValueError(f"Failing row contains (7, {EMAIL}, Agnieszka Nowakowska)")
    except ValueError:
        structlog.get_logger("app.tests").exception("it_failed")
        logging.getLogger("somebody.else").exception("it failed there")
    assert "Agnieszka" not in lines()
    first = json.loads(lines().splitlines()[0])
    assert first["exception"].startswith("builtins.ValueError\n")
    assert "test_scrubbing.py" in first["exception"]


def test_an_error_report_has_places_and_no_words():
    report = {
        "exception": {
            "values": [{"type": "IntegrityError", "module": "django.db.utils", "value": f"Key ({EMAIL}) exists"}]
        },
        "request": {
            "url": f"https://attest.example.com/?q={PHONE}",
            "query_string": "q=salary",
            "headers": {"Cookie": "x"},
        },
        "user": {"email": EMAIL},
        "logentry": {"message": f"{{'event': 'odd', 'to': '{EMAIL}'}}"},
        "tags": {"step": "generate"},
    }
    sent = json.dumps(scrub_report(report))
    for secret in (EMAIL, PHONE, "salary", "Cookie"):
        assert secret not in sent
    assert "IntegrityError" in sent
    assert "generate" in sent
