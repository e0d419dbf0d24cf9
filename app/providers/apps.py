"""Registers app.providers with Django."""

from django.apps import AppConfig


class ProvidersConfig(AppConfig):
    name = "app.providers"
    label = "providers"
