"""Files that `claviger client types --lang py` made: `library` of the suite's application, `hostile` of a catalog that wants to be a program."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import claviger
import claviger.aio

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src"

PROGRAM = """
from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from claviger import open_datastore
from library import Author, Book, BookSelection, Datastore, typed

with typed(open_datastore({"hostname": "x"})) as ds:
    store: Datastore = ds
    for book in ds.Book.query("price < :1", 20).order_by("title").select("title"):
        title: str = book.title
        price: int | float | Decimal | None = book.price
        day: datetime.date | None = book.published
        length: datetime.timedelta | None = book.playTime
        author: Author | None = book.author
        print(title, price, day, length, author.fullName if author else "", len(author.books) if author else 0, book.key)
    made: Book = ds.Book.new(title="Solaris")
    made.published = datetime.date(1961, 1, 1)
    made.cover = ds.upload_image(b"", "image/png")
    made.author = 7
    made.author = None
    made.author = ds.Author.get(7)
    result: Any = made.retitle("Fiasco")
    every: BookSelection = ds.Book.all()
    first: Book | None = every[0]
    part: BookSelection = every[0:2] & every
    titles: list[str] = every.title
    names: list[str] = every.author.fullName
    print(every.total(2), ds.Book.cheapest(3, by_get=True), ds.hello("Ines"), ds.Book.title.type, first, part, titles, names)
"""

ASYNCIO = """
from __future__ import annotations

import asyncio
import datetime
from decimal import Decimal
from typing import Any

from claviger import Reference
from claviger.aio import open_datastore
from library_aio import Author, AuthorSelection, Book, BookSelection, Datastore, typed


async def main() -> None:
    async with typed(await open_datastore({"hostname": "x"})) as ds:
        store: Datastore = ds
        async for book in ds.Book.query("price < :1", 20).order_by("title").select("title"):
            title: str = book.title
            price: int | float | Decimal | None = book.price
            day: datetime.date | None = book.published
            which: Reference | None = book.author
            author: Author | None = await book.related("author")
            books: BookSelection | None = await author.related_selection("books") if author else None
            print(title, price, day, which, books, book.key)
        made: Book = ds.Book.new(title="Solaris")
        made.published = datetime.date(1961, 1, 1)
        made.cover = await ds.upload_image(b"", "image/png")
        made.author = 7
        made.author = await ds.Author.get(7)
        result: Any = await made.retitle("Fiasco")
        every: BookSelection = await ds.Book.all()
        first: Book | None = await every.at(0)
        part: BookSelection = await (await every.slice(0, 2)).and_(every)
        titles: list[str] = await every.extract("title")
        authors: AuthorSelection = await every.related("author")
        cheap: BookSelection = await every.query("price < 3").order_by("title")
        print(await every.total(2), await ds.Book.cheapest(3, by_get=True), await ds.hello("Ines"), ds.Book.title.type, first, part)
        print(titles, cheap, authors)
        print(store, result)


asyncio.run(main())
"""

#: Within `main`, and what a checker must say.
WRONG_ASYNCIO = [
    ("made.title = 7", "Incompatible types in assignment"),
    ('made.label = "x"', "read-only"),
    ("print(made.titel)", "has no attribute"),
    ("print(every.title)", "has no attribute"),
    ("wrong: list[int] = await every.extract(\"title\")", "Incompatible types in assignment"),
    ("other: Book | None = await made.related(\"author\")", "Incompatible types in assignment"),
]

#: A line of its own each, and what a checker must say.
WRONG = [
    ("made.title = 7", "Incompatible types in assignment"),
    ("made.title = None", "Incompatible types in assignment"),
    ('made.label = "x"', "read-only"),
    ("made.ID = 9", "read-only"),
    ("print(made.titel)", "has no attribute"),
    ('made.titel = "x"', "has no attribute"),
    ("print(ds.Boook)", "has no attribute"),
    ('ds.Book.retitle("x")', "has no attribute"),
]


def load(name: str) -> object:
    spec = importlib.util.spec_from_file_location(name, HERE / "types" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TypesTest(unittest.TestCase):
    def test_a_made_file_is_loaded_and_changes_nothing(self) -> None:
        ds = claviger.open_datastore({"hostname": "http://127.0.0.1:9"}, lazy=True)
        module = load("library")
        self.assertIs(module.typed(ds), ds)  # type: ignore[attr-defined]
        self.assertTrue(issubclass(load("library_aio").Book, claviger.aio.Entity))  # type: ignore[attr-defined]
        self.assertTrue(issubclass(module.Book, claviger.Entity))  # type: ignore[attr-defined]

    def test_a_hostile_catalog_makes_a_file_of_names_only(self) -> None:
        for name in ("hostile", "hostile_aio"):
            tree = ast.parse((HERE / f"types/{name}.py").read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                self.assertFalse(isinstance(node, ast.Name) and node.id in ("evil", "x"))
            kinds = {type(node).__name__ for node in tree.body}
            self.assertLessEqual(kinds, {"Expr", "ImportFrom", "Import", "FunctionDef", "ClassDef", "Assign"})
            self.assertEqual([type(node).__name__ for node in tree.body].count("Expr"), 1, "the document of the module")
            load(name)

    @unittest.skipUnless(importlib.util.find_spec("mypy"), "mypy is not installed")
    def test_a_made_file_is_what_a_strict_checker_needs(self) -> None:
        told = self.checked(PROGRAM)
        self.assertEqual(told, "")
        told = self.checked(PROGRAM + "".join(f"    {line}\n" for line, _ in WRONG))
        lines = told.splitlines()
        self.assertEqual(len(lines), len(WRONG), told)
        for line, (wrong, words) in zip(lines, WRONG, strict=True):
            self.assertIn(words, line, wrong)
        self.assertEqual(self.checked("import hostile\nprint(hostile.typed)\n"), "")

    @unittest.skipUnless(importlib.util.find_spec("mypy"), "skipped: mypy is not installed")
    def test_a_made_file_of_the_asyncio_form_is_what_a_strict_checker_needs(self) -> None:
        self.assertEqual(self.checked(ASYNCIO), "")
        lines = "".join(f"        {line}\n" for line, _ in WRONG_ASYNCIO)
        told = self.checked(ASYNCIO.replace("        print(store, result)\n", f"        print(store, result)\n{lines}"))
        self.assertEqual(len(told.splitlines()), len(WRONG_ASYNCIO), told)
        for line, (wrong, words) in zip(told.splitlines(), WRONG_ASYNCIO, strict=True):
            self.assertIn(words, line, wrong)
        self.assertEqual(self.checked("import hostile_aio\nprint(hostile_aio.typed)\n"), "")

    def checked(self, program: str) -> str:
        """What mypy says, strictly."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "program.py"
            file.write_text(program, encoding="utf-8")
            environment = os.environ | {"MYPYPATH": os.pathsep.join([str(SOURCE), str(HERE / "types")])}
            command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-incremental", "--hide-error-context", "program.py"]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
            self.assertEqual(done.stderr, "")
            return done.stdout
