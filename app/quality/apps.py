"""Registers app.quality with Django."""

from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "app.quality"
    label = "quality"
