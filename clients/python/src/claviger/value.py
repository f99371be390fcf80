"""Values of attributes, parameters and arguments, and their JSON (`rest-dialect.md` 5.4, 15.4; CL-3)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from claviger.errors import Misuse

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?")
_MILLISECOND = timedelta(milliseconds=1)


class AttributeType(Enum):
    """What values an attribute has."""

    TEXT = "text"
    UUID = "uuid"
    BOOL = "bool"
    INTEGER = "integer"
    NUMBER = "number"
    DURATION = "duration"
    DATE = "date"
    INSTANT = "instant"
    OBJECT = "object"
    IMAGE = "image"
    BLOB = "blob"
    ENTITY = "entity"
    SELECTION = "selection"
    OTHER = "other"


@dataclass(frozen=True)
class Media:
    """An image or blob that the server has; read it with `entity.bytes(name)`."""

    uri: str
    is_image: bool


@dataclass(frozen=True)
class Upload:
    """Bytes that wait on the server for an attribute or a function."""

    id: str


@dataclass(frozen=True)
class Reference:
    """The entity that a relation leads to: which one, unread."""

    dataclass: str
    key: str | None


class Carried:
    """What can be a value though it is more than one: entities and selections."""

    def _written(self) -> Any:
        raise NotImplementedError

    def _param(self) -> Any:
        raise NotImplementedError

    async def _argument(self) -> Any:
        raise NotImplementedError


def read(value: Any, kind: AttributeType, dataclass: str = "") -> Any:
    """From an answer. What does not fit its type stays what it is."""
    if value is None or kind is AttributeType.TEXT or kind is AttributeType.NUMBER or kind is AttributeType.INTEGER:
        return value
    if kind is AttributeType.DATE and isinstance(value, str):
        return _date(value)
    if kind is AttributeType.INSTANT and isinstance(value, str):
        return _instant(value)
    if kind is AttributeType.DURATION and isinstance(value, int) and not isinstance(value, bool):
        try:
            return timedelta(milliseconds=value)
        except OverflowError:
            return value
    if kind in (AttributeType.IMAGE, AttributeType.BLOB) and isinstance(value, dict):
        deferred = value.get("__deferred")
        if isinstance(deferred, dict) and isinstance(deferred.get("uri"), str):
            return Media(deferred["uri"], deferred.get("image") is True)
    if kind is AttributeType.ENTITY and isinstance(value, dict):
        return Reference(dataclass, related_key(value))
    return value


def written(value: Any) -> Any:
    """As an attribute's value in a body."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value.day}!{value.month}!{value.year}"
    if isinstance(value, Upload):
        return {"ID": value.id}
    if isinstance(value, Media):
        return {"__deferred": {"uri": value.uri, "image": value.is_image}}
    if isinstance(value, Reference):
        return None if value.key is None else {"__KEY": value.key}
    if isinstance(value, Carried):
        return value._written()
    return plain(value)


def param(value: Any) -> Any:
    """As a value of `$params`."""
    if isinstance(value, Carried):
        return value._param()
    if isinstance(value, Reference):
        return value.key
    if isinstance(value, (Upload, Media)):
        raise Misuse("Selections, images and blobs cannot be compared with.")
    if isinstance(value, (list, tuple, set, frozenset)):
        return [param(item) for item in value]
    return plain(value)


async def argument(value: Any) -> Any:
    """As an argument of a function; a selection becomes an entity set."""
    if isinstance(value, Carried):
        return await value._argument()
    if isinstance(value, Reference):
        return None if value.key is None else {"__DATACLASS": value.dataclass, "__ENTITY": True, "__KEY": value.key}
    if isinstance(value, Upload):
        return {"ID": value.id}
    if isinstance(value, Media):
        raise Misuse("An image of the server cannot be an argument.")
    return plain(value)


def plain(value: Any) -> Any:
    """As JSON outside of attributes: dates are ISO."""
    if isinstance(value, (float, Decimal)) and not math.isfinite(value):
        raise Misuse(f"The number {value} cannot be sent.")
    if value is None or isinstance(value, (bool, str, int, float, Decimal)):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Misuse("A point in time needs a time zone: datetime(..., tzinfo=timezone.utc).")
        return value.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value // _MILLISECOND
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): plain(member) for name, member in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise Misuse("Bytes are left with the server first: upload() or upload_image() of the datastore.")
    if isinstance(value, Carried):
        return value._param()
    raise Misuse(f"A value of type {type(value).__name__} cannot be sent.")


def key_text(key: Any) -> str | None:
    """The text of a key as answers have it: a text or a number."""
    if isinstance(key, str):
        return key
    if isinstance(key, (int, float, Decimal)) and not isinstance(key, bool):
        return str(key)
    return None


def key_of(key: Any) -> str:
    """The text of a key that a caller gives; of one of several parts, as a list."""
    if isinstance(key, (list, tuple)):
        parts = [key_of(part) if isinstance(part, (int, Decimal)) else json.dumps(key_of(part), ensure_ascii=False) for part in key]
        return f"[{','.join(parts)}]"
    if isinstance(key, bool) or not isinstance(key, (str, int, UUID, Decimal)):
        raise Misuse(f"A key is a number or a text, not {type(key).__name__}.")
    return str(key)


def related_key(value: Any) -> str | None:
    """The key of a relation's value, deferred or not."""
    if not isinstance(value, dict):
        return None
    deferred = value.get("__deferred")
    return key_text((deferred if isinstance(deferred, dict) else value).get("__KEY"))


def _date(text: str) -> Any:
    """`4!8!1991`, `!!1991-08-04!!`, `1991-08-04`, or an instant whose time does not count."""
    if text in ("", "0!0!0", "!!0000-00-00!!"):
        return None
    inner = text.strip("!")
    try:
        parts = inner.split("!")
        if len(parts) == 3:
            return date(int(parts[2]), int(parts[1]), int(parts[0]))
        return date.fromisoformat(inner[:10])
    except ValueError:
        return text


def _instant(text: str) -> Any:
    found = _INSTANT.fullmatch(text)
    if found is None:
        return text
    day, time, fraction, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z") else zone
    try:
        at = datetime.fromisoformat(f"{day}T{time}.{(fraction or '').ljust(6, '0')[:6]}{zone}")
        return at.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return text
