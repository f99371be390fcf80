"""The server program that `CLAVIGER_BINARY` names, with the fixture."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from itertools import groupby
from pathlib import Path
from typing import Any

from claviger import open_datastore
from tests.conformance import SUITE, read


class Server:
    """A fresh server, filled with `data.json`."""

    def __init__(self, binary: str) -> None:
        self._binary = str(Path(binary).resolve())
        self._folder = tempfile.TemporaryDirectory()
        self._app = Path(self._folder.name) / "app"
        shutil.copytree(SUITE / "fixture", self._app)
        # Of this machine's settings none reaches the program.
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("CLAVIGER_")} | {"NO_COLOR": "1"}
        self.secrets: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        for key in read(SUITE / "fixture" / "keys.json"):
            host = ["--allow-host", key["allowHost"]] if "allowHost" in key else []
            made = json.loads(self._command("keys", "create", "--json", "--description", key["name"], "--role", key["role"], *host))
            self.secrets[key["name"]], self._ids[key["name"]] = made["secret"], made["id"]
        self._child = subprocess.Popen(
            [self._binary, "serve", "--listen", "127.0.0.1:0"],
            cwd=self._app,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._child.stdout is not None
        lines = (line.strip() for line in self._child.stdout)
        self.hostname = next(line.removeprefix("listening on ") for line in lines if line.startswith("listening on "))
        self._fill()

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
        self._child.kill()
        self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._folder.cleanup()


def _numbered(value: Any, n: int) -> Any:
    if value == "{n}":
        return n
    return value.replace("{n}", str(n)) if isinstance(value, str) else value
