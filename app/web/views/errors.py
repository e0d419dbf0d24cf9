"""What people see when something is not there, not allowed or broken, in the product's own look."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Also the answer for what exists but is not this reader's to see."""
    return page(request, 404, "There is nothing here", "The page does not exist, or you may not see it.")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 403, "That is not allowed", "Your account may not do this. Ask an admin if you need it.")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 400, "That request makes no sense", "Go back and try again.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    text = "The page was open for too long, or cookies are switched off. Go back, reload the page and try again."
    return page(request, 403, "The form has expired", text)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors: they may be what failed."""
    context: dict[str, Any] = {"status": 500, "heading": "Something broke on our side", "is_plain": True}
    context["text"] = "The error was recorded. Try again; if it stays, tell your admin."
    return HttpResponse(render_to_string("web/error.html", context), status=500)


def page(request: HttpRequest, status: int, heading: str, text: str) -> HttpResponse:
    return render(request, "web/error.html", {"status": status, "heading": heading, "text": text}, status=status)
