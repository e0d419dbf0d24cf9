"""Every exception of the openai client has its meaning among ours, and none leaks what it quotes."""

import httpx2
import openai
import pytest

from app.providers import errors
from app.providers.openai_errors import MEANING, translate, translated

# Private ones that say that the client was called wrongly: they are `Refused`, as their parent is.
SET_UP_WRONGLY = {
    "APIRemovedInV1",
    "MissingDependencyError",
    "MutuallyExclusiveAuthError",
    "StreamAlreadyConsumed",
    "_AmbiguousModuleClientUsageError",
}


def subclasses(kind):
    return {kind} | {deeper for child in kind.__subclasses__() for deeper in subclasses(child)}


def vendor_exceptions():
    exported = (getattr(openai, name) for name in openai.__all__)
    public = {kind for kind in exported if isinstance(kind, type) and issubclass(kind, Exception)}
    return public | {kind for kind in subclasses(openai.OpenAIError) if kind.__module__.startswith("openai")}


def test_no_exception_of_the_client_is_missing_from_the_table():
    assert {kind.__name__ for kind in vendor_exceptions() - MEANING.keys()} <= SET_UP_WRONGLY


def test_the_table_names_nothing_that_is_gone():
    assert MEANING.keys() - vendor_exceptions() == {ValueError, httpx2.HTTPError, httpx2.TimeoutException}


def status_error(status, body=None, headers=None):
    request = httpx2.Request("POST", "http://127.0.0.1/v1")
    response = httpx2.Response(status, request=request, headers=headers)
    return openai.AsyncOpenAI(api_key="k")._make_status_error("SECRET", body=body, response=response)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Refused),
        (401, errors.Misconfigured),
        (402, errors.Misconfigured),
        (403, errors.Misconfigured),
        (404, errors.Misconfigured),
        (408, errors.Timeout),
        (409, errors.Unavailable),
        (413, errors.Refused),
        (422, errors.Refused),
        (425, errors.Unavailable),
        (429, errors.RateLimited),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
    ],
)
def test_each_status_has_its_meaning(status, kind):
    error = translate(status_error(status), "m")
    assert type(error) is kind
    assert error.permanent == issubclass(kind, errors.Refused)
    assert "SECRET" not in str(error)


@pytest.mark.parametrize("kind", sorted(subclasses(httpx2.TransportError), key=str))
def test_each_error_of_the_transport_has_its_meaning(kind):
    is_slow = issubclass(kind, httpx2.TimeoutException)
    assert type(translate(kind("SECRET"), "m")) is (errors.Timeout if is_slow else errors.Unavailable)


def test_a_spent_credit_is_not_a_rate_limit():
    assert type(translate(status_error(429, {"code": "insufficient_quota"}), "m")) is errors.Misconfigured


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("0.5", 0.5), ("-3", 0), ("Wed, 21 Oct 2026", None)])
def test_the_wish_to_wait_is_read(header, seconds):
    assert translate(status_error(429, headers={"retry-after": header}), "m").retry_after == seconds


def test_what_the_vendor_quotes_stays_inside():
    with pytest.raises(errors.ProviderError) as caught, translated("m"):
        raise status_error(500, {"message": "SECRET"})
    assert caught.value.__suppress_context__
    assert "SECRET" not in str(caught.value)


def test_other_errors_are_bugs_and_pass():
    with pytest.raises(ZeroDivisionError), translated("m"):
        _ = 1 / 0
