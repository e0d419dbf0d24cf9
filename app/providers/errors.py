"""Everything that can go wrong with a model, in the caller's words; no vendor's error passes the door.

ProviderError      permanent: False (asking again may help) or True (it cannot)
├── Unavailable    not reached, cut off, or failing on its side
├── Timeout        too slow to connect, to begin, to go on or to end
├── RateLimited    asked too often
├── Malformed      answered something that is not the protocol
└── Refused        permanent: wrong key, unknown model, bad request, filtered or out of credit
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


class Refused(ProviderError):
    """The model's owner says no, and will say no again."""

    permanent = True
