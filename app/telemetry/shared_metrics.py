"""Metrics of every process of the product on this machine as one.

Processes that share a folder (`PROMETHEUS_MULTIPROC_DIR`, read by prometheus-client when it is imported) write what
they count there, and any of them can show the sum. A process without such a folder shows its own alone.
"""

import os
import shutil
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Gauge, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
is_shared = FOLDER in os.environ
# Where gauges are that are read from the database when metrics are asked for: whoever is asked knows them all.
LIVE = CollectorRegistry() if is_shared else REGISTRY


class LiveGauge(Gauge):
    """A gauge that is set whenever metrics are asked for, so that it has nothing to share with other processes."""

    def _metric_init(self) -> None:
        self._value = values.MutexValue(
            self._type, self._name, self._name, self._labelnames, self._labelvalues, self._documentation
        )

    def clear(self) -> None:
        """Forget every labelled value."""
        with self._lock:
            self._metrics = {}


def begin_anew(folder: Path) -> dict[str, str]:
    """Empties the folder, for processes that start now; the environment that makes them share it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {FOLDER: str(folder)}


def latest() -> bytes:
    """All metrics in Prometheus' text format."""
    if not is_shared:
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return generate_latest(together) + generate_latest(LIVE)
