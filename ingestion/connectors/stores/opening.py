"""Opening a store by its address, and keeping it open: a connection for each document would cost too much.

Connections belong to one thread of one process. What failed is opened anew.
"""

import importlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ingestion.connectors.base import ConnectorError
from ingestion.connectors.stores.address import Address
from ingestion.connectors.stores.store import Store

# The module of this package, the package it needs, and the extra that installs it.
MODULES = {
    "s3": ("s3", "s3fs", "s3"),
    "gs": ("google", "gcsfs", "gcs"),
    "az": ("azure", "adlfs", "azure"),
    "sftp": ("sftp", "paramiko", "sftp"),
    "smb": ("smb", "smbprotocol", "smb"),
    "webdavs": ("webdav", "webdav4", "webdav"),
    "webdav": ("webdav", "webdav4", "webdav"),
}
MOST_OPEN = 4
# A connection that nobody used for longer may have been closed at the other end.
IDLE_S = 60.0

_open: OrderedDict[tuple[Any, ...], tuple[Store, float]] = OrderedDict()
_lock = threading.Lock()


def opened(address: Address, settings: Mapping[str, str], secret: str) -> Store:
    """The store at `address`, connected at its first use. Raises ConnectorError if its package is missing."""
    key = (os.getpid(), threading.get_ident(), address, tuple(sorted(settings.items())), secret)
    now = time.monotonic()
    with _lock:
        store, used_at = _open.pop(key, (None, 0.0))
        if store is None or now - used_at > IDLE_S:
            store = store_class(address.protocol)(address, settings, secret)
        _open[key] = store, now
        while len(_open) > MOST_OPEN:
            _open.popitem(last=False)
    return store


def forget(store: Store) -> None:
    """Open it anew the next time."""
    with _lock:
        for key in [key for key, (each, _) in _open.items() if each is store]:
            del _open[key]


def store_class(protocol: str) -> type[Store]:
    """What reads `protocol`. Raises ConnectorError if its package is not installed."""
    module, package, extra = MODULES[protocol]
    try:
        found: type[Store] = importlib.import_module(f"ingestion.connectors.stores.{module}").STORE
    except ModuleNotFoundError as error:
        raise ConnectorError(
            f"Reading {protocol}:// needs the package {package}, which is not installed; ask an operator to "
            f"run pip install '.[{extra}]' in Attest's folder.",
            permanent=True,
        ) from error
    return found
