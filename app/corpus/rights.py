"""Who can read a source or a document, and why; and what somebody can read: from the very rows that search asks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from app.accounts.models import User
from app.corpus.access import Reader
from app.corpus.models import AccessSet, Document, Source


@dataclass(frozen=True, slots=True)
class Why:
    """What of one set of readers lets somebody in: that it is everybody's, their groups, or their name."""

    everyone: bool
    group_ids: tuple[int, ...]
    by_name: bool

    def __bool__(self) -> bool:
        return self.everyone or bool(self.group_ids) or self.by_name


@dataclass(frozen=True, slots=True)
class SourceRights:
    """What a reader can read of a source: how many of its documents, and why they get into the source."""

    source: Source
    documents: int
    of: int
    why: Why


def sets_around(access_set: AccessSet) -> tuple[AccessSet, ...]:
    """The sets that must all hold: the outermost (the source's) first."""
    return (access_set,) if access_set.within is None else (access_set.within, access_set)


def readers_of(access_set: AccessSet) -> QuerySet[User]:
    """Everybody with an open account, services too, whom `readable` lets in."""
    people = User.objects.filter(is_active=True)
    for each in sets_around(access_set):
        if not each.everyone:
            members = User.groups.through.objects.filter(group_id__in=each.group_ids).values("user_id")
            people = people.filter(Q(pk__in=members) | Q(pk__in=each.user_ids))
    return people.order_by("email")


def why(access_set: AccessSet, user_id: int, group_ids: Collection[int]) -> tuple[Why, ...]:
    """For each set around, the outermost first; an empty Why shuts the reader out."""
    return tuple(
        Why(each.everyone, tuple(pk for pk in each.group_ids if pk in group_ids), user_id in each.user_ids)
        for each in sets_around(access_set)
    )


def rights_of(reader: Reader, among: Iterable[Source] | None = None) -> list[SourceRights]:
    """The sources that the reader can read, by name."""
    sources = Source.objects.readable_by(reader).select_related("access_set").order_by("name")
    if among is not None:
        sources = sources.filter(pk__in=[source.pk for source in among])
    readable = _counts(Document.objects.readable_by(reader))
    every = _counts(Document.objects.all())
    return [
        SourceRights(
            source, readable.get(source.pk, 0), every.get(source.pk, 0),
            why(source.access_set, reader.user_id or -1, reader.group_ids)[-1],
        )
        for source in sources
    ]  # fmt: skip


def sources_opened_by(group_id: int) -> QuerySet[Source]:
    """Sources whose readers name the group, themselves or for some of their documents."""
    named = AccessSet.objects.filter(group_ids__contains=[group_id])
    found: QuerySet[Source] = Source.objects.filter(
        Q(access_set__in=named) | Q(access_set__narrowed__in=named)
    ).distinct().order_by("name")  # fmt: skip
    return found


def forget_group(group_id: int) -> None:
    """Take a group that is being removed out of all sets of readers. A set that is left with nobody opens nothing."""
    for row in AccessSet.objects.select_for_update().filter(group_ids__contains=[group_id]).order_by("pk"):
        row.group_ids = [pk for pk in row.group_ids if pk != group_id]
        row.save(update_fields=["group_ids"])


def _counts(documents: QuerySet[Document]) -> dict[int, int]:
    return dict(documents.order_by().values_list("source_id").annotate(Count("pk")))
