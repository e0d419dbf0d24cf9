"""Puts questions that nothing answered together into topics, and looks for signals, from time to time."""

from celery import shared_task

from app.quality import recording, unanswered


@shared_task
def find_topics() -> None:
    unanswered.find_topics()


@shared_task
def watch_days() -> None:
    """Every hour, so that what a worker missed at midnight is made up for; judges only days that are over."""
    recording.watch_days()


@shared_task
def watch_minutes() -> None:
    recording.watch_minutes()
