"""What the core gives, as objects of the synchronous form."""

from __future__ import annotations

from typing import Any

from claviger._core.entity import Entity as CoreEntity
from claviger._core.selection import Selection as CoreSelection


def shown(value: Any) -> Any:
    """What a function gave."""
    from claviger.entity import Entity
    from claviger.selection import Selection

    if isinstance(value, CoreEntity):
        return Entity(value)
    if isinstance(value, CoreSelection):
        return Selection(value)
    return value
