"""The session with the server: its cookies and the locks that live in it (`remote-datastore.md` 5, `rest-dialect.md` 17.2)."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum

_MOST_COOKIES = 20
"""More cookies than that are no session."""


@dataclass(frozen=True)
class Sent:
    """What of the session a request was sent with."""

    cookies: dict[str, str]
    generation: int

    @property
    def header(self) -> str | None:
        """The header `Cookie`."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items()) or None


class Turn(Enum):
    """What an answer did to the session."""

    SAME = 1
    REPLACED = 2
    """The server has opened another one."""
    ELSEWHERE = 3
    """This answer belongs to a session that is not kept, because another answer was here first."""


@dataclass
class Session:
    """The session as it is known here. `generation` goes up with every new one. Several threads use it."""

    cookies: dict[str, str] = field(default_factory=dict)
    is_open: bool = False
    is_logged_in: bool = False
    generation: int = 0
    _locks: dict[tuple[str, str], int] = field(default_factory=dict)
    # A finaliser may run anywhere, also within a function of the same thread that has it.
    _guard: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def sent(self) -> Sent:
        """To send along."""
        with self._guard:
            return Sent(dict(sorted(self.cookies.items())), self.generation)

    def receive(self, headers: list[tuple[str, str]], sent: Sent) -> tuple[Turn, list[tuple[str, str]]]:
        """What came back, and which locks are gone."""
        received = [found for name, value in headers if name.lower() == "set-cookie" if (found := _cookie(value))]
        with self._guard:
            self.is_open = True
            if not received:
                return Turn.SAME, []
            is_news = any(value != sent.cookies.get(name) for name, value in received)
            if is_news and sent.generation != self.generation:
                return Turn.ELSEWHERE, []
            # A value that replaces one that was sent: the server did not know the session any more.
            is_replaced = any(name in sent.cookies and value != sent.cookies[name] for name, value in received)
            for name, value in received:
                if value is None:
                    self.cookies.pop(name, None)
                elif name in self.cookies or len(self.cookies) < _MOST_COOKIES:
                    self.cookies[name] = value
            if not sent.cookies and is_news:
                # The first session of this connection, or one after a logout.
                self.generation += 1
                return Turn.SAME, []
            if not is_replaced:
                return Turn.SAME, []
            self.generation += 1
            self.is_logged_in = False
            locks, self._locks = sorted(self._locks), {}
            return Turn.REPLACED, locks

    @property
    def exists(self) -> bool:
        """The server has given one that can be ended."""
        return bool(self.cookies)

    def hold(self, dataclass: str, key: str) -> int:
        """One object more holds the lock; gives the session in which it does."""
        with self._guard:
            self._locks[dataclass, key] = self._locks.get((dataclass, key), 0) + 1
            return self.generation

    def is_held(self, dataclass: str, key: str) -> bool:
        """Some object holds the lock."""
        return (dataclass, key) in self._locks

    def let_go(self, dataclass: str, key: str, generation: int) -> bool:
        """One object less; true when it was the last, so that the server should be told."""
        with self._guard:
            holders = self._locks.get((dataclass, key), 0)
            if generation != self.generation or not holders:
                return False
            if holders > 1:
                self._locks[dataclass, key] = holders - 1
                return False
            del self._locks[dataclass, key]
            return True

    def forget(self) -> None:
        """The session is over."""
        with self._guard:
            self.cookies, self._locks = {}, {}
            self.is_open = self.is_logged_in = False
            self.generation += 1


def _cookie(header: str) -> tuple[str, str | None] | None:
    """Name and value of a `Set-Cookie`; no value when it takes the cookie away."""
    first, *rest = [part.strip() for part in header.split(";")]
    name, is_pair, value = first.partition("=")
    if not is_pair or not name:
        return None
    return name, None if not value or any(map(_is_over, rest)) else value


def _is_over(part: str) -> bool:
    what, _, seconds = part.partition("=")
    try:
        return what.strip().lower() == "max-age" and int(seconds) <= 0
    except ValueError:
        return False
