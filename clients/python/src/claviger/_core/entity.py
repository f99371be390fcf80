"""Entities (`remote-datastore.md` 4.3, `data-model.md` 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from claviger._core.call import call
from claviger._core.dataclass import Dataclass, Saved
from claviger._core.farewell import Hold
from claviger._core.lost import afterwards
from claviger._core.merge import hindrance
from claviger._core.query import Shape
from claviger._core.row import Row
from claviger._core.told import quoted_in
from claviger.errors import Misuse, NotFound, Validation, missing
from claviger.status import DropMode, LockMode, SaveMode, Status, done, failed
from claviger.value import AttributeType, Carried, Media, key_text, read, related_key, written

if TYPE_CHECKING:
    from claviger._core.selection import Selection


_ABSENT = object()


class Entity(Carried):
    """An entity in memory: what was read, and what was assigned since. Its lock, if it has one, ends with it.

    Attributes are members: `book.title`, `book.title = "Solaris"`. Where a name is one of this class already, and for names in a variable:
    `book["key"]`.
    """

    _class: Dataclass
    _row: Row
    _touched: dict[str, Any]
    _hold: Hold | None
    _place: tuple[Selection, int] | None
    _related: dict[str, Row | None]

    def __init__(self, dataclass: Dataclass, row: Row | None = None, place: tuple[Selection, int] | None = None) -> None:
        # There are many: at once, and not one by one through `__setattr__`.
        self.__dict__.update(_class=dataclass, _row=row or Row(), _touched={}, _hold=None, _place=place, _related={})

    @property
    def _alone(self) -> Any:
        """One after the other: a new entity that is saved twice at once is made once, and what is locked is not unlocked meanwhile."""
        return self.__dict__.get("_mutex") or self.__dict__.setdefault("_mutex", self._class.wire.io.lock())

    @classmethod
    def unsaved(cls, dataclass: Dataclass, row: Row) -> Entity:
        """One that a function made and did not save: everything in it is still to be saved."""
        entity = cls(dataclass)
        for name, value in row.values.items():
            key = related_key(value)
            is_deferred = isinstance(value, dict) and "__deferred" in value
            info = dataclass.described_info.attributes.get(name)
            if value is not None and (not is_deferred or key is not None) and (info is None or not info.read_only):
                entity._touched[name] = {"__KEY": key} if key is not None else value
        return entity

    @property
    def dataclass(self) -> Dataclass:
        """The dataclass (`getDataClass()`)."""
        return self._class

    @property
    def key(self) -> str | None:
        """The key, as text; none before it is saved (`getKey()`)."""
        return self._row.key

    @property
    def stamp(self) -> int:
        """The version; 0 before it is saved (`getStamp()`)."""
        return self._row.stamp

    @property
    def timestamp(self) -> datetime | None:
        """When it was saved last, where the answer says so."""
        at = read(self._row.timestamp, AttributeType.INSTANT)
        return at if isinstance(at, datetime) else None

    @property
    def is_new(self) -> bool:
        """Not saved yet (`isNew()`)."""
        return self._row.key is None

    @property
    def selection(self) -> Selection | None:
        """The selection that it was found in (`getSelection()`)."""
        return self._place[0] if self._place else None

    @property
    def index(self) -> int | None:
        """Its place there, from 0 (`indexOf()`)."""
        return self._place[1] if self._place else None

    @property
    def touched(self) -> bool:
        """Something was assigned and not saved (`touched()`)."""
        return bool(self._touched)

    @property
    def touched_attributes(self) -> list[str]:
        """What was assigned and not saved (`touchedAttributes()`)."""
        return list(self._touched)

    @property
    def is_locked(self) -> bool:
        """This object holds a lock."""
        return self._hold is not None and self._hold.is_current

    def has(self, name: str) -> bool:
        """The attribute was read or assigned; of a new entity, every one is there."""
        return self._raw(name, _ABSENT) is not _ABSENT or (self.is_new and self._info(name) is not None)

    def value(self, name: str) -> Any:
        """The value of an attribute. NotFound when it was not read, may not be read, or is unknown; a new entity has None everywhere."""
        raw, info = self._raw(name, _ABSENT), self._info(name)
        if raw is _ABSENT:
            if not (self.is_new and info is not None):
                raise missing("attribute", f'The entity of {self._class.name} has no "{name}" here.')
            return None
        return raw if info is None else read(raw, info.value_type, info.type)

    def _raw(self, name: str, otherwise: Any = None) -> Any:
        return self._touched[name] if name in self._touched else self._row.value(name, otherwise)

    def _info(self, name: str) -> Any:
        info = self._class.info
        return info.attributes.get(name) if info else None

    def set(self, name: str, value: Any) -> None:
        """Assigns a value, to be saved. Of a relation: an entity, its key, or None."""
        wire = written(value)
        if self._class.info is not None:
            info = self._class.attribute(name)
            if info.read_only or info.kind == "relatedEntities":
                raise Misuse(f'"{name}" cannot be written.')
        self._related.pop(name, None)
        self._touched[name] = wire

    def __getitem__(self, name: str) -> Any:
        return self.value(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.set(name, value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.value(name)
        except NotFound:
            info = self._class.info
        if info is not None and name in info.methods and name not in info.attributes:
            return partial(self.call, name)
        raise AttributeError(f'The entity of {self._class.name} has no "{name}" here.')

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        elif hasattr(type(self), name):
            raise AttributeError(f'"{name}" is a member of every entity; assign an attribute of that name with entity["{name}"].')
        else:
            self.set(name, value)

    def to_object(self) -> dict[str, Any]:
        """All its values as one object (`toObject()`)."""
        return self._class.collected({**self._row.values, **self._touched})

    def from_object(self, values: Mapping[str, Any]) -> None:
        """Assigns the members of an object (`fromObject()`). What is no attribute, or cannot be written, is passed over."""
        for name, value in values.items():
            info = self._info(name)
            if info is not None and not info.read_only and info.kind != "relatedEntities":
                self.set(name, value)

    def diff(self, other: Entity) -> dict[str, tuple[Any, Any]]:
        """The attributes in which two entities differ, with both values (`diff()`)."""
        mine, theirs = self.to_object(), other.to_object()
        return {name: (mine.get(name), theirs.get(name)) for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)}

    def clone(self) -> Entity:
        """Another object on the same entity, with what was assigned here and without the lock (`clone()`)."""
        twin = Entity(self._class, self._row, self._place)
        twin._touched = dict(self._touched)
        return twin

    async def save(self, mode: SaveMode | str = SaveMode.CHECK) -> Status:
        """Saves what was assigned (`save()`). Status 2, 3, 5 and 6 say that somebody else was there; nothing is raised for them."""
        mode = SaveMode(mode)
        self._class = await self._class.described()
        async with self._alone:
            return await self._save(mode)

    async def _save(self, mode: SaveMode) -> Status:
        if not self._touched and not self.is_new:
            return done()
        touched = dict(self._touched)

        async def go_on(saved: Saved, is_lost: bool) -> Status:
            if saved.status.status != 2 or mode is SaveMode.CHECK or is_lost:
                return self._after(saved, touched)
            stored = saved.row if saved.row is not None and saved.row.key else await self._class.row(self._saved_key())
            if stored is None:
                return failed(5)
            number = hindrance(self._class.described_info, self._row.values, stored.values, touched)
            if number is not None:
                return failed(number)
            return await afterwards(self._class.save_row(stored.key, stored.stamp, touched), merged)

        async def merged(saved: Saved, _: bool) -> Status:
            return self._after(saved, touched, is_merged=True)

        return await afterwards(self._class.save_row(self.key, None if self.is_new else self.stamp, touched), go_on)

    def _after(self, saved: Saved, sent: dict[str, Any], is_merged: bool = False) -> Status:
        """Takes over what the server has now. What was assigned since it was sent is still to be saved."""
        status = saved.status
        if status.success:
            if saved.row is not None:
                self._row = saved.row
            self._touched = {name: value for name, value in self._touched.items() if name not in sent or value is not sent[name]}
            self._related = {}
            status.auto_merged = is_merged
        elif not status.is_conflict:
            raise invalid(status)
        return status

    async def drop(self, mode: DropMode | str = DropMode.CHECK) -> Status:
        """Deletes the entity (`drop()`), unless it was saved by somebody else meanwhile."""
        mode = DropMode(mode)
        self._class = await self._class.described()
        async with self._alone:
            return await self._drop(mode, self._saved_key())

    async def _drop(self, mode: DropMode, key: str) -> Status:
        async def go_on(status: Status, _: bool) -> Status:
            if status.success and self._hold is not None:
                # The lock went with it.
                self._hold.end()
                self._hold = None
            elif not status.success and not status.is_conflict:
                raise invalid(status)
            return status

        dropping = self._class.drop_row_if(key, self.stamp) if mode is DropMode.CHECK else self._class.drop_row(key)
        return await afterwards(dropping, go_on)

    async def lock(self, mode: LockMode | str = LockMode.CHECK) -> Status:
        """Locks the entity against all other sessions (`lock()`), unless it was saved by somebody else meanwhile."""
        mode = LockMode(mode)
        self._class = await self._class.described()
        async with self._alone:
            return await self._lock(mode, self._saved_key())

    async def _lock(self, mode: LockMode, key: str) -> Status:
        async with self._class.wire.turn(self._class.name, key):
            status = await self._class.ask_lock(key, True)
            if not status.success:
                return status
            hold = Hold(self._class.wire, self._class.name, key, self._class.address(key))
        # Read once it cannot change any more. If this fails, the lock is given back.
        row = await self._class.row(key)
        if row is None:
            return failed(5)
        if row.stamp != self.stamp:
            if mode is LockMode.CHECK:
                await self._give_back(hold, key)
                return failed(2)
            self._take(row)
            status.was_reloaded = True
        if self.is_locked:
            # It counts once for this object.
            hold.end()
        else:
            self._hold = hold
        return status

    async def unlock(self) -> Status:
        """Gives the lock back (`unlock()`). While other objects of this session hold it, it stays."""
        async with self._alone:
            key = self._saved_key()
            hold, self._hold = self._hold, None
            if hold is not None and hold.is_current:
                return await self._give_back(hold, key)
            async with self._class.wire.turn(self._class.name, key):
                is_held = self._class.wire.session.is_held(self._class.name, key)
                return done() if is_held else await self._class.ask_lock(key, False)

    async def _give_back(self, hold: Hold, key: str) -> Status:
        async with self._class.wire.turn(self._class.name, key):
            return await self._class.ask_lock(key, False) if hold.end() else done()

    async def reload(self) -> Status:
        """Reads the entity again (`reload()`); what was assigned and not saved is forgotten. Status 5 when it is gone."""
        self._class = await self._class.described()
        async with self._alone:
            row = await self._class.row(self._saved_key())
            if row is None:
                return failed(5)
            self._take(row)
            return done()

    def _take(self, row: Row) -> None:
        self._row, self._touched, self._related = row, {}, {}

    def _saved_key(self) -> str:
        if self.key is None:
            raise Misuse("The entity is not saved yet.")
        return self.key

    async def related(self, relation: str) -> Entity | None:
        """The entity that a relation leads to; none when it leads nowhere (`book.author`). Read once."""
        self._class = await self._class.described()
        info = self._class.attribute(relation)
        if info.kind != "relatedEntity":
            raise Misuse(f'"{relation}" does not lead to one entity.')
        target = await self._class.store.dataclass(info.type).described()
        if relation not in self._related:
            self._related[relation] = await self._find_related(target, relation)
        row = self._related[relation]
        return None if row is None else Entity(target, row)

    async def _find_related(self, target: Dataclass, relation: str) -> Row | None:
        value = self._raw(relation)
        if relation not in self._touched and relation not in self._row.values and not self.is_new:
            # It was not among what was read.
            row = await self._class.row(self._saved_key(), relation)
            value = row.values.get(relation) if row is not None else None
        if isinstance(value, dict) and "__STAMP" in value:
            # It was expanded.
            return Row.read(value)
        key = related_key(value) if isinstance(value, dict) else key_text(value)
        return None if key is None else await target.row(key)

    async def related_selection(self, relation: str) -> Selection:
        """The entities that a relation leads to (`author.books`)."""
        from claviger._core.origin import Related
        from claviger._core.selection import Selection, nothing

        self._class = await self._class.described()
        info = self._class.attribute(relation)
        if info.kind != "relatedEntities":
            raise Misuse(f'"{relation}" does not lead to several entities.')
        target = await self._class.store.of_collection(info.type)
        if self.key is None:
            return nothing(target)
        origin = Related(self._class.address(self.key), relation)
        return await Selection.asked(target, origin, Shape(self._class.wire.rules.page_size))

    async def bytes(self, attribute: str) -> bytes | None:
        """The bytes of an image or blob; none when it is null."""
        media = self.value(attribute)
        if media is None:
            return None
        if not isinstance(media, Media):
            raise Misuse(f'"{attribute}" is no image or blob that the server has.')
        return await self._class.bytes(media.uri)

    async def first(self) -> Entity | None:
        """The first of its selection (`first()`)."""
        return await self._place[0].first() if self._place else None

    async def last(self) -> Entity | None:
        """The last of its selection (`last()`)."""
        return await self._place[0].last() if self._place else None

    async def next(self) -> Entity | None:
        """The one after it in its selection (`next()`)."""
        return await self._beside(1)

    async def previous(self) -> Entity | None:
        """The one before it in its selection (`previous()`)."""
        return await self._beside(-1)

    async def _beside(self, step: int) -> Entity | None:
        if self._place is None:
            return None
        selection, index = self._place
        index += step
        while 0 <= index < len(selection):
            entity = await selection.at(index)
            if entity is not None:
                return entity
            index += step
        return None

    async def call(self, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of the entity, as it is saved."""
        return await call(self._class.store, self, function, arguments, by_get, select)

    def _body(self) -> dict[str, Any]:
        """As one object of an update."""
        known = {} if self.key is None else {"__KEY": self.key, "__STAMP": self.stamp}
        return {**known, **self._touched}

    def _written(self) -> Any:
        if self.key is None:
            raise Misuse("An entity that is not saved cannot be the value of a relation.")
        return {"__KEY": self.key}

    def _param(self) -> Any:
        return self.key

    async def _argument(self) -> Any:
        return {"__DATACLASS": self._class.name, "__ENTITY": True, **self._body()}

    def __repr__(self) -> str:
        return f"<{self._class.name} {'new' if self.is_new else self.key}, stamp {self.stamp}, touched {self.touched_attributes}>"


def invalid(status: Status) -> Validation:
    """Status 4 is raised: a value breaks a rule."""
    return Validation(quoted_in(status.errors), status.errors)
