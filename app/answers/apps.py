"""Registers app.answers with Django, and erases what answers say of documents that are purged."""

from django.apps import AppConfig


class AnswersConfig(AppConfig):
    name = "app.answers"
    label = "answers"

    def ready(self) -> None:
        # Models can only be imported once Django has registered them.
        import app.answers.context.checks  # noqa: F401 - registers itself
        from app.accounts.ending import access_ended
        from app.answers.erase import on_content_erased
        from app.answers.stopping import stop_all_of
        from app.corpus.signals import content_erased

        content_erased.connect(on_content_erased, dispatch_uid="answers_erase_content")
        access_ended.connect(stop_all_of, dispatch_uid="answers_stop_all_of")
