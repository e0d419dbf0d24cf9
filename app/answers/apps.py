"""Registers app.answers with Django."""

from django.apps import AppConfig


class AnswersConfig(AppConfig):
    name = "app.answers"
    label = "answers"
