"""Selections as pandas data frames."""

from __future__ import annotations

from typing import Any

from claviger._core.catalog import Catalog, DataclassInfo
from claviger._core.row import Row
from claviger.errors import Misuse
from claviger.value import AttributeType, Reference, read

_NO_COLUMNS = (AttributeType.IMAGE, AttributeType.BLOB, AttributeType.ENTITY, AttributeType.SELECTION)
_DTYPES = {
    AttributeType.INTEGER: "Int64",
    AttributeType.BOOL: "boolean",
    # Milliseconds, as the wire has them: finer units do not reach all years.
    AttributeType.INSTANT: "datetime64[ms, UTC]",
    AttributeType.DURATION: "timedelta64[ms]",
}


class Frame:
    """Columns that grow page by page."""

    def __init__(self, pandas: Any, types: dict[str, tuple[AttributeType, str]]) -> None:
        self._pandas = pandas
        self._types = types
        self._columns: dict[str, list[Any]] = {name: [] for name in types}

    def add(self, rows: list[Row]) -> None:
        """One more page; what was deleted meanwhile is left out."""
        living = [row for row in rows if not row.is_gap]
        for name, column in self._columns.items():
            kind, target = self._types[name]
            for row in living:
                value = read(_at(row.values, name), kind, target)
                column.append(value.key if isinstance(value, Reference) else value)

    def made(self) -> Any:
        """The frame."""
        return self._pandas.DataFrame({name: self._column(self._types[name][0], values) for name, values in self._columns.items()})

    def _column(self, kind: AttributeType, values: list[Any]) -> Any:
        dtype = _DTYPES.get(kind, "object")
        if kind is AttributeType.NUMBER and all(value is None or isinstance(value, (int, float)) for value in values):
            dtype = "float64"
        try:
            return self._pandas.Series(values, dtype=dtype)
        except (TypeError, ValueError, OverflowError):
            # What does not fit its type stays what it is.
            return self._pandas.Series(values, dtype="object")


def frame(catalog: Catalog, info: DataclassInfo, names: list[str]) -> Frame:
    """Of these attributes, also over relations (`author.fullName`); of all but media and relations when none is said."""
    try:
        import pandas
    except ImportError:
        raise Misuse("Data frames need pandas: install claviger[pandas].") from None
    known = info.attributes
    if not names:
        names = [name for name, attribute in known.items() if attribute.value_type not in _NO_COLUMNS]
    return Frame(pandas, {name: _type(catalog, info, name) for name in names})


def _type(catalog: Catalog, info: DataclassInfo | None, path: str) -> tuple[AttributeType, str]:
    """Of an attribute, also over relations to one entity; of anything else, whatever JSON says."""
    first, _, rest = path.partition(".")
    attribute = info.attributes.get(first) if info is not None else None
    if attribute is None:
        return AttributeType.OTHER, ""
    if not rest:
        return attribute.value_type, attribute.type
    if attribute.kind == "relatedEntity":
        return _type(catalog, catalog.dataclasses.get(attribute.type), rest)
    return AttributeType.OTHER, ""


def _at(values: Any, path: str) -> Any:
    if path in values:
        return values[path]
    for name in path.split("."):
        values = values.get(name) if isinstance(values, dict) else None
    return values
