"""Aliases of connections in this program (`localID`, `remote-datastore.md` 1.3)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from claviger._core.datastore import DataStore


class Registry:
    """One for each form: a connection of the one cannot be used by the other."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: dict[str, DataStore] = {}

    def find(self, alias: str) -> DataStore | None:
        """The one that has the alias."""
        return self._known.get(alias)

    def keep(self, alias: str, store: DataStore) -> DataStore:
        """The one that has the alias then: an older one stays."""
        with self._guard:
            return self._known.setdefault(alias, store)

    def forget(self, alias: str, store: DataStore | None = None) -> DataStore | None:
        """Takes the alias away; from that one only when it is said."""
        with self._guard:
            known = self._known.get(alias)
            return self._known.pop(alias, None) if store is None or known is store else None
