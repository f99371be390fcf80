"""What the core needs of a driver: sending, waiting, doing something beside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T", covariant=True)


@dataclass(frozen=True)
class Request:
    """A request as it is sent. Its headers carry secrets and are not shown."""

    method: str
    url: str
    target: str
    headers: list[tuple[str, str]] = field(repr=False)
    content: bytes | None = field(repr=False)

    @property
    def encoded_headers(self) -> list[tuple[bytes, bytes]]:
        """Names of users may hold any letter."""
        return [(name.encode(), value.encode("utf-8", "replace")) for name, value in self.headers]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes = field(repr=False)
    is_elsewhere: bool = False
    """It was given in a session that is not kept."""
    is_in_another: bool = False
    """It was given in another session than the one that was sent."""

    def header(self, name: str) -> str | None:
        """The first of that name."""
        return next((value for found, value in self.headers if found.lower() == name), None)


class NotReached(Exception):
    """No answer came: name, connection, TLS, time."""


class TooLong(Exception):
    """The answer is longer than it may be."""


class Job(Protocol, Generic[T]):
    """Something that is done beside."""

    async def wait(self) -> T:
        """What came of it."""
        ...


class Io(Protocol):
    """A driver. That of the synchronous form never suspends."""

    async def send(self, request: Request) -> Answer:
        """Sends; NotReached or TooLong."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        ...

    def lock(self) -> AbstractAsyncContextManager[Any]:
        """One that holds others off."""
        ...

    def ready(self) -> None:
        """There will be something to give back: what `later` needs is made now."""
        ...

    def beside(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Job[T]:
        """Does it beside; whoever wants the result waits for the job."""
        ...

    def later(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Does it beside, from wherever a finaliser runs."""
        ...

    def close(self) -> Awaitable[None]:
        """Gives connections back."""
        ...
