"""Opening a datastore (`openDatastore`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

from claviger._core.blocking import SyncIo, run
from claviger._core.connect import Connect, Rules
from claviger._core.datastore import opened
from claviger._core.registry import Registry
from claviger._core.trust import pem
from claviger.datastore import DataStore

_registry = Registry()


def open_datastore(
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
    """Opens a datastore (`openDatastore`): asks for its catalog, so that a wrong address or key is told at once.

    `connection_info` has the reference's properties: `hostname`, `api-key`, `user`, `password`, `tls`, `idleTimeout`. With an alias that is known
    (`local_id`), the datastore that has it is given.

    - `replace`: a connection that the alias already has is closed and made anew.
    - `lazy`: nothing is asked; errors are told by whatever is asked first.
    - `page_size`: entities that are asked for at once.
    - `connect_timeout`, `request_timeout`: seconds; the second one is for a whole request.
    - `retries`, `retry_delay`: how often a GET is repeated when the server cannot be reached, and the first pause, in seconds (then twice as long).
    - `largest_answer`: the longest answer that is read, in bytes.
    - `session`: without one, every request says `NoSession-4D`, no cookie is kept, and locks belong to the key.
    - `root_certificate`: one more, as PEM text or as a file, besides those of the machine.
    - `danger_accept_any_certificate_even_an_attackers`: whoever answers is believed; anybody on the way can read the key. For trials only.
    - `tls_by_default`: for names without scheme when `tls` is not said; None is TLS except on the machine itself.
    - `clock`: seconds since 1970, for the request log.

    Raises `Unreachable`, `Unauthorized`, and `Misuse` when the connection makes no sense.
    """
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
    return DataStore(run(opened(connect, lambda made: SyncIo(made.rules, made.endpoint), _registry, lazy)))


def by_local_id(local_id: str) -> DataStore | None:
    """The datastore that has the alias (`ds(localID)`); none when it is not known."""
    core = _registry.find(local_id)
    return None if core is None else DataStore(core)
