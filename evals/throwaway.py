"""A database of its own for one evaluation, so that measuring never touches what people ask."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper


@contextmanager
def throwaway_database(kept_as: str = "") -> Iterator[None]:
    """Within, the default connection is an empty, migrated database; afterwards it is gone.

    One that is `kept_as` a name stays, and is found as it was left the next time.
    """
    real = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"{real}_{kept_as or f'evaluation_{os.getpid()}'}"
    _leave()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=bool(kept_as))
    try:
        yield
    finally:
        _leave()
        connection.creation.destroy_test_db(real, verbosity=0, keepdb=bool(kept_as))


def _leave() -> None:
    """A pool would go on handing out connections to the database that it was opened for."""
    connection.close()
    cast(DatabaseWrapper, connection).close_pool()
