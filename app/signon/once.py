"""What may be used once only. The database's constraint decides, so two processes cannot both be the first."""

import hashlib
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from app.signon.id_tokens import CLOCK_SKEW_S
from app.signon.models import SeenToken


def is_first_use(provider: str, token: str, expires_at: float) -> bool:
    """`expires_at` in seconds of Unix time: afterwards the token is refused by its date and need not be remembered."""
    now = timezone.now()
    SeenToken.objects.filter(expires_at__lt=now).delete()
    until = datetime.fromtimestamp(expires_at, UTC) + timedelta(seconds=2 * CLOCK_SKEW_S)
    digest = hashlib.sha256(token.encode()).hexdigest()
    try:
        with transaction.atomic():
            SeenToken.objects.create(
                provider=provider, token=digest, expires_at=max(until, now + timedelta(minutes=10))
            )
    except IntegrityError:
        return False
    return True
