"""Requests and answers: header, session, repetition, log (`remote-datastore.md` 2, 5, CL-4 to CL-7)."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import quote

from claviger._core import ask as asks
from claviger._core.ask import Ask
from claviger._core.connect import Connect
from claviger._core.digits import dumps, loads
from claviger._core.io import Answer, Io, NotReached, Request, TooLong
from claviger._core.log import Logbook, moment
from claviger._core.lost import afterwards
from claviger._core.row import excerpt
from claviger._core.session import Sent, Session, Turn
from claviger._core.told import is_refused_at_the_gate, told
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
        # Whoever logs in does so alone.
        self._logging_in = io.lock()
        self._gate = io.lock()
        self._sets: list[str] = []
        self._locks: list[tuple[str, str, str, int]] = []
        # Locks that went with a session, and nobody was told.
        self._untold: list[tuple[str, str]] = []
        # The session is being ended: nothing is waited for any more.
        self._is_leaving = False
        self._turns: dict[tuple[str, str], tuple[Any, int]] = {}
        self._turns_guard = threading.Lock()

    def __repr__(self) -> str:
        return f"<Wire to {self.endpoint.host}>"

    @property
    def generation(self) -> int:
        """Counts sessions: what was made in another one may be gone."""
        return self.session.generation

    async def json(self, ask: Ask, is_beside: bool = False) -> Any:
        """The body as JSON; whatever the answer tells of errors is raised."""

        async def read(answer: Answer, _: bool) -> Any:
            body = self.parse(answer)
            error = told(answer.status, body, ask.calls)
            if error is not None:
                raise error
            return body

        return await afterwards(self.send(ask, is_beside), read)

    def parse(self, answer: Answer) -> Any:
        """The body as JSON, whatever it says. What tells of errors may be shown, so the secret is taken out of that."""
        try:
            body = loads(answer.body)
        except (ValueError, RecursionError):
            raise Protocol(f"The answer with status {answer.status} is not JSON", excerpt(self._text(answer))) from None
        self._be_discreet(body, ("__ERROR", "__STATUS", "error") if answer.status >= 400 else ("__ERROR", "__STATUS"))
        return body

    def _be_discreet(self, body: Any, names: tuple[str, ...]) -> None:
        """What an answer says of errors, without the secret. Values of entities and what functions give stay as they are."""
        if not isinstance(body, dict):
            return
        for name in names:
            if name in body:
                body[name] = _with_texts(body[name], self.hidden)
        entities = body.get("__ENTITIES")
        for item in entities if isinstance(entities, list) else ():
            if "__ERROR" in item or "__STATUS" in item:
                self._be_discreet(item, ("__ERROR", "__STATUS"))

    async def send(self, ask: Ask, is_beside: bool = False) -> Answer:
        """Sends, and repeats what may be repeated.

        When the session was lost with locks, what only reads raises SessionLost; what writes raises one that has been executed, with the answer as
        its result: for `afterwards`. Whoever sends beside tells nobody what was found out so.
        """
        if self.is_closed:
            raise Misuse("The datastore is closed.")
        if not is_beside and self._untold:
            raise SessionLost(sorted(set(_emptied(self._untold))))
        if ask.leads_elsewhere:
            raise Misuse("A name of a dataclass, attribute or function cannot be a dot or two.")
        if is_beside:
            # Nobody logs in for what only gives back.
            answer, lost = await self._send_patiently(ask)
        else:
            answer, lost = await self._send_logged_in(ask)
        if lost and not self._was_refused(answer):
            raise SessionLost(lost, True, answer)
        self.tell_later(lost)
        return answer

    async def _send_logged_in(self, ask: Ask) -> tuple[Answer, list[tuple[str, str]]]:
        """The same for a user, whose session may have ended: he is logged in again, and what may be asked again is."""
        await self._log_in()
        answer, lost = await self._send_patiently(ask)
        if not self._was_logged_out(answer) or not self._may_be_repeated(ask, answer):
            return answer, lost
        try:
            await self._log_in()
            answer, more = await self._send_patiently(ask)
        except ClavigerError:
            # Nothing was executed.
            self.tell_later(lost)
            raise
        return answer, lost + more

    def _was_logged_out(self, answer: Answer) -> bool:
        """A user's session had ended, so that the answer is one for somebody who is not logged in."""
        return bool(self.credential.user) and self.rules.keeps_session and answer.is_in_another

    def _may_be_repeated(self, ask: Ask, answer: Answer) -> bool:
        """What only reads; and what was refused before anything was written."""
        if ask.method == "GET" or self._was_refused(answer):
            return True
        try:
            body = self.parse(answer)
        except Protocol:
            return False
        is_of_many = ask.is_of_many or (isinstance(body, dict) and body.get("__ENTITIES") is not None)
        return answer.status == 401 and not (ask.calls or is_of_many)

    def _was_refused(self, answer: Answer) -> bool:
        """Nobody was let in, so that nothing was executed."""
        try:
            return answer.status == 401 and is_refused_at_the_gate(self.parse(answer))
        except Protocol:
            return False

    async def _send_patiently(self, ask: Ask) -> tuple[Answer, list[tuple[str, str]]]:
        """Repeats a GET that was not answered; with the locks that are gone."""
        delay, left = self.rules.retry_delay, self.rules.retries if ask.method == "GET" else 0
        while True:
            try:
                return await self._send_in_turn(ask, [])
            except Unreachable as error:
                if not left or self._is_leaving:
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
        async with self._logging_in:
            # Others may have waited for the same.
            if self.session.is_logged_in:
                return
            headers = [("username-4D", who.user), ("password-4D", who.password), ("session-4D-length", str(who.minutes))]
            answer, lost = await self._send_in_turn(asks.post_nothing("$directory/login"), headers)
            self.tell_later(lost)
            body = self.parse(answer)
            if isinstance(body, dict) and body.get("result") is True:
                self.session.is_logged_in = True
                return
            raise told(answer.status, body) or Unauthorized("notLoggedIn")

    async def _send_in_turn(self, ask: Ask, headers: list[tuple[str, str]]) -> tuple[Answer, list[tuple[str, str]]]:
        """The first request goes alone, so that there is one session and not several."""
        async with nullcontext() if self.session.is_open or not self.rules.keeps_session else self._opening:
            return await self._send_once(ask, headers)

    async def _send_once(self, ask: Ask, headers: list[tuple[str, str]]) -> tuple[Answer, list[tuple[str, str]]]:
        """The answer, and the locks that are gone when it is that of a write."""
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
        answer, lost = self._settled(answer, sent)
        if lost and ask.method == "GET":
            raise SessionLost(lost)
        unanswered = self._unanswered(answer.status)
        if unanswered is not None:
            self.tell_later(lost)
            raise unanswered
        return answer, lost

    def _unanswered(self, status: int) -> ClavigerError | None:
        """What is no answer of the server that was asked."""
        if 300 <= status < 400:
            return Protocol("The server redirects, which is not followed", f"status {status}")
        return Unreachable(self.endpoint.host, f"HTTP status {status}") if status in (502, 503, 504) else None

    def _identity(self, sent: Sent) -> list[tuple[str, str]]:
        headers = []
        if self.credential.key is not None:
            headers.append(("api-key", self.credential.key))
        if not self.rules.keeps_session:
            headers.append(("NoSession-4D", "true"))
        elif sent.header is not None:
            headers.append(("cookie", sent.header))
        return headers

    def _settled(self, answer: Answer, sent: Sent) -> tuple[Answer, list[tuple[str, str]]]:
        """What the answer does to the session, and which locks are gone."""
        if not self.rules.keeps_session:
            return answer, []
        turn, lost = self.session.receive(answer.headers, sent)
        if turn is Turn.SAME:
            return answer, lost
        return replace(answer, is_in_another=True, is_elsewhere=turn is Turn.ELSEWHERE), lost

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
        if secret:
            # As it is, and as texts of JSON and addresses spell it.
            for spelled in (secret, dumps(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")):
                text = text.replace(spelled, "***")
        return text

    @asynccontextmanager
    async def turn(self, dataclass: str, key: str) -> AsyncIterator[None]:
        """Whoever takes or ends the lock of an entity does so alone: no end overtakes a lock that is newer."""
        place = (dataclass, key)
        with self._turns_guard:
            lock, users = self._turns.get(place) or (self.io.lock(), 0)
            self._turns[place] = lock, users + 1
        try:
            async with lock:
                yield
        finally:
            with self._turns_guard:
                lock, users = self._turns[place]
                self._turns[place] = lock, users - 1
                if users == 1:
                    del self._turns[place]

    def tell_later(self, locks: list[tuple[str, str]]) -> None:
        """These locks went with their session; the next call of the program says so."""
        self._untold += locks

    def give_back_set(self, set_id: str) -> None:
        """An entity set is released in the background."""
        if not self.is_closed:
            self._sets.append(set_id)
            self.io.later(self.say_farewells)

    def give_back_lock(self, dataclass: str, key: str, address: str) -> None:
        """A lock that nobody holds any more is given back in the background."""
        if not self.is_closed:
            self._locks.append((dataclass, key, address, self.generation))
            self.io.later(self.say_farewells)

    async def say_farewells(self) -> None:
        """Sends what waits. When it returns, whatever waited before has been sent. Errors are ignored."""
        async with self._gate:
            sets, locks = _emptied(self._sets), _emptied(self._locks)
            if sets:
                await self._say(asks.post("$entityset/$release", sets))
            for dataclass, key, address, generation in locks:
                async with self.turn(dataclass, key):
                    # Another object may have locked it since; another session has ended it.
                    if generation == self.generation and not self.session.is_held(dataclass, key):
                        await self._say(asks.get(address).with_("$lock", "false"))

    async def _say(self, farewell: Ask) -> None:
        try:
            await self.json(farewell, is_beside=True)
        except SessionLost as lost:
            self.tell_later(lost.locks)
        except ClavigerError as error:
            _LOG.debug("something could not be given back: %s", error)

    async def log_out(self) -> None:
        """Gives back what is held, ends the session when there is one, and closes."""
        if self.is_closed:
            return
        self._is_leaving = True
        try:
            await self.say_farewells()
            if self.session.exists:
                await self.json(asks.get("$directory/logout"), is_beside=True)
        except (NotFound, Protocol, SessionLost):
            # Servers without users need not know the call; the session then ends by itself.
            pass
        finally:
            self.is_closed = True
            self.session.forget()
            self.log.stop()
            await self.io.close()


def _with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The same with every text in it changed; names stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_with_texts(item, change) for item in value]
    return {name: _with_texts(inner, change) for name, inner in value.items()} if isinstance(value, dict) else value


def _emptied(waiting: list[T]) -> list[T]:
    """Takes out one by one, because a finaliser may add one at any time."""
    taken = []
    while waiting:
        taken.append(waiting.pop(0))
    return taken
