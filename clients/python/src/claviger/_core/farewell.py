"""What is given back to the server when nobody needs it any more: entity sets and locks (`remote-datastore.md` 4.2, 5)."""

from __future__ import annotations

from claviger._core.wire import Wire


class EntitySet:
    """An entity set of the server that is released in the end."""

    def __init__(self, wire: Wire, set_id: str) -> None:
        wire.io.ready()
        self._wire = wire
        self.id = set_id
        self.generation = wire.generation

    def forget(self) -> None:
        """The server does not know it any more: there is nothing to release."""
        self.id = ""

    def release(self) -> None:
        """It is not needed any more."""
        set_id, self.id = self.id, ""
        if set_id:
            self._wire.give_back_set(set_id)

    def __del__(self) -> None:
        if getattr(self, "id", ""):
            self.release()


class Hold:
    """An object's part in the lock of an entity that has just been locked."""

    def __init__(self, wire: Wire, dataclass: str, key: str, address: str) -> None:
        wire.io.ready()
        self._wire = wire
        self._place = (dataclass, key)
        self._address = address
        self._generation = wire.session.hold(dataclass, key)
        self._is_over = False

    def end(self) -> bool:
        """Ends it without telling the server; true when the server should be told."""
        self._is_over = True
        return self._wire.session.let_go(*self._place, self._generation)

    @property
    def is_current(self) -> bool:
        """It was not lost with its session."""
        return self._generation == self._wire.generation

    def __del__(self) -> None:
        if not getattr(self, "_is_over", True) and self.end():
            self._wire.give_back_lock(*self._place, self._address)
