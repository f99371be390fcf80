"""Several entities saved together or not at all (`remote-datastore.md` 6)."""

from __future__ import annotations

from contextlib import AsyncExitStack

from claviger._core.dataclass import Saved
from claviger._core.entity import Entity, invalid
from claviger._core.lost import afterwards
from claviger.errors import Conflict, Misuse, Protocol, SessionLost
from claviger.status import Status


async def save_together(entities: list[Entity]) -> list[Status]:
    """The wire knows this for entities of one dataclass only."""
    entities = list({id(entity): entity for entity in entities}.values())
    async with AsyncExitStack() as alone:
        # All in one order, so that two who save the same do not wait for each other.
        for entity in sorted(entities, key=id):
            await alone.enter_async_context(entity._alone)
        return await _saved(entities)


async def _saved(entities: list[Entity]) -> list[Status]:
    entities = [entity for entity in entities if entity.touched or entity.is_new]
    if not entities:
        return []
    dataclass = await entities[0].dataclass.described()
    for entity in entities:
        if entity.dataclass.name != dataclass.name or entity.dataclass.wire is not dataclass.wire:
            raise Misuse(
                f"A transaction over {dataclass.name} and {entity.dataclass.name} is not possible: entities saved together must be of one "
                "dataclass of one connection. Let a function of the server do it."
            )
        if entity.key == "":
            raise Misuse("An entity whose key is empty cannot be saved together with others.")
    bodies = [entity._body() for entity in entities]

    async def go_on(saved: list[Saved], _: bool) -> list[Status]:
        for one in saved:
            if one.status.is_conflict:
                raise Conflict(one.status, one.row)
            if not one.status.success:
                raise invalid(one.status)
        if len(saved) != len(entities):
            raise Protocol("The answer lists other entities than were sent", f"{len(saved)} of {len(entities)}")
        return [entity._after(one, body) for entity, one, body in zip(entities, saved, bodies, strict=True)]

    return await afterwards(dataclass.write_many(bodies, True), go_on)


class Transaction:
    """Collects what is saved together when its `async with` ends without an error; then `statuses` has what came of it."""

    def __init__(self) -> None:
        self._entities: list[Entity] = []
        self.statuses: list[Status] = []

    def save(self, entity: Entity) -> None:
        """To be created or updated with what was assigned to it."""
        self._entities.append(entity)

    async def __aenter__(self) -> Transaction:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            try:
                self.statuses = await save_together(self._entities)
            except SessionLost as lost:
                self.statuses = lost.result or []
                raise
