"""The same as `claviger.typed` for the asyncio form: what classes made by `claviger client types --lang py --asyncio` are based on."""

from __future__ import annotations

import typing as _t
from collections.abc import AsyncIterator, Generator, Mapping

from claviger import aio as _aio

if _t.TYPE_CHECKING:
    from typing_extensions import Self

E = _t.TypeVar("E", bound="Entity")
S = _t.TypeVar("S", bound="_aio.Selection")


class Entity(_aio.Entity):
    """An entity whose attributes are declared."""

    if _t.TYPE_CHECKING:
        # A checker takes what is no function for none, so that only what is declared is there.
        __getattr__: None  # type: ignore[assignment,misc]
        __setattr__: None  # type: ignore[assignment,misc]

        def clone(self) -> Self: ...
        async def first(self) -> Self | None: ...
        async def last(self) -> Self | None: ...
        async def next(self) -> Self | None: ...
        async def previous(self) -> Self | None: ...


class Query(_aio.Query, _t.Generic[E, S]):
    """What is asked when it is awaited, or gone through."""

    if _t.TYPE_CHECKING:

        def __await__(self) -> Generator[_t.Any, None, S]: ...
        def __aiter__(self) -> AsyncIterator[E]: ...
        def order_by(self, order: str) -> Self: ...
        def select(self, *attributes: str) -> Self: ...
        def page_size(self, entities: int) -> Self: ...
        def explained(self) -> Self: ...
        async def ask(self) -> S: ...


class Selection(_aio.Selection, _t.Generic[E]):
    """A selection of such entities."""

    if _t.TYPE_CHECKING:
        __getattr__: None  # type: ignore[assignment,misc]

        def __aiter__(self) -> AsyncIterator[E]: ...  # type: ignore[override]
        async def at(self, index: int) -> E | None: ...
        async def first(self) -> E | None: ...
        async def last(self) -> E | None: ...
        def order_by(self, order: str) -> Query[E, Self]: ...
        def select(self, *attributes: str) -> Query[E, Self]: ...
        def query(
            self,
            text: str,
            *values: _t.Any,
            parameters: Mapping[str, _t.Any] | None = None,
            attributes: Mapping[str, str] | None = None,
            allow_formulas: bool = True,
        ) -> Query[E, Self]: ...
        async def slice(self, first: int, end: int) -> Self: ...
        async def and_(self, other: _aio.Selection) -> Self: ...
        async def or_(self, other: _aio.Selection) -> Self: ...
        async def minus(self, other: _aio.Selection) -> Self: ...
        async def add(self, entity: _aio.Entity) -> Self: ...
        async def drop(self) -> Self: ...


class Dataclass(_aio.Dataclass, _t.Generic[E, S]):
    """The dataclass of such entities."""

    if _t.TYPE_CHECKING:
        __getattr__: None  # type: ignore[assignment,misc]

        def all(self) -> Query[E, S]: ...
        def query(
            self,
            text: str,
            *values: _t.Any,
            parameters: Mapping[str, _t.Any] | None = None,
            attributes: Mapping[str, str] | None = None,
            allow_formulas: bool = True,
        ) -> Query[E, S]: ...
        async def get(self, key: _t.Any) -> E | None: ...
        def new(self, **values: _t.Any) -> E: ...
        def new_selection(self) -> S: ...


class DataStore(_aio.DataStore):
    """A datastore whose dataclasses are declared."""

    if _t.TYPE_CHECKING:
        __getattr__: None  # type: ignore[assignment,misc]

        async def __aenter__(self) -> Self: ...
