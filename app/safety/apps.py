"""Registers app.safety with Django."""

from django.apps import AppConfig


class SafetyConfig(AppConfig):
    name = "app.safety"
    label = "safety"
