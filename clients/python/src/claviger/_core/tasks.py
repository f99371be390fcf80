"""The driver of the asyncio form."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx

from claviger._core import httpx_client
from claviger._core.connect import Rules
from claviger._core.endpoint import Endpoint
from claviger._core.io import Answer, Job, NotReached, Request, TooLong

T = TypeVar("T")

_LOG = logging.getLogger("claviger")


class _Beside:
    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task

    async def wait(self) -> Any:
        return await self._task


class AsyncIo:
    """Over httpx, in the event loop that the datastore was opened in."""

    def __init__(self, rules: Rules, endpoint: Endpoint) -> None:
        self._rules = rules
        self._client = httpx.AsyncClient(**httpx_client.options(rules, endpoint))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def send(self, request: Request) -> Answer:
        """Sends; the time limit is for all of it."""
        self.ready()
        try:
            return await asyncio.wait_for(self._receive(request), self._rules.request_timeout)
        except asyncio.TimeoutError:
            raise NotReached("the answer took too long") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise NotReached(f"{type(error).__name__}: {error}") from None

    async def _receive(self, request: Request) -> Answer:
        async with self._client.stream(request.method, request.url, headers=request.encoded_headers, content=request.content) as response:
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > self._rules.largest_answer:
                    raise TooLong
            return Answer(response.status_code, response.headers.multi_items(), bytes(body))

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        await asyncio.sleep(seconds)

    def lock(self) -> asyncio.Lock:
        """One that holds other tasks off."""
        return asyncio.Lock()

    def ready(self) -> None:
        """The loop is known: a finaliser may run outside of it."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()

    def beside(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Job[T]:
        """Another task."""
        return _Beside(self._started(work))

    def _started(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _LOG.debug("something beside failed: %s", task.exception())

    def later(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Another task, made by the loop itself."""
        try:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._started, work)
        except RuntimeError:
            _LOG.debug("the event loop has ended before everything was given back")

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()
