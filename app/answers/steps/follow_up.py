"""Follow-ups by rules; see `app/answers/following/resolve.py`."""

from app.answers.following.resolve import standalone
from app.answers.following.turns import Turn

__all__ = ["Turn", "standalone"]
