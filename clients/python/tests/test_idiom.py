"""What only Python has: members, slices, blocks, data frames; against the server program that `CLAVIGER_BINARY` names."""

from __future__ import annotations

import asyncio
import copy
import importlib.util
import os
import unittest
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import claviger
import claviger.aio
from claviger import Reference
from tests.conformance.live import Server


@unittest.skipUnless(os.environ.get("CLAVIGER_BINARY"), "CLAVIGER_BINARY names no server program")
class IdiomTest(unittest.TestCase):
    server: Server

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server(os.environ["CLAVIGER_BINARY"])

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.__exit__(None, None, None)

    def setUp(self) -> None:
        self.ds = claviger.open_datastore({"hostname": self.server.hostname, "api-key": self.server.secrets["admin"]})
        self.addCleanup(self.ds.close)

    def test_members_are_attributes_relations_and_functions(self) -> None:
        atlas = self.ds.Book.get(1)
        assert atlas is not None
        self.assertEqual((atlas.title, atlas.price), ("Atlas", 10))
        self.assertEqual(atlas["author"], Reference("Author", "1"))
        self.assertEqual(atlas.author.fullName, "Ines Carvalho")
        self.assertEqual(atlas.author.books.title, ["Atlas", "Slow Rivers"])
        self.assertEqual(self.ds.hello("Ines")["greeting"], "Hello Ines")
        self.assertEqual([book.key for book in self.ds.Book.cheapest(2)], ["1", "2"])
        self.assertEqual(self.ds.Book.query("price > :1", 12).total(2), 69.5)
        self.assertEqual(self.ds.Book.title.type, "string")
        self.assertEqual(self.ds.Book.all().author.length, 2)

    def test_descriptions_have_the_names_of_the_reference(self) -> None:
        info = self.ds.Book.get_info()
        self.assertEqual((info["name"], info["primaryKey"], sorted(info)), ("Book", "ID", ["name", "primaryKey", "tableNumber"]))
        self.assertEqual(self.ds.Book.info.attributes["author"].kind, "relatedEntity")

    def test_what_is_read_over_relations_is_not_lost(self) -> None:
        books = self.ds.Book.query("ID < 3").order_by("ID").select("title", "author.fullName")
        wanted = [{"title": title, "author": {"fullName": "Ines Carvalho"}} for title in ["Atlas", "Slow Rivers"]]
        self.assertEqual(books.to_collection(), wanted)
        self.assertEqual([book.to_object() for book in books], wanted)
        author = self.ds.Author.query("ID = 1").to_collection("fullName", "books.published")[0]
        self.assertEqual(author["books"][0]["published"], date(1961, 5, 2))

    def test_selections_are_sequences(self) -> None:
        entries = self.ds.Entry.query("size > :1", 0).order_by("ID")
        self.assertIn("not asked for", repr(entries))
        self.assertEqual(len(entries), 1000)
        last, none = entries[-1], entries.at(1000)
        assert isinstance(last, claviger.Entity)
        self.assertEqual((last.key, none), ("1000", None))
        self.assertEqual([entry.key for entry in entries[98:102]], ["99", "100", "101", "102"])
        self.assertIn(last, entries)
        self.assertNotIn(1001, entries)
        with self.assertRaises(IndexError):
            _ = entries[1000]
        low, high = self.ds.Entry.query("size <= 300"), self.ds.Entry.query("size > 150 and size <= 400")
        self.assertEqual([len(low & high), len(low | high), len(low - high)], [150, 400, 150])

    def test_neighbours_are_found_in_their_selection(self) -> None:
        entries = self.ds.Entry.query("size <= 3").order_by("ID")
        second = entries[1]
        assert second is not None
        places = [second.previous(), second.next(), second.first(), second.last()]
        self.assertEqual([place.key for place in places if place], ["1", "3", "1", "3"])
        self.assertIsNone(places[1].next() if places[1] else second)

    def test_a_selection_is_released_by_its_block(self) -> None:
        self.ds.start_request_log()
        with self.ds.Entry.all() as entries:
            entries.at(500)
        self.assertTrue(self.ds.get_request_log()[0]["url"].endswith("/rest/$entityset/$release"))

    def test_a_block_saves_together_or_not_at_all(self) -> None:
        a, b = self.ds.Author.new(fullName="Block A"), self.ds.Author.new(fullName="Block B")
        with self.assertRaises(ZeroDivisionError), self.ds.transaction() as tx:
            tx.save(a)
            raise ZeroDivisionError
        self.assertTrue(a.is_new)
        with self.ds.transaction() as tx:
            tx.save(a)
            tx.save(b)
            tx.save(a)
            tx.save(copy.copy(b))
        self.assertTrue(all(tx.statuses) and len(tx.statuses) == 2 and not b.is_new)
        self.assertEqual(len(self.ds.Author.query("fullName = 'Block@'").drop()), 0)

    def test_decimals_go_there_and_back(self) -> None:
        exact = Decimal("12345678.1234")
        book = self.ds.Book.new(title="Digits", price=exact)
        self.assertTrue(book.save())
        self.assertTrue(book.reload())
        self.assertEqual(Decimal(str(book.price)), exact)
        self.assertEqual(self.ds.Book.query("price = :1", exact).length, 1)
        self.assertTrue(book.drop())

    @unittest.skipUnless(importlib.util.find_spec("pandas"), "pandas is not installed")
    def test_a_selection_becomes_a_data_frame(self) -> None:
        frame = self.ds.Entry.all().to_dataframe("ID", "text", "size")
        self.assertEqual((frame.shape, str(frame["size"].dtype), int(frame["size"].sum())), ((1000, 3), "Int64", 500500))
        books = self.ds.Book.query("ID < 5").order_by("ID").to_dataframe()
        self.assertEqual(list(books["title"])[:3], ["Atlas", "Slow Rivers", "Solaris"])
        self.assertEqual(books["price"][1], 14.5)
        self.assertNotIn("author", books.columns)
        named = self.ds.Book.query("ID < 3").order_by("ID").to_dataframe("title", "author.fullName")
        self.assertEqual(list(named["author.fullName"]), ["Ines Carvalho"] * 2)
        dates = self.ds.Book.query("ID = 1").to_dataframe("title", "author.active")
        self.assertEqual(list(dates["author.active"]), [True])
        self.assertEqual(str(dates["author.active"].dtype), "boolean")

    @unittest.skipUnless(importlib.util.find_spec("pandas"), "pandas is not installed")
    def test_a_data_frame_keeps_types_and_is_read_in_pages(self) -> None:
        old = datetime(33, 4, 3, 12, 30, 0, 250000, tzinfo=timezone.utc)
        known = {"published": date(33, 4, 3), "addedAt": old, "playTime": timedelta(days=400_000, milliseconds=5), "views": 2**53 + 1, "price": 1.25}
        books = [self.ds.Book.new(title="Framed 1", **known), self.ds.Book.new(title="Framed 2")]
        self.assertTrue(all(book.save() for book in books))
        try:
            frame = self.ds.Book.query("title = 'Framed@'").order_by("title").to_dataframe("title", *known)
            types = {name: str(dtype) for name, dtype in frame.dtypes.items() if name in known}
            self.assertEqual(
                types,
                {
                    "published": "object",
                    "addedAt": "datetime64[ms, UTC]",
                    "playTime": "timedelta64[ms]",
                    "views": "Int64",
                    "price": "float64",
                },
            )
            first = frame.loc[0]
            self.assertEqual((first["published"], first["addedAt"].to_pydatetime()), (date(33, 4, 3), old))
            self.assertEqual((first["playTime"].to_pytimedelta(), first["views"]), (known["playTime"], 2**53 + 1))
            self.assertTrue(frame.loc[1, list(known)].isna().all())
            none = self.ds.Book.query("ID < 0").to_dataframe("title", *known)
            self.assertEqual({name: str(dtype) for name, dtype in none.dtypes.items() if name in known}, types)
        finally:
            for book in books:
                book.drop()
        self.ds.start_request_log()
        self.assertEqual(self.ds.Entry.all().to_dataframe("size").shape, (1000, 1))
        asked = [entry["url"].partition("?")[2] for entry in self.ds.get_request_log() if "/Entry" in entry["url"]]
        self.ds.stop_request_log()
        self.assertTrue(all("$top=100" in query or "$top=0" in query for query in asked), asked)
        self.assertTrue(10 <= len(asked) <= 12, asked)

    def test_the_other_form_has_the_same_members(self) -> None:
        async def use() -> None:
            info = {"hostname": self.server.hostname, "api-key": self.server.secrets["admin"]}
            async with await claviger.aio.open_datastore(info) as ds:
                book = await ds.Book.get(1)
                assert book is not None
                self.assertEqual((book.title, book.author), ("Atlas", Reference("Author", "1")))
                author = await book.related("author")
                assert author is not None
                self.assertEqual([entity.title async for entity in await author.related_selection("books")], ["Atlas", "Slow Rivers"])
                self.assertEqual((await ds.hello("Ines"))["greeting"], "Hello Ines")
                cheapest = await ds.Book.cheapest(2)
                self.assertEqual(await cheapest.titles(), ["Atlas", "Slow Rivers"])
                self.assertEqual([entity.key async for entity in ds.Entry.query("size <= :1", 250)], [str(n) for n in range(1, 251)])
                counts = await asyncio.gather(*(ds.Entry.query("size <= :1", n).length() for n in range(10)))
                self.assertEqual(list(counts), list(range(10)))

        asyncio.run(use())
