"""Registers app.scim with Django."""

from django.apps import AppConfig


class ScimConfig(AppConfig):
    name = "app.scim"
    label = "scim"
