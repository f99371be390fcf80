"""Where a datastore is: the rules CI-1 to CI-4 of `remote-datastore.md` 1.2."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from claviger.errors import Misuse


@dataclass(frozen=True)
class Endpoint:
    """The address below which `/rest/` stands, without a slash at its end; `host` is name and port."""

    base: str
    host: str
    tls: bool
    is_loopback: bool

    @classmethod
    def of(cls, hostname: str, tls: bool | None, tls_by_default: bool | None) -> Endpoint:
        """`tls_by_default` decides for names without scheme and without `tls`; None: TLS except on the machine itself."""
        hostname = hostname.strip()
        if not hostname:
            raise Misuse("`hostname` is missing.")
        if "@" in hostname or "\\" in hostname:
            # Nowhere, because it would be shown: what stands before the host, or what looks like a path, may be a password.
            raise Misuse("`hostname` must not carry a name or password.")
        has_scheme = "://" in hostname
        try:
            url = urlsplit(hostname if has_scheme else f"https://{hostname}")
            name, port = url.hostname, url.port
        except ValueError:
            raise Misuse("`hostname` is no address.") from None
        if not name or any(sign in name for sign in " \\%<>^|"):
            raise Misuse("`hostname` names no host.")
        if "?" in hostname or "#" in hostname:
            raise Misuse("`hostname` must not have a query or fragment.")
        is_loopback = _is_loopback(name)
        if has_scheme:
            if url.scheme not in ("http", "https"):
                raise Misuse("`hostname` has another scheme than http or https.")
            if url.scheme == "http" and tls:
                raise Misuse("`tls` is asked for, but `hostname` begins with http://.")
            secure = url.scheme == "https"
        elif tls is not None:
            secure = tls
        else:
            secure = not is_loopback if tls_by_default is None else tls_by_default
        prefix = url.path.rstrip("/").removesuffix("/rest").rstrip("/")
        shown = f"[{name}]" if ":" in name else name
        host = f"{shown}:{port if port is not None else 443 if secure else 80}"
        return cls(f"{'https' if secure else 'http'}://{host}{prefix}", host, secure, is_loopback)

    def url(self, target: str) -> str:
        """The whole address of what begins with `/rest/`."""
        return self.base + target


def _is_loopback(name: str) -> bool:
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
