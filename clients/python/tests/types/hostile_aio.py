"""Made by `claviger client types --lang py --asyncio`: what one API key reaches of the datastore 'x*∕'''''${1}∖ };evil();//�  #{}'.

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


class xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d(_typed.Entity):
    """An entity of x*∕'''''${1}∖ };evil();//�  #{}, key x*∕'''''${1}∖ };evil();//�  #{}."""

    if _t.TYPE_CHECKING:
        # 'x*∕'''''${1}∖ };evil();//�  #{}': by name, with entity
        @_b.property
        def kind(self) -> _t.Any:
            """x*∕'''''${1}∖ };evil();//�  #{}"""
        @kind.setter
        def kind(self, value: _t.Any) -> None: ...
        @_b.property
        def wicked(self) -> _c.Reference | None:
            """x*∕'''''${1}∖ };evil();//�  #{}"""
        @wicked.setter
        def wicked(self, value: _xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d | _b.str | _b.int | None) -> None: ...
        @_t.overload
        async def related(self, relation: _t.Literal["wicked"]) -> _xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d | None: ...
        @_t.overload
        async def related(self, relation: _b.str) -> _t.Any: ...
        async def related(self, relation: _b.str) -> _t.Any: ...


class xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dSelection(_typed.Selection["_xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d"]):
    """Entities of x*∕'''''${1}∖ };evil();//�  #{}."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["kind"]) -> _b.list[_t.Any]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        @_t.overload
        async def related(self, relation: _t.Literal["wicked"]) -> _xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dSelection: ...
        @_t.overload
        async def related(self, relation: _b.str) -> _t.Any: ...
        async def related(self, relation: _b.str) -> _t.Any: ...


class xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dClass(_typed.Dataclass["_xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d", "_xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dSelection"]):
    """The dataclass x*∕'''''${1}∖ };evil();//�  #{}."""

    if _t.TYPE_CHECKING:
        # 'x*∕'''''${1}∖ };evil();//�  #{}': by name, with dataclass.attribute
        @_b.property
        def kind(self) -> _c.AttributeInfo:
            """Description: x*∕'''''${1}∖ };evil();//�  #{}"""
        @_b.property
        def wicked(self) -> _c.AttributeInfo:
            """Description: x*∕'''''${1}∖ };evil();//�  #{}"""


