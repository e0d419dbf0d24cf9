"""The API describes itself truly: every address is in it, and each says with which problems it may answer."""

import pytest


@pytest.fixture
async def described(api):
    response = await api.get("/api/v1/openapi.json")
    assert response.status_code == 200
    return response.json()


def operations(described):
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_every_address_is_described(described):
    from app.api.api import api as ninja_api

    served = {pattern.pattern._route for pattern in ninja_api.urls[0] if pattern.name != "api-root"}
    assert {path.removeprefix("/api/v1/") for path in described["paths"]} == {
        route.replace("<int:", "{").replace(">", "}") for route in served
    }


async def test_every_operation_declares_its_problems_and_its_key(described):
    for path, method, operation in operations(described):
        assert {"401", "405", "429", "500", "503"} <= set(operation["responses"]), (path, method)
        assert operation["security"] == [{"ApiKeyAuth": []}], (path, method)
        if "{" in path:
            assert "404" in operation["responses"]
        if "requestBody" in operation:
            assert {"400", "413", "422"} <= set(operation["responses"])


async def test_problems_are_problem_details(described):
    for response in described["components"]["responses"].values():
        assert response["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


async def test_every_reference_leads_somewhere(described):
    def references(node):
        if isinstance(node, dict):
            yield from (node[key] for key in node if key == "$ref")
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in set(references(described)):
        node = described
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


async def test_the_limits_are_declared(described):
    schemas = described["components"]["schemas"]
    assert schemas["SearchIn"]["properties"]["limit"]["maximum"] == 50
    assert schemas["QuestionIn"]["properties"]["question"]["maxLength"] == 2000


async def test_filters_are_described_for_search_and_answers(described):
    schemas = described["components"]["schemas"]
    for name in ("SearchIn", "QuestionIn"):
        assert "FiltersIn" in str(schemas[name]["properties"]["filters"])
        assert "filters" not in schemas[name]["required"]
    assert schemas["FiltersIn"]["properties"]["sources"]["maxItems"] == 100
    assert set(schemas["FiltersIn"]["properties"]) == {"sources", "changed_since"}
