"""Dataclasses (`remote-datastore.md` 4.1), and what is asked about one entity by its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from claviger._core import ask as asks
from claviger._core.ask import encoded, keyed
from claviger._core.call import Keyed, call
from claviger._core.catalog import AttributeInfo, DataclassInfo
from claviger._core.digits import dumps, loads
from claviger._core.io import Answer
from claviger._core.lost import afterwards
from claviger._core.query import Query, Shape, filtered
from claviger._core.row import Page, Row, excerpt
from claviger._core.told import errors_of, status_of, told
from claviger._core.wire import Wire
from claviger.errors import ClavigerError, Conflict, Misuse, NotFound, Protocol, Remote, SessionLost, Validation, missing
from claviger.status import Status, done, failed
from claviger.value import AttributeType, key_of, read, written

if TYPE_CHECKING:
    from claviger._core.datastore import DataStore
    from claviger._core.entity import Entity
    from claviger._core.selection import Selection


@dataclass
class Saved:
    """What came of saving a row: also as it is stored now, where the answer says so."""

    status: Status
    row: Row | None = None


class Dataclass:
    """A dataclass of a datastore. Its functions are members, and so are the descriptions of its attributes."""

    def __init__(self, store: DataStore, name: str, info: DataclassInfo | None) -> None:
        self.store = store
        self.name = name
        self._info = info

    @property
    def wire(self) -> Wire:
        """The way to the server."""
        return self.store.wire

    @property
    def info(self) -> DataclassInfo | None:
        """Its description; none before a datastore that was opened lazily has its catalog."""
        if self._info is None:
            catalog = self.store.last_catalog
            self._info = catalog.dataclasses.get(self.name) if catalog else None
        return self._info

    @property
    def described_info(self) -> DataclassInfo:
        """Its description, when it must be known already."""
        if self.info is None:
            raise Misuse(f"The description of {self.name} was not read yet.")
        return self.info

    async def described(self) -> Dataclass:
        """With its description, which is asked for when it is not known."""
        if self.info is None:
            catalog = await self.store.catalog()
            if self.name not in catalog.dataclasses:
                raise absent(self.name)
        return self

    async def get_info(self) -> dict[str, Any]:
        """Name, primary key and number (`getInfo()`), with the reference's names."""
        return (await self.described()).described_info.to_object()

    def attribute(self, name: str) -> AttributeInfo:
        """The description of an attribute (`dataClass.attributeName`)."""
        found = self.info.attributes.get(name) if self.info else None
        if found is None:
            raise missing("attribute", f'The "{name}" attribute cannot be found in the "{self.name}" dataclass')
        return found

    def typed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the wire as Python's."""
        known = self.info.attributes if self.info else {}
        return {name: read(value, known[name].value_type, known[name].type) if name in known else value for name, value in values.items()}

    def collected(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The same as one plain object: what was read over relations is within it."""
        made, catalog = self.typed(values), self.store.last_catalog
        for name, value in values.items():
            info = self.info.attributes.get(name) if self.info else None
            if info is None or catalog is None or not isinstance(value, dict):
                continue
            if info.kind == "relatedEntity" and "__deferred" not in value:
                row, target = Row.read(value), catalog.dataclasses.get(info.type)
                if row.values and target is not None:
                    made[name] = Dataclass(self.store, info.type, target).collected(row.values)
            elif info.kind == "relatedEntities" and isinstance(value.get("__ENTITIES"), list):
                target = catalog.of_collection(info.type)
                if target is not None:
                    among = Dataclass(self.store, target.name, target)
                    made[name] = [among.collected(Row.read(item).values) for item in value["__ENTITIES"]]
        return made

    @property
    def single_key_or_none(self) -> str | None:
        """Name of the key attribute; none for keys of several parts."""
        return self.info.single_key if self.info else None

    @property
    def single_key(self) -> str:
        """Name of the key attribute."""
        if self.single_key_or_none is None:
            raise Misuse(f"{self.name} has no primary key of one attribute.")
        return self.single_key_or_none

    @property
    def has_text_key(self) -> bool:
        """Filters read its keys as patterns, and compare them without case and accents: they may find others."""
        path = self.single_key_or_none
        # The key attribute may be one that the caller must not read.
        attribute = self.info.attributes.get(path) if self.info and path else None
        return attribute is not None and attribute.value_type is AttributeType.TEXT

    def address(self, key: str) -> str:
        """Of the entity with a key, below `/rest/`."""
        return keyed(self.name, key, self.has_text_key)

    def key_json(self, key: str) -> Any:
        """A key as the key attribute's value."""
        kind = self.attribute(self.single_key).value_type
        if kind in (AttributeType.INTEGER, AttributeType.NUMBER):
            try:
                return loads(key)
            except ValueError:
                return key
        return key

    def all(self) -> Query:
        """All entities (`all()`)."""
        return Query(self, None, None, Shape(self.wire.rules.page_size))

    def query(
        self,
        text: str,
        *values: Any,
        parameters: Mapping[str, Any] | None = None,
        attributes: Mapping[str, str] | None = None,
        allow_formulas: bool = True,
    ) -> Query:
        """Entities that fit (`query()`): `query("price < :1 and author.fullName = :2", 20, "Lem@")`. Values never become part of the text.

        Placeholders may have names: `parameters` are their values, `attributes` the attribute paths that they stand for.
        """
        return Query(self, None, filtered(text, values, parameters, attributes, allow_formulas), Shape(self.wire.rules.page_size))

    async def get(self, key: Any) -> Entity | None:
        """The entity with a key; none when there is none (`get()`)."""
        from claviger._core.entity import Entity

        await self.described()
        row = await self.row(key_of(key))
        return None if row is None else Entity(self, row)

    async def get_count(self) -> int:
        """How many entities there are (`getCount()`)."""
        return Page.read(await self.wire.json(asks.get(encoded(self.name)).with_("$top", "0"))).count

    def new(self, **values: Any) -> Entity:
        """A blank entity in memory, with these values assigned (`new()`)."""
        from claviger._core.entity import Entity

        entity = Entity(self)
        for name, value in values.items():
            entity.set(name, value)
        return entity

    def new_selection(self) -> Selection:
        """A selection without entities (`newSelection()`)."""
        from claviger._core.selection import nothing

        return nothing(self)

    async def from_collection(self, objects: Iterable[Mapping[str, Any]]) -> list[Status]:
        """Creates and updates many (`fromCollection()`): objects with `__KEY` are updated. Each is on its own: some may be saved, others not."""
        await self.described()
        bodies = [{name: written(value) for name, value in item.items()} for item in objects]

        async def statuses(saved: list[Saved], _: bool) -> list[Status]:
            return [one.status for one in saved]

        return await afterwards(self.write_many(bodies, False), statuses)

    async def call(self, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of the dataclass."""
        return await call(self.store, self, function, arguments, by_get, select)

    async def call_entity(self, key: Any, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of an entity that need not be read."""
        return await call(self.store, Keyed(self.name, key_of(key)), function, arguments, by_get, select)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        info = self.info
        if info is not None and name in info.attributes:
            return info.attributes[name]
        if info is not None and name in info.methods:
            return partial(self.call, name)
        raise AttributeError(f'The dataclass {self.name} has no "{name}".')

    def __repr__(self) -> str:
        return f"<Dataclass {self.name}>"

    async def row(self, key: str, select: str | None = None) -> Row | None:
        """The row with a key, with these attributes only when they are said."""
        try:
            body = await self.wire.json(asks.get(self.address(key)).maybe("$attributes", select))
        except NotFound as error:
            if error.kind == "entity":
                return None
            raise
        if not isinstance(body, dict):
            raise Protocol("The answer is no entity", excerpt(dumps(body)))
        return Row.read(body)

    async def save_row(self, key: str | None, stamp: int | None, values: dict[str, Any]) -> Saved:
        """Saves values: creates without a key, updates with one; with a stamp, only when nobody has saved the entity since."""
        known: dict[str, Any] = {} if key is None else {"__KEY": key}
        if key is not None and stamp is not None:
            known["__STAMP"] = stamp

        async def read(answer: Answer, _: bool) -> Saved:
            return self._saved(answer.status, self.wire.parse(answer))

        # An empty `__KEY` would create: the address says it.
        path = self.address(key) if key == "" else encoded(self.name)
        return await afterwards(self.wire.send(asks.post(path, {**known, **values}).with_("$method", "update")), read)

    async def write_many(self, bodies: list[dict[str, Any]], is_atomic: bool) -> list[Saved]:
        """Saves many at once; all or none when it is atomic."""
        ask = asks.post(encoded(self.name), bodies).with_("$method", "update")

        async def read(answer: Answer, _: bool) -> list[Saved]:
            body = self.wire.parse(answer)
            items = body.get("__ENTITIES") if isinstance(body, dict) else None
            if not isinstance(items, list):
                otherwise = Protocol("The answer lists no entities", self.wire.hidden(excerpt(dumps(body))))
                raise told(answer.status, body) or otherwise
            return [self._saved(200, item) for item in items]

        return await afterwards(self.wire.send(ask.with_("$atomic", "true") if is_atomic else ask), read)

    def _saved(self, http_status: int, body: Any) -> Saved:
        """What an update answer says (`rest-dialect.md` 12.3 to 12.7)."""
        if not isinstance(body, dict):
            raise Protocol("The answer is no entity", excerpt(dumps(body)))
        has_uri = self.info is not None and "uri" in self.info.attributes
        status = status_of(body)
        row = Row.read_saved(body, has_uri)
        if http_status < 400 and not errors_of(body) and (status is None or status.success):
            return Saved(status or done(), row)
        stored = row if "__STAMP" in body else None
        # An item of a list has no status of its own in HTTP.
        error = told(http_status if http_status >= 400 else 500, body)
        if isinstance(error, Conflict):
            return Saved(error.result, stored)
        if isinstance(error, Validation):
            if status is None or status.status is None:
                status = failed(4, error.errors)
            status.success = False
            return Saved(status, stored)
        if isinstance(error, NotFound) and error.kind == "entity":
            return Saved(failed(5, error.errors))
        if isinstance(error, Remote) and any(item.err_code == 1542 for item in error.errors):
            return Saved(failed(5, error.errors))
        if error is None or (isinstance(error, Remote) and status is not None):
            return Saved(failed(4, error.errors if error else []), stored)
        raise error

    async def drop_row_if(self, key: str, stamp: int) -> Status:
        """Deletes the entity with a key when it has this stamp.

        A server that compares stamps itself does both as one; from others the entity is read before.
        """
        if (await self.store.catalog()).compares_deletions:
            return await self.drop_row(key, stamp)
        row = await self.row(key, self.single_key_or_none)
        if row is None:
            return failed(5)
        return await self.drop_row(key) if row.stamp == stamp else failed(2)

    async def drop_row(self, key: str, stamp: int | None = None) -> Status:
        """Deletes the entity with a key; of one with another stamp than this, if given, nothing."""

        async def read(answer: Answer, _: bool) -> Status:
            return _dropped(told(answer.status, self.wire.parse(answer)))

        ask = asks.post_nothing(self.address(key)).with_("$method", "delete").maybe("$stamp", None if stamp is None else str(stamp))
        return await afterwards(self.wire.send(ask), read)

    async def ask_lock(self, key: str, lock: bool) -> Status:
        """Asks for the lock, or for its end. When the answer was given in a session that is not kept, it is asked for once more."""
        ask = asks.get(self.address(key)).with_("$lock", "true" if lock else "false")
        try:
            answer = await self.wire.send(ask)
            if answer.is_elsewhere:
                answer = await self.wire.send(ask)
        except SessionLost:
            if lock:
                # Perhaps the new session has it now.
                self.wire.io.ready()
                self.wire.give_back_lock(self.name, key, self.address(key))
            raise
        body = self.wire.parse(answer)
        error = told(answer.status, body)
        if isinstance(error, Conflict):
            return error.result
        if isinstance(error, NotFound) and error.kind == "entity":
            return failed(5)
        if error is not None:
            raise error
        is_done = isinstance(body, dict) and body.get("result") is True
        status = (status_of(body) if isinstance(body, dict) else None) or (done() if is_done else failed(3))
        status.success = is_done
        return status

    async def bytes(self, uri: str) -> bytes:
        """The bytes that a deferred image or blob names."""
        ask = asks.deferred(uri)
        if ask is None:
            raise Protocol("The address leads elsewhere", excerpt(uri))
        answer = await self.wire.send(ask)
        if answer.status >= 400:
            raise told(answer.status, self.wire.parse(answer)) or Remote(answer.status, [])
        return answer.body


def _dropped(error: ClavigerError | None) -> Status:
    """What the server says of a deletion."""
    if error is None:
        return done()
    if isinstance(error, Conflict):
        return error.result
    if isinstance(error, NotFound) and error.kind == "entity":
        return failed(5)
    if isinstance(error, (Validation, Remote)) and error.errors:
        # Older servers say it in words only.
        is_locked = any(" is locked" in item.message for item in error.errors)
        return failed(3 if is_locked else 4, error.errors)
    raise error


def absent(name: str) -> NotFound:
    """The catalog has no such dataclass."""
    return missing("dataclass", f'The "{name}" dataclass cannot be found')
