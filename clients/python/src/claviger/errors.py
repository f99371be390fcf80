"""What can go wrong (`remote-datastore.md` 1.4). The names are those of all client libraries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claviger._core.row import Row
    from claviger.status import Status

_NUMBERS = {"dataclass": 1800, "attribute": 1500, "entity": 1542, "entitySet": 1802, "function": 1827}


@dataclass(frozen=True)
class RemoteError:
    """One item of `__ERROR`: the dialect's number, words, and which part of the server speaks."""

    err_code: int
    message: str
    component_signature: str = ""


class ClavigerError(Exception):
    """Whatever this library raises of its own.

    `errors` is what the server said, root cause first.
    """

    def __init__(self, text: str, errors: list[RemoteError] | None = None) -> None:
        super().__init__(text)
        self.errors: list[RemoteError] = errors or []

    @property
    def number(self) -> int | None:
        """The reference's number: the first that the server said."""
        return self.errors[0].err_code if self.errors else None


class Unreachable(ClavigerError):
    """The server was not reached, or what stands before it could not reach it (1610)."""

    def __init__(self, host: str, cause: str) -> None:
        super().__init__(f"A remote request to host {host} has failed: {cause}")
        self.host = host
        self.cause = cause

    @property
    def number(self) -> int:
        """1610, as the reference has it."""
        return 1610


class Unauthorized(ClavigerError):
    """The server does not accept who asks.

    `reason` is `missingKey`, `invalidKey`, `expiredKey`, `hostNotAllowed` or `notLoggedIn`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"The server refuses the caller: {reason}")
        self.reason = reason


class PermissionDenied(ClavigerError):
    """The key's role lacks a permission.

    `action` is `read`, `create`, `update`, `drop`, `execute` or `describe`; `dataclass` and `attribute` are there when the answer names them.
    """

    def __init__(self, action: str | None, dataclass: str | None, attribute: str | None, errors: list[RemoteError]) -> None:
        super().__init__(texts(errors, "The permission is missing."), errors)
        self.action = action
        self.dataclass = dataclass
        self.attribute = attribute


class NotFound(ClavigerError, LookupError):
    """Something that was named is not there.

    `kind` is `dataclass`, `attribute`, `entity`, `entitySet` or `function`.
    """

    def __init__(self, kind: str, errors: list[RemoteError]) -> None:
        super().__init__(texts(errors, f"There is no such {kind}."), errors)
        self.kind = kind


class Conflict(ClavigerError):
    """Somebody else has changed, locked or deleted the entity.

    Saving one entity gives a status instead; this is raised for several that are saved together. `stored` is what the server has, where it says so.
    """

    def __init__(self, status: Status, stored: Row | None) -> None:
        super().__init__(status.status_text or "The entity could not be saved.", status.errors)
        self.result = status
        self.stored = stored

    @property
    def status(self) -> int | None:
        """2, 3, 5 or 6."""
        return self.result.status

    @property
    def status_text(self) -> str | None:
        """The same in words."""
        return self.result.status_text

    @property
    def lock_info(self) -> Any:
        """Who has locked it, where the server says so."""
        return self.result.lock_info


class Validation(ClavigerError):
    """A value breaks a rule. `attribute` is there when the answer names it."""

    def __init__(self, attribute: str | None, errors: list[RemoteError]) -> None:
        super().__init__(texts(errors, "A value breaks a rule."), errors)
        self.attribute = attribute


class TooMany(ClavigerError):
    """A limit is reached: sessions, requests, entity sets. `what` has the server's words."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Too many: {what}")
        self.what = what


class Remote(ClavigerError):
    """The server failed in another way; also what functions throw. `http_status` is the answer's."""

    def __init__(self, http_status: int, errors: list[RemoteError]) -> None:
        super().__init__(texts(errors, f"The server answered with status {http_status}."), errors)
        self.http_status = http_status


class Protocol(ClavigerError):
    """The answer is not what the dialect says. `excerpt` is its beginning, without secrets."""

    def __init__(self, cause: str, excerpt: str) -> None:
        super().__init__(f"{cause}: {excerpt}")
        self.cause = cause
        self.excerpt = excerpt


class SessionLost(ClavigerError):
    """The session ended while entities were locked in it; the locks are gone. Told once.

    `locks` has dataclass and key of each. What only reads was not answered, and can be asked again. What writes was `executed` in a new session,
    without the locks, and is not to be repeated: `result` is what the call would have given, or `cause` what it would have raised.
    """

    def __init__(self, locks: list[tuple[str, str]], executed: bool = False, result: Any = None, cause: Exception | None = None) -> None:
        named = ", ".join(f"{dataclass} {key}" for dataclass, key in locks)
        executed_too = "; what was asked has been executed all the same, without them" if executed else ""
        super().__init__(f"The session has ended, and with it the locks of {named}{executed_too}")
        self.locks = locks
        self.executed = executed
        self.result = result
        self.cause = self.__cause__ = cause


class Misuse(ClavigerError):
    """The call itself makes no sense; nothing was sent."""


def missing(kind: str, message: str) -> NotFound:
    """What the client knows not to be there, with the dialect's number."""
    return NotFound(kind, [RemoteError(_NUMBERS[kind], message, "rest")])


def texts(errors: list[RemoteError], otherwise: str) -> str:
    """What the server said, in one line."""
    return "; ".join(f"{error.message} ({error.err_code})" for error in errors) or otherwise
