"""Cases against a server that plays what stands in them."""

from __future__ import annotations

import asyncio
import json
import unittest
from typing import Any
from urllib.parse import unquote

from tests.conformance import SUITE, cases, compare, read
from tests.conformance.loopback import SECRET, Asked, Loopback, Reply
from tests.conformance.runner import FORMS, World, run


class RecordedTest(unittest.TestCase):
    def test_recorded_cases(self) -> None:
        catalog = read(SUITE / "recorded" / "catalog.json")
        for form in FORMS:
            for name, case in cases("recorded"):
                with self.subTest(case=name, form=form):
                    play(name, case, form, catalog)


def play(name: str, case: Any, form: str, catalog: Any) -> None:
    exchanges = case["exchanges"]

    def answer(number: int, asked: Asked) -> Reply:
        if number < len(exchanges) and differs(exchanges[number]["request"], asked) is None:
            return reply(exchanges[number]["answer"], catalog)
        # Found again and told below.
        return Reply(500, b"{}")

    def never(*_: object) -> None:
        raise AssertionError("that is for live cases")

    with Loopback(answer) as server:
        failure: AssertionError | None = None
        try:
            asyncio.run(run(name, case, World(server.hostname, {"any": SECRET}, form, never, never)))
        except AssertionError as error:
            failure = error
        for number, asked in enumerate(server.asked):
            is_known = number < len(exchanges)
            difference = differs(exchanges[number]["request"], asked) if is_known else "is one more than recorded"
            assert difference is None, f"{name}, request {number + 1}: {asked.method} {asked.target}\n{difference}\n{failure}"
        if failure is not None:
            raise failure
        assert len(server.asked) == len(exchanges), f"{name}: not all requests came"


def differs(wanted: Any, asked: Asked) -> str | None:
    """What is not as recorded."""
    path, _, query = asked.target.partition("?")
    if wanted["method"] != asked.method or wanted["path"] != unquote(path):
        return f"{wanted['method']} {wanted['path']} was expected"
    found = dict(parameter(*pair.split("=", 1)) for pair in query.split("&") if pair)
    parameters = {name: str(value) if isinstance(value, int) else value for name, value in wanted.get("query", {}).items()}
    if not compare.equal(found, parameters):
        return f"the parameters are {found}"
    if "api-key" not in wanted.get("headers", {}) and asked.headers.get("api-key") != SECRET:
        return "the key is not sent"
    for name, value in wanted.get("headers", {}).items():
        if asked.headers.get(name) != value:
            return f"the header {name} is {asked.headers.get(name)}"
    if "body" in wanted and not compare.equal(json.loads(asked.body) if asked.body else None, wanted["body"]):
        return f"the body is {asked.body}"
    return None


def parameter(name: str, value: str) -> tuple[str, Any]:
    name, value = unquote(name), unquote(value)
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return name, json.loads(value) if name == "$params" else value


def reply(answer: Any, catalog: Any) -> Reply:
    if answer.get("silence") or answer.get("hangUp"):
        return Reply(None, hangs_up=bool(answer.get("hangUp")))
    body = json.dumps(catalog if answer.get("catalog") else answer["json"]) if "json" in answer or answer.get("catalog") else answer["text"]
    made = Reply(answer.get("status", 200), body.encode(), is_cut=answer.get("cut", False), stays=answer.get("keepAlive", False))
    made.headers += [(name, value) for name, value in answer.get("headers", [])]
    return made
