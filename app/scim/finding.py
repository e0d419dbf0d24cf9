"""Filters and pages of lists. The database narrows where it can; the library judges the whole filter on the rest."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from scim2_models import ListResponse, NotFoundException, Resource, SearchRequest
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

from app.scim.door import number_of
from app.scim.resources import MOST_RESULTS, PAGE

# Behind all people there are; the database counts no farther than some more.
FARTHEST = 2**31
Row = TypeVar("Row", bound=Model)
Narrowing = Mapping[str, Callable[[str], Q]]

PEOPLE: Narrowing = {
    "username": lambda value: Q(scim__user_name__iexact=value) | Q(scim__isnull=True, email__iexact=value),
    "externalid": lambda value: Q(scim__external_id=value),
    "id": lambda value: _by_id(value, "user"),
}
GROUPS: Narrowing = {
    "displayname": lambda value: Q(name__iexact=value),
    "externalid": lambda value: Q(scim__external_id=value),
    "id": lambda value: _by_id(value, "group"),
}


def _by_id(value: str, kind: str) -> Q:
    try:
        return Q(pk=number_of(value, kind))
    except NotFoundException:
        return Q(pk=None)


class Found(Generic[Row]):
    """One page of the rows that a search asks for."""

    def __init__(
        self, rows: "QuerySet[Row]", search: "SearchRequest[Any]", narrowing: Narrowing,
        as_resource: Callable[[Row], Resource[Any]],
    ) -> None:  # fmt: skip
        self._start = min(search.start_index or 1, FARTHEST)
        count = PAGE if search.count is None else min(search.count, MOST_RESULTS)
        wanted = slice(self._start - 1, self._start - 1 + count)
        if search.filter is None:
            self._total = rows.count()
            self._page = [as_resource(row) for row in rows[wanted]]
            return
        for condition in narrowed(search.filter.ast, narrowing):
            rows = rows.filter(condition)
        matching = [each for row in rows.iterator(500) if search.filter.match(each := as_resource(row))]
        self._total, self._page = len(matching), matching[wanted]

    def response(self, kind: type[Resource[Any]]) -> "ListResponse[Any]":
        return ListResponse[kind](  # type: ignore[valid-type]
            total_results=self._total, start_index=self._start, items_per_page=len(self._page), resources=self._page
        )


def narrowed(node: FilterNode, narrowing: Narrowing) -> list[Q]:
    """Conditions of the database that hold wherever the filter does: of `eq`, alone or joined by `and`."""
    if isinstance(node, LogicalExpr) and node.op == LogicalOperator.and_:
        return [condition for term in node.terms for condition in narrowed(term, narrowing)]
    if isinstance(node, Comparison) and node.op == CompareOperator.eq and isinstance(node.value, str):
        make = narrowing.get(node.attr_path.attr.lower()) if node.attr_path.sub_attr is None else None
        return [make(node.value)] if make else []
    return []
