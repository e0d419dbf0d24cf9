"""The versioned HTTP API: every router, one way to sign in, one shape of error."""

from ninja import NinjaAPI

from app.api import answers, documents, feedback, search, sources, upload
from app.api.authentication import ApiKeyAuth
from app.api.failures import register

DESCRIPTION = "Search and ask the documents that you may read. Errors are problem details (RFC 9457)."

api = NinjaAPI(
    title="Attest", version="1", description=DESCRIPTION, auth=ApiKeyAuth(), openapi_url=None, docs_url=None
)  # fmt: skip
for part in (search, answers, feedback, sources, upload, documents):
    api.add_router("", part.router)
register(api)
