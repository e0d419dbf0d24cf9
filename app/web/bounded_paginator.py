"""Pages of a long list whose count stops: past a bound, "more than" says as much as the exact number."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

MOST_COUNTED = 20_000


class BoundedPaginator(Paginator):
    """`is_more`: there are further rows than the pages reach; a filter finds them."""

    @cached_property
    def counted(self) -> int:
        rows: Any = self.object_list
        return int(rows[: MOST_COUNTED + 1].count())

    @property
    def is_more(self) -> bool:
        return self.counted > MOST_COUNTED

    @cached_property
    def count(self) -> int:
        return min(self.counted, MOST_COUNTED)
