"""Entity selections (`remote-datastore.md` 4.2): pages on demand, and an entity set on the server only where one is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from claviger._core import ask as asks
from claviger._core.ask import Ask, encoded, set_path
from claviger._core.call import call
from claviger._core.dataclass import Dataclass
from claviger._core.digits import dumps
from claviger._core.entity import Entity, invalid
from claviger._core.frame import frame
from claviger._core.io import Job
from claviger._core.kept import Kept
from claviger._core.lost import afterwards, carrying
from claviger._core.origin import Among, Called, Combined, Found, Nothing, Origin, refined
from claviger._core.query import Filter, Query, Shape, filtered, joined
from claviger._core.row import Page, Row
from claviger.errors import ClavigerError, Conflict, Misuse, Protocol, Remote, SessionLost, Validation
from claviger.value import AttributeType, Carried, key_of, read, related_key


class Selection(Carried):
    """A selection of entities. It never changes; what is asked of it is asked in pages.

    Its entity set is released when nothing refers to it any more, or by `close`. Functions of the dataclass's selections are members.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    @classmethod
    async def asked(cls, dataclass: Dataclass, origin: Origin, shape: Shape) -> Selection:
        """Asks for the first page."""
        kept = Kept(dataclass, origin, shape)
        await kept.page(0)
        return cls(kept)

    @classmethod
    def of_rows(cls, dataclass: Dataclass, shape: Shape, rows: list[Row]) -> Selection:
        """Of these entities, in their order; their rows are at hand. Without a key of one attribute they cannot be asked for again."""
        rows = [row for row in rows if not row.is_gap]
        path = dataclass.single_key_or_none if all(row.key is not None for row in rows) else None
        origin: Origin = Called()
        if not rows:
            origin = Nothing()
        elif path is not None:
            origin = Among(path, [dataclass.key_json(row.key) for row in rows if row.key is not None], None)
        # All of them are one page.
        shape = replace(shape, page_size=max(shape.page_size, len(rows)))
        return cls(Kept(dataclass, origin, shape, Page(rows, len(rows))))

    @property
    def shape(self) -> Shape:
        """What is asked of each entity."""
        return replace(self._kept.shape, is_explained=False)

    @property
    def dataclass(self) -> Dataclass:
        """The dataclass (`getDataClass()`)."""
        return self._kept.dataclass

    def __len__(self) -> int:
        """How many entities (`length`)."""
        return self._kept.count

    @property
    def is_ordered(self) -> bool:
        """Has an order that was asked for (`isOrdered()`)."""
        return self._kept.origin.is_ordered

    async def at(self, index: int) -> Entity | None:
        """The entity at a place from 0 (`at()`); none past the end, or where one was deleted meanwhile."""
        size = self._kept.shape.page_size
        index = index + len(self) if index < 0 else index
        if not 0 <= index < len(self):
            return None
        rows = await self._kept.page(index // size)
        place = index % size
        return self._entity(rows[place], index) if place < len(rows) and not rows[place].is_gap else None

    async def first(self) -> Entity | None:
        """The first entity (`first()`)."""
        return await self.at(0)

    async def last(self) -> Entity | None:
        """The last entity (`last()`)."""
        return await self.at(-1) if len(self) else None

    def __aiter__(self) -> Cursor:
        """Goes through the entities page by page; the next page is on its way before it is needed."""
        return Cursor(self)

    def _entity(self, row: Row, index: int) -> Entity:
        return Entity(self.dataclass, row, (self, index))

    async def _rows(self, first: int, end: int) -> list[Row]:
        """Rows as the wire has them; what was deleted meanwhile has no key."""
        size, rows, at = self._kept.shape.page_size, [], first
        while at < (end := min(end, len(self))):
            page = await self._kept.page(at // size)
            here = page[at % size :][: end - at]
            if not here:
                break
            rows += here
            at += len(here)
        return rows

    async def _living(self) -> list[Row]:
        return [row for row in await self._rows(0, len(self)) if not row.is_gap]

    async def slice(self, first: int, end: int) -> Selection:
        """The entities from one place up to, not including, another (`slice()`)."""
        first, end, _ = slice(first, end).indices(len(self))
        return Selection.of_rows(self.dataclass, self.shape, await self._rows(first, end))

    def query(
        self,
        text: str,
        *values: Any,
        parameters: Mapping[str, Any] | None = None,
        attributes: Mapping[str, str] | None = None,
        allow_formulas: bool = True,
    ) -> Query:
        """Those of its entities that fit (`query()`)."""
        return Query(self.dataclass, self, filtered(text, values, parameters, attributes, allow_formulas), self.shape)

    def order_by(self, order: str) -> Query:
        """Its entities in another order (`orderBy()`)."""
        return Query(self.dataclass, self, None, self.shape, order)

    def select(self, *attributes: str) -> Query:
        """Its entities with these attributes only."""
        return Query(self.dataclass, self, None, self.shape).select(*attributes)

    async def and_(self, other: Selection) -> Selection:
        """What is in both (`and()`)."""
        return await self._combined("AND", other)

    async def or_(self, other: Selection) -> Selection:
        """What is in either (`or()`)."""
        return await self._combined("OR", other)

    async def minus(self, other: Selection) -> Selection:
        """What is here and not there (`minus()`)."""
        return await self._combined("EXCEPT", other)

    async def _combined(self, operator: str, other: Selection) -> Selection:
        if self.dataclass.name != other.dataclass.name:
            raise Misuse("Selections of two dataclasses cannot be combined.")
        if self.dataclass.wire is not other.dataclass.wire:
            raise Misuse("Selections of two connections cannot be combined.")
        if not len(self):
            return other if operator == "OR" else self
        if not len(other):
            return other if operator == "AND" else self
        return await Selection.asked(self.dataclass, Combined(self._kept, other._kept, operator), self.shape)

    async def add(self, entity: Entity) -> Selection:
        """The same selection with one entity more at its end (`copy().add()`); this one stays as it is."""
        if entity.dataclass.name != self.dataclass.name or entity.is_new:
            raise Misuse("Only saved entities of the same dataclass can be added.")
        return Selection.of_rows(self.dataclass, self.shape, [*await self._rows(0, len(self)), entity._row])

    async def contains(self, entity: Any) -> bool:
        """Whether an entity, or the one with a key, is in it (`contains()`)."""
        key = _key(entity)
        path = self.dataclass.single_key_or_none
        if not len(self):
            return False
        if len(self) <= self._kept.shape.page_size or path is None:
            return await self.index_of(key) is not None
        if self.dataclass.has_text_key:
            # A comparison would find others too.
            keys = self if self._kept.is_by_key else await self.select(path)
            return await keys.index_of(key) is not None
        one = Filter(f"{path} = :1", [self.dataclass.key_json(key)])
        body = await self._kept.ask_of_set(lambda set_id: refined(asks.get(self._path(set_id)), one, None).with_("$top", "0"))
        return Page.read(body).count > 0

    async def index_of(self, entity: Any) -> int | None:
        """The place of an entity, or of the one with a key, from 0 (`entity.indexOf()`); its pages are read until it is found."""
        key, size = _key(entity), self._kept.shape.page_size
        for index in range(-(-len(self) // size)):
            page = await self._kept.page(index)
            for place, row in enumerate(page):
                if row.key == key:
                    return index * size + place
            if len(page) < size:
                break
        return None

    async def to_collection(self, *attributes: str) -> list[dict[str, Any]]:
        """The entities as plain objects of these attributes; of all when none is said (`toCollection()`)."""
        shaped = await self.select(*attributes) if attributes else self
        return [self.dataclass.collected(row.values) for row in await shaped._living()]

    async def extract(self, attribute: str) -> list[Any]:
        """The values of one attribute, entity by entity (`extract()`)."""
        self.dataclass.attribute(attribute)
        shaped = await self.select(attribute)
        return [self.dataclass.typed({attribute: row.values.get(attribute)})[attribute] for row in await shaped._living()]

    async def related(self, relation: str) -> Selection:
        """What its entities are related to, each once (`selection.author`, `selection.books`)."""
        info = self.dataclass.attribute(relation)
        if info.kind == "relatedEntity":
            target = await self.dataclass.store.dataclass(info.type).described()
            rows = await (await self.select(relation))._living()
            keys = [key for row in rows if (key := related_key(row.values.get(relation))) is not None]
            return await self._among(target, target.single_key, [target.key_json(key) for key in keys])
        if info.kind == "relatedEntities":
            target = await self.dataclass.store.of_collection(info.type)
            back = info.described.get("inverseName") or info.described.get("path") or ""
            path = f"{back}.{self.dataclass.single_key}"
            rows = await self._living()
            return await self._among(target, path, [self.dataclass.key_json(row.key) for row in rows if row.key is not None], self.dataclass)
        raise Misuse(f'"{relation}" is no relation.')

    async def _among(self, target: Dataclass, path: str, keys: list[Any], owner: Dataclass | None = None) -> Selection:
        values = list({dumps(key): key for key in keys}.values())
        shape = replace(self.shape, select=None)
        if not values:
            return Selection(Kept(target, Nothing(), shape, Page()))
        if owner is None and target.has_text_key:
            # Exactly these: comparing would find others too.
            return await Selection.asked(target, Among(path, values, None), shape)
        # An order keeps the answer to one request where keys alone would be read one by one.
        return await Selection.asked(target, Among(path, values, target.single_key_or_none, owner), shape)

    @property
    def query_plan(self) -> Any:
        """How it was found (`queryPlan`), when the query was `explained`."""
        return self._kept.plan

    @property
    def query_path(self) -> Any:
        """How it was found, with times (`queryPath`), when the query was `explained`."""
        return self._kept.path

    async def sum(self, attribute: str) -> Any:
        """Sum of an attribute (`sum()`), with all its digits."""
        return await self._compute(attribute, "sum")

    async def average(self, attribute: str) -> Any:
        """Mean of an attribute (`average()`); none of no values."""
        return await self._compute(attribute, "average")

    async def min(self, attribute: str) -> Any:
        """Smallest value (`min()`)."""
        return await self._compute(attribute, "min")

    async def max(self, attribute: str) -> Any:
        """Greatest value (`max()`)."""
        return await self._compute(attribute, "max")

    async def count(self, attribute: str) -> int:
        """How many of its entities have a value there (`count()`)."""
        return int(await self._compute(attribute, "count"))

    async def _compute(self, attribute: str, what: str) -> Any:
        if isinstance(self._kept.origin, Nothing):
            # As the server answers when no entity fits.
            return 0 if what in ("sum", "count") else None
        kind = self._type(attribute) if what in ("min", "max") else AttributeType.OTHER
        return read(await self._over(attribute, "$compute", what), kind)

    async def distinct(self, attribute: str) -> list[Any]:
        """Its different values, ascending (`distinct()`)."""
        if isinstance(self._kept.origin, Nothing):
            return []
        values = await self._over(attribute, "$distinct", "true")
        if not isinstance(values, list):
            raise Protocol("The answer is no list of values", dumps(values)[:200])
        return [read(value, self._type(attribute)) for value in values]

    def _type(self, attribute: str) -> AttributeType:
        """Of a property of an object attribute, or over a relation: whatever JSON says."""
        info = self.dataclass.described_info.attributes.get(attribute)
        return info.value_type if info else AttributeType.OTHER

    async def _over(self, attribute: str, name: str, value: str) -> Any:
        """Asks about one attribute of all its entities: with its filter while it has no set."""
        path, origin = f"{encoded(self.dataclass.name)}/{encoded(attribute)}", self._kept.origin
        if isinstance(origin, Found) and not self._kept.has_set:
            return await self._kept.json(refined(asks.get(path), origin.filter, None).with_(name, value))
        return await self._kept.ask_of_set(lambda set_id: asks.get(f"{path}/$entityset/{encoded(set_id)}").with_(name, value))

    async def drop(self) -> Selection:
        """Deletes its entities (`drop()`), and gives those that are still there: locked by others, or needed by other entities."""
        if not len(self):
            return self
        texts = self._kept.text_keys
        if texts is not None and not self._kept.has_set:
            return await self._drop_keys(texts)

        async def what_is_left(failure: ClavigerError | None, _: bool) -> Selection:
            left = Page.read(await self._kept.ask_of_set(self._cleaned))
            if failure is not None and left.count == len(self):
                # Nothing was deleted: why, is worth an error.
                raise failure
            return Selection(Kept(self.dataclass, Called(), self.shape, left))

        return await afterwards(self._drop_set(), what_is_left)

    async def _drop_set(self) -> ClavigerError | None:
        async def nothing_against(_: Any, __: bool) -> None:
            return None

        delete = self._kept.ask_of_set(lambda set_id: asks.post_nothing(self._path(set_id)).with_("$method", "delete"))
        try:
            return await afterwards(delete, nothing_against)
        except (Remote, Validation, Conflict) as error:
            return error

    async def _drop_keys(self, among: Among) -> Selection:
        """One by one, because the server may find others by these keys too."""
        left, failure, is_any_dropped, lost = [], None, False, None
        for key in among.values:
            try:
                status = await self.dataclass.drop_row(str(key))
            except SessionLost as error:
                if not error.executed or error.cause is not None:
                    raise
                status, lost = error.result, error
            is_any_dropped = is_any_dropped or status.success
            if not status.success and status.status != 5:
                left.append(key)
                failure = failure or status

        async def what_is_left() -> Selection:
            if failure is not None and not is_any_dropped:
                raise Conflict(failure, None) if failure.is_conflict else invalid(failure)
            if not left:
                return Selection(Kept(self.dataclass, Nothing(), self.shape, Page()))
            return await Selection.asked(self.dataclass, Among(among.path, left, None), self.shape)

        if lost is not None:
            raise await carrying(lost.locks, what_is_left)
        return await what_is_left()

    def _cleaned(self, set_id: str) -> Ask:
        ask = asks.get(self._path(set_id)).with_("$clean", "true").with_("$method", "entityset")
        return ask.with_("$top", str(self._kept.shape.page_size)).maybe("$attributes", self._kept.shape.select)

    def _path(self, set_id: str) -> str:
        return set_path(self.dataclass.name, set_id)

    async def to_dataframe(self, *attributes: str) -> Any:
        """A pandas data frame of these attributes, read page by page; of all but media and relations when none is said."""
        shaped = await self.select(*attributes) if attributes else self
        table = frame(await self.dataclass.store.catalog(), self.dataclass.described_info, joined(attributes).split(",") if attributes else [])
        for at in range(0, len(shaped), size := shaped._kept.shape.page_size):
            table.add(await shaped._rows(at, at + size))
        return table.made()

    async def call(self, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of the selection."""
        return await call(self.dataclass.store, self, function, arguments, by_get, select)

    async def set_id(self) -> str:
        """Its entity set on the server; made when there is none. It lives as long as the selection."""
        return await self._kept.set()

    async def close(self) -> None:
        """Gives the entity set back now rather than when nothing refers to the selection."""
        await self._kept.release()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self.dataclass.described_info.methods:
            return partial(self.call, name)
        raise AttributeError(f'A selection of {self.__dict__.get("_kept") and self.dataclass.name} has no "{name}".')

    def __repr__(self) -> str:
        return f"<Selection of {len(self)} {self.dataclass.name}>"

    def _written(self) -> Any:
        raise Misuse("A selection cannot be the value of an attribute.")

    def _param(self) -> Any:
        raise Misuse("Selections, images and blobs cannot be compared with.")

    async def _argument(self) -> Any:
        return {"__ENTITIES": True, "__DATASET": await self.set_id()}


class Cursor:
    """Goes through a selection. One page is read ahead once half of the one before is used."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._index = 0
        self._waiting: Iterator[Entity] = iter(())
        self._page: tuple[int, list[Row]] | None = None
        self._ahead: tuple[int, Job[list[Row] | None]] | None = None

    def __aiter__(self) -> Cursor:
        return self

    async def __anext__(self) -> Entity:
        while True:
            for entity in self._waiting:
                return entity
            self._waiting = iter(await self.more() or _ended())

    async def more(self) -> list[Entity]:
        """The next entities, half a page of them; none at the end. What was deleted meanwhile is passed over."""
        kept = self._selection._kept
        size = kept.shape.page_size
        while self._index < kept.count:
            page, place = divmod(self._index, size)
            rows = await self._rows(page)
            is_second = place >= size // 2
            if is_second and (page + 1) * size < kept.count and self._ahead is None:
                self._ahead = (page + 1, kept.dataclass.wire.io.beside(partial(kept.page_ahead, page + 1)))
            part, first = rows[place : size if is_second else size // 2], self._index
            if not part:
                break
            self._index += len(part)
            entities = [self._selection._entity(row, first + at) for at, row in enumerate(part) if row.key is not None or row.values]
            if entities:
                return entities
        return []

    async def _rows(self, page: int) -> list[Row]:
        if self._page is not None and self._page[0] == page:
            return self._page[1]
        rows: list[Row] | None = None
        if self._ahead is not None:
            (at, job), self._ahead = self._ahead, None
            ready = await job.wait()
            rows = ready if at == page else None
        if rows is None:
            rows = await self._selection._kept.page(page)
        self._page = (page, rows)
        return rows


def _ended() -> list[Entity]:
    raise StopAsyncIteration


def _key(entity: Any) -> str:
    """Of an entity, of either form, or a key itself."""
    if isinstance(entity, Carried):
        return key_of(entity._param())
    return key_of(entity)


def known(dataclass: Dataclass, shape: Shape, page: Page) -> Selection:
    """What a function gave."""
    return Selection(Kept(dataclass, Called(), shape, page))


def nothing(dataclass: Dataclass) -> Selection:
    """Without entities."""
    return Selection(Kept(dataclass, Nothing(), Shape(dataclass.wire.rules.page_size), Page()))
