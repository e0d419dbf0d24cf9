"""Registers app.telemetry with Django."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "app.telemetry"
    label = "telemetry"
