"""Entity selections (`remote-datastore.md` 4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, overload

from claviger._core.blocking import run
from claviger._core.query import Query
from claviger._core.selection import Selection as Core
from claviger.entity import Entity
from claviger.shown import called
from claviger.value import Carried

if TYPE_CHECKING:
    from claviger.dataclass import Dataclass


class Selection(Carried):
    """A selection of entities. Nothing is asked before it is used; then a page at a time, the next one ahead. It never changes.

    `for`, `len`, `[i]`, `[a:b]` and `in` work. Values of an attribute, related entities and functions are members: `books.title`, `books.author`,
    `books.total(2)`. Its entity set on the server is released when nothing refers to it any more, by `close`, or by `with`.
    """

    def __init__(self, made: Core | Query) -> None:
        self._made = made

    @property
    def _core(self) -> Core:
        return self._asked()

    def _asked(self) -> Core:
        if isinstance(self._made, Query):
            self._made = run(self._made.ask())
        return self._made

    @property
    def _query(self) -> Query:
        """What is refined: the query while it was not asked, else the selection."""
        return self._made if isinstance(self._made, Query) else Query(self._made.dataclass, self._made, None, self._made.shape)

    def load(self) -> Selection:
        """Asks for the first page now, if that was not done."""
        self._asked()
        return self

    def order_by(self, order: str) -> Selection:
        """Its entities in an order: `"price desc, title"` (`orderBy()`)."""
        return Selection(self._query.order_by(order))

    def select(self, *attributes: str) -> Selection:
        """Its entities with these attributes only: `select("title", "author.fullName")`."""
        return Selection(self._query.select(*attributes))

    def page_size(self, entities: int) -> Selection:
        """Read so many entities at once."""
        return Selection(self._query.page_size(entities))

    def explained(self) -> Selection:
        """It will know how it was found (`queryPlan`, `queryPath`)."""
        return Selection(self._query.explained())

    def query(
        self,
        text: str,
        *values: Any,
        parameters: Mapping[str, Any] | None = None,
        attributes: Mapping[str, str] | None = None,
        allow_formulas: bool = True,
    ) -> Selection:
        """Those of its entities that fit (`query()`)."""
        settings = {"parameters": parameters, "attributes": attributes}
        return Selection(self._core.query(text, *values, allow_formulas=allow_formulas, **settings))

    @property
    def dataclass(self) -> Dataclass:
        """The dataclass (`getDataClass()`)."""
        from claviger.dataclass import Dataclass

        return Dataclass(self._made._class if isinstance(self._made, Query) else self._made.dataclass)

    @property
    def length(self) -> int:
        """How many entities (`length`)."""
        return len(self._core)

    @property
    def is_ordered(self) -> bool:
        """Has an order that was asked for (`isOrdered()`)."""
        return self._core.is_ordered

    def __len__(self) -> int:
        return len(self._core)

    def __iter__(self) -> Iterator[Entity]:
        cursor = self._core.__aiter__()
        while entities := run(cursor.more()):
            yield from map(Entity, entities)

    @overload
    def __getitem__(self, place: int) -> Entity | None: ...
    @overload
    def __getitem__(self, place: slice) -> Selection: ...
    def __getitem__(self, place: int | slice) -> Entity | Selection | None:
        if isinstance(place, slice):
            if place.step not in (None, 1):
                raise ValueError("A selection has no steps.")
            first, end, _ = place.indices(len(self))
            return self.slice(first, end)
        if not -len(self) <= place < len(self):
            raise IndexError("The selection has no such place.")
        return self.at(place)

    def __contains__(self, entity: object) -> bool:
        return self.contains(entity)

    def at(self, index: int) -> Entity | None:
        """The entity at a place from 0 (`at()`), from the end when it is negative; none past the end, or where one was deleted meanwhile."""
        return _entity(run(self._core.at(index)))

    def first(self) -> Entity | None:
        """The first entity (`first()`)."""
        return _entity(run(self._core.first()))

    def last(self) -> Entity | None:
        """The last entity (`last()`)."""
        return _entity(run(self._core.last()))

    def slice(self, first: int, end: int) -> Selection:
        """The entities from one place up to, not including, another (`slice()`)."""
        return Selection(run(self._core.slice(first, end)))

    def and_(self, other: Selection) -> Selection:
        """What is in both (`and()`); also `a & b`."""
        return Selection(run(self._core.and_(other._core)))

    def or_(self, other: Selection) -> Selection:
        """What is in either (`or()`); also `a | b`."""
        return Selection(run(self._core.or_(other._core)))

    def minus(self, other: Selection) -> Selection:
        """What is here and not there (`minus()`); also `a - b`."""
        return Selection(run(self._core.minus(other._core)))

    __and__ = and_
    __or__ = or_
    __sub__ = minus

    def add(self, entity: Entity) -> Selection:
        """The same selection with one entity more at its end (`copy().add()`); this one stays as it is."""
        return Selection(run(self._core.add(entity._core)))

    def contains(self, entity: Any) -> bool:
        """Whether an entity, or the one with a key, is in it (`contains()`)."""
        return run(self._core.contains(entity))

    def index_of(self, entity: Any) -> int | None:
        """The place of an entity, or of the one with a key, from 0 (`entity.indexOf()`); its pages are read until it is found."""
        return run(self._core.index_of(entity))

    def to_collection(self, *attributes: str) -> list[dict[str, Any]]:
        """The entities as plain objects of these attributes; of all when none is said (`toCollection()`)."""
        return run(self._core.to_collection(*attributes))

    def extract(self, attribute: str) -> list[Any]:
        """The values of one attribute, entity by entity (`extract()`)."""
        return run(self._core.extract(attribute))

    def related(self, relation: str) -> Selection:
        """What its entities are related to, each once (`selection.author`, `selection.books`)."""
        return Selection(run(self._core.related(relation)))

    @property
    def query_plan(self) -> Any:
        """How it was found (`queryPlan`), when the query was `explained`."""
        return self._core.query_plan

    @property
    def query_path(self) -> Any:
        """How it was found, with times (`queryPath`), when the query was `explained`."""
        return self._core.query_path

    def sum(self, attribute: str) -> Any:
        """Sum of an attribute (`sum()`), with all its digits."""
        return run(self._core.sum(attribute))

    def average(self, attribute: str) -> Any:
        """Mean of an attribute (`average()`); none of no values."""
        return run(self._core.average(attribute))

    def min(self, attribute: str) -> Any:
        """Smallest value (`min()`)."""
        return run(self._core.min(attribute))

    def max(self, attribute: str) -> Any:
        """Greatest value (`max()`)."""
        return run(self._core.max(attribute))

    def count(self, attribute: str) -> int:
        """How many of its entities have a value there (`count()`)."""
        return run(self._core.count(attribute))

    def distinct(self, attribute: str) -> list[Any]:
        """Its different values, ascending (`distinct()`)."""
        return run(self._core.distinct(attribute))

    def drop(self) -> Selection:
        """Deletes its entities (`drop()`), and gives those that are still there: locked by others, or needed by other entities."""
        left: Selection = called(self._core.drop())
        return left

    def to_dataframe(self, *attributes: str) -> Any:
        """A pandas data frame of these attributes, read page by page; of all but media and relations when none is said."""
        return run(self._core.to_dataframe(*attributes))

    def call(self, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of the selection (`selection.functionName()`)."""
        return called(self._core.call(function, *arguments, by_get=by_get, select=select))

    def set_id(self) -> str:
        """Its entity set on the server (`$entityset`); made when there is none. It lives as long as the selection."""
        return run(self._core.set_id())

    def close(self) -> None:
        """Gives the entity set back now rather than when nothing refers to the selection."""
        if isinstance(self._made, Core):
            run(self._made.close())

    def __enter__(self) -> Selection:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        info = self.dataclass.info
        attribute = info.attributes.get(name)
        if attribute is not None:
            return self.related(name) if attribute.kind in ("relatedEntity", "relatedEntities") else self.extract(name)
        if name in info.methods:
            return partial(self.call, name)
        raise AttributeError(f'A selection of {info.name} has no "{name}".')

    def __repr__(self) -> str:
        return f"<Selection of {self._made._class.name}, not asked for>" if isinstance(self._made, Query) else repr(self._made)

    def _written(self) -> Any:
        return self._core._written()

    def _param(self) -> Any:
        return self._core._param()

    async def _argument(self) -> Any:
        return await self._core._argument()


def _entity(core: Any) -> Entity | None:
    return None if core is None else Entity(core)
