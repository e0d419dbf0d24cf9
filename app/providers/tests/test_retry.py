"""When a model is asked again, how long after, and when not."""

from app.providers.errors import ProviderError, RateLimited, Refused, Unavailable
from app.providers.openai_chat import OpenAIChatModel
from app.providers.retry import RetryingChatModel, pause_before_retry
from app.providers.testing import ScriptedChatModel
from app.providers.types import Delta, Message


async def play(*scripts, retries=2):
    """What was heard, the error if any, the number of attempts and the pauses between them."""
    pauses = []

    async def sleep(seconds):
        pauses.append(seconds)

    model = ScriptedChatModel(*scripts)
    heard, failure = [], None
    try:
        retrying = RetryingChatModel(model, retries=retries, sleep=sleep)
        async for event in retrying.stream([Message("user", "hi")], max_tokens=9, temperature=0):
            heard.append(event.text if isinstance(event, Delta) else "END")
    except ProviderError as error:
        failure = error
    return heard, failure, len(model.conversations), pauses


async def test_a_failure_before_the_first_word_is_tried_again():
    heard, failure, attempts, pauses = await play([Unavailable("down")], ["fine"])
    assert (heard, failure, attempts) == (["fine", "END"], None, 2)
    assert 0.125 <= pauses[0] <= 0.25


async def test_the_attempts_end():
    heard, failure, attempts, pauses = await play([Unavailable("down")])
    assert isinstance(failure, Unavailable)
    assert (heard, attempts, len(pauses)) == ([], 3, 2)


async def test_nothing_is_tried_again_after_the_first_word():
    heard, failure, attempts, _ = await play(["half", Unavailable("cut")], ["fine"])
    assert isinstance(failure, Unavailable)
    assert (heard, attempts) == (["half"], 1)


async def test_a_permanent_failure_is_not_tried_again():
    _, failure, attempts, _ = await play([Refused("no")], ["fine"])
    assert isinstance(failure, Refused)
    assert attempts == 1


async def test_the_servers_wish_to_wait_is_kept():
    heard, _, _, pauses = await play([RateLimited("slow down", retry_after=3)], ["fine"])
    assert (heard, pauses) == (["fine", "END"], [3])


async def test_a_wish_longer_than_a_reader_waits_ends_the_attempts():
    _, failure, attempts, pauses = await play([RateLimited("slow down", retry_after=60)], ["fine"])
    assert isinstance(failure, RateLimited)
    assert (attempts, pauses) == (1, [])


async def test_no_retries_means_one_attempt():
    _, _, attempts, _ = await play([Unavailable("down")], retries=0)
    assert attempts == 1


def test_pauses_grow_up_to_a_limit_and_differ():
    ranges = [(0.125, 0.25), (0.25, 0.5), (0.5, 1.0), (4, 8)]
    for attempt, (low, high) in zip([0, 1, 2, 30], ranges, strict=True):
        pauses = {pause_before_retry(Unavailable("down"), attempt) for _ in range(50)}
        assert min(pauses) >= low
        assert max(pauses) <= high
        assert len(pauses) > 1


async def test_a_real_server_that_recovers(misbehaving):
    model = OpenAIChatModel("mock-503-first2-len1", base_url=misbehaving.url, api_key="")
    stream = RetryingChatModel(model, retries=2).stream([Message("user", "hi")], max_tokens=9, temperature=0)
    assert [event.text async for event in stream if isinstance(event, Delta)] == ["The"]
