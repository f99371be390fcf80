"""Values of a case and values of the library."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from claviger import ClavigerError, Media, Reference, SessionLost, Status


def value(given: Any, kept: dict[str, Any]) -> Any:
    """A value that a case gives."""
    if not (isinstance(given, dict) and len(given) == 1):
        return given
    ((name, inner),) = given.items()
    if name == "$date":
        return date.fromisoformat(inner)
    if name == "$instant":
        return datetime.fromisoformat(inner.replace("Z", "+00:00"))
    if name == "$duration":
        return timedelta(milliseconds=inner)
    return kept[inner] if name == "$ref" else given


def shown(found: Any) -> Any:
    """A value that the library gives."""
    if isinstance(found, datetime):
        return {"$instant": found.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    if isinstance(found, date):
        return {"$date": found.isoformat()}
    if isinstance(found, timedelta):
        return {"$duration": found // timedelta(milliseconds=1)}
    if isinstance(found, Media):
        return {"$media": "image" if found.is_image else "blob"}
    if isinstance(found, Reference):
        return {"$key": found.key}
    return found


def entity(found: Any) -> Any:
    """An entity, or none."""
    if found is None:
        return None
    return {"key": found.key, "stamp": found.stamp, "isNew": found.is_new, "dataclass": found.dataclass.name}


def selection(found: Any) -> Any:
    """A selection."""
    return {"length": len(found), "dataclass": found.dataclass.name, "isOrdered": found.is_ordered}


def error(failed: ClavigerError, shown_result: Callable[[Any], Any]) -> Any:
    """What a case may say of an error. `shown_result`: how results of the operation are shown."""
    names = {
        "number": "number",
        "reason": "reason",
        "host": "host",
        "action": "action",
        "dataclass": "dataclass",
        "attribute": "attribute",
        "kind": "kind",
        "status": "status",
        "status_text": "statusText",
        "http_status": "httpStatus",
    }
    told: dict[str, Any] = {"class": type(failed).__name__, "text": str(failed)}
    told.update({shown: getattr(failed, name) for name, shown in names.items() if hasattr(failed, name)})
    if isinstance(failed, SessionLost):
        told["locks"] = [list(place) for place in failed.locks]
        told["executed"] = failed.executed
        if failed.executed and failed.cause is None:
            told["result"] = shown_result(failed.result)
    return told


def result(found: Any) -> Any:
    """What a write would have given."""
    if isinstance(found, list):
        return [status.to_object() for status in found]
    return found.to_object() if isinstance(found, Status) else found
