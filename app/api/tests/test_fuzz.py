"""The API does what its own OpenAPI document says, whatever it is sent: schemathesis makes the requests.

Each operation is asked with what the document allows and with what it does not, with an admin's key, at things that
exist and at others: no answer is a 5xx, none has a status, media type, header or shape that the document does not name.
"""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from app.api.urls import description
from app.asgi import application
from app.tests.world import World, make_world

EXAMPLES = 8
TIMEOUT_S = 100  # the first question loads the encoder
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
METHODS = {"get", "post", "put", "patch", "delete"}
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)

schema = schemathesis.openapi.from_dict(description())
schema.app = application
described: list[Any] = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
OPERATIONS = {operation.definition.raw["operationId"]: operation for operation in described}
THINGS = {"answer_id", "source_id", "document_id"}


def is_about_a_thing(name: str) -> bool:
    return any(each.name in THINGS for each in OPERATIONS[name].path_parameters)


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world()


def test_every_operation_is_read() -> None:
    written = [each for path in description()["paths"].values() for each in path if each in METHODS]  # type: ignore[attr-defined]
    assert len(OPERATIONS) == len(written) > 10


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    ("name", "is_there"),
    [(name, False) for name in OPERATIONS] + [(name, True) for name in OPERATIONS if is_about_a_thing(name)],
)
def test_each_answer_is_one_that_is_described(world: World, name: str, mode: GenerationMode, is_there: bool) -> None:
    key = {"Authorization": f"Bearer {world.keys['ada']}"}
    """`is_there`: at things that the key's owner has before them; else at whatever numbers are made up."""
    own = things_of(world) if is_there else {}
    operation = OPERATIONS[name]
    named = {each.name: own[each.name] for each in operation.path_parameters if each.name in own}

    @seed(1)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode, path_parameters=named or None))
    def asked(case: Any) -> None:
        case.call_and_validate(headers=key, checks=CHECKS, timeout=TIMEOUT_S)

    asked()


def things_of(world: World) -> dict[str, int]:
    return {"answer_id": world.answer.pk, "source_id": world.team_source.pk, "document_id": world.document.pk}
