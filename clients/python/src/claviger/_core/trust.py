"""Which servers are believed to be who they say (CL-7)."""

from __future__ import annotations

import ssl
from os import PathLike
from pathlib import Path

from claviger._core.connect import Rules
from claviger.errors import Misuse


def context(rules: Rules, is_used: bool) -> ssl.SSLContext:
    """The machine's certificates are read only when they are needed."""
    if rules.danger_accept_any_certificate:
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname = False
        anybody.verify_mode = ssl.CERT_NONE
        return anybody
    trusting = ssl.create_default_context() if is_used else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if rules.root_certificate is not None:
        try:
            trusting.load_verify_locations(cadata=rules.root_certificate)
        except (ssl.SSLError, ValueError) as error:
            raise Misuse(f"The root certificate cannot be used: {error}") from None
    return trusting


def pem(root: str | PathLike[str] | None) -> str | None:
    """A root certificate as text: itself, or the file that holds it."""
    if root is None or (isinstance(root, str) and "-----BEGIN" in root):
        return root
    try:
        return Path(root).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise Misuse(f"The root certificate cannot be read: {error}") from None
