"""Registers app.reviews with Django, and erases what reviews say of documents that are purged."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "app.reviews"
    label = "reviews"

    def ready(self) -> None:
        from app.corpus.signals import content_erased
        from app.reviews.erase import on_content_erased

        content_erased.connect(on_content_erased, dispatch_uid="reviews_erase_content")
