"""The datastore object (`remote-datastore.md` 3)."""

from __future__ import annotations

import atexit
import logging
import weakref
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import Any

from claviger._core import ask as asks
from claviger._core.ask import Ask
from claviger._core.batch import Transaction
from claviger._core.call import Singleton, call
from claviger._core.catalog import Catalog
from claviger._core.connect import Connect
from claviger._core.dataclass import Dataclass, absent
from claviger._core.digits import dumps
from claviger._core.io import Io
from claviger._core.lost import afterwards
from claviger._core.registry import Registry
from claviger._core.row import excerpt
from claviger._core.wire import Wire
from claviger.errors import ClavigerError, Misuse, NotFound, Protocol, missing
from claviger.value import Upload

_LOG = logging.getLogger("claviger")


class DataStore:
    """A remote datastore: what one endpoint shows to one key, in one session.

    Dataclasses are members, `ds.Book` or `ds["Book"]`, and so are functions of the datastore.
    """

    def __init__(self, connect: Connect, io: Io, registry: Registry) -> None:
        self.wire = Wire(connect, io)
        self.local_id = connect.local_id or ""
        self.last_catalog: Catalog | None = None
        self._idle_minutes = connect.idle_minutes
        self._warnings = list(connect.warnings)
        # A new session shows a changed model (RD-5).
        self._catalog_generation = -1
        self._loading = io.lock()
        self._registry = registry
        _open.add(self.wire)
        io.ready()
        self._finalizer = weakref.finalize(self, _left, self.wire)
        self._finalizer.atexit = False

    def warnings(self) -> list[str]:
        """What was odd about the connection's data, in words."""
        return list(self._warnings)

    async def catalog(self) -> Catalog:
        """The description of what the key can see; asked for once in a session."""
        if self.last_catalog is not None and self._catalog_generation == self.wire.generation:
            return self.last_catalog
        async with self._loading:
            if self.last_catalog is not None and self._catalog_generation == self.wire.generation:
                return self.last_catalog
            return await self.refresh_catalog()

    async def refresh_catalog(self) -> Catalog:
        """Asks for the description again."""
        catalog = Catalog.read(await self.wire.json(asks.get("$catalog/$all")))
        self._catalog_generation, self.last_catalog = self.wire.generation, catalog
        return catalog

    async def dataclasses(self) -> list[str]:
        """Names of the exposed dataclasses, in the order of the model."""
        return list((await self.catalog()).dataclasses)

    def dataclass(self, name: str) -> Dataclass:
        """A dataclass (`ds["Book"]`). Of a datastore that was opened lazily it is looked for when it is used."""
        if self.last_catalog is None:
            return Dataclass(self, name, None)
        if name not in self.last_catalog.dataclasses:
            raise absent(name)
        return Dataclass(self, name, self.last_catalog.dataclasses[name])

    async def of_collection(self, name: str) -> Dataclass:
        """The dataclass whose selections have a name."""
        info = (await self.catalog()).of_collection(name)
        if info is None:
            raise missing("dataclass", f"{name} is of no dataclass.")
        return Dataclass(self, info.name, info)

    def __getitem__(self, name: str) -> Dataclass:
        return self.dataclass(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or "wire" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self.dataclass(name)
        except NotFound:
            if self.last_catalog is not None and name in self.last_catalog.methods:
                return partial(self.call, name)
            raise AttributeError(f'The datastore has no dataclass or function "{name}".') from None

    def __dir__(self) -> Iterable[str]:
        known = self.last_catalog
        return [*super().__dir__(), *(known.dataclasses if known else ()), *(known.methods if known else ())]

    async def call(self, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of the datastore.

        `by_get`: by GET, for functions that allow it. `select`: only these attributes of the entities that it gives.
        """
        return await call(self, None, function, arguments, by_get, select)

    async def call_singleton(self, name: str, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of a shared singleton."""
        return await call(self, Singleton(name), function, arguments, by_get, select)

    async def upload_image(self, content: bytes, content_type: str) -> Upload:
        """Leaves an image with the server, to be given to an attribute (`$upload`)."""
        return await self._upload("$rawPict", content, content_type)

    async def upload(self, content: bytes) -> Upload:
        """Leaves bytes with the server, to be given to an attribute or a function (`$upload`)."""
        return await self._upload("$binary", content, "application/octet-stream")

    async def _upload(self, parameter: str, content: bytes, content_type: str) -> Upload:
        if not content_type.isascii() or not content_type.isprintable():
            raise Misuse("The content type cannot be sent.")
        ask: Ask = replace(asks.post_nothing("$upload"), content=bytes(content), content_type=content_type)

        async def read(body: Any, _: bool) -> Upload:
            if not isinstance(body, dict) or not isinstance(body.get("ID"), str):
                raise Protocol("The answer to an upload has no ID", excerpt(dumps(body)))
            return Upload(body["ID"])

        return await afterwards(self.wire.json(ask.with_(parameter, "true")), read)

    def transaction(self) -> Transaction:
        """Saves what is collected in its `with` as one: all of it, or nothing. For entities of one dataclass."""
        return Transaction()

    def get_info(self) -> dict[str, Any]:
        """What this datastore is (`getInfo()`), with the reference's names; without secrets."""
        return {
            "type": "4D Server",
            "networked": True,
            "localID": self.local_id,
            "connection": {
                "hostname": self.wire.endpoint.host,
                "tls": self.wire.endpoint.tls,
                "idleTimeout": self._idle_minutes,
                "user": self.wire.credential.user,
            },
        }

    def start_request_log(self, keep: int | None = None, *, file: str | PathLike[str] | None = None, bodies: bool = False) -> None:
        """Begins to log requests (`startRequestLog()`); an earlier log is forgotten.

        `keep`: the newest so many. `file`: lines of JSON are appended to it, instead. `bodies`: of answers, too.
        """
        self.wire.log.start(keep, file, bodies)

    def stop_request_log(self) -> None:
        """Ends the log (`stopRequestLog()`)."""
        self.wire.log.stop()

    def get_request_log(self) -> list[dict[str, Any]]:
        """What was logged in memory, newest first (`getRequestLog()`); empty when nothing is logged."""
        return self.wire.log.entries()

    async def flush(self) -> None:
        """Waits until what is not needed any more has been given back: entity sets and locks."""
        await self.wire.say_farewells()

    async def close(self) -> None:
        """Ends the session, and with it its locks; the alias is free again. Whatever is asked later is Misuse."""
        if self.local_id:
            self._registry.forget(self.local_id, self)
        _open.discard(self.wire)
        self._finalizer.detach()
        await self.wire.log_out()

    async def __aenter__(self) -> DataStore:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        try:
            await self.close()
        except ClavigerError as failure:
            # It must not take the place of what ended the block.
            _LOG.debug("the session could not be ended: %s", failure)

    def __repr__(self) -> str:
        return f"<DataStore {self.local_id or 'without alias'} at {self.wire.endpoint.host}>"


async def opened(connect: Connect, make_io: Callable[[Connect], Io], registry: Registry, lazy: bool) -> DataStore:
    """Opens a datastore; with an alias that is known, gives the one that has it."""
    alias = connect.local_id
    known = registry.find(alias) if alias else None
    if known is not None and not connect.replace:
        wire = known.wire
        if wire.endpoint != connect.endpoint or not wire.credential.is_same(connect.credential):
            text = f'The alias "{alias}" is open with other connection data, which stay.'
            _LOG.warning(text)
            known._warnings.append(text)
        return known
    store = DataStore(connect, make_io(connect), registry)
    try:
        if not lazy:
            await store.catalog()
    except BaseException:
        _open.discard(store.wire)
        await store.wire.io.close()
        store._finalizer.detach()
        raise
    if not alias:
        return store
    # It is proven now: the one before may go.
    old = registry.forget(alias) if connect.replace else None
    first = registry.keep(alias, store)
    if old is not None:
        try:
            await old.close()
        except ClavigerError as error:
            _LOG.debug("the replaced connection could not be closed: %s", error)
    if first is not store:
        # Another thread or task was faster.
        await store.close()
    return first


_open: weakref.WeakSet[Wire] = weakref.WeakSet()
"""Connections that are not closed: at the program's end they are, as far as that goes."""

_left_behind: set[Wire] = set()
"""Connections that nothing refers to any more, and whose session is about to be ended. An event loop may end earlier."""


def _left(wire: Wire) -> None:
    """Nothing refers to a datastore that was not closed."""
    _open.discard(wire)
    _left_behind.add(wire)

    async def log_out() -> None:
        try:
            await wire.log_out()
        finally:
            _left_behind.discard(wire)

    wire.io.later(log_out)


@atexit.register
def _end() -> None:
    from claviger._core.blocking import SyncIo, run

    for wire in [*_open, *_left_behind]:
        try:
            wire.io = SyncIo(replace(wire.rules, connect_timeout=1.0, request_timeout=2.0, retries=0), wire.endpoint)
            run(wire.log_out())
        except Exception as error:  # noqa: BLE001 - the program ends, whatever happens
            _LOG.debug("a session could not be ended: %s", error)
