"""Which of the models on trial an admin has put in use.

`used_versions` reads what this process last loaded and never touches the database, so it may be called anywhere and at
any time. `load_models_in_use` is called where each question begins; it asks the database at most every `FRESH_FOR_S`
seconds, and only where some model is on trial. That is how long another process may go on as before.
"""

import time
from dataclasses import dataclass

from django.conf import settings

FRESH_FOR_S = 5.0


@dataclass(slots=True)
class _Loaded:
    versions: frozenset[str] = frozenset()
    at: float | None = None


_loaded = _Loaded()


def used_versions() -> frozenset[str]:
    """None before anything was loaded."""
    return _loaded.versions


def load_models_in_use() -> None:
    """One short query, unless the last one was a moment ago or nothing is on trial."""
    if not any(each.trial for each in settings.ATTEST_MODELS.models.values()):
        return
    now = time.monotonic()
    if _loaded.at is not None and now - _loaded.at < FRESH_FOR_S:
        return
    # The registry is imported before Django's applications are loaded.
    from app.providers.models import ModelActivation

    latest = ModelActivation.objects.order_by("name", "-pk").distinct("name")
    _loaded.versions = frozenset(each.version for each in latest if each.kind == ModelActivation.Kind.USED)
    _loaded.at = now


def refresh_models_in_use() -> None:
    """Load them anew at the next question of this process; until then, questions under way go on as they are."""
    _loaded.at = None


def forget_models_in_use() -> None:
    """As if nothing had been loaded: where another database is connected, and in tests."""
    _loaded.versions, _loaded.at = frozenset(), None
