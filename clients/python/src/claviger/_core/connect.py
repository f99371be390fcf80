"""How a datastore is reached (`connectionInfo`, `remote-datastore.md` 1.2)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from claviger._core.endpoint import Endpoint
from claviger.errors import Misuse

_LOG = logging.getLogger("claviger")


@dataclass(frozen=True)
class Rules:
    """Limits and patience; seconds and bytes."""

    connect_timeout: float = 5.0
    request_timeout: float = 30.0
    retries: int = 3
    retry_delay: float = 0.2
    largest_answer: int = 256 << 20
    page_size: int = 100
    keeps_session: bool = True
    root_certificate: str | None = None
    danger_accept_any_certificate: bool = False
    clock: Callable[[], float] = time.time


@dataclass(frozen=True)
class Credential:
    """Who asks: a key, or a user; or nobody."""

    key: str | None = field(default=None, repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    minutes: int = 60

    @property
    def secret(self) -> str | None:
        """What must never be shown."""
        return self.key or self.password or None

    def is_same(self, other: Credential) -> bool:
        """The same caller."""
        return (self.key, self.user, self.password) == (other.key, other.user, other.password)


@dataclass
class Connect:
    """What is known of a connection before it is made."""

    endpoint: Endpoint
    credential: Credential
    rules: Rules
    idle_minutes: int = 60
    local_id: str | None = None
    replace: bool = False
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, info: Mapping[str, Any], local_id: str | None, replace: bool, rules: Rules, tls_by_default: bool | None) -> Connect:
        """Reads the reference's object. What is ignored is a warning; wrong types are refused without repeating the value."""
        if not isinstance(info, Mapping):
            raise Misuse("The connection information is not an object.")
        known: dict[str, Any] = {}
        warnings: list[str] = []
        for name, value in info.items():
            if value is None:
                continue
            if name in ("hostname", "api-key", "user", "password"):
                known[name] = _checked(name, value, str, "is not a text")
            elif name == "tls":
                known[name] = _checked(name, value, bool, "is not a boolean")
            elif name == "idleTimeout":
                if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                    raise Misuse("`idleTimeout` is no number of minutes.")
                known[name] = value
            elif name == "type":
                if value != "4D Server":
                    raise Misuse('`type` must be "4D Server".')
            elif name == "passwordAlgorithm":
                warnings.append("`passwordAlgorithm` is ignored.")
            else:
                warnings.append(f"The property `{name}` is not known and was ignored.")
        if "api-key" in known and "user" in known:
            del known["user"]
            warnings.append("`api-key` and `user` were both given; the key is used.")
        minutes = max(known.get("idleTimeout", 60), 60)
        if "api-key" in known:
            credential = Credential(key=known["api-key"].strip())
        elif "user" in known:
            credential = Credential(user=known["user"], password=known.get("password", ""), minutes=minutes)
        else:
            credential = Credential()
        _check_headers(credential)
        endpoint = Endpoint.of(known.get("hostname", ""), known.get("tls"), tls_by_default)
        for text in warnings:
            _LOG.warning("%s: %s", endpoint.host, text)
        return cls(endpoint, credential, rules, minutes, local_id or None, replace, warnings)


def _checked(name: str, value: Any, kind: type, otherwise: str) -> Any:
    if not isinstance(value, kind):
        raise Misuse(f"`{name}` {otherwise}.")
    return value


def _check_headers(credential: Credential) -> None:
    if not (credential.key or "").isascii() or any(
        ord(sign) < 32 or ord(sign) == 127 for text in (credential.key or "", credential.user, credential.password) for sign in text
    ):
        raise Misuse("The key, name or password holds characters that cannot be sent.")
