"""The Python examples of `docs/guide/reading-from-outside.md`, run on the demo of the program that CLAVIGER_BINARY names."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests.test_package import ROOT, demo, done

PAGE = ROOT.parents[1] / "docs/guide/reading-from-outside.md"


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@unittest.skipUnless(os.environ.get("CLAVIGER_BINARY"), "CLAVIGER_BINARY names no server program")
class GuideTest(unittest.TestCase):
    def test_the_examples_print_books(self) -> None:
        self.assertEqual(len(blocks()), 3)
        with tempfile.TemporaryDirectory() as name, demo(Path(name) / "demo") as (endpoint, key):
            csv = Path(name) / "all-books.csv"
            settings = {"CLAVIGER_API_KEY": key, "PYTHONPATH": str(ROOT / "src")}
            with csv.open("wb") as file:
                query = [os.environ["CLAVIGER_BINARY"], "query", "Book", "--endpoint", endpoint, "--csv"]
                subprocess.run(query, stdout=file, env=os.environ | settings, check=True, timeout=300)
            for block, expected in zip(blocks(), (r"^fr +\d+", r"^\d+ +.+\d", r"^.+ \d+(\.\d+)? A.+$"), strict=True):
                if ("pandas" in block or "dataframe" in block) and importlib.util.find_spec("pandas") is None:
                    print("skipped: pandas is not installed")
                    continue
                program = Path(name) / "example.py"
                program.write_text(block.replace("http://127.0.0.1:5397", endpoint).replace('"all-books.csv"', repr(str(csv))), encoding="utf-8")
                ran = done(sys.executable, program, **settings)
                self.assertEqual(ran.returncode, 0, ran.stderr)
                self.assertRegex(ran.stdout, re.compile(expected, re.MULTILINE))