class class_2(_typed.Entity):
    """An entity of class, key type."""

    if _t.TYPE_CHECKING:
        @_b.property
        def type(self) -> _b.str:
            """string, key"""
        @type.setter
        def type(self, value: _b.str) -> None: ...
        @_b.property
        def self(self) -> _b.int | None:
            """long"""
        @self.setter
        def self(self, value: _b.int | None) -> None: ...
        # 'None': by name, with entity
        @_b.property
        def property(self) -> _dt.date | None:
            """date"""
        @property.setter
        def property(self, value: _dt.date | None) -> None: ...
        # 'save': by name, with entity
        # 'key': by name, with entity
        @_b.property
        def constructor(self) -> _b.str | None:
            """string"""
        @constructor.setter
        def constructor(self, value: _b.str | None) -> None: ...
        @_b.property
        def then(self) -> _b.str | None:
            """string"""
        @then.setter
        def then(self, value: _b.str | None) -> None: ...
        @_b.property
        def fullName(self) -> _b.str | None:
            """string"""
        @fullName.setter
        def fullName(self, value: _b.str | None) -> None: ...
        @_b.property
        def full_name(self) -> _b.str | None:
            """string"""
        @full_name.setter
        def full_name(self, value: _b.str | None) -> None: ...
        @_b.property
        def int(self) -> _c.Media | None:
            """image"""
        @int.setter
        def int(self, value: _c.Media | _c.Upload | None) -> None: ...
        # '__proto__': by name, with entity
        # 'Société 2': by name, with entity
        # '2nd': by name, with entity
        # '': by name, with entity
        # '日本': by name, with entity
        # 'others': by name, with await entity.related_selection
        async def fn(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...
        @_t.overload
        async def related_selection(self, relation: _t.Literal["others"]) -> _OptionSelection: ...
        @_t.overload
        async def related_selection(self, relation: _b.str) -> _t.Any: ...
        async def related_selection(self, relation: _b.str) -> _t.Any: ...


class class_2Selection(_typed.Selection["_class_2"]):
    """Entities of class."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["type"]) -> _b.list[_b.str]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["self"]) -> _b.list[_b.int | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["None"]) -> _b.list[_b.bool | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["property"]) -> _b.list[_dt.date | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["save"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["key"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["constructor"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["then"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["fullName"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["full_name"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _t.Literal["int"]) -> _b.list[_c.Media | None]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        @_t.overload
        async def related(self, relation: _t.Literal["others"]) -> _OptionSelection: ...
        @_t.overload
        async def related(self, relation: _b.str) -> _t.Any: ...
        async def related(self, relation: _b.str) -> _t.Any: ...


class class_2Class(_typed.Dataclass["_class_2", "_class_2Selection"]):
    """The dataclass class."""

    if _t.TYPE_CHECKING:
        @_b.property
        def type(self) -> _c.AttributeInfo:
            """Description: string, key"""
        @_b.property
        def self(self) -> _c.AttributeInfo:
            """Description: long"""
        # 'None': by name, with dataclass.attribute
        @_b.property
        def property(self) -> _c.AttributeInfo:
            """Description: date"""
        @_b.property
        def save(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def key(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def constructor(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def then(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def fullName(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def full_name(self) -> _c.AttributeInfo:
            """Description: string"""
        @_b.property
        def int(self) -> _c.AttributeInfo:
            """Description: image"""
        # '__proto__': by name, with dataclass.attribute
        # 'Société 2': by name, with dataclass.attribute
        # '2nd': by name, with dataclass.attribute
        # '': by name, with dataclass.attribute
        # '日本': by name, with dataclass.attribute
        @_b.property
        def others(self) -> _c.AttributeInfo:
            """Description: OptionSelection"""
        # 'lambda': by name, with dataclass.call


class Option(_typed.Entity):
    """An entity of Option, without key."""

    if _t.TYPE_CHECKING:
        @_b.property
        def Vec(self) -> _t.Any:
            """class, alias of x"""
        @_b.property
        def lost(self) -> _c.Reference | None:
            """Nowhere"""
        @lost.setter
        def lost(self, value: _aio.Entity | _b.str | _b.int | None) -> None: ...


class OptionSelection(_typed.Selection["_Option"]):
    """Entities of Option."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["Vec"]) -> _b.list[_t.Any]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...


class OptionClass(_typed.Dataclass["_Option", "_OptionSelection"]):
    """The dataclass Option."""

    if _t.TYPE_CHECKING:
        @_b.property
        def Vec(self) -> _c.AttributeInfo:
            """Description: class, alias of x"""
        @_b.property
        def lost(self) -> _c.AttributeInfo:
            """Description: Nowhere"""


class OptionSelection_2(_typed.Entity):
    """An entity of OptionSelection, without key."""


class OptionSelection_2Selection(_typed.Selection["_OptionSelection_2"]):
    """Entities of OptionSelection."""


class OptionSelection_2Class(_typed.Dataclass["_OptionSelection_2", "_OptionSelection_2Selection"]):
    """The dataclass OptionSelection."""


class Date(_typed.Entity):
    """An entity of Date, without key."""

    if _t.TYPE_CHECKING:
        @_b.property
        def Date(self) -> _dt.datetime | None:
            """date"""
        @Date.setter
        def Date(self, value: _dt.datetime | None) -> None: ...


class DateSelection(_typed.Selection["_Date"]):
    """Entities of Date."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["Date"]) -> _b.list[_dt.datetime | None]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...


class DateClass(_typed.Dataclass["_Date", "_DateSelection"]):
    """The dataclass Date."""

    if _t.TYPE_CHECKING:
        @_b.property
        def Date(self) -> _c.AttributeInfo:
            """Description: date"""


class String(_typed.Entity):
    """An entity of String, without key."""

    if _t.TYPE_CHECKING:
        @_b.property
        def String(self) -> _b.dict[_b.str, _t.Any] | _b.list[_t.Any] | None:
            """object"""
        @String.setter
        def String(self, value: _b.dict[_b.str, _t.Any] | _b.list[_t.Any] | None) -> None: ...


class StringSelection(_typed.Selection["_String"]):
    """Entities of String."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["String"]) -> _b.list[_b.dict[_b.str, _t.Any] | _b.list[_t.Any] | None]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...


class StringClass(_typed.Dataclass["_String", "_StringSelection"]):
    """The dataclass String."""

    if _t.TYPE_CHECKING:
        @_b.property
        def String(self) -> _c.AttributeInfo:
            """Description: object"""


class Model(_typed.Entity):
    """An entity of Model, without key."""

    if _t.TYPE_CHECKING:
        @_b.property
        def blob(self) -> _c.Media | None:
            """blob"""
        @blob.setter
        def blob(self, value: _c.Media | _c.Upload | None) -> None: ...


class ModelSelection(_typed.Selection["_Model"]):
    """Entities of Model."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["blob"]) -> _b.list[_c.Media | None]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...


class ModelClass(_typed.Dataclass["_Model", "_ModelSelection"]):
    """The dataclass Model."""

    if _t.TYPE_CHECKING:
        @_b.property
        def blob(self) -> _c.AttributeInfo:
            """Description: blob"""


class close(_typed.Entity):
    """An entity of close, without key."""


class closeSelection(_typed.Selection["_close"]):
    """Entities of close."""


class closeClass(_typed.Dataclass["_close", "_closeSelection"]):
    """The dataclass close."""


class Datastore_2(_typed.Entity):
    """An entity of Datastore, without key."""

    if _t.TYPE_CHECKING:
        @_b.property
        def Self(self) -> _b.str | None:
            """uuid"""
        @Self.setter
        def Self(self, value: _b.str | None) -> None: ...


class Datastore_2Selection(_typed.Selection["_Datastore_2"]):
    """Entities of Datastore."""

    if _t.TYPE_CHECKING:
        @_t.overload
        async def extract(self, attribute: _t.Literal["Self"]) -> _b.list[_b.str | None]: ...
        @_t.overload
        async def extract(self, attribute: _b.str) -> _t.Any: ...
        async def extract(self, attribute: _b.str) -> _t.Any: ...


class Datastore_2Class(_typed.Dataclass["_Datastore_2", "_Datastore_2Selection"]):
    """The dataclass Datastore."""

    if _t.TYPE_CHECKING:
        @_b.property
        def Self(self) -> _c.AttributeInfo:
            """Description: uuid"""


class Datastore(_typed.DataStore):
    """The datastore 'x*∕'''''${1}∖ };evil();//�  #{}'."""

    if _t.TYPE_CHECKING:
        # 'x*∕'''''${1}∖ };evil();//�  #{}': by name, with ds
        # 'class': by name, with ds
        @_b.property
        def Option(self) -> _OptionClass:
            """Option"""
        @_b.property
        def OptionSelection(self) -> _OptionSelection_2Class:
            """OptionSelection"""
        @_b.property
        def Date(self) -> _DateClass:
            """Date"""
        @_b.property
        def String(self) -> _StringClass:
            """String"""
        @_b.property
        def Model(self) -> _ModelClass:
            """Model"""
        # 'close': by name, with ds
        @_b.property
        def Datastore(self) -> _Datastore_2Class:
            """Datastore"""


_xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d = xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7d
_xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dSelection = xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dSelection
_xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dClass = xu2au2fu22u22u22u27u60u24u7b1u7du5cuau7du3bevilu28u29u3bu2fu2fu202eu2028udu23u7bu7dClass
_class_2 = class_2
_class_2Selection = class_2Selection
_class_2Class = class_2Class
_Option = Option
_OptionSelection = OptionSelection
_OptionClass = OptionClass
_OptionSelection_2 = OptionSelection_2
_OptionSelection_2Selection = OptionSelection_2Selection
_OptionSelection_2Class = OptionSelection_2Class
_Date = Date
_DateSelection = DateSelection
_DateClass = DateClass
_String = String
_StringSelection = StringSelection
_StringClass = StringClass
_Model = Model
_ModelSelection = ModelSelection
_ModelClass = ModelClass
_close = close
_closeSelection = closeSelection
_closeClass = closeClass
_Datastore_2 = Datastore_2
_Datastore_2Selection = Datastore_2Selection
_Datastore_2Class = Datastore_2Class
