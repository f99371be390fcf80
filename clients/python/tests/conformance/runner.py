"""Does the steps of a case, in one of the two forms."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import claviger
import claviger.aio
from claviger import ClavigerError, Response, Upload
from tests.conformance import compare, values

FORMS = {"sync": claviger, "aio": claviger.aio}
_ENTITIES = (claviger.Entity, claviger.aio.Entity)
_SELECTIONS = (claviger.Selection, claviger.aio.Selection)


@dataclass
class World:
    """Where a case runs."""

    hostname: str
    keys: dict[str, str]
    form: str
    delete_key: Callable[[str], None]
    serve: Callable[[str, str | None], None]
    """`killServer`, `startServer` or `restartServer`; the last with what its clock is moved by."""
    kept: dict[str, Any] = field(default_factory=dict)


async def got(value: Any) -> Any:
    """What a function gives in either form."""
    return await value if inspect.isawaitable(value) else value


async def run(name: str, case: Any, world: World) -> None:
    """Runs the steps; fails where something is not as it should be."""
    for number, step in enumerate(case["steps"], 1):
        place = f"{name} ({world.form}), step {number}: {json.dumps(step, ensure_ascii=False)}"
        kept: Any = None
        started = time.monotonic()
        try:
            found, kept = await _step(step, world)
            failed, said = None, f"{found!r} {kept!r}"
        except ClavigerError as error:
            if "error" not in step:
                raise AssertionError(f"{place}\nfailed: {values.error(error, _shown_result(step))}") from error
            found, failed = None, values.error(error, _shown_result(step))
            said = f"{error} {error!r} {vars(error)!r} {''.join(traceback.format_exception(error))}"
            # Whoever failed holds on to nothing.
            error.__traceback__ = None
        elapsed = (time.monotonic() - started) * 1000
        assert elapsed <= step.get("within", elapsed), f"{place}\ntook {elapsed} ms"
        assert not any(secret in said for secret in world.keys.values()), f"{place}\ntells a secret: {said}"
        if "error" in step:
            assert failed is not None, f"{place}\ndid not fail: {found}"
            assert compare.has(failed, step["error"]), f"{place}\nfailed otherwise: {failed}"
            continue
        if "expect" in step:
            assert compare.equal(found, step["expect"]), f"{place}\ngave {found}"
        if "has" in step:
            assert compare.has(found, step["has"]), f"{place}\ngave {found}"
        saved = step.get("save", "ds" if step["do"] == "open" else None)
        if kept is not None and saved:
            world.kept[saved] = kept
    for kept in list(world.kept.values()):
        if type(kept).__name__ == "DataStore":
            # What the case is about has been told; a key that was deleted cannot end its session.
            with suppress(ClavigerError):
                await got(kept.close())


def _of_entity(found: Any) -> tuple[Any, Any]:
    return values.entity(found), found


def _of_selection(found: Any) -> tuple[Any, Any]:
    return values.selection(found), found


async def _step(step: Any, world: World) -> tuple[Any, Any]:
    do, on, name = step["do"], world.kept.get(step.get("on", "ds")), step.get("name")
    if do == "open":
        return None, await _open(step, world)
    if do == "byLocalID":
        return FORMS[world.form].by_local_id(step["localID"]) is not None, None
    if do == "deleteKey":
        world.delete_key(step["key"])
        return None, None
    if do in ("killServer", "startServer", "restartServer"):
        # Beside the library, which notices meanwhile that its connections have ended.
        await asyncio.to_thread(world.serve, do, step.get("clock"))
        return None, None
    if do == "iterate":
        return None, iter(on) if world.form == "sync" else aiter(on)
    if do == "next":
        return await _next(step["count"], on), None
    if do == "release":
        del world.kept[step["on"]]
        store = on.dataclass.store
        del on
        gc.collect()
        await got(store.flush())
        return None, None
    if do == "query":
        return _of_selection(await _query(step, on, world))
    if do == "call":
        return await _call(step, on, world)
    if isinstance(on, _ENTITIES):
        return await _on_entity(step, on, name, world)
    if isinstance(on, _SELECTIONS):
        return await _on_selection(step, on, name, world)
    return await _on_store(step, on, name, world)


async def _open(step: Any, world: World) -> Any:
    def secret(name: str) -> str:
        return world.keys.get(name, "claviger_notAKeyOfAnybody")

    info = {"hostname": step.get("hostname", world.hostname), **step.get("info", {})}
    key = step.get("key") or info.get("api-key")
    if key is not None:
        info["api-key"] = secret(key)
    options = {"retries": step.get("retries", 3), "retry_delay": 0.0}
    for option, wanted in (("replace", "replace"), ("lazy", "lazy"), ("pageSize", "page_size")):
        if option in step:
            options[wanted] = step[option]
    if "requestTimeout" in step:
        options["request_timeout"] = step["requestTimeout"] / 1000
    return await got(FORMS[world.form].open_datastore(info, step.get("localID"), **options))


async def _query(step: Any, on: Any, world: World) -> Any:
    base = on[step["dataclass"]] if "dataclass" in step else on
    named = step.get("named")
    settings = {}
    if named is not None:
        parameters = {name: values.value(given, world.kept) for name, given in named.get("parameters", {}).items()}
        settings = {"parameters": parameters, "attributes": named.get("attributes", {})}
    query = base.query(step.get("filter", ""), *[values.value(given, world.kept) for given in step.get("params", [])], **settings)
    if "orderBy" in step:
        query = query.order_by(step["orderBy"])
    if "select" in step:
        query = query.select(*step["select"])
    return query.load() if world.form == "sync" else await query


async def _call(step: Any, on: Any, world: World) -> tuple[Any, Any]:
    arguments = [values.value(given, world.kept) for given in step["arguments"]]
    by_get = step.get("byGet", False)
    if step["of"] == "singleton":
        called = on.call_singleton(step["singleton"], step["function"], *arguments, by_get=by_get)
    else:
        target = on[step["dataclass"]] if step["of"] == "dataclass" else on
        called = target.call(step["function"], *arguments, by_get=by_get)
    found = await got(called)
    return _called(found), found if isinstance(found, (*_ENTITIES, *_SELECTIONS)) else None


def _called(found: Any) -> Any:
    if isinstance(found, _ENTITIES):
        return {"entity": values.entity(found)}
    if isinstance(found, _SELECTIONS):
        return {"selection": values.selection(found)}
    if isinstance(found, Response):
        return {"response": {"status": found.status, "contentType": found.content_type, "text": found.text}}
    return {"value": found}


def _shown_result(step: Any) -> Callable[[Any], Any]:
    """How results of the operation are shown."""
    return {"call": _called, "dropAll": values.selection}.get(step["do"], values.result)


async def _next(count: int, iteration: Any) -> list[Any]:
    keys: list[Any] = []
    while len(keys) < count:
        try:
            entity = next(iteration) if hasattr(iteration, "__next__") else await anext(iteration)
        except (StopIteration, StopAsyncIteration):
            break
        keys.append(entity.key)
    return keys


async def _on_store(step: Any, store: Any, name: str, world: World) -> tuple[Any, Any]:
    do = step["do"]
    if do == "close":
        return await got(store.close()), None
    if do == "getInfo":
        info = store.get_info()
        if info["connection"]["hostname"] == world.hostname.removeprefix("http://"):
            info["connection"]["hostname"] = "HOST"
        return info, None
    if do == "warnings":
        return len(store.warnings()), None
    if do == "dataclasses":
        return await got(store.dataclasses()), None
    if do == "startRequestLog":
        return store.start_request_log(bodies=True), None
    if do == "requestLog":
        return _log(store, world), None
    if do == "upload":
        content = step["text"].encode()
        upload: Upload = await got(store.upload_image(content, step["type"]) if "type" in step else store.upload(content))
        return None, upload
    if do == "transaction":
        transaction = store.transaction()
        entities = [world.kept[name] for name in step["entities"]]
        if world.form == "sync":
            with transaction:
                for entity in entities:
                    transaction.save(entity)
        else:
            async with transaction:
                for entity in entities:
                    transaction.save(entity)
        return [status.to_object() for status in transaction.statuses], None
    dataclass = store[step["dataclass"]]
    if do == "attribute":
        info = dataclass.attribute(name)
        return {"name": info.name, "kind": info.kind, "type": info.type, "readOnly": info.read_only}, None
    if do == "get":
        return _of_entity(await got(dataclass.get(step["key"])))
    if do == "count":
        return await got(dataclass.get_count()), None
    if do == "new":
        return _of_entity(dataclass.new(**{name: values.value(given, world.kept) for name, given in step["values"].items()}))
    if do == "fromCollection":
        return [status.to_object() for status in await got(dataclass.from_collection(step["objects"]))], None
    raise AssertionError(f"{do} is no operation on {store!r}")


def _log(store: Any, world: World) -> Any:
    """Without queries, and without the IDs of sets."""
    log = store.get_request_log()
    assert not any(secret in json.dumps(log) for secret in world.keys.values()), "the log tells a secret"
    lines = []
    for entry in reversed(log):
        assert entry["response"] and entry["sequenceNumber"] > 0 and entry["endTime"] >= entry["startTime"], entry
        path = entry["url"].removeprefix(world.hostname).partition("?")[0]
        before, is_set, set_id = path.partition("/$entityset/")
        lines.append(f"{entry['method']} {before}/$entityset/SET" if is_set and set_id != "$release" else f"{entry['method']} {path}")
    return {"requests": lines}


async def _on_entity(step: Any, entity: Any, name: str, world: World) -> tuple[Any, Any]:
    do = step["do"]
    if do == "set":
        for name, given in step["values"].items():
            entity[name] = values.value(given, world.kept)
        return None, None
    if do == "values":
        return {name: values.shown(entity[name]) for name in step["names"] if name in entity}, None
    if do == "touched":
        assert entity.touched == bool(entity.touched_attributes)
        return entity.touched_attributes, None
    if do in ("save", "drop", "lock"):
        return (await got(getattr(entity, do)(step.get("mode", "check")))).to_object(), None
    if do in ("unlock", "reload"):
        return (await got(getattr(entity, do)())).to_object(), None
    if do == "related":
        return _of_entity(await got(entity.related(name)))
    if do == "relatedSelection":
        return _of_selection(await got(entity.related_selection(name)))
    if do == "bytes":
        found = await got(entity.bytes(name))
        return None if found is None else found.decode(), None
    raise AssertionError(f"{do} is no operation on {entity!r}")


async def _on_selection(step: Any, selection: Any, name: str, world: World) -> tuple[Any, Any]:
    do = step["do"]
    if do == "keys":
        return [entity.key for entity in selection] if world.form == "sync" else [entity.key async for entity in selection], None
    if do in ("extract", "distinct"):
        return [values.shown(found) for found in await got(getattr(selection, do)(name))], None
    if do == "compute":
        return values.shown(await got(getattr(selection, step["what"])(name))), None
    if do == "toCollection":
        return await got(selection.to_collection(*step["names"])), None
    if do in ("and", "or", "minus"):
        function = getattr(selection, {"and": "and_", "or": "or_"}.get(do, do))
        return _of_selection(await got(function(world.kept[step["with"]])))
    if do == "slice":
        return _of_selection(await got(selection.slice(step["first"], step["end"])))
    if do == "at":
        return _of_entity(await got(selection.at(step["index"])))
    if do == "contains":
        return await got(selection.contains(step["key"])), None
    if do == "indexOf":
        return await got(selection.index_of(step["key"])), None
    if do == "relatedSelection":
        return _of_selection(await got(selection.related(name)))
    if do == "dropAll":
        return _of_selection(await got(selection.drop()))
    raise AssertionError(f"{do} is no operation on {selection!r}")
