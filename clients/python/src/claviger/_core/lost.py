"""Writes that were executed although the session was lost with them: what comes of them is told all the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from claviger.errors import ClavigerError, SessionLost

T = TypeVar("T")
U = TypeVar("U")


async def afterwards(write: Awaitable[T], go_on: Callable[[T, bool], Awaitable[U]]) -> U:
    """Goes on with what a write gave. Where the session was lost with it, that is still raised, by an error that carries what comes of the write."""
    try:
        given, locks = await write, None
    except SessionLost as lost:
        if not lost.executed or lost.cause is not None:
            raise
        given, locks = lost.result, lost.locks
    if locks is None:
        return await go_on(given, False)
    # Not within `except`: the error has a cause of its own, or none.
    raise await carrying(locks, lambda: go_on(given, True))


async def carrying(locks: list[tuple[str, str]], work: Callable[[], Awaitable[object]]) -> SessionLost:
    """The loss of a session, with what came of the write that it became known by."""
    try:
        return SessionLost(locks, True, await work())
    except ClavigerError as cause:
        return SessionLost(locks, True, None, cause)
