"""The pages of a selection that are at hand, and its entity set when it needs one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from claviger._core import ask as asks
from claviger._core.ask import Ask, encoded, set_path
from claviger._core.farewell import EntitySet
from claviger._core.origin import KEYS_AT_ONCE, Among, Nothing, Origin, groups, no_set, refined
from claviger._core.query import Filter, Shape
from claviger._core.row import Page, Row
from claviger.errors import ClavigerError, Misuse, NotFound, Protocol, SessionLost
from claviger.value import key_text

if TYPE_CHECKING:
    from claviger._core.dataclass import Dataclass

_PAGES_AT_HAND = 4


class Kept:
    """One selection; whatever is made of it shares it. Its entity set is released with it."""

    def __init__(self, dataclass: Dataclass, origin: Origin, shape: Shape, known: Page | None = None) -> None:
        self.dataclass = dataclass
        self.origin = origin
        self.shape = shape
        self.count = len(origin.values) if isinstance(origin, Among) and self.is_by_key else 0
        self.plan: Any = None
        self.path: Any = None
        self._pages: OrderedDict[int, list[Row]] = OrderedDict()
        self._set: EntitySet | None = None
        self._alone = dataclass.wire.io.lock()
        if known is not None:
            self.count = known.count
            self._pages[0] = known.rows
            self._set = EntitySet(dataclass.wire, known.set_id) if known.set_id else None

    async def page(self, index: int) -> list[Row]:
        """The entities of a page, asked for when they are not at hand."""
        if isinstance(self.origin, Nothing):
            return []
        async with self._alone:
            if index in self._pages:
                return self._pages[index]
            try:
                return await self._fetch(index)
            except ClavigerError as error:
                if not (_is_lost(error) and self.origin.can_be_found_again):
                    raise
            self._forget_set()
            await self._forget_bases()
            return await self._fetch(index)

    async def page_ahead(self, index: int) -> list[Row] | None:
        """The same before anybody asked for it. None when the session was lost with it: the next call says so."""
        try:
            return await self.page(index)
        except SessionLost as lost:
            self.dataclass.wire.tell_later(lost.locks)
            return None

    async def _fetch(self, index: int) -> list[Row]:
        if isinstance(self.origin, Among) and self.is_by_key:
            return self._keep(index, await self._fetch_keys(self.origin, index))
        size, rows = self.shape.page_size, list[Row]()
        while True:
            start = index * size + len(rows)
            page = await self._fetch_part(start, size - len(rows))
            self._learn(page)
            rows += page.rows
            # A server may send less at once than it is asked for.
            if len(rows) >= size or start + len(page.rows) >= page.count:
                return self._keep(index, rows)
            if not page.rows:
                raise Protocol(f"The server sent nothing from place {start} on, of {page.count} entities", "")

    async def _fetch_part(self, start: int, top: int) -> Page:
        known, texts = self._live_set(), self.text_keys
        if known is None and texts is not None and start > 0:
            known = await self._make_set()
        if known is not None:
            return Page.read(await self.json(self._paged(asks.get(set_path(self.dataclass.name, known)), start, top)))
        prepared = await self.origin.prepare(self.dataclass, start > 0)
        ask = self._paged(prepared.ask, start, top)
        if self.shape.is_explained:
            ask = ask.with_("$queryplan", "true").with_("$querypath", "true")
        answer = await self.json(ask)
        if self.shape.is_explained and self.plan is None:
            self.plan, self.path = answer.get("__queryPlan"), answer.get("__queryPath")
        page = Page.read(answer)
        if texts is not None:
            texts.refuse_others(page)
            if page.count > len(page.rows):
                # What is not on this page must not be another one either.
                await self._make_set()
        return page

    @property
    def is_by_key(self) -> bool:
        """Its entities are read by their own keys, in the order of these."""
        return isinstance(self.origin, Among) and self.origin.order is None and self.dataclass.single_key_or_none == self.origin.path

    @property
    def text_keys(self) -> Among | None:
        """The origin, when it is keys by which the server may find other entities too."""
        if not isinstance(self.origin, Among) or self.origin.path != self.dataclass.single_key_or_none:
            return None
        return self.origin if self.dataclass.has_text_key else None

    def _paged(self, ask: Ask, start: int, top: int) -> Ask:
        ask = ask.with_("$skip", str(start)) if start else ask
        return ask.with_("$top", str(top)).maybe("$attributes", self.shape.select)

    async def _fetch_keys(self, among: Among, index: int) -> list[Row]:
        """Entities in the order of their keys here; one that is not there any more leaves a gap."""
        size = self.shape.page_size
        wanted = among.values[index * size : (index + 1) * size]
        found: dict[str | None, Row] = {}
        for group in groups(wanted, KEYS_AT_ONCE):
            ask = refined(asks.get(encoded(self.dataclass.name)), Filter(f"{among.path} in :1", [group]), None)
            answer = await self.json(ask.with_("$top", str(len(group))).maybe("$attributes", self.shape.select))
            page = Page.read(answer)
            found.update((row.key, row) for row in page.rows)
            if page.count > len(group) and self.dataclass.has_text_key:
                await self._read_crowded_out(group, found)
        return [found.get(key_text(key), Row()) for key in wanted]

    async def _read_crowded_out(self, group: list[Any], found: dict[str | None, Row]) -> None:
        """Where more was found than asked for, others took the places of these."""
        for key in map(key_text, group):
            if key is not None and key not in found:
                row = await self.dataclass.row(key, self.shape.select)
                if row is not None:
                    found[row.key] = row

    def _learn(self, page: Page) -> None:
        """Count and set of an answer. A set that is not what the first page was of takes its place."""
        before, self.count = self.count, page.count
        if page.set_id is not None:
            if before != page.count:
                self._pages.clear()
            self._set = EntitySet(self.dataclass.wire, page.set_id)

    async def set(self) -> str:
        """The entity set of the whole selection; made when there is none."""
        async with self._alone:
            known = self._live_set()
            if known is not None:
                return known
            try:
                return await self._make_set()
            except ClavigerError as error:
                if not (_is_lost(error) and self.origin.can_be_found_again):
                    raise
            await self._forget_bases()
            return await self._make_set()

    async def _make_set(self) -> str:
        prepared = await self.origin.prepare(self.dataclass, True)
        texts = self.text_keys
        ask = prepared.ask.with_("$top", "0") if texts is None else texts.show_keys(prepared.ask, texts.path)
        page = Page.read(await self.json(ask))
        if page.set_id is None:
            raise no_set()
        try:
            if texts is not None:
                texts.refuse_unseen(page)
        except Misuse:
            EntitySet(self.dataclass.wire, page.set_id).release()
            raise
        self._learn(page)
        return page.set_id

    async def ask_of_set(self, make: Callable[[str], Ask]) -> Any:
        """Asks something of the entity set, which is made anew when the server has forgotten it."""
        set_id = await self.set()
        try:
            return await self.json(make(set_id))
        except ClavigerError as error:
            if not (_is_lost(error) and self.origin.can_be_found_again):
                raise
        await self.forget()
        return await self.json(make(await self.set()))

    @property
    def has_set(self) -> bool:
        """There is a set already, so that whoever asks again sees the same entities."""
        return self._live_set() is not None

    async def release(self) -> None:
        """The set is given back; what is asked next makes another."""
        async with self._alone:
            if self._set is not None:
                self._set.release()
                self._set = None
        await self.dataclass.wire.say_farewells()

    async def forget(self) -> None:
        """Whatever the server was said to have is asked for anew."""
        async with self._alone:
            self._forget_set()
        await self._forget_bases()

    async def _forget_bases(self) -> None:
        for base in self.origin.bases:
            await base.forget()

    def _forget_set(self) -> None:
        if self._set is not None:
            self._set.forget()
            self._set = None

    def _live_set(self) -> str | None:
        """The set, unless it was made in an earlier session."""
        if self._set is not None and self._set.generation != self.dataclass.wire.generation:
            self._set = None
        return self._set.id if self._set is not None else None

    def _keep(self, index: int, rows: list[Row]) -> list[Row]:
        self._pages[index] = rows
        while len(self._pages) > _PAGES_AT_HAND:
            self._pages.popitem(last=False)
        return rows

    async def json(self, ask: Ask) -> Any:
        """Asks the server."""
        return await self.dataclass.wire.json(ask)


def _is_lost(error: ClavigerError) -> bool:
    """The server does not know a set any more."""
    return (isinstance(error, NotFound) and error.kind == "entitySet") or any(item.err_code == 1820 for item in error.errors)
