"""The OpenAPI document: what ninja derives from the endpoints, and the problems they may answer with."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from app.accounts.scopes import Scope
from app.api.problems import KINDS, MEDIA_TYPE, Problem

PREFIX = "api/v1/"
EVERYWHERE = (401, 403, 405, 429, 500, 503)
WITH_BODY = (400, 413, 422)
MAY_BE_MISSING = (404,)
PARTICULAR: dict[str, tuple[int, ...]] = {
    "search": (504,),
    "ask": (404, 504),
    "feedback": (409,),
    "upload": (415,),
    "remove": (409,),
    "sync": (409,),
}


def description_of(api: NinjaAPI) -> dict[str, Any]:
    """The OpenAPI document of `api`."""
    described: dict[str, Any] = dict(OpenAPISchema(api, PREFIX))
    described["components"]["schemas"]["Problem"] = problem_schema(described)
    problems = {name_of(status): problem_response(status) for status in KINDS}
    described["components"]["responses"] = problems
    for path, methods in described["paths"].items():
        for operation in methods.values():
            operation["responses"] |= problems_of(path, operation)
            scope = scopes_of(api)[operation["operationId"]]
            operation["description"] += f"\n\nNeeds a key with the scope `{scope.value}`."
    return described


def scopes_of(api: NinjaAPI) -> dict[str, Scope]:
    """What a key must be allowed for each operation. One that asks for no scope fails here, and so the build."""
    return {
        str(operation.operation_id): Scope(str(getattr(operation.auth_callbacks[0], "scope", "")))
        for _, router in api._routers
        for view in router.path_operations.values()
        for operation in view.operations
    }


def problems_of(path: str, operation: dict[str, Any]) -> dict[int, Any]:
    statuses = set(EVERYWHERE) | set(PARTICULAR.get(operation["operationId"], ()))
    if "requestBody" in operation:
        statuses |= set(WITH_BODY)
    if operation["parameters"]:
        statuses |= {422}
    if "{" in path:
        statuses |= set(MAY_BE_MISSING)
    return {status: {"$ref": f"#/components/responses/{name_of(status)}"} for status in sorted(statuses)}


def problem_response(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": KINDS[status].usual,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == 401:
        response["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    if status == 429:
        response["headers"] = {
            "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds until it can be tried again."}
        }
    return response


def problem_schema(described: dict[str, Any]) -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    described["components"]["schemas"] |= schema.pop("$defs")
    return schema


def name_of(status: int) -> str:
    return f"Problem{status}"
