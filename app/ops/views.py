"""What machines ask about this process: is it alive, can it work, and how is it doing."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from app.ops import audit_metrics, budget_metrics, queue_metrics, signal_metrics
from app.ops.health import readiness
from app.telemetry.shared_metrics import latest
from app.telemetry.threads import in_thread

LOOPBACK = ("127.0.0.1", "::1")
# A request that a proxy passed on came from elsewhere, even where the proxy stands on this machine.
PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via")
NO_STORE = {"Cache-Control": "no-store"}


@require_safe
async def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers. It asks nothing else, so a broken dependency never restarts it."""
    return JsonResponse({"status": "ok"}, headers=NO_STORE)


@require_safe
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this process should get requests, else 503; and what is missing either way."""
    found = await readiness()
    return JsonResponse(found, status=503 if found["status"] == "unavailable" else 200, headers=NO_STORE)


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics of all processes on this machine in Prometheus' text format."""
    if not may_read_metrics(request):
        return refused()
    await in_thread(queue_metrics.refresh)
    await in_thread(budget_metrics.refresh)
    await in_thread(signal_metrics.refresh)
    await in_thread(audit_metrics.refresh)
    return HttpResponse(await in_thread(latest), content_type=CONTENT_TYPE_LATEST, headers=NO_STORE)


def may_read_metrics(request: HttpRequest) -> bool:
    """With a token, whoever has it; without one, only a direct caller on this machine."""
    if not settings.ATTEST_METRICS_TOKEN:
        passed_on = any(name in request.headers for name in PASSED_ON)
        return request.META.get("REMOTE_ADDR") in LOOPBACK and not passed_on
    offered = request.headers.get("Authorization", "")
    return hmac.compare_digest(offered.encode(), f"Bearer {settings.ATTEST_METRICS_TOKEN}".encode())


def refused() -> HttpResponse:
    if settings.ATTEST_METRICS_TOKEN:
        challenge = {"WWW-Authenticate": 'Bearer realm="metrics"'}
        return HttpResponse("Send ATTEST_METRICS_TOKEN as bearer token.\n", "text/plain", 401, headers=challenge)
    return HttpResponse("Set ATTEST_METRICS_TOKEN to read metrics from elsewhere.\n", "text/plain", 403)
