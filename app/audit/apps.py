"""Registers app.audit with Django."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "app.audit"
    label = "audit"
