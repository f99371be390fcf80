"""What the core gives, as objects of the synchronous form."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from claviger._core.blocking import run
from claviger._core.entity import Entity as CoreEntity
from claviger._core.selection import Selection as CoreSelection
from claviger.errors import SessionLost


def called(work: Coroutine[Any, Any, Any]) -> Any:
    """What a call of the core gives, also when its session was lost."""
    try:
        return shown(run(work))
    except SessionLost as lost:
        lost.result = shown(lost.result)
        raise


def shown(value: Any) -> Any:
    """What a function gave."""
    from claviger.entity import Entity
    from claviger.selection import Selection

    if isinstance(value, CoreEntity):
        return Entity(value)
    if isinstance(value, CoreSelection):
        return Selection(value)
    return value
