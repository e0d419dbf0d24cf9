"""Text as callers may send it: bounded, and with control characters turned into spaces."""

import unicodedata
from typing import Annotated

from django.db.models import TextChoices
from ninja import Schema
from pydantic import AfterValidator, ConfigDict, StringConstraints, WithJsonSchema

MAX_TEXT_CHARACTERS = 2000


class RequestBody(Schema):
    """A body of exactly the fields described, in exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True)


def without_controls(text: str) -> str:
    """`text` with every control character as a space, and none at its ends."""
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in text).strip()


def not_blank(text: str) -> str:
    if not text:
        raise ValueError("must not be blank")
    return text


Asked = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TEXT_CHARACTERS),
    AfterValidator(without_controls),
    AfterValidator(not_blank),
]
"""A query or a question."""

Comment = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARACTERS), AfterValidator(without_controls)]

MAX_ID = 2**63 - 1


def listed_choices(kind: type[TextChoices]) -> WithJsonSchema:
    """Describes a field by its values where it stands: two kinds of the same name (`State`) would be taken for one."""
    return WithJsonSchema({"type": "string", "enum": list(kind.values)})
