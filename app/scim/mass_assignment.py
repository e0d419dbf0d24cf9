"""What a provider may never set: roles and passwords. It hears so, instead of believing that it did.

Nothing reads these attributes from a request, so that they could not be set in any case.
"""

import re
from collections.abc import Iterator
from typing import Any

from scim2_models import MutabilityException

NEVER_SET = {
    "password": "Passwords are not set by provisioning. Turn the synchronization of passwords off.",
    "roles": "Roles are given on the page People, not by provisioning. Remove roles from the attribute mapping.",
    "entitlements": "Entitlements are not supported. Remove them from the attribute mapping.",
}
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:user"


def refuse_never_set(payload: dict[str, Any]) -> None:
    """Raises MutabilityException for a resource or a PatchOp that names one of them with a value."""
    for attribute, value in [*_named(payload), *_patched(payload)]:
        if value not in (None, "", [], {}) and attribute in NEVER_SET:
            raise MutabilityException(attribute=attribute, mutability="readOnly", detail=NEVER_SET[attribute])


def _named(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if key.lower() == USER_SCHEMA and isinstance(value, dict):
            yield from _named(value)
        else:
            yield _attribute_of(key), value


def _patched(payload: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    operations: Any = next((value for key, value in payload.items() if key.lower() == "operations"), [])
    for operation in operations if isinstance(operations, list) else []:
        if not isinstance(operation, dict):
            continue
        path, value = operation.get("path"), operation.get("value")
        if isinstance(path, str) and path and path.lower() != USER_SCHEMA:
            yield _attribute_of(path), value
        elif isinstance(value, dict):
            yield from _named(value)


def _attribute_of(path: str) -> str:
    """The attribute that a path begins with: `roles` of `roles[primary eq true].value`."""
    path = path.strip().lower().removeprefix(f"{USER_SCHEMA}:")
    return re.split(r"[.\[]", path, maxsplit=1)[0]
