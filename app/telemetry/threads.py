"""Blocking work called from asynchronous code: runs in a thread, and gives its connection back after."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.db import connections

P = ParamSpec("P")
T = TypeVar("T")

# As many as one process may hold database connections for, less a few for synchronous views.
EXECUTOR = ThreadPoolExecutor(max_workers=8, thread_name_prefix="attest")


async def in_thread(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`act(*args, **kwargs)` in a worker thread. The context (request id) goes with it."""

    def run() -> T:
        try:
            return act(*args, **kwargs)
        finally:
            connections.close_all()

    return await sync_to_async(run, thread_sensitive=False, executor=EXECUTOR)()
