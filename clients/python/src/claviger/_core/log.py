"""What was asked and what came of it (`startRequestLog`, `remote-datastore.md` 3.2)."""

from __future__ import annotations

import logging
import threading
from collections import deque
from datetime import datetime, timezone
from os import PathLike
from typing import IO, Any

from claviger._core.digits import dumps
from claviger.errors import Misuse

_LOG = logging.getLogger("claviger")


class Logbook:
    """The log of one connection; in memory, or a file that lines of JSON are appended to."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: deque[dict[str, Any]] = deque()
        self._file: IO[str] | None = None
        self._last = 0
        self.is_running = False
        self.bodies = False

    def start(self, keep: int | None, file: str | PathLike[str] | None, bodies: bool) -> None:
        """Begins anew; what was kept is forgotten."""
        opened: IO[str] | None = None
        if file is not None:
            try:
                opened = open(file, "a", encoding="utf-8")  # noqa: SIM115 - closed by `stop`
            except OSError as error:
                raise Misuse(f"The request log cannot be written: {error}.") from None
        self.stop()
        with self._guard:
            self._kept = deque(maxlen=keep)
            self._file, self._last, self.bodies = opened, 0, bodies
            self.is_running = True

    def stop(self) -> None:
        """Ends it; a file is closed."""
        with self._guard:
            self.is_running = False
            self._kept = deque()
            if self._file is not None:
                self._file.close()
                self._file = None

    def entries(self) -> list[dict[str, Any]]:
        """Newest first."""
        with self._guard:
            return [dict(entry) for entry in reversed(self._kept)]

    def add(self, entry: dict[str, Any]) -> None:
        """Numbers and keeps it."""
        with self._guard:
            if not self.is_running:
                return
            self._last += 1
            entry = {"sequenceNumber": self._last, **entry}
            if self._file is None:
                self._kept.append(entry)
                return
            try:
                self._file.write(dumps(entry) + "\n")
                self._file.flush()
            except (OSError, ValueError) as error:
                _LOG.warning("the request log could not be written: %s", error)


def moment(seconds: float) -> str:
    """ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
