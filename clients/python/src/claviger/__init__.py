"""A remote datastore, opened by endpoint and API key: `openDatastore` for Python.

```python
from claviger import open_datastore

with open_datastore({"hostname": "https://library.example.org", "api-key": key}) as ds:
    for book in ds.Book.query("price < :1", 20).order_by("title"):
        print(book.title)
```

What a function of the reference is called here stands in its documentation. `claviger.aio` has the same for asyncio, `claviger.compat` opens as
the reference does.
"""

from claviger._core.call import Response
from claviger._core.catalog import AttributeInfo, Catalog, DataclassInfo
from claviger.dataclass import Dataclass
from claviger.datastore import DataStore, Transaction
from claviger.entity import Entity
from claviger.errors import (
    ClavigerError,
    Conflict,
    Misuse,
    NotFound,
    PermissionDenied,
    Protocol,
    Remote,
    RemoteError,
    SessionLost,
    TooMany,
    Unauthorized,
    Unreachable,
    Validation,
)
from claviger.opening import by_local_id, open_datastore
from claviger.selection import Selection
from claviger.status import DropMode, LockMode, SaveMode, Status
from claviger.value import AttributeType, Media, Reference, Upload

__all__ = [
    "AttributeInfo",
    "AttributeType",
    "Catalog",
    "ClavigerError",
    "Conflict",
    "DataStore",
    "Dataclass",
    "DataclassInfo",
    "DropMode",
    "Entity",
    "LockMode",
    "Media",
    "Misuse",
    "NotFound",
    "PermissionDenied",
    "Protocol",
    "Reference",
    "Remote",
    "RemoteError",
    "Response",
    "SaveMode",
    "Selection",
    "SessionLost",
    "Status",
    "TooMany",
    "Transaction",
    "Unauthorized",
    "Unreachable",
    "Upload",
    "Validation",
    "by_local_id",
    "open_datastore",
]
