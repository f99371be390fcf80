"""A tiny HTTP server on the machine itself that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "claviger_9fQz7Lw2bXk4TnVr8YpC3sDh6JmG1aE5"
"""The key that tests send; it must be nowhere else."""


@dataclass
class Asked:
    """A request as it came; names of headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: str


@dataclass
class Reply:
    """What is answered; None for `status`: nothing, for ever, or an end of the connection."""

    status: int | None
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("content-type", "application/json; charset=UTF-8")])
    hangs_up: bool = False
    is_cut: bool = False
    """The connection is closed in the middle of the body."""
    stays: bool = False
    """The connection stays for the next request."""


class Loopback:
    """Answers each request with what the function makes of its number, from 0, and of itself."""

    def __init__(self, answer: Callable[[int, Asked], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._guard = threading.Lock()
        self._is_over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._serve(self)

            def do_POST(self) -> None:
                outer._serve(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing is printed."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if tls is not None:
            # A handshake that fails is the client's business.
            self._server.handle_error = lambda request, address: None  # type: ignore[method-assign]
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.hostname = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, handler.path, headers, handler.rfile.read(length).decode("utf-8", "replace"))
        with self._guard:
            self.asked.append(asked)
            number = len(self.asked) - 1
        reply = self._answer(number, asked)
        handler.close_connection = not reply.stays
        if reply.hangs_up:
            return
        if reply.status is None:
            self._is_over.wait()
            return
        handler.send_response_only(reply.status, "X")
        for name, value in [*reply.headers, ("content-length", str(len(reply.body))), ("connection", "keep-alive" if reply.stays else "close")]:
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(reply.body[: len(reply.body) // 2] if reply.is_cut else reply.body)

    def __enter__(self) -> Loopback:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._server.server_close()


def playing(*bodies: Any) -> Callable[[int, Asked], Reply]:
    """These bodies in their order; what comes after the last is an error of the server."""
    replies = [body if isinstance(body, Reply) else Reply(200, json.dumps(body).encode()) for body in bodies]
    return lambda number, _: replies[number] if number < len(replies) else Reply(500, b"{}")
