"""Selections that are known by keys which are texts, against a server that reads these as patterns, as the dialect does."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import unicodedata
import unittest
from typing import Any
from urllib.parse import unquote

import claviger
import claviger.aio
from claviger import Conflict, Misuse
from tests.conformance.loopback import SECRET, Asked, Loopback, Reply

BOB, SMITH, EVE, JOSE = "bob@example.org", "bob.smith@example.org", "eve@example.org", "José"
TEAM, TEAMS = "a@", "ab"


def relation(name: str, kind: str, target: str, inverse: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "type": target, "inverseName": inverse}


def described(name: str, relation: dict[str, Any]) -> dict[str, Any]:
    attributes = [{"name": "ID", "kind": "storage", "type": "string"}, {"name": "note", "kind": "storage", "type": "string"}, relation]
    return {"name": name, "collectionName": f"{name}Selection", "key": [{"name": "ID"}], "attributes": attributes}


CATALOG = {
    "dataClasses": [
        described("Member", relation("team", "relatedEntity", "Team", "members")),
        described("Team", relation("members", "relatedEntities", "MemberSelection", "team")),
    ]
}


class Server(Loopback):
    """Two dataclasses with text keys. `locked` cannot be deleted."""

    def __init__(self, *keys: str) -> None:
        super().__init__(self._reply)
        self.members = {key: TEAM if number % 2 == 0 else TEAMS for number, key in enumerate(keys or (BOB, SMITH, EVE))}
        self.teams = {TEAMS: "", TEAM: ""}
        self.locked: set[str] = set()
        self.released: list[str] = []
        self._sets: dict[str, list[str]] = {}

    def filters(self) -> list[str]:
        """What was asked for by filter, without the way it is spelled."""
        return [unquote(asked.target) for asked in self.asked if "$filter" in asked.target]

    def _reply(self, number: int, asked: Asked) -> Reply:
        path, _, query = asked.target.partition("?")
        named = {name: unquote(value) for name, _, value in (pair.partition("=") for pair in query.split("&"))}
        status, body = self._found(asked, [unquote(part) for part in path.removeprefix("/rest/").split("/")], named)
        return Reply(status, json.dumps(body).encode())

    def _found(self, asked: Asked, parts: list[str], named: dict[str, str]) -> tuple[int, Any]:
        if parts[0] == "$catalog":
            return 200, CATALOG
        if parts == ["$entityset", "$release"]:
            self.released += json.loads(asked.body)
            return 200, {"ok": True}
        name, _, key = parts[0].partition("(")
        stored = self.members if name == "Member" else self.teams
        if key and (len(parts) > 1 or "$lock" in named):
            return 200, {"result": True}
        if key:
            return self._one(asked, stored, json.loads(key[:-1]), named)
        found = list(stored) if len(parts) == 1 else [key for key in self._sets[parts[2]] if key in stored]
        if asked.method == "POST":
            for key in found:
                stored.pop(key, None)
            return 200, {"ok": True}
        if named.get("$logicOperator") == "OR":
            found = list(dict.fromkeys(found + self._sets[named["$otherCollection"]]))
        if "$filter" in named:
            wanted = json.loads(named["$params"][1:-1])[0]
            of_team = named["$filter"].startswith('"team.')
            fits = [pattern(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
            found = [key for key in found if any(fit.fullmatch(bare(stored[key] if of_team else key)) for fit in fits)]
        found = sorted(found) if "$orderby" in named else found
        skip = int(named.get("$skip", 0))
        rows = [self._row(stored, key, named) for key in found[skip : skip + int(named["$top"])]]
        body: dict[str, Any] = {"__COUNT": len(found), "__ENTITIES": rows}
        if named.get("$method") == "entityset":
            set_id = f"A{len(self._sets)}"
            self._sets[set_id] = found
            body["__ENTITYSET"] = f"/rest/{name}/$entityset/{set_id}"
        return 200, body

    def _one(self, asked: Asked, stored: dict[str, str], key: str, named: dict[str, str]) -> tuple[int, Any]:
        if key not in stored:
            return 404, {"__ERROR": [{"errCode": 1542, "message": "no such entity"}]}
        if asked.method == "GET":
            return 200, self._row(stored, key, named)
        if key in self.locked:
            return 500, {"__ERROR": [{"errCode": 1263, "message": "The entity is locked"}]}
        del stored[key]
        return 200, {"ok": True}

    def _row(self, stored: dict[str, str], key: str, named: dict[str, str]) -> dict[str, Any]:
        row: dict[str, Any] = {"ID": key, "note": f"of {key}"}
        if stored is self.members:
            row["team"] = {"__deferred": {"uri": "/rest/Team", "__KEY": stored[key]}}
        names = named["$attributes"].split(",") if "$attributes" in named else list(row)
        return {"__KEY": key, "__STAMP": 1, **{name: row[name] for name in names}}


def bare(text: str) -> str:
    """Without case and accents."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign)).lower()


def pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if sign in "@*" else re.escape(sign) for sign in bare(text)))


def opened(server: Server, **rules: Any) -> Any:
    return claviger.open_datastore({"hostname": server.hostname, "api-key": SECRET}, **rules)


