"""The product's own "nothing here" page in development mode too, where Django would tell which lookup failed."""

from django.http import Http404, HttpRequest, HttpResponse
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
