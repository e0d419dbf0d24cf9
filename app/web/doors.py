"""Who gets through which door: anybody signed in, watchers, reviewers, admins; for others a page does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase

from app.accounts.models import Role, User
from app.corpus.access import Reader, reader_for

View = Callable[..., HttpResponseBase]


def admins_only(view: View) -> View:
    """A signed-in person without the role gets the page of an address that does not exist."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not signed_in(request).is_admin:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


def reviewers_only(view: View) -> View:
    """Admins and reviewers; for anyone else no such page exists."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not judges(signed_in(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


def watchers_only(view: View) -> View:
    """Admins, reviewers and operators: who watches how good answers are. For anyone else no such page exists."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not {Role.ADMIN, Role.REVIEWER, Role.OPERATOR} & set(signed_in(request).roles):
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


def judges(user: User) -> bool:
    """Whether the person judges answers of others."""
    return bool({Role.ADMIN, Role.REVIEWER} & set(user.roles))


def signed_in(request: HttpRequest) -> User:
    """The user behind a request that came through `login_required`."""
    return cast(User, request.user)


def reader_of(request: HttpRequest) -> Reader:
    return reader_for(signed_in(request))
