"""Whether changes of two sides can stand together (`remote-datastore.md` 4.3, auto merge)."""

from __future__ import annotations

from typing import Any

from claviger._core.catalog import DataclassInfo
from claviger.value import AttributeType

_MEDIA = (AttributeType.IMAGE, AttributeType.BLOB)


def hindrance(info: DataclassInfo, was: dict[str, Any], stored: dict[str, Any], touched: dict[str, Any]) -> int | None:
    """The status that says why not; none when they can.

    An image's address changes with each stamp, so that its changes cannot be seen: who has touched one cannot merge.
    """

    def kind(name: str) -> AttributeType:
        attribute = info.attributes.get(name)
        return attribute.value_type if attribute else AttributeType.OTHER

    if any(kind(name) is AttributeType.OBJECT or kind(name) in _MEDIA for name in touched):
        return 2
    for name, now in stored.items():
        if kind(name) in _MEDIA or (name in was and was[name] == now):
            continue
        if name in was and kind(name) is AttributeType.OBJECT:
            return 2
        # What was not read may have changed: nobody knows.
        if name in touched:
            return 6
    return None
