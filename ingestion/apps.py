"""Registers ingestion with Django, and follows changes to people and groups: they change who may read what."""

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class IngestionConfig(AppConfig):
    name = "ingestion"
    label = "ingestion"

    def ready(self) -> None:
        # Models can only be imported once Django has registered them.
        from django.contrib.auth.models import Group

        from app.accounts.models import User
        from ingestion.readers import follow_group, follow_person

        for signal in (post_save, post_delete):
            signal.connect(follow_person, sender=User, dispatch_uid="restrictions_follow_people")
            signal.connect(follow_group, sender=Group, dispatch_uid="restrictions_follow_groups")