class TextKeysTest(unittest.TestCase):
    def test_entities_that_are_known_by_their_keys_are_dropped_and_no_others(self) -> None:
        with Server() as server, opened(server) as ds:
            self.assertEqual(len(ds.Member.all().slice(0, 1).drop()), 0)
            self.assertEqual(list(server.members), [SMITH, EVE])

    def test_entities_that_are_known_by_their_keys_are_dropped_and_no_others_with_asyncio(self) -> None:
        async def use(server: Server) -> None:
            async with await claviger.aio.open_datastore({"hostname": server.hostname, "api-key": SECRET}) as ds:
                first = await (await ds.Member.all()).slice(0, 1)
                with self.assertRaises(Misuse):
                    await first.set_id()
                self.assertEqual(len(await first.drop()), 0)

        with Server() as server:
            asyncio.run(use(server))
            self.assertEqual(list(server.members), [SMITH, EVE])

    def test_what_is_locked_is_left(self) -> None:
        with Server() as server, opened(server) as ds:
            server.locked = {EVE}
            both = ds.Member.all().slice(1, 3)
            self.assertEqual([entity.key for entity in both.drop()], [EVE])
            self.assertEqual(list(server.members), [BOB, EVE])
            with self.assertRaises(Conflict):
                ds.Member.all().slice(1, 2).drop()
            # It was deleted by somebody else.
            self.assertEqual(len(both.slice(0, 1).drop()), 0)

    def test_a_set_that_would_hold_others_is_refused(self) -> None:
        with Server() as server, opened(server) as ds:
            first = ds.Member.all().slice(0, 1)
            whole = ds.Member.all()
            for use in [first.set_id, lambda: first.and_(whole), lambda: first.query("note = :1", "x").load(), lambda: first.distinct("note")]:
                with self.assertRaisesRegex(Misuse, "^The server cannot tell the keys of this selection from others: "):
                    use()
            ds.flush()
            self.assertEqual(len(server.members), 3)
            self.assertGreaterEqual(len(server.released), 4)
            # Accents and case are no difference either.
            server.members = {JOSE: TEAM, "jose": TEAM}
            with self.assertRaises(Misuse):
                ds.Member.all().slice(0, 1).set_id()

    def test_a_set_of_keys_that_are_not_mistaken_is_made(self) -> None:
        with Server() as server, opened(server) as ds:
            last = ds.Member.all().slice(1, 3)
            self.assertEqual(len(last.query("ID = :1", SMITH).load()), 1)
            self.assertEqual(len(last.drop()), 0)
            self.assertEqual(list(server.members), [BOB])
            self.assertFalse(any("Member(" in asked.target for asked in server.asked))

    def test_more_keys_than_one_request_holds_are_told_apart(self) -> None:
        keys = [f"k{number:03}" for number in range(250)]
        with Server(*keys) as server, opened(server, page_size=300) as ds:
            part = ds.Member.all().slice(0, 240)
            self.assertEqual(len(part.query("ID = :1", "k2@").load()), 40)
            server.members["K239"] = TEAM
            with self.assertRaises(Misuse):
                ds.Member.all().slice(0, 240).set_id()

    def test_entities_are_read_by_their_own_keys(self) -> None:
        with Server("b1@", "b2@", "b@") as server, opened(server) as ds:
            last = ds.Member.all().slice(2, 3)
            self.assertEqual(last.select("note").load().extract("note"), ["of b@"])
            self.assertEqual(last.to_collection("note"), [{"note": "of b@"}])
            self.assertEqual(last.add(ds.Member.get("b1@")).extract("ID"), ["b@", "b1@"])

    def test_what_entities_are_related_to_is_not_what_their_keys_fit(self) -> None:
        with Server() as server, opened(server) as ds:
            members = ds.Member.all()
            self.assertEqual([team.key for team in members.related("team")], [TEAM, TEAMS])
            teams = members.slice(0, 1).related("team")
            self.assertEqual(([team.key for team in teams], len(teams)), ([TEAM], 1))
            teams.drop()
            self.assertEqual(list(server.teams), [TEAMS])
            server.teams[TEAM] = ""
            with self.assertRaises(Misuse):
                members.slice(0, 1).related("team").related("members")
            self.assertEqual(sorted(member.key for member in ds.Team.all().related("members")), sorted(server.members))

    def test_related_entities_of_several_pages_are_told_apart(self) -> None:
        with Server() as server, opened(server, page_size=1) as ds:
            server.teams = {TEAM: "", "ac": "", "zz": ""}
            server.members = {BOB: TEAM, SMITH: "zz"}
            teams = ds.Member.all().related("team")
            self.assertEqual(([team.key for team in teams], len(teams)), ([TEAM, "zz"], 2))
            self.assertTrue(teams.contains("zz"))
            self.assertFalse(teams.contains("ac"))

    def test_a_large_selection_contains_a_key_and_not_what_it_fits(self) -> None:
        with Server(SMITH, EVE, "x") as server, opened(server, page_size=1) as ds:
            members = ds.Member.all()
            self.assertFalse(members.contains(BOB))
            self.assertFalse(members.contains("EVE@example.org"))
            self.assertTrue(members.contains("x"))
            self.assertEqual(server.filters(), [])

    def test_a_text_in_brackets_is_a_key_and_not_several_parts(self) -> None:
        with Server("[1]", "1") as server, opened(server) as ds:
            first = ds.Member.all().first()
            self.assertTrue(first.lock())
            del first
            gc.collect()
            ds.flush()
            ds.Member.call_entity("[1]", "f")
            ds.Team.get("[1]")
            of_one = [asked.target for asked in server.asked if "1" in asked.target.partition("?")[0]]
            self.assertEqual({target.partition(")")[0] for target in of_one}, {"/rest/Member(%22%5B1%5D%22", "/rest/Team(%22%5B1%5D%22"})
            self.assertEqual(len(of_one), 5)
            ds.Member.all().slice(0, 1).drop()
            self.assertEqual(list(server.members), ["1"])
