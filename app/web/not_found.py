"""The product's own pages where there is nothing to show.

"Nothing here" also in development mode, where Django would tell which lookup failed and which addresses there are. And
for what only a button sends, when it is opened like a page: whose session had ended as they pressed it comes there
after signing in.
"""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from app.web.refusals import note_refusal

PROGRAMS = "/api/"


class NotFoundPageMiddleware(MiddlewareMixin):
    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Http404) and not request.path.startswith(PROGRAMS):
            note_refusal(request)
            return render(request, "404.html", status=404)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith(PROGRAMS):
            return response
        if response.status_code == HTTPStatus.NOT_FOUND and request.resolver_match is None:
            return render(request, "404.html", status=HTTPStatus.NOT_FOUND)
        is_button = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not _has_text(response)
        if is_button and request.method == "GET":
            page = render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
            page["Allow"] = response["Allow"]
            return page
        return response


def _has_text(response: HttpResponseBase) -> bool:
    return response.streaming or bool(getattr(response, "content", b""))
