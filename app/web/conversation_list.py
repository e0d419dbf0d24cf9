"""A user's conversations for the sidebar, each with the word for when it was last used."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from app.accounts.models import User
from app.answers.models import Conversation

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class ListedConversation:
    id: int
    title: str
    when: str


def listed_conversations(user: User) -> list[ListedConversation]:
    """Latest first."""
    today = timezone.localdate()
    rows = Conversation.objects.filter(user=user).order_by("-updated_at", "-pk")[:MOST_LISTED]
    return [ListedConversation(row.pk, row.title, when(timezone.localdate(row.updated_at), today)) for row in rows]


def when(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return "Last 7 days" if day > today - timedelta(days=7) else "Earlier"
