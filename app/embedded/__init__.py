"""PostgreSQL and Valkey out of Python packages, for a machine that has neither.

`start_postgres` and `start_valkey` join a server that already runs on the data folder or start one; the last
process to stop its handle stops the server. The addresses follow from the data folder alone.
"""

from app.embedded.ensure import ensure_services, stop_unused
from app.embedded.errors import EmbeddedServiceError
from app.embedded.lifecycle import Handle
from app.embedded.postgres import postgres_url, start_postgres
from app.embedded.valkey import start_valkey, valkey_url

__all__ = [
    "EmbeddedServiceError",
    "Handle",
    "ensure_services",
    "postgres_url",
    "start_postgres",
    "start_valkey",
    "stop_unused",
    "valkey_url",
]
