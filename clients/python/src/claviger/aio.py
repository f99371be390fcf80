"""The asyncio form: the same objects, whose functions are awaited.

Attributes of entities are members here, too, but nothing is asked for them: a relation gives a `Reference`, and
`await book.related("author")` reads it. A datastore belongs to the event loop that it was opened in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from claviger._core.batch import Transaction
from claviger._core.connect import Connect, Rules
from claviger._core.dataclass import Dataclass
from claviger._core.datastore import DataStore, opened
from claviger._core.entity import Entity
from claviger._core.query import Query
from claviger._core.registry import Registry
from claviger._core.selection import Selection
from claviger._core.tasks import AsyncIo
from claviger._core.trust import pem

__all__ = ["DataStore", "Dataclass", "Entity", "Query", "Selection", "Transaction", "by_local_id", "open_datastore"]

_registry = Registry()


async def open_datastore(
    connection_info: Mapping[str, Any],
    local_id: str | None = None,
    *,
    replace: bool = False,
    lazy: bool = False,
    page_size: int = 100,
    connect_timeout: float = 5.0,
    request_timeout: float = 30.0,
    retries: int = 3,
    retry_delay: float = 0.2,
    largest_answer: int = 256 << 20,
    session: bool = True,
    root_certificate: str | PathLike[str] | None = None,
    danger_accept_any_certificate_even_an_attackers: bool = False,
    tls_by_default: bool | None = None,
    clock: Callable[[], float] = time.time,
) -> DataStore:
    """Opens a datastore (`openDatastore`). The options are those of `claviger.open_datastore`."""
    rules = Rules(
        connect_timeout,
        request_timeout,
        max(retries, 0),
        retry_delay,
        largest_answer,
        max(page_size, 1),
        session,
        pem(root_certificate),
        danger_accept_any_certificate_even_an_attackers,
        clock,
    )
    connect = Connect.of(connection_info, local_id, replace, rules, tls_by_default)
    return await opened(connect, lambda made: AsyncIo(made.rules, made.endpoint), _registry, lazy)


def by_local_id(local_id: str) -> DataStore | None:
    """The datastore that has the alias (`ds(localID)`); none when it is not known."""
    return _registry.find(local_id)
