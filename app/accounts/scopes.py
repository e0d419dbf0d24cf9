"""What an API key may be used for. A scope narrows what its user may do and never widens it."""

from django.db import models


class Scope(models.TextChoices):
    """The label completes the sentence "A key with this scope may …"."""

    SEARCH = "search", "search passages"
    ASK = "ask", "ask questions, and read and stop answers"
    FEEDBACK = "feedback", "judge answers"
    READ_DOCUMENTS = "read_documents", "list sources and documents"
    MANAGE_SOURCES = "manage_sources", "sync sources, and upload and remove documents"


EVERY_SCOPE = tuple(Scope.values)
