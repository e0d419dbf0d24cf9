"""Registers app.quality with Django, and forgets questions that rest on documents that are purged."""

from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "app.quality"
    label = "quality"

    def ready(self) -> None:
        # Models can only be imported once Django has registered them.
        import app.quality.checks  # noqa: F401 - registers itself
        from app.corpus.signals import content_erased
        from app.quality.erase import on_content_erased

        content_erased.connect(on_content_erased, dispatch_uid="quality_erase_content")
