"""The Python examples of `docs/guide/reading-from-outside.md` and of the README, run on the demo of the program that CLAVIGER_BINARY names.

Whether the package can be built and installed as users do, `cargo xtask e2e python-package` tries.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT.parents[1] / "docs/guide/reading-from-outside.md"

BOOKS = r"^.+ \d+(\.\d+)?$"

#: What each example prints, in the order of its page.
EXPECTED = {
    GUIDE: (r"^fr +\d+", r"^\d+ +.+\d", r"^.+ \d+(\.\d+)? A.+$", r"^[^a-z]+ \S.* \['.+', '.+', '.+'\]$"),
    ROOT / "README.md": (BOOKS, r"^\S.* \S.*$"),
}


def blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


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
class GuideTest(unittest.TestCase):
    def test_the_examples_print_books(self) -> None:
        with tempfile.TemporaryDirectory() as name, demo(Path(name) / "demo") as (endpoint, key):
            settings = os.environ | {"CLAVIGER_API_KEY": key, "PYTHONPATH": str(ROOT / "src")}
            for file, command in (("all-books.csv", ["query", "Book", "--csv"]), ("library.py", ["client", "types", "--lang", "py"])):
                with (Path(name) / file).open("wb") as out:
                    program = [os.environ["CLAVIGER_BINARY"], *command, "--endpoint", endpoint]
                    subprocess.run(program, stdout=out, env=settings, check=True, timeout=300)
            for page, patterns in EXPECTED.items():
                for number, (block, expected) in enumerate(zip(blocks(page), patterns, strict=True)):
                    with self.subTest(page=page.name, number=number):
                        if ("pandas" in block or "dataframe" in block) and importlib.util.find_spec("pandas") is None:
                            self.skipTest("pandas is not installed")
                        example = Path(name) / "example.py"
                        example.write_text(block.replace("http://127.0.0.1:5397", endpoint), encoding="utf-8")
                        ran = subprocess.run([sys.executable, example], capture_output=True, text=True, cwd=name, env=settings, timeout=300)
                        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
                        self.assertRegex(ran.stdout, re.compile(expected, re.MULTILINE))
