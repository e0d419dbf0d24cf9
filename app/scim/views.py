"""`/scim/v2/`: what an identity provider asks for. Each view reads, calls and answers."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from scim2_models import (
    Context,
    Group,
    ListResponse,
    NotFoundException,
    PatchOp,
    Resource,
    ResourceType,
    ResponseParameters,
    Schema,
    SearchRequest,
)

from app.scim import groups, people
from app.scim.door import ScimRequest, payload_of, refused, scim_door, written
from app.scim.finding import GROUPS, PEOPLE, Found
from app.scim.mass_assignment import refuse_never_set
from app.scim.resources import Person, provider_config, resource_types, schemas
from app.scim.versions import check_version, is_unchanged

PARAMETERS = ("filter", "startIndex", "count", "attributes", "excludedAttributes")


@scim_door("GET")
def service_provider_config(request: ScimRequest) -> HttpResponse:
    return written(provider_config().model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


@scim_door("GET")
def resource_type_list(request: ScimRequest) -> HttpResponse:
    return listed(resource_types(), ResourceType)


@scim_door("GET")
def resource_type(request: ScimRequest, name: str) -> HttpResponse:
    return one_of(resource_types(), name)


@scim_door("GET")
def schema_list(request: ScimRequest) -> HttpResponse:
    return listed(schemas(), Schema)


@scim_door("GET")
def schema(request: ScimRequest, name: str) -> HttpResponse:
    return one_of(schemas(), name)


@scim_door("GET", "POST")
def users(request: ScimRequest) -> HttpResponse:
    if request.method == "GET":
        search = search_of(request, Person)
        found = Found(people.known_people(), search, PEOPLE, people.as_resource)
        return page_of(found, Person, search)
    payload = payload_of(request)
    refuse_never_set(payload)
    person = Person.model_validate(payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    return created(request, people.as_resource(people.create(person, request.token)))


@scim_door("GET", "PUT", "PATCH", "DELETE")
@transaction.atomic
def user(request: ScimRequest, resource_id: str) -> HttpResponse:
    found = people.person_of(resource_id, lock=request.method != "GET")
    before = people.as_resource(found)
    if request.method == "GET":
        return shown(request, before)
    check_version(request, version(before))
    if request.method == "DELETE":
        people.remove(found, request.token)
        return HttpResponse(status=204)
    people.change(found, before, changed(request, before), request.token)
    return shown(request, people.as_resource(people.person_of(resource_id)))


@scim_door("GET", "POST")
def group_list(request: ScimRequest) -> HttpResponse:
    if request.method == "GET":
        search = search_of(request, Group)
        left_out = [str(path).lower() for path in search.excluded_attributes or []]
        found = Found(
            groups.known_groups(), search, GROUPS,
            lambda row: groups.as_resource(row, with_members="members" not in left_out),
        )  # fmt: skip
        return page_of(found, Group, search)
    payload = payload_of(request)
    group = Group.model_validate(payload, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    return created(request, groups.as_resource(groups.create(group, request.token)))


@scim_door("GET", "PUT", "PATCH", "DELETE")
@transaction.atomic
def group(request: ScimRequest, resource_id: str) -> HttpResponse:
    found = groups.group_of(resource_id, lock=request.method != "GET")
    before = groups.as_resource(found)
    if request.method == "GET":
        return shown(request, before)
    check_version(request, version(before))
    if request.method == "DELETE":
        groups.remove(found, request.token)
        return HttpResponse(status=204)
    groups.change(found, changed(request, before), request.token)
    return shown(request, groups.as_resource(groups.group_of(resource_id)))


@scim_door("GET", "POST", "PUT", "PATCH", "DELETE")
def nothing_here(request: ScimRequest, rest: str = "") -> HttpResponse:
    if rest.rstrip("/") in ("Bulk", "Me") or rest.endswith(".search"):
        return refused(501, "This part of SCIM is not offered.")
    return refused(404, "There is nothing at this address.")


def changed(request: HttpRequest, before: Any) -> Any:
    """The resource as the request wants it: replaced as a whole, or patched."""
    payload, kind = payload_of(request), type(before)
    if kind is Person:
        refuse_never_set(payload)
    if request.method == "PUT":
        after = kind.model_validate(payload, scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)
        if kind is Person and after.active is None:
            after.active = before.active
        after.replace(before)
        return after
    patch = PatchOp[kind].model_validate(payload, scim_ctx=Context.RESOURCE_PATCH_REQUEST)  # type: ignore[valid-type]
    after = before.model_copy(deep=True)
    patch.patch(after)
    return after


def search_of(request: HttpRequest, kind: type[Resource[Any]]) -> "SearchRequest[Any]":
    asked = {name: request.GET[name] for name in PARAMETERS if request.GET.get(name)}
    return SearchRequest[kind].model_validate(asked)  # type: ignore[valid-type]


def shown(request: HttpRequest, resource: Resource[Any]) -> HttpResponse:
    headers = {"ETag": version(resource)}
    if request.method == "GET" and is_unchanged(request, version(resource)):
        return HttpResponse(status=304, headers=headers)
    asked = {name: request.GET[name] for name in ("attributes", "excludedAttributes") if request.GET.get(name)}
    parameters = ResponseParameters[type(resource)].model_validate(asked)  # type: ignore[misc]
    dumped = resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters)
    return written(absolute(request, dumped), headers=headers)


def created(request: HttpRequest, resource: Resource[Any]) -> HttpResponse:
    dumped = absolute(request, resource.model_dump(scim_ctx=Context.RESOURCE_CREATION_RESPONSE))
    headers = {"ETag": version(resource), "Location": dumped["meta"]["location"]}
    return written(dumped, status=201, headers=headers)


def page_of(found: Found[Any], kind: type[Resource[Any]], search: "SearchRequest[Any]") -> HttpResponse:
    response = found.response(kind)
    return written(response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=search))


def listed(resources: list[Any], kind: type[Resource[Any]]) -> HttpResponse:
    response = ListResponse[kind](  # type: ignore[valid-type]
        total_results=len(resources), start_index=1, items_per_page=len(resources), resources=resources
    )
    return written(response.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def one_of(resources: list[Any], name: str) -> HttpResponse:
    found = next((each for each in resources if each.id == name), None)
    if found is None:
        raise NotFoundException(detail="There is no resource of that name.")
    return written(found.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE))


def absolute(request: HttpRequest, dumped: dict[str, Any]) -> dict[str, Any]:
    if location := dumped.get("meta", {}).get("location"):
        dumped["meta"]["location"] = request.build_absolute_uri(location)
    return dumped


def version(resource: Resource[Any]) -> str:
    return (resource.meta.version if resource.meta else None) or ""
