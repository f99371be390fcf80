"""Made by `claviger client types --lang py --asyncio`: what one API key reaches of the datastore 'conformance'.

Make it anew when the model or the rights of the key have changed.
"""

from __future__ import annotations

import builtins as _b
import datetime as _dt
import decimal as _decimal
import typing as _t
from collections.abc import Iterable as _Iterable

import claviger as _c
import claviger.aio as _aio
import claviger.typed_aio as _typed


def typed(ds: _aio.DataStore) -> Datastore:
    """The same datastore, with the types of this file: `async with typed(await open_datastore(…)) as ds:`."""
    return _t.cast("Datastore", ds)


class Country(_typed.Entity):
    """An entity of Country, key code."""

    if _t.TYPE_CHECKING:
        @_b.property
        def code(self) -> _b.str:
            """string, key"""
        @code.setter
        def code(self, value: _b.str) -> None: ...
        @_b.property
        def name(self) -> _b.str:
            """string"""
        @name.setter
        def name(self, value: _b.str) -> None: ...
        # 'authors': by name, with await entity.related_selection
        @_t.overload
        async def related_selection(self, relation: _t.Literal["authors"]) -> _AuthorSelection: ...
        @_t.overload
        async def related_selection(self, relation: _b.str) -> _t.Any: ...
        async def related_selection(self, relation: _b.str) -> _t.Any: ...


class CountrySelection(_typed.Selection["_Country"]):
    """Entities of Country."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["code"]) -> _b.list[_b.str]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["name"]) -> _b.list[_b.str]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        @_t.overload
        async def related(self, relation: _t.Literal["authors"]) -> _AuthorSelection: ...
        @_t.overload
        async def related(self, relation: _b.str) -> _t.Any: ...
        async def related(self, relation: _b.str) -> _t.Any: ...


class CountryClass(_typed.Dataclass["_Country", "_CountrySelection"]):
    """The dataclass Country."""

    if _t.TYPE_CHECKING:
        @_b.property
        def code(self) -> _c.AttributeInfo:
            """Description: string, key"""
        # 'name': by name, with dataclass.attribute
        @_b.property
        def authors(self) -> _c.AttributeInfo:
            """Description: AuthorSelection"""


class Author(_typed.Entity):
    """An entity of Author, key ID."""

    if _t.TYPE_CHECKING:
        @_b.property
        def ID(self) -> _b.int:
            """long, key, numbered by the server"""
        @_b.property
        def fullName(self) -> _b.str:
            """string"""
        @fullName.setter
        def fullName(self, value: _b.str) -> None: ...
        @_b.property
        def active(self) -> _b.bool | None:
            """bool"""
        @active.setter
        def active(self, value: _b.bool | None) -> None: ...
        @_b.property
        def countryCode(self) -> _b.str | None:
            """string"""
        @countryCode.setter
        def countryCode(self, value: _b.str | None) -> None: ...
        @_b.property
        def country(self) -> _c.Reference | None:
            """Country"""
        @country.setter
        def country(self, value: _Country | _b.str | _b.int | None) -> None: ...
        # 'books': by name, with await entity.related_selection
        @_t.overload
        async def related(self, relation: _t.Literal["country"]) -> _Country | None: ...
        @_t.overload
        async def related(self, relation: _b.str) -> _t.Any: ...
        async def related(self, relation: _b.str) -> _t.Any: ...
        @_t.overload
        async def related_selection(self, relation: _t.Literal["books"]) -> _BookSelection: ...
        @_t.overload
        async def related_selection(self, relation: _b.str) -> _t.Any: ...
        async def related_selection(self, relation: _b.str) -> _t.Any: ...


class AuthorSelection(_typed.Selection["_Author"]):
    """Entities of Author."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["ID"]) -> _b.list[_b.int]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["fullName"]) -> _b.list[_b.str]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["active"]) -> _b.list[_b.bool | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["countryCode"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        @_t.overload
        async def related(self, relation: _t.Literal["country"]) -> _CountrySelection: ...
        @_t.overload
        async def related(self, relation: _t.Literal["books"]) -> _BookSelection: ...
        @_t.overload
        async def related(self, relation: _b.str) -> _t.Any: ...
        async def related(self, relation: _b.str) -> _t.Any: ...


