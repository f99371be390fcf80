"""How a selection is found, so that it can be found again when the server has forgotten it (`remote-datastore.md` 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from claviger._core import ask as asks
from claviger._core.ask import Ask, encoded, set_path
from claviger._core.farewell import EntitySet
from claviger._core.query import Filter
from claviger._core.row import Page
from claviger.errors import Misuse, Protocol, missing
from claviger.value import key_text

if TYPE_CHECKING:
    from claviger._core.dataclass import Dataclass
    from claviger._core.kept import Kept

KEYS_AT_ONCE = 100
"""Keys of one request: its address stays short enough for any server."""


@dataclass
class Prepared:
    """A request for a selection, with the sets that it needs alive."""

    ask: Ask
    sets: list[EntitySet] = field(default_factory=list)


class Origin:
    """What was asked for."""

    is_ordered = False
    can_be_found_again = True
    bases: tuple[Kept, ...] = ()
    order: str | None = None

    async def prepare(self, dataclass: Dataclass, keep: bool) -> Prepared:
        """The request for it, without page and attributes. `keep`: the server makes an entity set of it."""
        raise missing("entitySet", "The selection cannot be found again.")


class Found(Origin):
    """Of the whole dataclass."""

    def __init__(self, filter: Filter | None, order: str | None) -> None:
        self.filter, self.order = filter, order
        self.is_ordered = order is not None or (filter is not None and "order by" in filter.text.lower())

    async def prepare(self, dataclass: Dataclass, keep: bool) -> Prepared:
        return Prepared(_kept(refined(asks.get(encoded(dataclass.name)), self.filter, self.order), keep))


class Refined(Origin):
    """Of another selection."""

    def __init__(self, base: Kept, filter: Filter | None, order: str | None) -> None:
        self.base, self.filter, self.order = base, filter, order
        self.bases = (base,)
        self.is_ordered = order is not None or base.origin.is_ordered
        self.can_be_found_again = base.origin.can_be_found_again

    async def prepare(self, dataclass: Dataclass, keep: bool) -> Prepared:
        base = set_path(dataclass.name, await self.base.set())
        return Prepared(_kept(refined(asks.get(base), self.filter, self.order), keep))


class Combined(Origin):
    """Of two others: `AND`, `OR`, `EXCEPT`."""

    def __init__(self, left: Kept, right: Kept, operator: str) -> None:
        self.operator = operator
        self.bases = (left, right)
        self.is_ordered = left.origin.is_ordered
        self.can_be_found_again = left.origin.can_be_found_again and right.origin.can_be_found_again

    async def prepare(self, dataclass: Dataclass, keep: bool) -> Prepared:
        left, right = [await base.set() for base in self.bases]
        return Prepared(_kept(_combined(dataclass.name, left, self.operator, right), keep))


class Related(Origin):
    """What belongs to an entity."""

    def __init__(self, address: str, attribute: str) -> None:
        self.address, self.attribute = address, attribute

    async def prepare(self, dataclass: Dataclass, keep: bool) -> Prepared:
        ask = asks.get(f"{self.address}/{encoded(self.attribute)}")
        return Prepared(ask.with_("$expand", self.attribute).with_("$method", "subentityset"))


class Among(Origin):
    """Entities with one of these values at a path: their own keys, or those of an `owner` that they belong to."""

    def __init__(self, path: str, values: list[Any], order: str | None, owner: Dataclass | None = None) -> None:
        self.path, self.values, self.order, self.owner = path, values, order, owner

    def show_keys(self, ask: Ask, path: str) -> Ask:
        """With one entity more than there should be, so that another one shows."""
        return ask.with_("$top", str(len(self.values) + 1)).with_("$attributes", path)

    def refuse_others(self, page: Page) -> None:
        """An answer must not hold what was not asked for."""
        wanted = {key_text(value) for value in self.values}
        others = [row.key for row in page.rows if row.key is not None and row.key not in wanted]
        if others:
            raise Misuse(f"The server cannot tell the keys of this selection from others: {others[0]} would be among them.")

    def refuse_unseen(self, page: Page) -> None:
        """The same of an answer that shows all keys."""
        self.refuse_others(page)
        if page.count > len(page.rows):
            raise Misuse(f"The server cannot tell the keys of this selection from others: it finds {page.count} for {len(self.values)}.")

    async def _tell_apart(self, owner: Dataclass) -> None:
        for group in groups(self.values, KEYS_AT_ONCE):
            ask = refined(asks.get(encoded(owner.name)), Filter(f"{owner.single_key} in :1", [group]), None)
            self.refuse_unseen(Page.read(await owner.wire.json(self.show_keys(ask, owner.single_key))))

    async def prepare(self, dataclass: Dataclass, keep: bool) -> Prepared:
        if self.owner is not None and self.owner.has_text_key:
            await self._tell_apart(self.owner)
        first, *others = [
            refined(asks.get(encoded(dataclass.name)), Filter(f"{self.path} in :1", [group]), self.order)
            for group in groups(self.values, KEYS_AT_ONCE)
        ] or [refined(asks.get(encoded(dataclass.name)), Filter(f"{self.path} in :1", [[]]), self.order)]
        if not others:
            return Prepared(_kept(first, keep))
        whole = await _stored(dataclass, first)
        for other in others:
            part = await _stored(dataclass, other)
            whole = await _stored(dataclass, _combined(dataclass.name, whole.id, "OR", part.id))
        ask = refined(asks.get(set_path(dataclass.name, whole.id)), None, self.order)
        return Prepared(_kept(ask, keep), [whole])


class Called(Origin):
    """A function made it; it cannot be found again."""

    can_be_found_again = False


class Nothing(Origin):
    """No entities at all."""


def groups(values: list[Any], size: int) -> list[list[Any]]:
    """The values, so many at once."""
    return [values[at : at + size] for at in range(0, len(values), size)]


def refined(ask: Ask, filter: Filter | None, order: str | None) -> Ask:
    """With filter and order."""
    if filter is not None:
        ask = ask.quoted("$filter", filter.text)
        if filter.params:
            ask = ask.params(filter.params)
    return ask if order is None else ask.quoted("$orderby", order)


def no_set() -> Protocol:
    """The server answered without the set that it was asked to make."""
    return Protocol("The answer names no entity set", "")


async def _stored(dataclass: Dataclass, ask: Ask) -> EntitySet:
    page = Page.read(await dataclass.wire.json(_kept(ask, True).with_("$top", "0")))
    if page.set_id is None:
        raise no_set()
    return EntitySet(dataclass.wire, page.set_id)


def _kept(ask: Ask, keep: bool) -> Ask:
    return ask.with_("$method", "entityset") if keep else ask


def _combined(dataclass: str, left: str, operator: str, right: str) -> Ask:
    return asks.get(set_path(dataclass, left)).with_("$logicOperator", operator).with_("$otherCollection", right)
