"""Entities (`remote-datastore.md` 4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from claviger._core.blocking import run
from claviger._core.entity import Entity as Core
from claviger.errors import NotFound
from claviger.shown import called, shown
from claviger.status import DropMode, LockMode, SaveMode, Status
from claviger.value import AttributeType, Carried

if TYPE_CHECKING:
    from claviger.dataclass import Dataclass
    from claviger.selection import Selection


class Entity(Carried):
    """An entity in memory: what was read, and what was assigned since. Its lock, if it has one, ends with it.

    Attributes are members: `book.title`, `book.title = "Solaris"`; relations are read on first use, `book.author.fullName`, `author.books`; functions
    are called, `book.lend("Ines")`. Where a name is one of this class already, and for names in a variable: `book["key"]`, which reads no relation.
    """

    _core: Core

    def __init__(self, core: Core) -> None:
        # There are many: not through `__setattr__`.
        self.__dict__["_core"] = core

    @property
    def dataclass(self) -> Dataclass:
        """The dataclass (`getDataClass()`)."""
        from claviger.dataclass import Dataclass

        return Dataclass(self._core.dataclass)

    @property
    def key(self) -> str | None:
        """The key, as text; none before it is saved (`getKey()`)."""
        return self._core.key

    @property
    def stamp(self) -> int:
        """The version; 0 before it is saved (`getStamp()`)."""
        return self._core.stamp

    @property
    def timestamp(self) -> datetime | None:
        """When it was saved last, where the answer says so."""
        return self._core.timestamp

    @property
    def is_new(self) -> bool:
        """Not saved yet (`isNew()`)."""
        return self._core.is_new

    @property
    def selection(self) -> Selection | None:
        """The selection that it was found in (`getSelection()`)."""
        found: Selection | None = shown(self._core.selection)
        return found

    @property
    def index(self) -> int | None:
        """Its place there, from 0 (`indexOf()`)."""
        return self._core.index

    @property
    def touched(self) -> bool:
        """Something was assigned and not saved (`touched()`)."""
        return self._core.touched

    @property
    def touched_attributes(self) -> list[str]:
        """What was assigned and not saved (`touchedAttributes()`)."""
        return self._core.touched_attributes

    @property
    def is_locked(self) -> bool:
        """This object holds a lock."""
        return self._core.is_locked

    def has(self, name: str) -> bool:
        """The attribute was read or assigned; of a new entity, every one is there."""
        return self._core.has(name)

    def value(self, name: str) -> Any:
        """The value of an attribute; a relation is a `Reference`. NotFound when it was not read, may not be read, or is unknown."""
        return self._core.value(name)

    def set(self, name: str, value: Any) -> None:
        """Assigns a value, to be saved (`entity.attributeName = value`). Of a relation: an entity, its key, or None."""
        self._core.set(name, value)

    def __getitem__(self, name: str) -> Any:
        return self._core.value(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._core.set(name, value)

    def __contains__(self, name: object) -> bool:
        return name in self._core

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        info = self._core.dataclass.info or run(self._core.dataclass.described()).described_info
        attribute = info.attributes.get(name)
        if attribute is not None and attribute.value_type is AttributeType.ENTITY:
            return self.related(name)
        if attribute is not None and attribute.value_type is AttributeType.SELECTION:
            return self.related_selection(name)
        try:
            return self._core.value(name)
        except NotFound:
            pass
        if attribute is None and name in info.methods:
            return partial(self.call, name)
        raise AttributeError(f'The entity of {info.name} has no "{name}" here.')

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        elif hasattr(type(self), name):
            raise AttributeError(f'"{name}" is a member of every entity; assign an attribute of that name with entity["{name}"].')
        else:
            self._core.set(name, value)

    def __dir__(self) -> Iterable[str]:
        info = self._core.dataclass.info
        return [*super().__dir__(), *(info.attributes if info else ()), *(info.methods if info else ())]

    def to_object(self) -> dict[str, Any]:
        """All its values as one object (`toObject()`)."""
        return self._core.to_object()

    def from_object(self, values: Mapping[str, Any]) -> None:
        """Assigns the members of an object (`fromObject()`). What is no attribute, or cannot be written, is passed over."""
        self._core.from_object(values)

    def diff(self, other: Entity) -> dict[str, tuple[Any, Any]]:
        """The attributes in which two entities differ, with both values (`diff()`)."""
        return self._core.diff(other._core)

    def clone(self) -> Entity:
        """Another object on the same entity, with what was assigned here and without the lock (`clone()`)."""
        return Entity(self._core.clone())

    def save(self, mode: SaveMode | str = SaveMode.CHECK) -> Status:
        """Saves what was assigned (`save()`). Status 2, 3, 5 and 6 say that somebody else was there; nothing is raised for them.

        `Validation` is raised when a value breaks a rule, `PermissionDenied`, and whatever happens on the way.
        """
        return run(self._core.save(mode))

    def drop(self, mode: DropMode | str = DropMode.CHECK) -> Status:
        """Deletes the entity (`drop()`), unless it was saved by somebody else meanwhile."""
        return run(self._core.drop(mode))

    def lock(self, mode: LockMode | str = LockMode.CHECK) -> Status:
        """Locks the entity against all other sessions (`lock()`), unless it was saved by somebody else meanwhile."""
        return run(self._core.lock(mode))

    def unlock(self) -> Status:
        """Gives the lock back (`unlock()`). While other objects of this session hold it, it stays."""
        return run(self._core.unlock())

    def reload(self) -> Status:
        """Reads the entity again (`reload()`); what was assigned and not saved is forgotten. Status 5 when it is gone."""
        return run(self._core.reload())

    def related(self, relation: str) -> Entity | None:
        """The entity that a relation leads to; none when it leads nowhere (`book.author`). Read once."""
        found: Entity | None = shown(run(self._core.related(relation)))
        return found

    def related_selection(self, relation: str) -> Selection:
        """The entities that a relation leads to (`author.books`)."""
        found: Selection = shown(run(self._core.related_selection(relation)))
        return found

    def bytes(self, attribute: str) -> bytes | None:
        """The bytes of an image or blob (`entity.attributeName`); none when it is null."""
        return run(self._core.bytes(attribute))

    def first(self) -> Entity | None:
        """The first of its selection (`first()`)."""
        found: Entity | None = shown(run(self._core.first()))
        return found

    def last(self) -> Entity | None:
        """The last of its selection (`last()`)."""
        found: Entity | None = shown(run(self._core.last()))
        return found

    def next(self) -> Entity | None:
        """The one after it in its selection (`next()`)."""
        found: Entity | None = shown(run(self._core.next()))
        return found

    def previous(self) -> Entity | None:
        """The one before it in its selection (`previous()`)."""
        found: Entity | None = shown(run(self._core.previous()))
        return found

    def call(self, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of the entity, as it is saved (`entity.functionName()`)."""
        return called(self._core.call(function, *arguments, by_get=by_get, select=select))

    def __repr__(self) -> str:
        return repr(self._core)

    def _written(self) -> Any:
        return self._core._written()

    def _param(self) -> Any:
        return self._core._param()

    async def _argument(self) -> Any:
        return await self._core._argument()
