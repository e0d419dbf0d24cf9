"""The versioned HTTP API: every router, one way to sign in, one shape of error."""

from ninja import NinjaAPI

from app.api import answers, documents, feedback, search, source_documents, sources
from app.api.authentication import ApiKeyAuth
from app.api.failures import register

DESCRIPTION = "Search and ask the documents that you may read. Errors are problem details (RFC 9457)."

api = NinjaAPI(
    title="Attest", version="1", description=DESCRIPTION, auth=ApiKeyAuth(), openapi_url=None, docs_url=None
)  # fmt: skip
for part in (search, answers, feedback, sources, source_documents, documents):
    api.add_router("", part.router)
register(api)
