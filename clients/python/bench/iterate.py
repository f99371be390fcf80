"""Goes through all books with the library, in both its forms, and through the same pages with httpx alone.

`ENDPOINT`, `API_KEY`; the page size and how many rounds.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import sys
import time
import tracemalloc
from typing import Any

import httpx

import claviger
import claviger.aio

ENDPOINT, KEY = os.environ["ENDPOINT"], os.environ["API_KEY"]
PAGE, ROUNDS = int(sys.argv[1]), int(sys.argv[2])


def plain() -> int:
    """The requests that the library sends: a first page, a second one that makes a set, and pages of the set."""
    letters, at, count, path, made = 0, 0, 1, "Book", False
    with httpx.Client(base_url=f"{ENDPOINT}/rest/", headers={"api-key": KEY}) as client:
        while at < count:
            parameters: dict[str, Any] = {"$top": PAGE}
            if at:
                parameters["$skip"] = at
                if not made:
                    parameters["$method"] = "entityset"
            answer = client.get(path, params=parameters)
            answer.raise_for_status()
            page = json.loads(answer.content)
            if "__ENTITYSET" in page:
                path, made = page["__ENTITYSET"].removeprefix("/rest/"), True
            count = page["__COUNT"]
            for entity in page["__ENTITIES"]:
                letters += len(entity["title"])
            at += PAGE
        client.post("$entityset/$release", json=[path.rpartition("/")[2]])
    return letters


async def plain_async() -> int:
    letters, at, count, path, made = 0, 0, 1, "Book", False
    async with httpx.AsyncClient(base_url=f"{ENDPOINT}/rest/", headers={"api-key": KEY}) as client:
        while at < count:
            parameters: dict[str, Any] = {"$top": PAGE}
            if at:
                parameters["$skip"] = at
                if not made:
                    parameters["$method"] = "entityset"
            answer = await client.get(path, params=parameters)
            answer.raise_for_status()
            page = json.loads(answer.content)
            if "__ENTITYSET" in page:
                path, made = page["__ENTITYSET"].removeprefix("/rest/"), True
            count = page["__COUNT"]
            for entity in page["__ENTITIES"]:
                letters += len(entity["title"])
            at += PAGE
        await client.post("$entityset/$release", json=[path.rpartition("/")[2]])
    return letters


def library() -> int:
    letters = 0
    with claviger.open_datastore({"hostname": ENDPOINT, "api-key": KEY}, page_size=PAGE) as ds:
        for book in ds.Book.all():
            letters += len(book.title)
    return letters


async def library_async() -> int:
    letters = 0
    async with await claviger.aio.open_datastore({"hostname": ENDPOINT, "api-key": KEY}, page_size=PAGE) as ds:
        async for book in await ds.Book.all():
            letters += len(book.title)
    return letters


def grown() -> int:
    """Bytes more at the end than after a fifth."""
    tracemalloc.start()
    early = seen = 0
    with claviger.open_datastore({"hostname": ENDPOINT, "api-key": KEY}, page_size=PAGE) as ds:
        for _ in ds.Book.all():
            seen += 1
            if seen == 20_000:
                gc.collect()
                early = tracemalloc.get_traced_memory()[0]
        gc.collect()
        late = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return late - early


WORKS = {
    "plain": plain,
    "library": library,
    "plain_async": lambda: asyncio.run(plain_async()),
    "library_async": lambda: asyncio.run(library_async()),
}

times: dict[str, list[float]] = {name: [] for name in WORKS}
letters = None
for turn in range(ROUNDS + 1):
    for name, work in WORKS.items():
        start = time.perf_counter()
        found = work()
        # The first one warms up.
        if turn:
            times[name].append(time.perf_counter() - start)
        letters = found if letters is None else letters
        assert found == letters, (name, found, letters)
print(json.dumps({**{f"{name}_s": statistics.median(each) for name, each in times.items()}, "grown_bytes": grown()}))
