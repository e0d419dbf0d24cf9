"""Chains, proves, signs, forwards and removes entries from time to time."""

import structlog
from celery import shared_task

from app.audit import chaining, forwarding, retention, verifying
from app.audit.checkpoints import make_checkpoint

log = structlog.get_logger(__name__)


@shared_task
def chain_audit() -> None:
    chaining.chain_waiting()


@shared_task
def forward_audit() -> None:
    forwarding.forward()


@shared_task
def verify_chain() -> None:
    """Every six hours, the whole chain; what does not fit is an error line, a metric and a sentence on the page."""
    proof = verifying.verify()
    verifying.remember(proof)
    if proof.broken:
        log.error("audit_chain_broken", sequence=proof.broken.sequence, entry=proof.broken.entry)


@shared_task
def sign_checkpoint() -> None:
    make_checkpoint()


@shared_task
def remove_old_entries() -> None:
    retention.remove_old()
