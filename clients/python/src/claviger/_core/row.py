"""Entities as they travel: keys, stamps and values as the wire has them (`rest-dialect.md` 5.1, 5.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from claviger._core.digits import dumps
from claviger.errors import Protocol
from claviger.value import key_text


class Row:
    """One entity as an answer has it; without key when it is not saved, was deleted since its set was made, or is of a view.

    There are many: what an answer has is sorted out when it is asked for.
    """

    __slots__ = ("_members", "_values", "key", "stamp")

    def __init__(self, members: dict[str, Any] | None = None) -> None:
        self._members = members = members or {}
        self._values: dict[str, Any] | None = None
        stamp = members.get("__STAMP")
        self.stamp: int = stamp if isinstance(stamp, int) else 0
        key = members.get("__KEY")
        # A text key may be empty, but not of one that was never saved.
        self.key: str | None = (key or (key if self.stamp else None)) if isinstance(key, str) else key_text(key)

    @classmethod
    def read(cls, members: dict[str, Any]) -> Row:
        """From an entity object; members with `__` are not attributes."""
        return cls(members)

    @property
    def timestamp(self) -> str | None:
        """When it was saved last, where the answer says so."""
        at = self._members.get("__TIMESTAMP")
        return at if isinstance(at, str) else None

    @property
    def values(self) -> dict[str, Any]:
        """Attributes by name."""
        if self._values is None:
            self._values = {name: value for name, value in self._members.items() if name[:2] != "__"}
        return self._values

    def value(self, name: str, otherwise: Any = None) -> Any:
        """One of them, without sorting out the others."""
        if self._values is not None:
            return self._values.get(name, otherwise)
        return otherwise if name[:2] == "__" else self._members.get(name, otherwise)

    @property
    def is_gap(self) -> bool:
        """The place of an entity that was deleted since the set was made. Rows of a view have no key either, but values."""
        return self.key is None and not self.values

    @classmethod
    def read_saved(cls, members: dict[str, Any], has_uri: bool) -> Row:
        """From an update answer, which also has the entity's address: it is no attribute, unless the dataclass has one of that name."""
        row = cls.read(members)
        if not has_uri:
            row.values.pop("uri", None)
        return row


@dataclass
class Page:
    """Part of a selection: the set that the request made, the size of the whole, and its part."""

    rows: list[Row] = field(default_factory=list)
    count: int = 0
    set_id: str | None = None

    @classmethod
    def read(cls, body: Any) -> Page:
        """From a selection object."""
        entities = body.get("__ENTITIES") if isinstance(body, dict) else None
        if not isinstance(entities, list):
            raise Protocol("The answer is no selection", excerpt(dumps(body)))
        count = body.get("__COUNT")
        if not isinstance(count, int):
            raise Protocol("The selection has no __COUNT", excerpt(dumps(body)))
        for entity in entities:
            if not isinstance(entity, dict):
                raise Protocol("The selection holds what is no entity", excerpt(dumps(entity)))
        return cls([Row.read(entity) for entity in entities], count, _set_id(body.get("__ENTITYSET")))


def excerpt(text: str) -> str:
    """The beginning of a text, for errors."""
    return text if len(text) <= 200 else text[:200] + "…"


def _set_id(uri: Any) -> str | None:
    """`9A1C…` of `/rest/Book/$entityset/9A1C…`; a deferred URI is none."""
    if not isinstance(uri, str):
        return None
    _, _, set_id = uri.partition("/$entityset/")
    return set_id if set_id.isascii() and set_id.isalnum() else None
