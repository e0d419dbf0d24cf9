"""Sessions of test clients: what `force_login` leaves out, a sign-in writes too."""

import time

from django.test import Client

METHODS, PERSON = "account_authentication_methods", "account_authentication_methods_user"


def as_if_just_signed_in(client: Client, *, seconds_ago: float = 0, method: str = "password") -> Client:
    """The record of a sign-in, which no visitor can write: confirmed acts are open for the time that follows it."""
    session = client.session
    session[METHODS] = [{"method": method, "at": time.time() - seconds_ago}]
    session[PERSON] = session["_auth_user_id"]
    session.save()
    return client
