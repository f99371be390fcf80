"""Sessions, their locks and their end."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import unittest
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import claviger
import claviger.aio
from claviger import Misuse, SessionLost, Unauthorized, Unreachable, Validation
from claviger._core.blocking import run
from tests.conformance import SUITE, read
from tests.conformance.loopback import SECRET, Asked, Loopback, Reply

CATALOG = read(SUITE / "recorded" / "catalog.json")
GRANTED = {"result": True, "ok": True, "__STATUS": {"success": True}}
SET = {"__ENTITYSET": "/rest/Book/$entityset/9A1C0D7E5B2F4836A7C4E0F1D2B39586"}


def book(key: int, stamp: int = 3, **values: Any) -> dict[str, Any]:
    return {"__KEY": str(key), "__STAMP": stamp, "ID": key, "title": f"Book {key}", **values}


def page(count: int, *entities: Any) -> dict[str, Any]:
    return {"__DATACLASS": "Book", "__COUNT": count, "__FIRST": 0, "__ENTITIES": list(entities), "__SENT": len(entities), **SET}


def reply(body: Any, status: int = 200, cookie: str | None = None) -> Reply:
    return Reply(status, json.dumps(body).encode(), [("set-cookie", cookie)] if cookie else [])


def answered(asked: Asked) -> Any:
    """A book, locks, pages of two."""
    if "$catalog/$all" in asked.target:
        return CATALOG
    if "$lock" in asked.target or asked.method == "POST":
        return GRANTED
    return book(1) if "Book(" in asked.target else page(8, book(1), book(2))


def info(server: Loopback) -> dict[str, str]:
    return {"hostname": server.hostname, "api-key": SECRET}


class Users:
    """A server that knows one session at a time, in which a user is logged in; others are guests, who see no titles."""

    def __init__(self) -> None:
        self.logins = 0
        self.known = ""
        self.loopback = Loopback(self._reply)

    def _reply(self, _: int, asked: Asked) -> Reply:
        if "login" in asked.target:
            self.logins += 1
            self.known = f"S=A{self.logins}"
            return reply({"result": True}, cookie=self.known)
        is_known = asked.headers.get("cookie") == self.known
        body = CATALOG if "$catalog/$all" in asked.target else book(1) if is_known else {"__KEY": "1", "__STAMP": 3, "ID": 1}
        return reply(body, cookie=None if is_known else "S=GUEST")

    @property
    def info(self) -> dict[str, str]:
        return {"hostname": self.loopback.hostname, "user": "ines", "password": "hunter2"}


class Mortal:
    """A server whose session is replaced by the next request after `end()`."""

    def __init__(self, answer: Callable[[Asked], Any] = lambda asked: None) -> None:
        self._answer = answer
        self._number = 0
        self._is_over = False
        self.loopback = Loopback(self._reply)
        self.asked = self.loopback.asked

    def _reply(self, _: int, asked: Asked) -> Reply:
        if self._is_over or "cookie" not in asked.headers:
            self._number += 1
        self._is_over = False
        found = self._answer(asked)
        status, body = found if isinstance(found, tuple) else (200, found)
        return reply(answered(asked) if body is None else body, status, f"S={self._number}")

    def end(self) -> None:
        self._is_over = True

    def locked(self, **options: Any) -> tuple[claviger.DataStore, claviger.Entity]:
        ds = claviger.open_datastore(info(self.loopback), retry_delay=0, **options)
        held = ds.Book.get(1)
        assert held is not None and held.lock()
        return ds, held

    def __enter__(self) -> Mortal:
        return self

    def __exit__(self, *_: object) -> None:
        self.loopback.__exit__(None, None, None)


class Watched:
    """Knows when somebody wants a lock."""

    def __init__(self, lock: Any) -> None:
        self._lock = lock
        self.is_waited_for = threading.Event()

    async def __aenter__(self) -> None:
        self.is_waited_for.set()
        await self._lock.__aenter__()

    async def __aexit__(self, *ended: Any) -> None:
        await self._lock.__aexit__(*ended)


class LostTest(unittest.TestCase):
    def lost(self, error: SessionLost, executed: bool = False) -> None:
        self.assertEqual((error.locks, error.executed, error.cause), ([("Book", "1")], executed, None))
        if not executed:
            self.assertIsNone(error.result)

    def test_a_refused_save_is_not_merged_and_not_repeated(self) -> None:
        conflict = {"__STATUS": {"success": False, "status": 2}, "__ERROR": [{"errCode": 1263, "message": "changed"}], **book(1, 4)}
        with Mortal(lambda asked: conflict if asked.method == "POST" else None) as server:
            _, held = server.locked()
            held.title = "Mine"
            server.end()
            with self.assertRaises(SessionLost) as raised:
                held.save("autoMerge")
            self.lost(raised.exception, True)
            self.assertEqual(raised.exception.result.status, 2)
            self.assertEqual(held.touched_attributes, ["title"])
            self.assertFalse(held.is_locked)
            self.assertEqual(len([asked for asked in server.asked if asked.method == "POST"]), 1)

    def test_what_would_have_been_raised_is_the_cause(self) -> None:
        wrong = {"__ERROR": [{"errCode": 1517, "message": '"title" is wrong'}]}
        with Mortal(lambda asked: (500, wrong) if asked.method == "POST" else None) as server:
            _, held = server.locked()
            held.title = ""
            server.end()
            with self.assertRaises(SessionLost) as raised:
                held.save()
            self.assertTrue(raised.exception.executed)
            self.assertIsInstance(raised.exception.cause, Validation)
            self.assertIs(raised.exception.__cause__, raised.exception.cause)

    def test_many_together_and_deleted(self) -> None:
        def answer(asked: Asked) -> Any:
            if asked.method != "POST" or "delete" in asked.target:
                return page(1, book(2)) if "$clean" in asked.target else None
            return {"__ENTITIES": [book(7 + n) for n, _ in enumerate(json.loads(asked.body))]}

        with Mortal(answer) as server:
            ds, held = server.locked(page_size=2)
            server.end()
            with self.assertRaises(SessionLost) as raised:
                ds.Book.from_collection([{"title": "1"}, {"title": "2"}])
            self.lost(raised.exception, True)
            self.assertEqual([status.success for status in raised.exception.result], [True, True])
            held.lock()
            made = ds.Book.new(title="1")
            server.end()
            with self.assertRaises(SessionLost) as raised, ds.transaction() as tx:
                tx.save(made)
            self.lost(raised.exception, True)
            self.assertEqual((made.key, [status.success for status in tx.statuses]), ("7", [True]))
            held.lock()
            server.end()
            with self.assertRaises(SessionLost) as raised:
                held.drop("force")
            self.assertTrue(raised.exception.result.success)
            held.lock()
            books = ds.Book.all().load()
            server.end()
            with self.assertRaises(SessionLost) as raised:
                books.drop()
            self.assertIsInstance(raised.exception.result, claviger.Selection)
            self.assertEqual(len(raised.exception.result), 1)
            self.assertEqual(len([asked for asked in server.asked if "Book/$entityset" in asked.target and asked.method == "POST"]), 1)

    def test_what_a_function_gave_is_of_its_form(self) -> None:
        made = {"__DATACLASS": "Book", **book(9)}
        with Mortal(lambda asked: made if "make" in asked.target else None) as server:
            ds, _ = server.locked()
            server.end()
            with self.assertRaises(SessionLost) as raised:
                ds.call("make")
            self.assertIsInstance(raised.exception.result, claviger.Entity)
            self.assertEqual(raised.exception.result.title, "Book 9")

    def test_a_lock_that_the_new_session_got_by_it_is_given_back(self) -> None:
        with Mortal(lambda asked: book(2) if asked.target == "/rest/Book(2)" else None) as server:
            ds, _ = server.locked()
            other = ds.Book.get(2)
            assert other is not None
            server.end()
            with self.assertRaises(SessionLost) as raised:
                other.lock()
            self.lost(raised.exception)
            ds.flush()
            self.assertEqual(server.asked[-1].target, "/rest/Book(2)?$lock=false")

    def test_what_is_found_out_beside_is_told_to_the_next_call_before_it_is_sent(self) -> None:
        with Mortal() as server:
            ds, _ = server.locked(page_size=1)
            books = ds.Book.all().load()
            books.at(1)
            server.end()
            books.close()
            before = len(server.asked)
            with self.assertRaises(SessionLost) as raised:
                ds.call("transfer")
            self.lost(raised.exception)
            self.assertEqual(len(server.asked), before)
            ds.Book.get_count()

    def test_a_page_that_was_read_ahead_tells_whoever_asks_next(self) -> None:
        for goes_on in (True, False):
            with self.subTest(goes_on=goes_on), Mortal() as server:
                ds, _ = server.locked(page_size=2)
                with self.assertRaises(SessionLost) as raised:
                    for entity in ds.Book.all():
                        if entity.key == "1":
                            server.end()
                        elif not goes_on:
                            break
                    # Done by the thread that read ahead, after it.
                    run(ds._core.wire.io.beside(ds._core.flush).wait())
                    ds.Book.get_count()
                self.lost(raised.exception)

    def test_whoever_closes_is_not_told(self) -> None:
        with Mortal() as server:
            ds, _ = server.locked()
            server.end()
            ds.close()


class LockTest(unittest.TestCase):
    def test_the_end_of_a_lock_that_nobody_holds_does_not_overtake_a_newer_lock(self) -> None:
        gate = threading.Event()

        def answer(number: int, asked: Asked) -> Reply:
            if "$release" in asked.target:
                # What is given back waits for the one before.
                gate.wait(10)
            return reply(answered(asked))

        with Loopback(answer) as server, claviger.open_datastore(info(server), page_size=1) as ds:
            books = ds.Book.all()
            books.at(1)
            del books
            forgotten = ds.Book.get(1)
            assert forgotten is not None and forgotten.lock()
            del forgotten
            gc.collect()
            held = ds.Book.get(1)
            assert held is not None and held.lock()
            gate.set()
            ds.flush()
            unlocks = [asked for asked in server.asked if "$lock=false" in asked.target]
            self.assertEqual(unlocks, [])
            self.assertTrue(held.unlock())
            self.assertEqual(server.asked[-1].target, "/rest/Book(1)?$lock=false")

    def test_what_is_asked_of_one_entity_at_once_is_done_one_after_the_other(self) -> None:
        gate, sent = threading.Event(), threading.Event()

        def answer(number: int, asked: Asked) -> Reply:
            if "$lock=true" in asked.target:
                sent.set()
                gate.wait(10)
            return reply(answered(asked))

        with Loopback(answer) as server, claviger.open_datastore(info(server)) as ds:
            held = ds.Book.get(1)
            assert held is not None
            threads = [threading.Thread(target=work) for work in (held.lock, held.unlock)]
            threads[0].start()
            sent.wait(10)
            watched = held._core.__dict__["_mutex"] = Watched(held._core._alone)
            threads[1].start()
            watched.is_waited_for.wait(10)
            gate.set()
            for thread in threads:
                thread.join()
            targets = [asked.target for asked in server.asked if "Book(1)" in asked.target][1:]
            self.assertEqual(targets, ["/rest/Book(1)?$lock=true", "/rest/Book(1)", "/rest/Book(1)?$lock=false"])
            self.assertFalse(held.is_locked)

    def test_the_same_with_asyncio(self) -> None:
        gone = False

        def answer(number: int, asked: Asked) -> Reply:
            nonlocal gone
            if "delete" in asked.target:
                gone = True
            elif gone and asked.target.startswith("/rest/Book(1)"):
                return reply({"__ERROR": [{"errCode": 1542, "message": "gone"}]}, 404)
            return reply(answered(asked))

        async def use(server: Loopback) -> None:
            async with await claviger.aio.open_datastore(info(server)) as ds:
                held = await ds.Book.get(1)
                assert held is not None
                await asyncio.gather(held.lock(), held.unlock(), held.reload(), held.lock())
                asked = [asked.target for asked in server.asked if "Book(1)" in asked.target][1:]
                one = ["/rest/Book(1)?$lock=true", "/rest/Book(1)"]
                self.assertEqual(asked, [*one, "/rest/Book(1)?$lock=false", "/rest/Book(1)", *one])
                self.assertTrue(held.is_locked)
                statuses = await asyncio.gather(held.drop(), held.drop())
                self.assertEqual([(status.success, status.status) for status in statuses], [(True, None), (False, 5)])

        with Loopback(answer) as server:
            asyncio.run(use(server))

    def test_only_what_says_so_is_a_lock_of_somebody_else(self) -> None:
        messages = ["The block of flats needs it", "An o'clock rule", "Locksmiths stay", "Book 1 is locked by somebody else"]
        waiting = list(messages)

        def answer(number: int, asked: Asked) -> Reply:
            is_drop = asked.method == "POST" and "delete" in asked.target
            return reply({"__ERROR": [{"errCode": 1500, "message": waiting.pop(0)}]}, 500) if is_drop else reply(answered(asked))

        with Loopback(answer) as server, claviger.open_datastore(info(server)) as ds:
            found = ds.Book.get(1)
            assert found is not None
            for message in messages[:-1]:
                with self.subTest(message), self.assertRaises(Validation):
                    found.drop()
            self.assertEqual(found.drop().status, 3)


class SecretTest(unittest.TestCase):
    def test_a_secret_that_is_a_word_of_the_data_changes_none_of_it(self) -> None:
        def answer(number: int, asked: Asked) -> Reply:
            if "count" in asked.target:
                return reply({"result": {"errCode": ["errCode"]}})
            if "other" in asked.target:
                return reply({"__ERROR": [{"errCode": 1500, "message": 'no "errCode" here'}]}, 500)
            if "Book(2)" in asked.target:
                return reply(book(2, title="The errCode"))
            return reply(answered(asked))

        with Loopback(answer) as server, claviger.open_datastore({"hostname": server.hostname, "api-key": "errCode"}) as ds:
            found = ds.Book.get(2)
            assert found is not None
            self.assertEqual(found.title, "The errCode")
            self.assertEqual(ds.call("count"), {"errCode": ["errCode"]})
            with self.assertRaises(claviger.Remote) as raised:
                ds.call("other")
            self.assertEqual((raised.exception.number, raised.exception.errors[0].message), (1500, 'no "***" here'))

    def test_the_stored_entity_of_a_conflict_is_data_and_its_words_are_not(self) -> None:
        conflict = {
            "__STATUS": {"success": False, "status": 3, "lockInfo": {"user": "price"}},
            "__ERROR": [{"errCode": 1046, "message": "price is locked"}],
            **book(1, 4, title="price"),
        }

        def answer(number: int, asked: Asked) -> Reply:
            return reply({"__ENTITIES": [conflict]}, 500) if "$atomic" in asked.target else reply(answered(asked))

        with Loopback(answer) as server, claviger.open_datastore({"hostname": server.hostname, "api-key": "price"}) as ds:
            found = ds.Book.get(1)
            assert found is not None
            found.title = "x"
            with self.assertRaises(claviger.Conflict) as raised, ds.transaction() as tx:
                tx.save(found)
            error = raised.exception
            assert error.stored is not None
            self.assertEqual((error.errors[0].message, error.lock_info, error.stored.values["title"]), ("*** is locked", {"user": "***"}, "price"))

    def test_a_secret_with_marks_is_hidden_however_it_is_spelled(self) -> None:
        secret = 'q"u\\o/te'

        def answer(number: int, asked: Asked) -> Reply:
            return reply({"result": secret}) if "call" in asked.target else reply(answered(asked))

        with Loopback(answer) as server, claviger.open_datastore({"hostname": server.hostname, "api-key": secret}) as ds:
            ds.start_request_log(bodies=True)
            self.assertEqual(ds.call("call"), secret)
            ds.Book.get(secret)
            log = json.dumps(ds.get_request_log())
            for spelled in ['q\\\\\\"u', "q%22u", "u\\\\o/te", "o%2Fte"]:
                self.assertNotIn(spelled, log)

    def test_names_and_passwords_in_an_address_and_the_ends_of_a_key_are_shown_nowhere(self) -> None:
        for hostname in [
            "http://ines:hunter2@127.0.0.1:1",
            "ines:hunter2@127.0.0.1:1",
            "http:\\\\ines:hunter2@127.0.0.1",
            "127.0.0.1:1/x:hunter2@y",
            "hunter2://127.0.0.1",
        ]:
            with self.assertNoLogs("claviger"), self.assertRaises(Misuse) as raised:
                claviger.open_datastore({"hostname": hostname, "api-key": SECRET}, retries=0)
            self.assertNotIn("hunter2", f"{raised.exception} {raised.exception!r} {raised.exception.__context__!r} {raised.exception.__cause__!r}")

        def answer(number: int, asked: Asked) -> Reply:
            told = {"__ERROR": [{"errCode": 1, "message": asked.headers["api-key"]}]}
            return reply(told, 500) if "Book(" in asked.target else reply(answered(asked))

        with Loopback(answer) as server, claviger.open_datastore({"hostname": server.hostname, "api-key": f"{SECRET}\r\n"}) as ds:
            ds.start_request_log(bodies=True)
            with self.assertLogs("claviger", "DEBUG") as logged, self.assertRaises(claviger.Remote) as raised:
                ds.Book.get(1)
            self.assertEqual(server.asked[-1].headers["api-key"], SECRET)
            self.assertNotIn(SECRET, f"{raised.exception!r} {vars(raised.exception)} {ds.get_request_log()} {logged.output} {ds!r} {ds._core.wire!r}")


class EndTest(unittest.TestCase):
    def test_a_connection_that_is_to_be_replaced_stays_until_the_new_one_is_proven(self) -> None:
        with (
            Loopback(lambda number, asked: reply(answered(asked), cookie=f"S={number}")) as server,
            Loopback(lambda *_: reply({"error": "Api-key Not Valid"}, 401)) as refusing,
        ):
            ds = claviger.open_datastore(info(server), "proven")
            with self.assertRaises(Unauthorized):
                claviger.open_datastore(info(refusing), "proven", replace=True)
            self.assertEqual(claviger.by_local_id("proven"), ds)
            ds.Book.get_count()
            other = claviger.open_datastore(info(server), "proven", replace=True)
            self.assertEqual(claviger.by_local_id("proven"), other)
            self.assertEqual([asked.target for asked in server.asked[-2:]], ["/rest/$catalog/$all", "/rest/$directory/logout"])
            with self.assertRaises(Misuse):
                ds.Book.get_count()
            other.close()

    def test_tasks_that_find_out_together_that_a_user_was_logged_out_wait_for_one_login(self) -> None:
        async def use(server: Users) -> list[str]:
            async with await claviger.aio.open_datastore(server.info) as ds:
                server.known = "gone"
                return [found["title"] for found in await asyncio.gather(*(ds.Book.get(1) for _ in range(3)))]

        server = Users()
        with server.loopback:
            self.assertEqual(asyncio.run(use(server)), ["Book 1"] * 3)
        self.assertEqual(server.logins, 2)

    def test_threads_that_find_out_together_that_a_user_was_logged_out_wait_for_one_login(self) -> None:
        server = Users()
        with server.loopback, claviger.open_datastore(server.info) as ds, ThreadPoolExecutor(3) as threads:
            server.known = "gone"
            found = [found["title"] for found in threads.map(ds.Book.get, [1, 1, 1])]
        self.assertEqual(found, ["Book 1"] * 3)
        self.assertEqual(server.logins, 2)

    def test_nothing_is_repeated_when_a_dead_server_is_left(self) -> None:
        is_dead = False

        def answer(number: int, asked: Asked) -> Reply:
            return Reply(None, hangs_up=True) if is_dead else reply(answered(asked), cookie="S=1")

        with Loopback(answer) as server:
            ds = claviger.open_datastore(info(server), retry_delay=600)
            held = ds.Book.get(1)
            assert held is not None and held.lock()
            is_dead = True
            with self.assertRaises(Unreachable):
                ds.close()
            self.assertEqual(len([asked for asked in server.asked if "logout" in asked.target]), 1)
