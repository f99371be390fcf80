"""The datastore object (`remote-datastore.md` 3)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from os import PathLike
from typing import Any

from claviger._core.batch import save_together
from claviger._core.blocking import run
from claviger._core.catalog import Catalog
from claviger._core.datastore import DataStore as Core
from claviger.dataclass import Dataclass
from claviger.entity import Entity
from claviger.errors import NotFound, SessionLost
from claviger.shown import called
from claviger.status import Status
from claviger.value import Upload


class DataStore:
    """A remote datastore: what one endpoint shows to one key, in one session.

    Dataclasses are members, `ds.Book` or `ds["Book"]`, and so are functions of the datastore, `ds.hello("Ines")`. `with` closes it.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def local_id(self) -> str:
        """The alias; empty when there is none (`localID`)."""
        return self._core.local_id

    def warnings(self) -> list[str]:
        """What was odd about the connection's data, in words."""
        return self._core.warnings()

    def catalog(self) -> Catalog:
        """The description of what the key can see (`$catalog`); asked for once in a session."""
        return run(self._core.catalog())

    def refresh_catalog(self) -> Catalog:
        """Asks for the description again (`$catalog`)."""
        return run(self._core.refresh_catalog())

    def dataclasses(self) -> list[str]:
        """Names of the exposed dataclasses, in the order of the model (the names of `ds`)."""
        return run(self._core.dataclasses())

    def dataclass(self, name: str) -> Dataclass:
        """A dataclass (`ds["Book"]`); NotFound when the catalog has none of that name. Of a lazy datastore it is looked for when it is used."""
        return Dataclass(self._core.dataclass(name))

    def __getitem__(self, name: str) -> Dataclass:
        return self.dataclass(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.dataclass(name)
        except NotFound:
            known = self._core.last_catalog
            if known is not None and name in known.methods:
                return partial(self.call, name)
            raise AttributeError(f'The datastore has no dataclass or function "{name}".') from None

    def __dir__(self) -> Iterable[str]:
        known = self._core.last_catalog
        return [*super().__dir__(), *(known.dataclasses if known else ()), *(known.methods if known else ())]

    def call(self, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of the datastore (`ds.functionName()`).

        `by_get`: by GET, for functions that allow it. `select`: only these attributes of the entities that it gives.
        """
        return called(self._core.call(function, *arguments, by_get=by_get, select=select))

    def call_singleton(self, name: str, function: str, *arguments: Any, by_get: bool = False, select: Iterable[str] | None = None) -> Any:
        """Calls a function of a shared singleton (`cs.Mailer.me.ping()`)."""
        return called(self._core.call_singleton(name, function, *arguments, by_get=by_get, select=select))

    def upload_image(self, content: bytes, content_type: str) -> Upload:
        """Leaves an image with the server, to be given to an attribute (`$upload`)."""
        return run(self._core.upload_image(content, content_type))

    def upload(self, content: bytes) -> Upload:
        """Leaves bytes with the server, to be given to an attribute or a function (`$upload`)."""
        return run(self._core.upload(content))

    def transaction(self) -> Transaction:
        """Saves what is collected in its `with` as one: all of it, or nothing (`startTransaction()`). For entities of one dataclass."""
        return Transaction()

    def get_info(self) -> dict[str, Any]:
        """What this datastore is (`getInfo()`), with the reference's names; without secrets."""
        return self._core.get_info()

    def start_request_log(self, keep: int | None = None, *, file: str | PathLike[str] | None = None, bodies: bool = False) -> None:
        """Begins to log requests (`startRequestLog()`); an earlier log is forgotten.

        `keep`: the newest so many. `file`: lines of JSON are appended to it, instead. `bodies`: of answers, too.
        """
        self._core.start_request_log(keep, file=file, bodies=bodies)

    def stop_request_log(self) -> None:
        """Ends the log (`stopRequestLog()`)."""
        self._core.stop_request_log()

    def get_request_log(self) -> list[dict[str, Any]]:
        """What was logged in memory, newest first (`getRequestLog()`); empty when nothing is logged."""
        return self._core.get_request_log()

    def flush(self) -> None:
        """Waits until what is not needed any more has been given back: entity sets and locks."""
        run(self._core.flush())

    def close(self) -> None:
        """Ends the session, and with it its locks; the alias is free again. Whatever is asked later is Misuse."""
        run(self._core.close())

    def __enter__(self) -> DataStore:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        run(self._core.__aexit__(kind, error, trace))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataStore) and self._core is other._core

    def __hash__(self) -> int:
        return hash(id(self._core))

    def __repr__(self) -> str:
        return repr(self._core)


class Transaction:
    """Collects what is saved together when its `with` ends without an error; then `statuses` has what came of it."""

    def __init__(self) -> None:
        self._entities: list[Entity] = []
        self.statuses: list[Status] = []

    def save(self, entity: Entity) -> None:
        """To be created or updated with what was assigned to it."""
        self._entities.append(entity)

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            try:
                self.statuses = run(save_together([entity._core for entity in self._entities]))
            except SessionLost as lost:
                self.statuses = lost.result or []
                raise
