"""The package as others get it: built, installed into an environment of its own, and used as the README says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import claviger

ROOT = Path(__file__).resolve().parents[1]


def done(*command: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | settings
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment, timeout=300)


def example() -> str:
    """The first example of the README, as it stands there."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, str]]:
    """What `claviger demo` prints: the address, and the key that may write."""
    command = [os.environ["CLAVIGER_BINARY"], "demo", "--json", "--listen", "127.0.0.1:0", "--dir", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLAVIGER_")}
    child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    try:
        told = json.loads(child.stdout.readline())
        assert child.stdout.readline().startswith("listening on ")
        yield told["endpoint"], told["keys"]["Editor"]
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@unittest.skipUnless(os.environ.get("CLAVIGER_BINARY"), "CLAVIGER_BINARY names no server program")
class PackageTest(unittest.TestCase):
    def test_the_built_package_runs_the_example_of_the_readme(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            made = done(sys.executable, "-m", "venv", folder / "env")
            self.assertEqual(made.returncode, 0, made.stderr)
            python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
            fetched = done(python, "-m", "pip", "install", "-q", "build", "hatchling", "httpx>=0.27,<1")
            if fetched.returncode != 0:
                self.skipTest("skipped: build, hatchling and httpx cannot be fetched")
            built = done(python, "-m", "build", "--no-isolation", "--outdir", folder / "dist", ROOT)
            self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
            (wheel,), (source,) = (folder / "dist").glob("*.whl"), (folder / "dist").glob("*.tar.gz")
            with zipfile.ZipFile(wheel) as files:
                self.assertIn("claviger/py.typed", files.namelist())
                self.assertFalse([file for file in files.namelist() if file.startswith("tests")])
            with tarfile.open(source) as archive:
                self.assertTrue(any(file.endswith("/README.md") for file in archive.getnames()))
            installed = done(python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel)
            self.assertEqual(installed.returncode, 0, installed.stderr)
            text = example()
            self.assertIn("http://127.0.0.1:5397", text)
            program = folder / "example.py"
            with demo(folder / "demo") as (endpoint, key):
                program.write_text(text.replace("http://127.0.0.1:5397", endpoint), encoding="utf-8")
                ran = done(python, program, CLAVIGER_API_KEY=key)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            *books, saved = ran.stdout.splitlines()
            self.assertTrue(books)
            for line in books:
                self.assertRegex(line, r"^.+ \d+(\.\d+)?$")
            self.assertRegex(saved, r"^saved: True as \d+ stamp 1$")


class DocumentTest(unittest.TestCase):
    def test_the_documents_of_public_names_are_there(self) -> None:
        for name in claviger.__all__:
            public = getattr(claviger, name)
            self.assertTrue(public.__doc__, name)
            for member, value in vars(public).items() if isinstance(public, type) else ():
                if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                    self.assertTrue(value.__doc__, f"{name}.{member}")
