"""The driver of the synchronous form: nothing suspends, so that a coroutine runs to its end at once."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx

from claviger._core import httpx_client
from claviger._core.connect import Rules
from claviger._core.endpoint import Endpoint
from claviger._core.io import Answer, Job, NotReached, Request, TooLong

T = TypeVar("T")

_LOG = logging.getLogger("claviger")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What comes of a coroutine over a `SyncIo`."""
    try:
        work.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    work.close()
    raise RuntimeError("The synchronous form waited for something of asyncio.")


class _Alone:
    def __init__(self) -> None:
        self._lock = threading.Lock()

    async def __aenter__(self) -> None:
        self._lock.acquire()

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        self._lock.release()


class _Done:
    """What is or will be done by the other thread."""

    def __init__(self) -> None:
        self._is_done = threading.Event()
        self._value: Any = None
        self._error: BaseException | None = None

    def do(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        try:
            self._value = run(work())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            self._error = error
            _LOG.debug("something beside failed: %s", error)
        finally:
            self._is_done.set()

    async def wait(self) -> Any:
        self._is_done.wait()
        if self._error is not None:
            raise self._error
        return self._value


class SyncIo:
    """Over httpx. What is done beside is done by one thread, which is started when it is needed."""

    def __init__(self, rules: Rules, endpoint: Endpoint) -> None:
        self._rules = rules
        self._client = httpx.Client(**httpx_client.options(rules, endpoint))
        self._waiting: queue.SimpleQueue[tuple[_Done, Callable[[], Coroutine[Any, Any, Any]]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    async def send(self, request: Request) -> Answer:
        """Sends; the time limit is for all of it."""
        end = time.monotonic() + self._rules.request_timeout
        try:
            with self._client.stream(request.method, request.url, headers=request.encoded_headers, content=request.content) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if len(body) > self._rules.largest_answer:
                        raise TooLong
                    if time.monotonic() > end:
                        raise NotReached("the answer took too long")
                return Answer(response.status_code, response.headers.multi_items(), bytes(body))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise NotReached(f"{type(error).__name__}: {error}") from None

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def lock(self) -> _Alone:
        """One that holds other threads off."""
        return _Alone()

    def ready(self) -> None:
        """The other thread is there: a finaliser must not start one."""
        with self._guard:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=_work, args=(self._waiting,), name="claviger", daemon=True)
                self._thread.start()

    def beside(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Job[T]:
        """Done by the other thread."""
        self.ready()
        done = _Done()
        self._waiting.put((done, work))
        return done

    def later(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Done by the other thread; only a queue that a finaliser may use is touched."""
        self._waiting.put((_Done(), work))

    async def close(self) -> None:
        """Ends the thread and closes the connections."""
        self._waiting.put(None)
        self._client.close()


def _work(waiting: queue.SimpleQueue[Any]) -> None:
    while (item := waiting.get()) is not None:
        item[0].do(item[1])
        # What was used is not held on to while nothing is to do.
        del item
