"""Users: one account an address in whatever case, roles as data, and adding people by hand."""

import pytest
from django.db import IntegrityError, transaction

from app.accounts.models import Role, User
from app.accounts.people import add_person

pytestmark = pytest.mark.django_db


def test_one_address_is_one_account_in_any_case():
    User.objects.create_user("Alice@Example.com")
    assert User.objects.get().email == "alice@example.com"
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="ALICE@example.com")


def test_an_account_without_a_password_cannot_sign_in_with_an_empty_one():
    user = User.objects.create_user("alice@example.com")
    assert not user.has_usable_password()
    assert not user.check_password("")


def test_a_person_is_added_once_and_never_overwritten():
    first = add_person("Alice@example.com", "a long enough password", name="Alice", roles=[Role.REVIEWER])
    again = add_person("alice@example.com", "another password", name="Mallory", roles=[Role.ADMIN])
    assert first.pk == again.pk
    again.refresh_from_db()
    assert (again.name, again.roles, again.is_admin) == ("Alice", ["reviewer"], False)
    assert again.check_password("a long enough password")


def test_a_role_and_being_an_admin_are_the_same_fact():
    user = User.objects.create_user("ada@example.com", roles=[Role.ADMIN])
    assert User.objects.get(pk=user.pk).is_admin
    assert not User.objects.create_user("bob@example.com").is_admin


def test_who_has_no_name_is_shown_by_the_first_part_of_their_address():
    assert User(email="alice@example.com").display_name == "alice"
    assert User(email="alice@example.com", name="Alice Holt").get_full_name() == "Alice Holt"
