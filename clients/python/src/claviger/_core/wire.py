"""Requests and answers: header, session, repetition, log (`remote-datastore.md` 2, 5, CL-4 to CL-7)."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, TypeVar

from claviger._core import ask as asks
from claviger._core.ask import Ask
from claviger._core.connect import Connect
from claviger._core.digits import loads
from claviger._core.io import Answer, Io, NotReached, Request, TooLong
from claviger._core.log import Logbook, moment
from claviger._core.row import excerpt
from claviger._core.session import Sent, Session, Turn
from claviger._core.told import told
from claviger.errors import ClavigerError, Misuse, NotFound, Protocol, SessionLost, Unauthorized, Unreachable

T = TypeVar("T")

_LOG = logging.getLogger("claviger")


class Wire:
    """The way to one server: one session, one log."""

    def __init__(self, connect: Connect, io: Io) -> None:
        self.io = io
        self.endpoint = connect.endpoint
        self.credential = connect.credential
        self.rules = connect.rules
        self.session = Session()
        self.log = Logbook()
        self.is_closed = False
        self._opening = io.lock()
        self._gate = io.lock()
        self._sets: list[str] = []
        self._locks: list[str] = []

    def __repr__(self) -> str:
        return f"<Wire to {self.endpoint.host}>"

    @property
    def generation(self) -> int:
        """Counts sessions: what was made in another one may be gone."""
        return self.session.generation

    async def json(self, ask: Ask) -> Any:
        """The body as JSON; whatever the answer tells of errors is raised."""
        answer = await self.send(ask)
        body = self.parse(answer)
        error = told(answer.status, body, ask.calls)
        if error is not None:
            raise error
        return body

    def parse(self, answer: Answer) -> Any:
        """The body as JSON, whatever it says. What tells an error may be shown, so the secret is taken out of it."""
        try:
            return loads(self._text(answer) if answer.status >= 400 else answer.body)
        except (ValueError, RecursionError):
            raise Protocol(f"The answer with status {answer.status} is not JSON", excerpt(self._text(answer))) from None

    async def send(self, ask: Ask) -> Answer:
        """Sends, and repeats what may be repeated."""
        if self.is_closed:
            raise Misuse("The datastore is closed.")
        if ask.leads_elsewhere:
            raise Misuse("A name of a dataclass, attribute or function cannot be a dot or two.")
        await self._log_in()
        delay, left = self.rules.retry_delay, self.rules.retries if ask.method == "GET" else 0
        while True:
            try:
                return await self._send_in_turn(ask, [])
            except Unreachable as error:
                if not left:
                    raise
                _LOG.debug("the request is repeated: %s", error)
            await self.io.sleep(delay)
            delay *= 2
            left -= 1

    async def _log_in(self) -> None:
        """A user is logged in before anything else, and again in a new session (`rest-dialect.md` 17.4)."""
        who = self.credential
        if not who.user or self.session.is_logged_in:
            return
        headers = [("username-4D", who.user), ("password-4D", who.password), ("session-4D-length", str(who.minutes))]
        answer = await self._send_in_turn(asks.post_nothing("$directory/login"), headers)
        body = self.parse(answer)
        if isinstance(body, dict) and body.get("result") is True:
            self.session.is_logged_in = True
            return
        raise told(answer.status, body) or Unauthorized("notLoggedIn")

    async def _send_in_turn(self, ask: Ask, headers: list[tuple[str, str]]) -> Answer:
        """The first request goes alone, so that there is one session and not several."""
        async with nullcontext() if self.session.is_open or not self.rules.keeps_session else self._opening:
            return await self._send_once(ask, headers)

    async def _send_once(self, ask: Ask, headers: list[tuple[str, str]]) -> Answer:
        sent = self.session.sent()
        headers = [*headers, *self._identity(sent)]
        if ask.content_type is not None:
            headers.append(("content-type", ask.content_type))
        request = Request(ask.method, self.endpoint.url(ask.target), ask.target, headers, ask.content)
        started, ticks = self.rules.clock(), time.monotonic()
        answer: Answer | None = None
        try:
            answer = await self.io.send(request)
        except NotReached as error:
            raise Unreachable(self.endpoint.host, self.hidden(str(error))) from None
        except TooLong:
            raise Protocol("The answer is too long", f"more than {self.rules.largest_answer} bytes") from None
        finally:
            self._note(request, started, time.monotonic() - ticks, answer)
        answer = self._settled(answer, sent)
        if 300 <= answer.status < 400:
            raise Protocol("The server redirects, which is not followed", f"status {answer.status}")
        if answer.status in (502, 503, 504):
            raise Unreachable(self.endpoint.host, f"HTTP status {answer.status}")
        return answer

    def _identity(self, sent: Sent) -> list[tuple[str, str]]:
        headers = []
        if self.credential.key is not None:
            headers.append(("api-key", self.credential.key))
        if not self.rules.keeps_session:
            headers.append(("NoSession-4D", "true"))
        elif sent.header is not None:
            headers.append(("cookie", sent.header))
        return headers

    def _settled(self, answer: Answer, sent: Sent) -> Answer:
        """What the answer does to the session."""
        if not self.rules.keeps_session:
            return answer
        turn, locks = self.session.receive(answer.headers, sent)
        if turn is Turn.REPLACED and locks:
            raise SessionLost(locks)
        return replace(answer, is_elsewhere=True) if turn is Turn.ELSEWHERE else answer

    def _note(self, request: Request, started: float, elapsed: float, answer: Answer | None) -> None:
        _LOG.debug("%s %s: %s in %.0f ms", request.method, request.target.partition("?")[0], answer and answer.status, elapsed * 1000)
        if not self.log.is_running:
            return
        response: dict[str, Any] | None = None
        if answer is not None:
            response = {"status": answer.status, "bytes": len(answer.body)}
            if self.log.bodies:
                response["body"] = self._text_or_stars(answer)
        self.log.add(
            {
                "method": request.method,
                "url": self.hidden(request.url),
                "startTime": moment(started),
                "endTime": moment(started + elapsed),
                "duration": round(elapsed * 1000),
                "requestBytes": len(request.content or b""),
                "response": response,
            }
        )

    def _text(self, answer: Answer) -> str:
        return self.hidden(answer.body.decode("utf-8", "replace"))

    def _text_or_stars(self, answer: Answer) -> str:
        try:
            return self.hidden(answer.body.decode())
        except UnicodeDecodeError:
            return "***"

    def hidden(self, text: str) -> str:
        """The text without the secret, wherever it came from."""
        secret = self.credential.secret
        return text.replace(secret, "***") if secret else text

    def give_back_set(self, set_id: str) -> None:
        """An entity set is released in the background."""
        if not self.is_closed:
            self._sets.append(set_id)
            self.io.later(self.say_farewells)

    def give_back_lock(self, address: str) -> None:
        """A lock is given back in the background."""
        if not self.is_closed:
            self._locks.append(address)
            self.io.later(self.say_farewells)

    async def say_farewells(self) -> None:
        """Sends what waits. When it returns, whatever waited before has been sent. Errors are ignored."""
        async with self._gate:
            sets, locks = _emptied(self._sets), _emptied(self._locks)
            farewells = [asks.post("$entityset/$release", sets)] if sets else []
            farewells += [asks.get(address).with_("$lock", "false") for address in locks]
            for farewell in farewells:
                try:
                    await self.json(farewell)
                except ClavigerError as error:
                    _LOG.debug("something could not be given back: %s", error)

    async def log_out(self) -> None:
        """Gives back what is held, ends the session when there is one, and closes."""
        if self.is_closed:
            return
        try:
            await self.say_farewells()
            if self.session.exists:
                await self.json(asks.get("$directory/logout"))
        except (NotFound, Protocol, SessionLost):
            # Servers without users need not know the call; the session then ends by itself.
            pass
        finally:
            self.is_closed = True
            self.session.forget()
            self.log.stop()
            await self.io.close()


def _emptied(waiting: list[T]) -> list[T]:
    """Takes out one by one, because a finaliser may add one at any time."""
    taken = []
    while waiting:
        taken.append(waiting.pop(0))
    return taken
