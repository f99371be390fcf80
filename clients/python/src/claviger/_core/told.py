"""How answers tell errors (`rest-dialect.md` 4)."""

from __future__ import annotations

from typing import Any

from claviger._core.row import Row
from claviger.errors import (
    ClavigerError,
    Conflict,
    NotFound,
    PermissionDenied,
    Remote,
    RemoteError,
    TooMany,
    Unauthorized,
    Validation,
    texts,
)
from claviger.status import Status, failed

_ACTIONS = {1557: "read", 1607: "read", 1558: "update", 1608: "update", 1559: "create", 1560: "drop", 1561: "execute", 1609: "describe"}
_NOT_LOGGED_IN = 1822
_RULES = (1517, 1534, 1569, 1570)


def errors_of(body: dict[str, Any]) -> list[RemoteError]:
    """`__ERROR` of an answer."""
    items = body.get("__ERROR")
    if not isinstance(items, list):
        return []
    return [
        RemoteError(_whole(item.get("errCode")), str(item.get("message") or ""), str(item.get("componentSignature") or ""))
        for item in items
        if isinstance(item, dict)
    ]


def status_of(body: dict[str, Any]) -> Status | None:
    """`__STATUS` of an answer, with its errors. Older servers send the errors alone: 1263 is a changed stamp."""
    errors = errors_of(body)
    told = body.get("__STATUS")
    if not isinstance(told, dict):
        return failed(2, errors) if any(error.err_code == 1263 for error in errors) else None
    return Status(
        success=told.get("success") is True,
        status=told.get("status"),
        status_text=told.get("statusText"),
        auto_merged=told.get("autoMerged") is True,
        was_reloaded=told.get("wasReloaded") is True,
        lock_kind=told.get("lockKind"),
        lock_kind_text=told.get("lockKindText"),
        lock_info=told.get("lockInfo"),
        errors=errors,
    )


def told(http_status: int, body: Any, calls: bool = False) -> ClavigerError | None:
    """The error that an answer tells, if it tells one. `calls`: a function was called, so what is not found may be it."""
    is_failed = http_status >= 400
    if not isinstance(body, dict):
        return Remote(http_status, []) if is_failed else None
    if "__ERROR" not in body:
        return _refused(http_status, body.get("error")) if is_failed else None
    errors = errors_of(body)
    if any("need to be logged in" in error.message for error in errors):
        return Unauthorized("notLoggedIn")
    if http_status in (402, 429):
        return TooMany(texts(errors, "requests"))
    if http_status == 401 or any(error.err_code in _ACTIONS for error in errors):
        return _denied(errors)
    status = status_of(body)
    if status is not None and status.is_conflict:
        return Conflict(status, Row.read(body) if "__STAMP" in body else None)
    if http_status == 404:
        return NotFound(_missing(errors, calls), errors)
    if any(error.err_code in _RULES for error in errors):
        return Validation(quoted_in(errors), errors)
    return Remote(http_status, errors)


def is_refused_at_the_gate(body: Any) -> bool:
    """The answer to a caller who is not logged in, whatever he asked."""
    if not isinstance(body, dict):
        return False
    of_login = (error.err_code == _NOT_LOGGED_IN or "need to be logged in" in error.message for error in errors_of(body))
    return body.get("error") is not None or any(of_login)


def quoted_in(errors: list[RemoteError]) -> str | None:
    """The first thing in double quotes: whose value it is about."""
    parts = errors[0].message.split('"') if errors else []
    return parts[1] or None if len(parts) > 2 else None


def _refused(http_status: int, text: Any) -> ClavigerError:
    text = text if isinstance(text, str) else ""
    if http_status in (402, 429):
        return TooMany(text or f"status {http_status}")
    if http_status in (400, 401, 403) and text:
        return Unauthorized(_reason(http_status, text.lower()))
    if http_status in (401, 403):
        return Unauthorized("notLoggedIn")
    return Remote(http_status, [])


def _reason(http_status: int, text: str) -> str:
    if http_status == 403:
        return "hostNotAllowed"
    if "missing" in text:
        return "missingKey"
    if "expired" in text:
        return "expiredKey"
    return "notLoggedIn" if "logged in" in text else "invalidKey"


def _missing(errors: list[RemoteError], calls: bool) -> str:
    for error in errors:
        if error.err_code == 1800:
            return "dataclass"
        if error.err_code in (1542, 1543):
            return "entity"
        if error.err_code == 1802:
            return "entitySet"
        if error.err_code == 1827:
            return "function"
        if error.err_code in (1500, 1804, 1805):
            return "function" if calls else "attribute"
    return "function" if calls else "entity"


def _denied(errors: list[RemoteError]) -> PermissionDenied:
    first = next((error for error in errors if error.err_code in _ACTIONS), errors[0] if errors else None)
    message = first.message if first else ""
    last = message.rsplit(" the ", 1)[-1]
    dataclass = last.removesuffix(" dataclass").strip('"') if last.endswith(" dataclass") else None
    return PermissionDenied(_ACTIONS.get(first.err_code) if first else None, dataclass, quoted_in([first] if first else []), errors)


def _whole(number: Any) -> int:
    return number if isinstance(number, int) else 0
