"""Registers app.usage with Django."""

from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "app.usage"
    label = "usage"
