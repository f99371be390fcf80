"""Dataclasses (`remote-datastore.md` 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from claviger._core.blocking import run
from claviger._core.catalog import AttributeInfo, DataclassInfo
from claviger._core.dataclass import Dataclass as Core
from claviger.entity import Entity
from claviger.selection import Selection
from claviger.shown import called
from claviger.status import Status

if TYPE_CHECKING:
    from claviger.datastore import DataStore


class Dataclass:
    """A dataclass of a datastore.

    Its functions are members, `ds.Book.cheapest(2)`, and so are the descriptions of its attributes, `ds.Book.title`.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def name(self) -> str:
        """Its name."""
        return self._core.name

    @property
    def store(self) -> DataStore:
        """Its datastore (`getDataStore()`)."""
        from claviger.datastore import DataStore

        return DataStore(self._core.store)

    def get_info(self) -> dict[str, Any]:
        """Name, primary key and number (`getInfo()`), with the reference's names."""
        return run(self._core.get_info())

    @property
    def info(self) -> DataclassInfo:
        """All that the catalog says of it."""
        return run(self._core.described()).described_info

    def attribute(self, name: str) -> AttributeInfo:
        """The description of an attribute (`dataClass.attributeName`)."""
        return run(self._core.described()).attribute(name)

    def all(self) -> Selection:
        """All entities (`all()`)."""
        return Selection(self._core.all())

    def query(
        self,
        text: str,
        *values: Any,
        parameters: Mapping[str, Any] | None = None,
        attributes: Mapping[str, str] | None = None,
        allow_formulas: bool = True,
    ) -> Selection:
        """Entities that fit (`query()`): `query("price < :1 and author.fullName = :2", 20, "Lem@")`. Values never become part of the text.

        Placeholders may have names: `parameters` are their values, `attributes` the attribute paths that they stand for.
        """
        settings = {"parameters": parameters, "attributes": attributes}
        return Selection(self._core.query(text, *values, allow_formulas=allow_formulas, **settings))

    def get(self, key: Any) -> Entity | None:
        """The entity with a key; none when there is none (`get()`)."""
        core = run(self._core.get(key))
        return None if core is None else Entity(core)

    def get_count(self) -> int:
        """How many entities there are (`getCount()`)."""
        return run(self._core.get_count())

    def new(self, **values: Any) -> Entity:
        """A blank entity in memory, with these values assigned (`new()`)."""
        return Entity(self._core.new(**values))

    def new_selection(self) -> Selection:
        """A selection without entities (`newSelection()`)."""
        return Selection(run(self._core.described()).new_selection())

    def from_collection(self, objects: Iterable[Mapping[str, Any]]) -> list[Status]:
        """Creates and updates many (`fromCollection()`): objects with `__KEY` are updated. Each is on its own: some may be saved, others not."""
        return run(self._core.from_collection(objects))

    def call(self, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of the dataclass (`dataClass.functionName()`)."""
        return called(self._core.call(function, *arguments, by_get=by_get, select=select))

    def call_entity(self, key: Any, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of an entity that need not be read (`entity.functionName()`)."""
        return called(self._core.call_entity(key, function, *arguments, by_get=by_get, select=select))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        info = self.info
        if name in info.attributes:
            return info.attributes[name]
        if name in info.methods:
            return partial(self.call, name)
        raise AttributeError(f'The dataclass {self.name} has no "{name}".')

    def __dir__(self) -> Iterable[str]:
        info = self._core.info
        return [*super().__dir__(), *(info.attributes if info else ()), *(info.methods if info else ())]

    def __repr__(self) -> str:
        return repr(self._core)
