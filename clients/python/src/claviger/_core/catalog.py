"""What a server exposes (`rest-dialect.md` 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from claviger._core.digits import dumps
from claviger._core.row import excerpt
from claviger.errors import Protocol
from claviger.value import AttributeType

_TYPES = {
    "string": AttributeType.TEXT,
    "text": AttributeType.TEXT,
    "uuid": AttributeType.UUID,
    "bool": AttributeType.BOOL,
    "byte": AttributeType.INTEGER,
    "word": AttributeType.INTEGER,
    "long": AttributeType.INTEGER,
    "long64": AttributeType.INTEGER,
    "number": AttributeType.NUMBER,
    "duration": AttributeType.DURATION,
    "object": AttributeType.OBJECT,
    "collection": AttributeType.OBJECT,
    "image": AttributeType.IMAGE,
    "blob": AttributeType.BLOB,
}


@dataclass(frozen=True)
class AttributeInfo:
    """One attribute (`dataClass.attributeName`). `described` is all that the catalog says of it."""

    name: str
    kind: str
    """`storage`, `calculated`, `alias`, `relatedEntity`, `relatedEntities`."""
    type: str
    """`string`, `long`, `date` …; for relations the target's name or its collection's."""
    read_only: bool
    value_type: AttributeType
    described: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class DataclassInfo:
    """One dataclass."""

    name: str
    collection_name: str
    attributes: dict[str, AttributeInfo] = field(repr=False)
    methods: frozenset[str] = field(repr=False)
    key: tuple[str, ...]
    table_number: int | None = None

    @property
    def single_key(self) -> str | None:
        """Name of the primary key when it is one attribute."""
        return self.key[0] if len(self.key) == 1 else None

    def to_object(self) -> dict[str, Any]:
        """With the reference's names; the primary key is a list when it has several parts."""
        return {"name": self.name, "primaryKey": self.single_key or list(self.key), "tableNumber": self.table_number}


@dataclass(frozen=True)
class Catalog:
    """The description of everything that the key can see (`$catalog/$all`)."""

    name: str | None
    unique_id: str | None
    dataclasses: dict[str, DataclassInfo]
    methods: frozenset[str]
    singletons: dict[str, frozenset[str]]
    compares_deletions: bool
    """A deletion compares the stamp that it is sent (`properties.supportDeleteStamp`)."""

    @classmethod
    def read(cls, body: Any) -> Catalog:
        """From an answer."""
        items = body.get("dataClasses") if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise Protocol("The answer is no catalog", excerpt(dumps(body)))
        try:
            described = [_dataclass(item) for item in items]
            return cls(
                body.get("__NAME"),
                body.get("__UNIQID"),
                {info.name: info for info in described},
                _methods(body),
                {item["name"]: _methods(item) for item in body.get("singletons") or []},
                (body.get("properties") or {}).get("supportDeleteStamp") is True,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise Protocol(f"The catalog cannot be read: {error!r}", excerpt(dumps(body))) from None

    def of_collection(self, name: str) -> DataclassInfo | None:
        """The dataclass whose selections have a name."""
        return next((info for info in self.dataclasses.values() if info.collection_name == name), None)


def _methods(item: dict[str, Any]) -> frozenset[str]:
    return frozenset(method["name"] for method in item.get("methods") or [])


def _dataclass(item: dict[str, Any]) -> DataclassInfo:
    attributes = [_attribute(attribute) for attribute in item.get("attributes") or []]
    return DataclassInfo(
        item["name"],
        item.get("collectionName") or "",
        {attribute.name: attribute for attribute in attributes},
        _methods(item),
        tuple(part["name"] for part in item.get("key") or []),
        item.get("tableNumber"),
    )


def _attribute(item: dict[str, Any]) -> AttributeInfo:
    kind, type_name = item.get("kind") or "storage", item.get("type") or ""
    return AttributeInfo(item["name"], kind, type_name, item.get("readOnly") is True, _value_type(item, kind, type_name), item)


def _value_type(item: dict[str, Any], kind: str, type_name: str) -> AttributeType:
    if kind == "relatedEntity":
        return AttributeType.ENTITY
    if kind == "relatedEntities":
        return AttributeType.SELECTION
    if type_name == "date":
        return AttributeType.DATE if item.get("simpleDate") is True else AttributeType.INSTANT
    return _TYPES.get(type_name, AttributeType.OTHER)
