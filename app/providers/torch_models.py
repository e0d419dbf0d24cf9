"""What each model that runs in this process needs: no hub, a number of threads, and plain errors."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from app.providers.errors import Refused, Unavailable

Model = TypeVar("Model")


def load_offline(name: str, build: Callable[[], Model], *, threads: int) -> Model:
    """`build()` a model from files on this machine. Raises `Refused` where it cannot be loaded.

    `threads` is the number of processor threads of the whole process; 0 leaves torch's own choice.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        import torch
        from transformers.utils import logging

        logging.disable_progress_bar()
        if threads:
            torch.set_num_threads(threads)
        return build()
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise Refused(f"The model {name!r} cannot be loaded: {error}") from error


@contextmanager
def running(name: str) -> Iterator[None]:
    """Turns what torch raises while computing (memory, mostly) into `Unavailable`."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        raise Unavailable(f"The model {name!r} failed: {error}") from error
