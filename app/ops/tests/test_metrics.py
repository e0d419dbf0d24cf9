"""Metrics are for those who have the token, or for this machine where there is none."""

import re
from datetime import timedelta

import httpx
import pytest
from django.db import DatabaseError
from django.test import AsyncClient
from django.utils import timezone
from prometheus_client import generate_latest

from app.asgi import application
from app.corpus.models import Document, Source
from app.ops import queue_metrics
from ingestion.models import IngestionJob
from ingestion.sources import create_source, upload_document

pytestmark = pytest.mark.django_db(transaction=True)


async def read(**headers):
    return await AsyncClient().get("/metrics", headers=headers)


async def test_this_machine_reads_them_where_no_token_is_set():
    response = await read()
    assert response.status_code == 200
    assert "attest_jobs_waiting 0.0" in response.content.decode()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host"])
async def test_what_a_proxy_on_this_machine_passes_on_is_refused(header):
    assert (await read(**{header: "127.0.0.1"})).status_code == 403


async def test_another_machine_is_refused():
    transport = httpx.ASGITransport(app=application, client=("10.0.0.8", 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/metrics")).status_code == 403


@pytest.mark.parametrize(
    ("offered", "status"),
    [(None, 401), ("Bearer wrong", 401), ("Bearer ", 401), ("token", 401), ("Bearer right", 200)],
)
async def test_with_a_token_only_its_holder_reads_them(settings, offered, status):
    settings.ATTEST_METRICS_TOKEN = "right"
    response = await read(**({"Authorization": offered} if offered else {}))
    assert response.status_code == status


def test_the_queue_is_measured_when_asked():
    source = create_source(actor=None, name="Notes", kind="upload", everyone=True)
    document = upload_document(source, actor=None, name="note.txt", data=b"A note.")
    IngestionJob.objects.filter(document=document).update(created_at=timezone.now() - timedelta(minutes=5))
    queue_metrics.refresh()
    assert queue_metrics.JOBS_WAITING._value.get() == 1
    assert 299 < queue_metrics.OLDEST_JOB_SECONDS._value.get() < 400


def test_an_unreachable_database_leaves_a_gap_and_no_zero(monkeypatch):
    def fail(**_):
        raise DatabaseError

    monkeypatch.setattr(IngestionJob.objects, "aggregate", fail)
    queue_metrics.refresh()
    assert queue_metrics.JOBS_WAITING._value.get() != queue_metrics.JOBS_WAITING._value.get()


def test_sources_are_counted_by_kind_and_by_what_is_wrong_with_them():
    source = create_source(actor=None, name="Notes", kind="upload", everyone=True, freshness_target=timedelta(days=1))
    Source.objects.filter(pk=source.pk).update(created_at=timezone.now() - timedelta(days=2), failed_runs=3)
    queue_metrics.refresh()
    figures = {
        condition: queue_metrics.SOURCES.labels("upload", condition)._value.get()
        for condition in ("all", "stale", "failing", "held", "paused")
    }
    assert figures == {"all": 1, "stale": 1, "failing": 1, "held": 0, "paused": 0}
    Source.objects.all().delete()
    queue_metrics.refresh()
    assert "attest_sources{" not in generate_latest().decode()


def test_each_source_tells_how_old_its_oldest_check_is_and_what_is_promised():
    day = timedelta(days=1)
    source = create_source(actor=None, name="Notes", kind="upload", everyone=True, freshness_target=day)
    other = create_source(actor=None, name="Empty", kind="upload", everyone=True)
    upload_document(source, actor=None, name="a.md", data=b"text")
    Document.objects.update(checked_at=timezone.now() - 3 * day)
    queue_metrics.refresh()
    told = generate_latest().decode()
    (age,) = re.findall(rf'attest_source_check_seconds{{kind="upload",source="{source.pk}"}} (\S+)', told)
    assert 3 * 86_400 <= float(age) < 3 * 86_400 + 600
    assert f'attest_source_target_seconds{{kind="upload",source="{source.pk}"}} 86400.0' in told
    assert f'source="{other.pk}"' not in told
    Source.objects.all().delete()
    queue_metrics.refresh()
    assert "attest_source_" not in "".join(line for line in generate_latest().decode().splitlines() if line[:1] != "#")
