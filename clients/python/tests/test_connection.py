"""Connections, against a server that plays what it is told: sessions, threads, logs, what is given back."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Any

import claviger
import claviger.aio
import claviger.compat
from claviger import Misuse, Protocol, Unreachable
from tests.conformance import SUITE, read
from tests.conformance.loopback import SECRET, Asked, Loopback, Reply, playing

CATALOG = read(SUITE / "recorded" / "catalog.json")


def book(key: int) -> dict[str, Any]:
    return {"__KEY": str(key), "__STAMP": 1, "ID": key, "title": f"Book {key}"}


def page(first: int, count: int, whole: int, **more: Any) -> dict[str, Any]:
    rows = [book(first + n + 1) for n in range(count)]
    return {"__DATACLASS": "Book", "__COUNT": whole, "__FIRST": first, "__ENTITIES": rows, "__SENT": count, **more}


def info(server: Loopback) -> dict[str, str]:
    return {"hostname": server.hostname, "api-key": SECRET}


def answers(number: int, asked: Asked) -> Reply:
    """A catalog with a session cookie, pages of two of seven books, locks."""
    if "$catalog" in asked.target:
        return Reply(200, json.dumps(CATALOG).encode(), [("set-cookie", "S=1")])
    body: Any = {"result": True, "ok": True}
    if asked.target.startswith("/rest/Book?") or "/Book/$entityset/" in asked.target:
        body = page(0, 2, 7, __ENTITYSET="/rest/Book/$entityset/9A1C0D7E5B2F4836A7C4E0F1D2B39586")
    elif asked.target == "/rest/Book(1)":
        body = book(1)
    return Reply(200, json.dumps(body).encode())


class ConnectionTest(unittest.TestCase):
    def test_threads_share_one_session(self) -> None:
        lonely = threading.Semaphore(1)
        overlaps = []

        def answer(number: int, asked: Asked) -> Reply:
            if "cookie" not in asked.headers:
                overlaps.append(not lonely.acquire(blocking=False))
                lonely.release()
                return Reply(200, json.dumps(page(0, 1, 1)).encode(), [("set-cookie", f"S={number}")])
            return Reply(200, json.dumps(page(0, 1, 1)).encode())

        with Loopback(answer) as server:
            ds = claviger.open_datastore(info(server), lazy=True)
            threads = [threading.Thread(target=ds.Book.get_count) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            cookies = [asked.headers.get("cookie") for asked in server.asked]
            self.assertEqual(sorted(map(str, cookies)), sorted(["None", *["S=0"] * 7]))
            ds.close()

    def test_what_nothing_refers_to_is_given_back(self) -> None:
        with Loopback(answers) as server:
            ds = claviger.open_datastore(info(server), page_size=2)
            books = ds.Book.all()
            books.at(3)
            held = ds.Book.get(1)
            assert held is not None
            self.assertTrue(held.lock())
            del books, held
            gc.collect()
            ds.flush()
            last = [(asked.method, asked.target.partition("?")[0]) for asked in server.asked][-2:]
            self.assertEqual(sorted(last), [("GET", "/rest/Book(1)"), ("POST", "/rest/$entityset/$release")])
            self.assertTrue(any(asked.target == "/rest/Book(1)?$lock=false" for asked in server.asked))
            ds.close()
            self.assertEqual(server.asked[-1].target, "/rest/$directory/logout")

    def test_what_nothing_refers_to_is_given_back_with_asyncio(self) -> None:
        async def use(server: Loopback) -> None:
            ds = await claviger.aio.open_datastore(info(server), page_size=2)
            books = await ds.Book.all()
            await books.at(3)
            del books
            gc.collect()
            await ds.flush()
            self.assertEqual(server.asked[-1].target, "/rest/$entityset/$release")
            await ds.close()

        with Loopback(answers) as server:
            asyncio.run(use(server))
            self.assertEqual(server.asked[-1].target, "/rest/$directory/logout")

    def test_the_end_of_a_program_ends_sessions(self) -> None:
        opened = "ds = claviger.open_datastore({'hostname': sys.argv[1], 'api-key': 'k'})"
        awaited = "async def main():\n ds = await claviger.aio.open_datastore({'hostname': sys.argv[1], 'api-key': 'k'})\nasyncio.run(main())"
        for program in [opened, awaited]:
            with Loopback(answers) as server:
                text = f"import asyncio, sys, claviger, claviger.aio\n{program}"
                done = subprocess.run([sys.executable, "-c", text, server.hostname], capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertEqual([asked.target for asked in server.asked], ["/rest/$catalog/$all", "/rest/$directory/logout"])

    def test_what_is_assigned_while_an_entity_is_saved_is_saved_next(self) -> None:
        bodies: list[Any] = []

        def answer(number: int, asked: Asked) -> Reply:
            if asked.method == "POST" and asked.body:
                bodies.append(json.loads(asked.body))
                sent.set()
                assigned.wait(10)
                body = bodies[-1][0] if isinstance(bodies[-1], list) else bodies[-1]
                stored = {**body, "__KEY": "1", "__STAMP": len(bodies)}
                return Reply(200, json.dumps({"__ENTITIES": [stored]} if isinstance(bodies[-1], list) else stored).encode())
            return answers(number, asked)

        def save_with_a_change(save: Any, entity: Any, **values: str) -> None:
            sent.clear()
            assigned.clear()
            thread = threading.Thread(target=save)
            thread.start()
            sent.wait(10)
            for name, value in values.items():
                entity[name] = value
            assigned.set()
            thread.join()

        sent, assigned = threading.Event(), threading.Event()
        with Loopback(answer) as server, claviger.open_datastore(info(server)) as ds:
            entity = ds.Book.new(title="a", price=1)

            def together() -> None:
                with ds.transaction() as tx:
                    tx.save(entity)

            save_with_a_change(entity.save, entity, title="b")
            self.assertEqual((entity.touched_attributes, entity.title, entity.price), (["title"], "b", 1))
            save_with_a_change(together, entity, title="c")
            self.assertEqual((entity.touched_attributes, entity.title), (["title"], "c"))
            self.assertTrue(entity.save())
            self.assertEqual([body if isinstance(body, dict) else body[0] for body in bodies][-1]["title"], "c")
            self.assertFalse(entity.touched)

    def test_a_new_entity_that_is_saved_twice_at_once_is_made_once(self) -> None:
        bodies: list[Any] = []

        def answer(number: int, asked: Asked) -> Reply:
            if asked.method != "POST" or not asked.body:
                return answers(number, asked)
            sent = json.loads(asked.body)
            bodies.append(sent)
            stored = [{**item, "__KEY": str(10 + n), "__STAMP": 1} for n, item in enumerate(sent if isinstance(sent, list) else [sent])]
            return Reply(200, json.dumps({"__ENTITIES": stored} if isinstance(sent, list) else stored[0]).encode())

        async def use(server: Loopback) -> None:
            async with await claviger.aio.open_datastore(info(server)) as ds:

                async def together(*entities: Any) -> None:
                    async with ds.transaction() as tx:
                        for entity in entities:
                            tx.save(entity)

                one, two, three = (ds.Book.new(title=title) for title in "123")
                await asyncio.gather(one.save(), one.save())
                await asyncio.gather(together(two, three), three.save(), together(three, two))
                made = [item["title"] for body in bodies for item in (body if isinstance(body, list) else [body])]
                self.assertEqual(sorted(made), ["1", "2", "3"])

        with Loopback(answer) as server:
            asyncio.run(use(server))

    def test_addresses_are_sent_as_they_are_spelled(self) -> None:
        with Loopback(answers) as server, claviger.open_datastore(info(server)) as ds:
            for key, spelled in [((1, "a b"), "Book[1,%22a%20b%22]"), ("a/b?c#d", "Book(%22a%2Fb%3Fc%23d%22)"), (-7, "Book(-7)")]:
                ds.Book.get(key)
                self.assertEqual(server.asked[-1].target, f"/rest/{spelled}")

    @unittest.skipUnless(shutil.which("openssl"), "openssl, which makes a certificate, is not installed")
    def test_a_certificate_that_nobody_knows_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root, key = Path(folder) / "root.pem", Path(folder) / "key.pem"
            names = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
            make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-out", str(root), "-keyout", str(key), *names]
            subprocess.run(make, check=True, capture_output=True)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(root, key)
            with Loopback(answers, tls) as server:
                self.assertTrue(server.hostname.startswith("https://"))
                with self.assertRaises(Unreachable) as failed:
                    claviger.open_datastore(info(server), retries=0)
                self.assertIn("certificate", str(failed.exception))
                self.assertEqual(server.asked, [])
                for believed in [root, root.read_text()]:
                    with claviger.open_datastore(info(server), root_certificate=believed) as ds:
                        self.assertTrue(ds.get_info()["connection"]["tls"])
                claviger.open_datastore(info(server), danger_accept_any_certificate_even_an_attackers=True).close()
                with self.assertRaises(Misuse):
                    claviger.open_datastore(info(server), root_certificate=Path(folder) / "none.pem")

    def test_an_error_in_a_block_is_not_replaced_by_one_of_closing(self) -> None:
        def answer(number: int, asked: Asked) -> Reply:
            return answers(number, asked) if "$catalog" in asked.target else Reply(500, b"{}")

        with Loopback(answer) as server, self.assertRaises(ZeroDivisionError), claviger.open_datastore(info(server)):
            raise ZeroDivisionError

    def test_the_log_is_a_file_of_json_lines_without_secrets(self) -> None:
        echo = Reply(200, json.dumps({"__KEY": "1", "__STAMP": 1, "title": SECRET}).encode())
        with Loopback(playing(CATALOG, echo)) as server, tempfile.TemporaryDirectory() as folder:
            ds = claviger.open_datastore(info(server))
            file = Path(folder) / "log"
            ds.start_request_log(file=file, bodies=True)
            ds.Book.get(1)
            ds.stop_request_log()
            lines = [json.loads(line) for line in file.read_text().splitlines()]
            self.assertEqual([(line["method"], line["response"]["status"]) for line in lines], [("GET", 200)])
            self.assertNotIn(SECRET, file.read_text())
            self.assertIn("***", lines[0]["response"]["body"])
            self.assertEqual(ds.get_request_log(), [])
            ds.close()

    def test_the_log_in_memory_keeps_the_newest(self) -> None:
        with Loopback(answers) as server, claviger.open_datastore(info(server)) as ds:
            ds.start_request_log(2)
            for _ in range(3):
                ds.Book.get(1)
            self.assertEqual([entry["sequenceNumber"] for entry in ds.get_request_log()], [3, 2])

    def test_an_answer_that_is_too_long_is_not_read(self) -> None:
        with Loopback(answers) as server, self.assertRaises(Protocol):
            claviger.open_datastore(info(server), largest_answer=10)

    def test_compat_gives_none_and_keeps_the_errors(self) -> None:
        self.assertIsNone(claviger.compat.open_datastore({"hostname": "http://127.0.0.1:1", "api-key": SECRET}, "lost", retries=0))
        self.assertEqual([error.err_code for error in claviger.compat.last_errors], [1610])
        self.assertIsNone(claviger.by_local_id("lost"))
        with Loopback(answers) as server:
            ds = claviger.compat.open_datastore(info(server), "found")
            assert ds is not None
            self.assertEqual(claviger.compat.last_errors, [])
            self.assertEqual(claviger.by_local_id("found"), ds)
            ds.close()

    def test_an_alias_keeps_its_connection_unless_it_is_replaced(self) -> None:
        with Loopback(answers) as server:
            first = claviger.open_datastore(info(server), "alias")
            same = claviger.open_datastore({**info(server), "api-key": "other"}, "alias")
            self.assertEqual(first, same)
            self.assertEqual(len(first.warnings()), 1)
            other = claviger.open_datastore(info(server), "alias", replace=True)
            self.assertNotEqual(first, other)
            with self.assertRaises(Misuse):
                first.Book.get_count()
            other.close()

    def test_a_user_is_logged_in_first(self) -> None:
        def answer(number: int, asked: Asked) -> Reply:
            return Reply(200, json.dumps(CATALOG if "$catalog" in asked.target else {"result": True}).encode())

        with Loopback(answer) as server:
            ds = claviger.open_datastore({"hostname": server.hostname, "user": "ines", "password": "hunter2"})
            login = server.asked[0]
            self.assertEqual(login.target, "/rest/$directory/login")
            sent = [login.headers[name] for name in ("username-4d", "password-4d", "session-4d-length")]
            self.assertEqual(sent, ["ines", "hunter2", "60"])
            self.assertNotIn("password-4d", server.asked[1].headers)
            ds.close()

    def test_without_a_session_no_cookie_is_kept(self) -> None:
        def answer(number: int, asked: Asked) -> Reply:
            # Without a path it would be one of the catalog's addresses only.
            return Reply(200, answers(number, asked).body, [("set-cookie", "S=1; Path=/")])

        async def use(server: Loopback) -> None:
            async with await claviger.aio.open_datastore(info(server), session=False) as ds:
                await ds.Book.get(1)

        with Loopback(answer) as server:
            with claviger.open_datastore(info(server), session=False) as ds:
                ds.Book.get(1)
            asyncio.run(use(server))
            self.assertEqual([asked.headers.get("nosession-4d") for asked in server.asked], ["true"] * 4)
            self.assertFalse(any("cookie" in asked.headers for asked in server.asked))

    def test_an_error_of_reading_ahead_is_told_when_its_page_is_used(self) -> None:
        def answer(number: int, asked: Asked) -> Reply:
            return Reply(503) if "$skip=2" in asked.target else answers(number, asked)

        with Loopback(answer) as server, claviger.open_datastore(info(server), page_size=2, retries=0) as ds:
            seen = []
            with self.assertRaises(Unreachable):
                for entity in ds.Book.all():
                    seen.append(entity.key)
            self.assertEqual(seen, ["1", "2"])

    def test_names_of_methods_are_not_assigned_by_mistake(self) -> None:
        with Loopback(answers) as server, claviger.open_datastore(info(server)) as ds:
            entity = ds.Book.new(title="x")
            for wrong in ["save", "key", "nope"]:
                with self.assertRaises((AttributeError, claviger.NotFound)):
                    setattr(entity, wrong, 1)
            self.assertEqual(entity.touched_attributes, ["title"])
            with self.assertRaises(AttributeError):
                _ = ds.Nope
            self.assertFalse(hasattr(entity, "nope"))
