"""The conformance suite of all client libraries (`clients/conformance`), run by this one in both its forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SUITE = Path(__file__).resolve().parents[3] / "conformance"


def read(path: Path) -> Any:
    """A file of the suite."""
    return json.loads(path.read_text(encoding="utf-8"))


def cases(folder: str) -> list[tuple[str, Any]]:
    """The cases of a folder, by name."""
    found = [(path.stem, read(path)) for path in sorted((SUITE / folder).glob("*.json")) if path.stem != "catalog"]
    assert found, f"{folder} has no cases"
    return found
