"""Functions of the server (`rest-dialect.md` 15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from claviger._core import ask as asks
from claviger._core.ask import Ask, encoded
from claviger._core.io import Answer
from claviger._core.lost import afterwards
from claviger._core.query import Shape, joined
from claviger._core.row import Page, Row
from claviger._core.told import told
from claviger.errors import Protocol
from claviger.value import argument

if TYPE_CHECKING:
    from claviger._core.datastore import DataStore


@dataclass(frozen=True)
class Keyed:
    """An entity that need not be read."""

    dataclass: str
    key: str


@dataclass(frozen=True)
class Singleton:
    """A shared singleton of the server."""

    name: str


@dataclass(frozen=True)
class Response:
    """An HTTP response of a function's own making; headers without cookies."""

    status: int
    content_type: str | None
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


async def call(store: DataStore, target: Any, function: str, arguments: Iterable[Any], by_get: bool, select: Iterable[str] | None) -> Any:
    """What the function gives: a plain value, an entity, a selection or a response. By GET it is repeated when the server cannot be reached."""
    values = [await argument(value) for value in arguments]
    attributes = None if select is None else joined(select)
    path, methods, refine = await _place(store, target, function, by_get)
    ask = asks.get(path).params(values) if by_get else asks.post(path, values)
    ask = refine(Ask(ask.path, ask.method, ask.query, ask.content, ask.content_type, calls=True)).maybe("$attributes", attributes)
    if function in methods:
        # A selection that it gives is kept, so that its further pages can be read. With what is no function this would mean something else.
        ask = ask.with_("$method", "entityset")

    async def read(answer: Answer, _: bool) -> Any:
        return _read(store, answer, attributes)

    return await afterwards(store.wire.send(ask), read)


async def _place(store: DataStore, target: Any, function: str, by_get: bool) -> tuple[str, Any, Any]:
    """The path, the functions that the catalog lists there, and what else the request says."""
    from claviger._core.dataclass import Dataclass
    from claviger._core.entity import Entity
    from claviger._core.origin import Found, refined
    from claviger._core.selection import Selection

    catalog = await store.catalog()
    name = encoded(function)

    def listed(dataclass: str) -> Any:
        info = catalog.dataclasses.get(dataclass)
        return info.methods if info else ()

    def same(ask: Ask) -> Ask:
        return ask

    if isinstance(target, Dataclass):
        return f"{encoded(target.name)}/{name}", listed(target.name), same
    if isinstance(target, Entity):
        target = Keyed(target.dataclass.name, target._saved_key())
    if isinstance(target, Keyed):
        return f"{store.dataclass(target.dataclass).address(target.key)}/{name}", listed(target.dataclass), same
    if isinstance(target, Singleton):
        return f"$singleton/{encoded(target.name)}/{name}", catalog.singletons.get(target.name, ()), same
    if isinstance(target, Selection):
        path, kept = f"{encoded(target.dataclass.name)}/{name}", target._kept
        origin = kept.origin
        # A filter has `$params` of its own, which a GET needs for the arguments.
        if isinstance(origin, Found) and not by_get and not kept.has_set:
            return path, listed(target.dataclass.name), lambda ask: refined(ask, origin.filter, origin.order)
        return f"{path}/$entityset/{encoded(await kept.set())}", listed(target.dataclass.name), same
    return f"$catalog/{name}", catalog.methods, same


def _read(store: DataStore, answer: Answer, select: str | None) -> Any:
    from claviger._core.entity import Entity
    from claviger._core.selection import Selection, known

    try:
        body = store.wire.parse(answer)
    except Protocol:
        return _response(answer)
    if not isinstance(body, dict):
        return _response(answer)
    if "__ERROR" in body or "error" in body:
        error = told(answer.status, body, True)
        if error is not None:
            raise error
    name = body.get("__DATACLASS") or body.get("__entityModel")
    if not isinstance(name, str):
        return body["result"] if set(body) == {"result"} else _response(answer)
    if isinstance(body.get("__ENTITIES"), list):
        dataclass = store.dataclass(name)
        page = Page.read(body)
        sent = len(page.rows)
        # Further pages are as long as the first, which the server has cut.
        shape = Shape(sent if 0 < sent < page.count else max(sent, store.wire.rules.page_size), select)
        is_whole = len(page.rows) == page.count and not any(row.is_gap for row in page.rows)
        if is_whole and page.set_id is None and dataclass.single_key_or_none is not None:
            return Selection.of_rows(dataclass, shape, page.rows)
        return known(dataclass, shape, page)
    if "__STAMP" in body:
        row = Row.read(body)
        return Entity(store.dataclass(name), row) if row.key is not None else Entity.unsaved(store.dataclass(name), row)
    return _response(answer)


def _response(answer: Answer) -> Response:
    headers = [(name, value) for name, value in answer.headers if name.lower() != "set-cookie"]
    return Response(answer.status, answer.header("content-type"), headers, answer.body)
