"""Days and months in the product's time zone: when the present one began, and when it starts anew."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from app.usage.models import Period


def start_of(period: str, day: date) -> date:
    return day.replace(day=1) if period == Period.MONTH else day


def end_of(period: str, day: date) -> datetime:
    """The moment from which the next period counts."""
    following = day + timedelta(days=1)
    if period == Period.MONTH:
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return timezone.make_aware(datetime.combine(following, time.min))


def moment_in_words(moment: datetime) -> str:
    """ "1 December, 00:00 UTC"."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%B, %H:%M %Z}"
