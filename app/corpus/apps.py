"""Registers app.corpus with Django."""

from django.apps import AppConfig


class CorpusConfig(AppConfig):
    name = "app.corpus"
    label = "corpus"
