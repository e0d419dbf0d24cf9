"""The product's own settings, with a beat that beats every few seconds, as a drill has no minutes to wait."""

from app.settings import *  # noqa: F403
from app.settings import CELERY_BEAT_SCHEDULE

BEAT_SECONDS = 2.0
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry |= {"schedule": BEAT_SECONDS, "options": {"expires": BEAT_SECONDS}}
