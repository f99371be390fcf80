"""What the clients of httpx are made with, the synchronous and the asynchronous one."""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from claviger._core import trust
from claviger._core.connect import Rules
from claviger._core.endpoint import Endpoint


def options(rules: Rules, endpoint: Endpoint) -> dict[str, Any]:
    """For `httpx.Client` and `httpx.AsyncClient`."""
    return {
        "verify": trust.context(rules, endpoint.tls),
        "follow_redirects": False,
        # The session is kept elsewhere, or not at all: httpx would send back by itself what a server sets.
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        # A proxy of the environment does not know the machine itself.
        "trust_env": not endpoint.is_loopback,
        "timeout": httpx.Timeout(rules.request_timeout, connect=min(rules.connect_timeout, rules.request_timeout)),
    }
