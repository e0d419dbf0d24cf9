"""Which version is in use: the newest shipped one, unless an admin chose another; and no version ever changes."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from app.accounts.models import User
from app.prompts import activation as acts
from app.prompts import active as active_module
from app.prompts import shipped as shipped_module
from app.prompts.active import active_prompt, forget_active_prompts, load_active_prompts
from app.prompts.models import PromptActivation, PromptVersion
from app.prompts.shipped import newest_shipped, shipped

pytestmark = pytest.mark.django_db
OTHER = "Use {frame}. Reply NOT_FOUND where nothing fits.\n"


@pytest.fixture(autouse=True)
def _nothing_loaded():
    forget_active_prompts()
    yield
    forget_active_prompts()


@pytest.fixture
def ada():
    return User.objects.create_user("ada@example.com")


@pytest.fixture
def release(monkeypatch):
    """Ships one more text of the prompt "answer"."""

    def ship(text):
        newer = shipped_module.ShippedPrompt(
            "answer", "answer/99.md", text, "Attest", newest_shipped("answer").created, "Newer."
        )
        texts = (*shipped("answer"), newer)
        monkeypatch.setattr(acts, "shipped", lambda name: texts if name == "answer" else shipped(name))
        monkeypatch.setattr(acts, "newest_shipped", lambda name: acts.shipped(name)[-1])
        acts.register_shipped()

    return ship


def in_use(name="answer") -> str:
    forget_active_prompts()
    load_active_prompts()
    return active_prompt(name).text


def test_after_a_migration_every_shipped_text_is_a_version_and_the_newest_in_use():
    assert set(PromptVersion.objects.filter(name="answer").values_list("file", flat=True)) == {
        each.file for each in shipped("answer")
    }
    assert in_use() == newest_shipped("answer").text
    before = PromptActivation.objects.count()
    acts.register_shipped()
    assert PromptActivation.objects.count() == before


def test_a_newer_shipped_text_takes_the_place_of_an_older_one(release):
    release(OTHER)
    assert in_use() == OTHER
    assert acts.current_activation("answer").kind == PromptActivation.Kind.SHIPPED


def test_what_an_admin_chose_outlives_a_release(release, ada):
    mine = acts.write_version("answer", text=OTHER, reason="Mine.", author=ada)
    acts.activate(mine, reason="Try it.", actor=ada, run="run-1")
    release("Use {frame}, or NOT_FOUND. Newer.\n")
    assert in_use() == OTHER


def test_going_back_to_the_shipped_text_follows_releases_again(release, ada):
    mine = acts.write_version("answer", text=OTHER, reason="Mine.", author=ada)
    acts.activate(mine, reason="Try it.", actor=ada, run="run-1")
    before = acts.in_use_before("answer")
    assert before.hash == newest_shipped("answer").hash
    acts.roll_back(before, reason="Worse.", actor=ada)
    release("Use {frame}, or NOT_FOUND. Newer.\n")
    assert in_use() == "Use {frame}, or NOT_FOUND. Newer.\n"


def test_the_same_text_is_one_version(ada):
    first = acts.write_version("answer", text=OTHER, reason="Mine.", author=ada)
    again = acts.write_version("answer", text=f"\n{OTHER}   \n", reason="Mine again.", author=ada)
    assert first == again
    assert again.reason == "Mine."


def test_a_text_that_this_release_cannot_use_is_not_activated(ada):
    old = PromptVersion.objects.create(
        name="answer", text="Old.\n", hash=shipped_module.hash_of("Old.\n"), author="x", reason="Older release."
    )
    with pytest.raises(acts.PromptRefused, match="placeholder"):
        acts.activate(old, reason="Back to it.", actor=ada, run="run-1")


def test_nothing_is_activated_without_a_run_or_the_reason_why_there_is_none(ada):
    mine = acts.write_version("answer", text=OTHER, reason="Mine.", author=ada)
    with pytest.raises(ValueError, match="on a passing run"):
        acts.activate(mine, reason="Try it.", actor=ada)
    assert (
        acts.activate(mine, reason="Try it.", actor=ada, without_run="No model here.").without_run == "No model here."
    )


@pytest.mark.parametrize("change", [{"text": "Other."}, {"name": "judge"}, {"hash": "0" * 64}])
def test_the_database_refuses_to_change_a_version(change):
    version = PromptVersion.objects.filter(name="answer")[0]
    with pytest.raises(DatabaseError), transaction.atomic():
        PromptVersion.objects.filter(pk=version.pk).update(**change)
    PromptVersion.objects.filter(pk=version.pk).update(author="Somebody else")


def test_the_database_refuses_a_hash_that_is_not_of_the_text():
    with pytest.raises(IntegrityError), transaction.atomic():
        PromptVersion.objects.create(name="answer", text="Text", hash="0" * 64, author="x", reason="y")


def test_the_database_is_asked_at_most_every_few_seconds(django_assert_num_queries, monkeypatch):
    with django_assert_num_queries(1):
        load_active_prompts()
        load_active_prompts()
        active_prompt("answer")
    monkeypatch.setattr(active_module, "FRESH_FOR_S", 0.0)
    with django_assert_num_queries(1):
        load_active_prompts()


def test_a_person_who_leaves_takes_no_version_along(ada):
    version = acts.write_version("answer", text=OTHER, reason="Mine.", author=ada)
    acts.activate(version, reason="Try it.", actor=ada, run="run-1")
    ada.delete()
    version.refresh_from_db()
    assert (version.author, version.written_by) == ("ada@example.com", None)
    assert acts.current_activation("answer").actor_label == "ada@example.com"
