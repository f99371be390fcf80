"""Filters, and queries before they are asked (`dataClass.query()`, `remote-datastore.md` 4.1)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from claviger._core.row import Page
from claviger.errors import Remote, RemoteError
from claviger.value import param

if TYPE_CHECKING:
    from claviger._core.dataclass import Dataclass
    from claviger._core.entity import Entity
    from claviger._core.selection import Selection

_TOKEN = re.compile(r"""'[^']*(?:'|$)|"[^"]*(?:"|$)|:(?P<name>[^\W\d]\w*)|(?P<formula>\beval\s*\()""", re.IGNORECASE)


@dataclass(frozen=True)
class Filter:
    """A filter with the values of its placeholders, as they travel."""

    text: str
    params: list[Any]


@dataclass(frozen=True)
class Shape:
    """What is asked of each entity, and how many at once."""

    page_size: int
    select: str | None = None
    is_explained: bool = False


def filtered(
    text: str, values: Iterable[Any], parameters: Mapping[str, Any] | None, attributes: Mapping[str, str] | None, allow_formulas: bool
) -> Filter | None:
    """An empty text is no filter. Placeholders with names become numbered ones, because only those travel."""
    if not text.strip():
        return None
    params = [param(value) for value in values]
    if parameters is None and attributes is None and allow_formulas:
        return Filter(text, params)
    places: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        name = found["name"]
        if found["formula"] and not allow_formulas:
            raise _refused(1278, "Formulas are not allowed in this query.")
        if name is None or (parameters is None and attributes is None):
            return found[0]
        if name not in places:
            if name in (parameters or {}):
                params.append(param((parameters or {})[name]))
            elif name in (attributes or {}):
                params.append((attributes or {})[name])
            else:
                raise _refused(1279, f"The query has no value for the placeholder :{name}.")
            places[name] = len(params)
        return f":{places[name]}"

    return Filter(_TOKEN.sub(numbered, text), params)


def joined(attributes: Iterable[str]) -> str:
    """An attribute list as `$attributes` has it."""
    return attributes if isinstance(attributes, str) else ",".join(attributes)


@dataclass(frozen=True)
class Query:
    """A query that becomes a selection when it is awaited; its first page is asked for then."""

    _class: Dataclass
    _base: Selection | None
    _filter: Filter | None
    _shape: Shape
    _order: str | None = None

    def order_by(self, order: str) -> Query:
        """The order: `"price desc, title"` (`orderBy()`)."""
        return replace(self, _order=order)

    def select(self, *attributes: str) -> Query:
        """Only these attributes travel: `select("title", "author.fullName")`."""
        return replace(self, _shape=replace(self._shape, select=joined(attributes)))

    def page_size(self, entities: int) -> Query:
        """Entities of a page, instead of the connection's."""
        return replace(self, _shape=replace(self._shape, page_size=max(entities, 1)))

    def explained(self) -> Query:
        """The selection will know how it was found (`queryPlan`, `queryPath`)."""
        return replace(self, _shape=replace(self._shape, is_explained=True))

    async def length(self) -> int:
        """Only how many entities fit, without reading any."""
        described, origin = await self._origin()
        prepared = await origin.prepare(described, False)
        return Page.read(await described.wire.json(prepared.ask.with_("$top", "0"))).count

    async def ask(self) -> Selection:
        """Asks for the first page; the same as awaiting the query."""
        from claviger._core.selection import Selection

        described, origin = await self._origin()
        base = self._base._kept if self._base is not None else None
        if base is not None and self._is_only_shaped and base.is_by_key and base.text_keys is not None and not base.has_set:
            # By its keys, because a set of them may be refused.
            origin = base.origin
        return await Selection.asked(described, origin, self._shape)

    @property
    def _is_only_shaped(self) -> bool:
        return self._filter is None and self._order is None and not self._shape.is_explained

    async def _origin(self) -> tuple[Dataclass, Any]:
        from claviger._core import origin

        described = await self._class.described()
        if self._base is None:
            return described, origin.Found(self._filter, self._order)
        return described, origin.Refined(self._base._kept, self._filter, self._order)

    def __await__(self) -> Generator[Any, None, Selection]:
        return self.ask().__await__()

    async def __aiter__(self) -> AsyncIterator[Entity]:
        async for entity in await self.ask():
            yield entity


def _refused(number: int, message: str) -> Remote:
    return Remote(400, [RemoteError(number, message, "rest")])
