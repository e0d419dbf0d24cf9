"""The three processes of the product, as command lines."""

import signal
import sys
from pathlib import Path

from app.supervisor.child import Program
from app.telemetry.shared_metrics import begin_anew

CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "app.celery")


def programs(data_dir: Path, workers: int, log_level: str) -> list[Program]:
    """Return web, worker and beat, in the order of their start. They count together what /metrics shows."""
    shared = begin_anew(data_dir / "metrics")
    beat = ("beat", "--schedule", str(data_dir / "beat-schedule"), "--pidfile", "", "--loglevel", log_level)
    worker = ("worker", "--concurrency", str(workers), "--loglevel", log_level)
    return [
        Program("web", (sys.executable, "-m", "app.supervisor.web"), environment=shared),
        # SIGQUIT is Celery's cold shutdown: unfinished tasks go back to the queue at once.
        Program("worker", (*CELERY, *worker, "--without-gossip", "--without-mingle"), signal.SIGQUIT, shared),
        Program("beat", (*CELERY, *beat), environment=shared),
    ]
