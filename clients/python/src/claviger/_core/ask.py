"""A request before it is sent, and its spelling (`rest-dialect.md` 2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from claviger._core.digits import dumps, loads
from claviger.errors import Misuse


@dataclass(frozen=True)
class Ask:
    """One request: what stands below `/rest/`, encoded."""

    path: str
    method: str = "GET"
    query: str = ""
    content: bytes | None = None
    content_type: str | None = None
    calls: bool = False
    """A function is called: what is not found may be it."""

    def with_(self, name: str, value: str) -> Ask:
        """One more parameter. `$` is legal in a query, and easier to read in logs."""
        parameter = f"{name}={encoded(value)}"
        return replace(self, query=f"{self.query}&{parameter}" if self.query else parameter)

    def maybe(self, name: str, value: str | None) -> Ask:
        """A parameter that may be absent."""
        return self if value is None else self.with_(name, value)

    def quoted(self, name: str, text: str) -> Ask:
        """A text that is read as one value whatever it holds."""
        mark = "'" if '"' in text and "'" not in text else '"'
        return self.with_(name, f"{mark}{text}{mark}")

    def params(self, values: list[Any]) -> Ask:
        """A JSON array between `'`; apostrophes within are written as escapes."""
        text = dumps(values).replace("'", "\\u0027")
        return self.with_("$params", f"'{text}'")

    @property
    def is_of_many(self) -> bool:
        """It reaches the entities of a set, so that some may be changed and others refused."""
        return "/$entityset/" in self.path

    @property
    def leads_elsewhere(self) -> bool:
        """Its path would be read as another one: no name of a model is `..`, and what a server names stays below `/rest/`."""
        path = self.path.lower().replace("%2e", ".")
        return "\\" in path or any(segment in (".", "..") for segment in path.split("/"))

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


def get(path: str) -> Ask:
    """Below `/rest/`: names are encoded by `encoded` and `keyed`."""
    return Ask(f"/rest/{path}")


def post(path: str, body: Any) -> Ask:
    """The same with a JSON body."""
    return Ask(f"/rest/{path}", "POST", content=dumps(body).encode(), content_type="application/json")


def post_nothing(path: str) -> Ask:
    """A POST without body."""
    return Ask(f"/rest/{path}", "POST")


def deferred(uri: str) -> Ask | None:
    """What a deferred object names; it is used as it is. None when it leads elsewhere."""
    if not uri.startswith("/rest/"):
        return None
    path, _, query = uri.partition("?")
    return Ask(path, query=query)


def encoded(text: str) -> str:
    """As part of a path or query; unreserved characters stay."""
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise Misuse("A text holds half a character, which cannot be sent.") from None


def keyed(dataclass: str, key: str, is_text: bool = False) -> str:
    """`Book(12)`, `Country(%22FR%22)`, `PlaylistTrack[1,3402]`. The parentheses are understood by every generation of servers.

    `is_text`: the key is known to be one text, however it looks.
    """
    name = encoded(dataclass)
    digits = key[1:] if key.startswith("-") else key
    if key.startswith("[") and not is_text:
        try:
            parts = loads(key)
        except ValueError:
            parts = None
        if isinstance(parts, list):
            return f"{name}[{','.join(encoded(dumps(part)) for part in parts)}]"
    if digits.isascii() and digits.isdigit():
        return f"{name}({key})"
    return f"{name}({encoded(chr(34) + key + chr(34))})"


def set_path(dataclass: str, set_id: str) -> str:
    """An entity set."""
    return f"{encoded(dataclass)}/$entityset/{encoded(set_id)}"
