"""What came of saving, deleting, locking or reading again (`data-model.md` 6.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from claviger.errors import RemoteError

_TEXTS = {2: "Stamp has changed", 3: "Already Locked", 5: "Entity does not exist anymore", 6: "Auto merge failed"}


class SaveMode(str, Enum):
    """What saving does about changes of others."""

    CHECK = "check"
    """Any of them hinders: status 2."""
    AUTO_MERGE = "autoMerge"
    """Those on other attributes are kept (`kAutoMerge`); on the same: status 6; on objects: status 2."""


class DropMode(str, Enum):
    """What deleting does about changes of others."""

    CHECK = "check"
    """Any of them hinders: status 2."""
    FORCE = "force"
    """Deletes whatever was changed (`kForceDropIfStampChanged`)."""


class LockMode(str, Enum):
    """What locking does about changes of others."""

    CHECK = "check"
    """Any of them hinders: status 2."""
    RELOAD = "reload"
    """Takes them over (`kReloadIfStampChanged`)."""


@dataclass
class Status:
    """The result object of `save`, `drop`, `lock`, `unlock` and `reload`; true when it was done.

    `status` says why not: 2 changed meanwhile, 3 locked by somebody else, 4 another error, 5 deleted meanwhile, 6 could not be merged.
    """

    success: bool = False
    status: int | None = None
    status_text: str | None = None
    auto_merged: bool = False
    was_reloaded: bool = False
    lock_kind: int | None = None
    lock_kind_text: str | None = None
    lock_info: Any = None
    errors: list[RemoteError] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.success

    @property
    def is_conflict(self) -> bool:
        """Somebody else was there: 2, 3, 5 or 6."""
        return self.status in (2, 3, 5, 6)

    def to_object(self) -> dict[str, Any]:
        """With the reference's names, without what is empty."""
        members: dict[str, Any] = {"success": self.success}
        for name, value in (
            ("status", self.status),
            ("statusText", self.status_text),
            ("autoMerged", self.auto_merged or None),
            ("wasReloaded", self.was_reloaded or None),
            ("lockKind", self.lock_kind),
            ("lockKindText", self.lock_kind_text),
            ("lockInfo", self.lock_info),
        ):
            if value is not None:
                members[name] = value
        if self.errors:
            members["errors"] = [
                {"errCode": error.err_code, "message": error.message, "componentSignature": error.component_signature} for error in self.errors
            ]
        return members


def done() -> Status:
    """It was done."""
    return Status(success=True)


def failed(number: int, errors: list[RemoteError] | None = None) -> Status:
    """Not done, with the dialect's words."""
    return Status(status=number, status_text=_TEXTS.get(number, "Other error"), errors=errors or [])
