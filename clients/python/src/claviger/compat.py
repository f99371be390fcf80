"""As the reference does it: nothing is raised when a datastore is opened; what went wrong is in `last_errors`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claviger import opening
from claviger.datastore import DataStore
from claviger.errors import ClavigerError, RemoteError

last_errors: list[RemoteError] = []
"""What went wrong in the last call of this module (`lastErrors`); the list stays the same object."""


def open_datastore(connection_info: Mapping[str, Any], local_id: str, **options: Any) -> DataStore | None:
    """The datastore, or None (`openDatastore`). As there, `tls` is false when it is not said and the host has no scheme."""
    last_errors.clear()
    try:
        return opening.open_datastore(connection_info, local_id, tls_by_default=False, **options)
    except ClavigerError as error:
        last_errors.extend(error.errors or [RemoteError(error.number or 0, str(error))])
        return None


def provide_data_key(store: DataStore, *_: Any) -> None:
    """Not callable on a remote datastore, here as there (`provideDataKey`): always None, and an error."""
    last_errors[:] = [RemoteError(0, "The data key of a remote datastore cannot be provided.")]
