"""Everything that can go wrong with a model, in the caller's words; no vendor's error passes the door.

ProviderError      permanent: False (asking again may help) or True (it cannot)
├── Unavailable    not reached, cut off, or failing on its side
├── Timeout        too slow to connect, to begin, to go on or to end
├── RateLimited    asked too often
├── Malformed      answered something that is not the protocol
│   ├── Repetitive     says the same again and again
│   └── WrongLanguage  answers in another language than the question's
├── Refused        permanent: a bad request, or filtered
│   └── Misconfigured  wrong key, unknown model or out of credit: every request will fail, until a person helps
└── NotAsked       was not called at all
    ├── CircuitOpen    it failed too often lately
    └── Busy           as many calls as it may have are running
"""
# ruff: noqa: N818 - the names say what happened: `except Unavailable` reads as a sentence.


class ProviderError(Exception):
    """A model did not do its work. `retry_after` is the server's own wish, in seconds."""

    permanent: bool = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after


class Unavailable(ProviderError):
    """The model could not be reached, hung up, or failed on its side."""


class Timeout(ProviderError):
    """The model took longer than we wait."""


class RateLimited(ProviderError):
    """The model's owner asks us to slow down; `retry_after` says for how long, if it was told."""


class Malformed(ProviderError):
    """The reply does not follow the protocol."""


class Repetitive(Malformed):
    """The model is caught in a loop."""


class WrongLanguage(Malformed):
    """The reply is not in the language that it should be in."""


class Refused(ProviderError):
    """The model's owner says no, and will say no again."""

    permanent = True


class Misconfigured(Refused):
    """Whatever is asked is refused: the key, the model's name or the account is wrong."""


class NotAsked(ProviderError):
    """Nothing was sent. Permanent for the caller: to ask the same again at once cannot help."""

    permanent = True


class CircuitOpen(NotAsked):
    """The model failed too often lately and is left alone; `retry_after` says for how long still."""


class Busy(NotAsked):
    """As many calls as the model may have at once are running, and none ended in time."""
