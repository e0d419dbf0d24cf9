"""The Celery application: workers and beat start from here, and each task carries its caller's request id."""

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import before_task_publish, celeryd_after_setup, task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
celery_app = Celery("attest")
celery_app.config_from_object("django.conf:settings", namespace="CELERY")
celery_app.autodiscover_tasks(
    ["app.audit", "ingestion", "app.usage", "app.answers", "app.reviews", "app.quality", "app.privacy"]
)


@celeryd_after_setup.connect
def share_processors(instance: Any, **_: Any) -> None:
    """Each process of the pool computes with its share of the processors: with all of them they stand in line."""
    if instance.concurrency > 1:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, processors() // instance.concurrency)))


def processors() -> int:
    """How many this process may use, which a container can make fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_: Any) -> None:
    headers["request_id"] = structlog.contextvars.get_contextvars().get("request_id", "")


@task_prerun.connect
def bind_request_id(task: Any, task_id: str, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    request_id = getattr(task.request, "request_id", None) or task_id
    structlog.contextvars.bind_contextvars(request_id=request_id, task=task.name)


@task_postrun.connect
def clear_request_id(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()
