"""Registers app.privacy with Django."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "app.privacy"
    label = "privacy"