class AuthorClass(_typed.Dataclass["_Author", "_AuthorSelection"]):
    """The dataclass Author."""

    if _t.TYPE_CHECKING:
        @_b.property
        def ID(self) -> _c.AttributeInfo:
            """Description: long, key, numbered by the server"""
        @_b.property
        def fullName(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def active(self) -> _c.AttributeInfo:
            """Description: bool"""
        @_b.property
        def countryCode(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def country(self) -> _c.AttributeInfo:
            """Description: Country"""
        @_b.property
        def books(self) -> _c.AttributeInfo:
            """Description: BookSelection"""


class Book(_typed.Entity):
    """An entity of Book, key ID."""

    if _t.TYPE_CHECKING:
        @_b.property
        def ID(self) -> _b.int:
            """long, key, numbered by the server"""
        @_b.property
        def isbn(self) -> _b.str | None:
            """string, unique"""
        @isbn.setter
        def isbn(self, value: _b.str | None) -> None: ...
        @_b.property
        def title(self) -> _b.str:
            """string"""
        @title.setter
        def title(self, value: _b.str) -> None: ...
        @_b.property
        def price(self) -> _b.int | _b.float | _decimal.Decimal | None:
            """number"""
        @price.setter
        def price(self, value: _b.int | _b.float | _decimal.Decimal | None) -> None: ...
        @_b.property
        def views(self) -> _b.int | None:
            """long64"""
        @views.setter
        def views(self, value: _b.int | None) -> None: ...
        @_b.property
        def published(self) -> _dt.date | None:
            """date"""
        @published.setter
        def published(self, value: _dt.date | None) -> None: ...
        @_b.property
        def addedAt(self) -> _dt.datetime | None:
            """date"""
        @addedAt.setter
        def addedAt(self, value: _dt.datetime | None) -> None: ...
        @_b.property
        def playTime(self) -> _dt.timedelta | None:
            """duration"""
        @playTime.setter
        def playTime(self, value: _dt.timedelta | None) -> None: ...
        @_b.property
        def details(self) -> _b.dict[_b.str, _t.Any] | _b.list[_t.Any] | None:
            """object"""
        @details.setter
        def details(self, value: _b.dict[_b.str, _t.Any] | _b.list[_t.Any] | None) -> None: ...
        @_b.property
        def sample(self) -> _c.Media | None:
            """blob"""
        @sample.setter
        def sample(self, value: _c.Media | _c.Upload | None) -> None: ...
        @_b.property
        def cover(self) -> _c.Media | None:
            """image"""
        @cover.setter
        def cover(self, value: _c.Media | _c.Upload | None) -> None: ...
        @_b.property
        def authorID(self) -> _b.int | None:
            """long"""
        @authorID.setter
        def authorID(self, value: _b.int | None) -> None: ...
        @_b.property
        def author(self) -> _c.Reference | None:
            """Author"""
        @author.setter
        def author(self, value: _Author | _b.str | _b.int | None) -> None: ...
        @_b.property
        def authorName(self) -> _b.str | None:
            """string, alias of author.fullName"""
        @_b.property
        def label(self) -> _b.str | None:
            """string, calculated"""
        async def lendTo(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def olderThan(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def retitle(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        @_t.overload
        async def related(self, relation: _t.Literal["author"]) -> _Author | None: ...
        @_t.overload
        async def related(self, relation: _b.str) -> _t.Any: ...
        async def related(self, relation: _b.str) -> _t.Any: ...


class BookSelection(_typed.Selection["_Book"]):
    """Entities of Book."""

    if _t.TYPE_CHECKING:
        async def titles(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def total(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["ID"]) -> _b.list[_b.int]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["isbn"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["title"]) -> _b.list[_b.str]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["price"]) -> _b.list[_b.int | _b.float | _decimal.Decimal | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["views"]) -> _b.list[_b.int | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["published"]) -> _b.list[_dt.date | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["addedAt"]) -> _b.list[_dt.datetime | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["playTime"]) -> _b.list[_dt.timedelta | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["details"]) -> _b.list[_b.dict[_b.str, _t.Any] | _b.list[_t.Any] | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["sample"]) -> _b.list[_c.Media | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["cover"]) -> _b.list[_c.Media | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["authorID"]) -> _b.list[_b.int | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["authorName"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["label"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        @_t.overload
        async def related(self, relation: _t.Literal["author"]) -> _AuthorSelection: ...
        @_t.overload
        async def related(self, relation: _b.str) -> _t.Any: ...
        async def related(self, relation: _b.str) -> _t.Any: ...


class BookClass(_typed.Dataclass["_Book", "_BookSelection"]):
    """The dataclass Book."""

    if _t.TYPE_CHECKING:
        @_b.property
        def ID(self) -> _c.AttributeInfo:
            """Description: long, key, numbered by the server"""
        @_b.property
        def isbn(self) -> _c.AttributeInfo:
            """Description: string, unique"""
        @_b.property
        def title(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def price(self) -> _c.AttributeInfo:
            """Description: number"""
        @_b.property
        def views(self) -> _c.AttributeInfo:
            """Description: long64"""
        @_b.property
        def published(self) -> _c.AttributeInfo:
            """Description: date"""
        @_b.property
        def addedAt(self) -> _c.AttributeInfo:
            """Description: date"""
        @_b.property
        def playTime(self) -> _c.AttributeInfo:
            """Description: duration"""
        @_b.property
        def details(self) -> _c.AttributeInfo:
            """Description: object"""
        @_b.property
        def sample(self) -> _c.AttributeInfo:
            """Description: blob"""
        @_b.property
        def cover(self) -> _c.AttributeInfo:
            """Description: image"""
        @_b.property
        def authorID(self) -> _c.AttributeInfo:
            """Description: long"""
        @_b.property
        def author(self) -> _c.AttributeInfo:
            """Description: Author"""
        @_b.property
        def authorName(self) -> _c.AttributeInfo:
            """Description: string, alias of author.fullName"""
        @_b.property
        def label(self) -> _c.AttributeInfo:
            """Description: string, calculated"""
        async def cheapest(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def create(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def same(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...


class Entry(_typed.Entity):
    """An entity of Entry, key ID."""

    if _t.TYPE_CHECKING:
        @_b.property
        def ID(self) -> _b.int:
            """long, key, numbered by the server"""
        @_b.property
        def text(self) -> _b.str | None:
            """string"""
        @text.setter
        def text(self, value: _b.str | None) -> None: ...
        @_b.property
        def size(self) -> _b.int | None:
            """long"""
        @size.setter
        def size(self, value: _b.int | None) -> None: ...


class EntrySelection(_typed.Selection["_Entry"]):
    """Entities of Entry."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["ID"]) -> _b.list[_b.int]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["text"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["size"]) -> _b.list[_b.int | None]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...


class EntryClass(_typed.Dataclass["_Entry", "_EntrySelection"]):
    """The dataclass Entry."""

    if _t.TYPE_CHECKING:
        @_b.property
        def ID(self) -> _c.AttributeInfo:
            """Description: long, key, numbered by the server"""
        @_b.property
        def text(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def size(self) -> _c.AttributeInfo:
            """Description: long"""
        async def draft(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def large(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...


class Datastore(_typed.DataStore):
    """The datastore 'conformance'."""

    if _t.TYPE_CHECKING:
        @_b.property
        def Country(self) -> _CountryClass:
            """Country"""
        @_b.property
        def Author(self) -> _AuthorClass:
            """Author"""
        @_b.property
        def Book(self) -> _BookClass:
            """Book"""
        @_b.property
        def Entry(self) -> _EntryClass:
            """Entry"""
        async def fail(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def hello(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def nothing(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def page(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        async def stats(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...


_Country = Country
_CountrySelection = CountrySelection
_CountryClass = CountryClass
_Author = Author
_AuthorSelection = AuthorSelection
_AuthorClass = AuthorClass
_Book = Book
_BookSelection = BookSelection
_BookClass = BookClass
_Entry = Entry
_EntrySelection = EntrySelection
_EntryClass = EntryClass
