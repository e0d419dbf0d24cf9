"""What a remote embedding endpoint uses is counted for whoever asked; for documents it is nobody's."""

import pytest

from app.answers.tests.asked import asked, library, person
from app.providers import registry
from app.providers.tests.misbehaving_server import MisbehavingServer
from app.usage.models import UsageRecord

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _remote_encoder(settings):
    with MisbehavingServer() as server:
        settings.ATTEST_ENCODER_BASE_URL, settings.ATTEST_ENCODER_MODEL = server.url, "mock-dim384"
        settings.ATTEST_ENCODER_DIMENSIONS = 384
        registry.forget()
        yield
    registry.forget()


@pytest.mark.usefixtures("_remote_encoder")
def test_what_embedding_used_is_counted_for_the_question_it_was_for():
    library()
    of_documents = list(UsageRecord.objects.filter(step="embedding"))
    assert of_documents
    assert {(use.user_id, use.answer_id) for use in of_documents} == {(None, None)}
    charlie = person("charlie@example.com")
    answer, _ = asked(charlie, "How much may a hotel cost a night?")
    later = UsageRecord.objects.exclude(pk__in=[use.pk for use in of_documents])
    assert {(use.step, use.user_id, use.answer_id) for use in later} == {("embedding", charlie.pk, answer.pk)}
