"""The server program that `CLAVIGER_BINARY` names, with the fixture; on SQLite, or on the PostgreSQL server that `TEST_POSTGRES_URL` names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from claviger import open_datastore
from tests.conformance import SUITE, read


def faketime() -> str | None:
    """The library of the program `faketime`, where there is one."""
    if shutil.which("faketime") is None:
        return None
    return subprocess.run(["faketime", "-f", "+0", "printenv", "LD_PRELOAD"], capture_output=True, text=True, check=True).stdout.strip()


class Database:
    """One of its own on a PostgreSQL server, made and dropped with `psql`."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._name = f"claviger_python_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {self._name} TEMPLATE template0 ENCODING 'UTF8'")
        self.url = urlsplit(server)._replace(path=f"/{self._name}").geturl()

    def _run(self, sql: str) -> None:
        done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, self._server], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def drop(self) -> None:
        """With everything in it."""
        self._run(f"DROP DATABASE {self._name} WITH (FORCE)")


class Server:
    """A fresh server, filled with `data.json`."""

    def __init__(self, binary: str, postgres: str | None = None) -> None:
        self._binary = str(Path(binary).resolve())
        self._folder = tempfile.TemporaryDirectory()
        self._app = Path(self._folder.name) / "app"
        shutil.copytree(SUITE / "fixture", self._app)
        # Of this machine's settings none reaches the program.
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("CLAVIGER_")} | {"NO_COLOR": "1"}
        self._database = None if postgres is None else Database(postgres)
        if self._database is not None:
            self._environment["CLAVIGER_DATABASE__URL"] = self._database.url
        self.secrets: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        for key in read(SUITE / "fixture" / "keys.json"):
            options = [("--description", "name"), ("--role", "role"), ("--allow-host", "allowHost"), ("--expires", "expires")]
            given = [word for option, member in options if member in key for word in (option, key[member])]
            made = json.loads(self._command("keys", "create", "--json", *given))
            self.secrets[key["name"]], self._ids[key["name"]] = made["secret"], made["id"]
        self.hostname = self._serve("127.0.0.1:0")
        self._fill()

    def _serve(self, listen: str, clock: str | None = None) -> str:
        """Starts the program; where it listens. `clock`: moved by so much, as in `+3d`."""
        # The wrapper `faketime` would stand between the test and its server, so its library is loaded directly.
        moved = {} if clock is None else {"LD_PRELOAD": faketime() or "", "FAKETIME": clock, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self._child = subprocess.Popen(
            [self._binary, "serve", "--listen", listen],
            cwd=self._app,
            env=self._environment | moved,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        lines = (line.strip() for line in self._child.stdout)
        return next(line.removeprefix("listening on ") for line in lines if line.startswith("listening on "))

    def change(self, do: str, clock: str | None = None) -> None:
        """`killServer`, `startServer` or `restartServer`; one that is started again has the address that it had."""
        if do == "killServer":
            self._end(self._child.kill)
        elif do == "restartServer":
            self._end(self._child.terminate)
        if do != "killServer":
            hostname = self._serve(self.hostname.removeprefix("http://"), clock)
            assert hostname == self.hostname, hostname

    def _end(self, how: Callable[[], None]) -> None:
        how()
        self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()

    def _command(self, *arguments: str) -> str:
        done = subprocess.run(
            [self._binary, *arguments], cwd=self._app, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def delete_key(self, name: str) -> None:
        """By the command line."""
        self._command("keys", "delete", "--yes", self._ids[name])

    def _fill(self) -> None:
        """Saves the data, dataclass by dataclass."""
        with open_datastore({"hostname": self.hostname, "api-key": self.secrets["admin"]}) as ds:
            for dataclass, items in groupby(read(SUITE / "fixture" / "data.json"), lambda item: item["dataclass"]):
                objects = [
                    {name: _numbered(value, n) for name, value in item["entity"].items()}
                    for item in items
                    for n in range(1, item.get("repeat", 1) + 1)
                ]
                assert all(ds[dataclass].from_collection(objects)), dataclass

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._end(self._child.kill)
        self._folder.cleanup()
        if self._database is not None:
            self._database.drop()


def _numbered(value: Any, n: int) -> Any:
    if value == "{n}":
        return n
    return value.replace("{n}", str(n)) if isinstance(value, str) else value
