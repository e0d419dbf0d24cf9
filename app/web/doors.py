"""Who gets through which door: anybody signed in, or whoever has a permission; for others a page does not exist."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase

from app.accounts.confirming import ask_to_confirm, is_confirmed
from app.accounts.models import User
from app.accounts.permissions import Permission
from app.corpus.access import Reader, reader_for

View = Callable[..., HttpResponseBase]


def permitted(*permissions: Permission) -> Callable[[View], View]:
    """For those who have one of these permissions everywhere. For others there is no such page."""
    return _door(lambda user, _: any(user.may(permission) for permission in permissions))


def permitted_for_source(permission: Permission, *, or_everywhere: Permission | None = None) -> Callable[[View], View]:
    """For those who have it for the source whose number is in the address; also those for whom that source is named."""
    return _door(
        lambda user, address: (
            user.may(permission, address["source_id"]) or (or_everywhere is not None and user.may(or_everywhere))
        )
    )


def permitted_for_some_source(permission: Permission) -> Callable[[View], View]:
    """For a list, which must then show no more than the sources of `managed_by`."""
    return _door(lambda user, _: user.may_for_some_source(permission))


def _door(lets_in: Callable[[User, dict[str, Any]], bool]) -> Callable[[View], View]:
    def decorator(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not lets_in(signed_in(request), kwargs):
                raise Http404
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorator


def judges(user: User) -> bool:
    """Whether the person judges answers of others."""
    return user.may(Permission.REVIEW)


def signed_in(request: HttpRequest) -> User:
    """The user behind a request that came through `login_required`."""
    return cast(User, request.user)


def reader_of(request: HttpRequest) -> Reader:
    return reader_for(signed_in(request))


def confirmed_lately(view: View) -> View:
    """For dangerous acts: whoever has not proved lately who they are does so first, and then comes back.

    It stands below `permitted`, so that nobody is asked about a page that does not exist for them.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if is_confirmed(request) else ask_to_confirm(request)

    return guarded
