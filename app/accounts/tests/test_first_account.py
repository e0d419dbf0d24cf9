"""`manage.py createsuperuser` makes the first account of an installation: an admin who can sign in."""

import pytest
from django.core.management import call_command

from app.accounts.models import User
from app.accounts.permissions import Role

pytestmark = pytest.mark.django_db
EMAIL, PASSWORD = "first@example.com", "a long sentence nobody guesses"


def test_the_first_account_is_an_admin_who_can_sign_in(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email=EMAIL, interactive=False, verbosity=0)
    assert User.objects.get(email=EMAIL).roles == [Role.ADMIN]
    assert client.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD}).status_code == 302
    assert client.get("/sources/").status_code == 200
