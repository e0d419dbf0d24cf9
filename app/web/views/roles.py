"""The roles: which permissions each has, in words, and who has it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from app.accounts.models import User
from app.accounts.permissions import OF_NAMED_SOURCES, ROLES, Permission, Role
from app.web.doors import permitted

MOST_NAMES = 20


@permitted(Permission.SEE_PEOPLE)
@require_GET
@never_cache
def roles(request: HttpRequest) -> HttpResponse:
    rows = [
        (permission, [(role, permission in ROLES[role], role in OF_NAMED_SOURCES) for role in Role])
        for permission in Permission
    ]
    return render(request, "web/roles.html", {"roles": list(Role), "rows": rows, "holders": holders()})


def holders() -> list[tuple[Role, list[User], int]]:
    """Of each role the first people who have it, and how many more there are."""
    found = []
    for role in Role:
        people = User.objects.filter(is_active=True, roles__contains=[role]).order_by("email")
        found.append((role, list(people[:MOST_NAMES]), max(0, people.count() - MOST_NAMES)))
    return found
