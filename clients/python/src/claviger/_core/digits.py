"""JSON whose numbers keep their digits."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

_ALWAYS_EXACT = 15
"""A float has as many decimal digits for sure."""


def loads(text: str | bytes) -> Any:
    """A number with a point is a float, or a Decimal where a float would lose digits."""
    return json.loads(text, parse_float=_number, parse_constant=_refused)


def dumps(value: Any) -> str:
    """In ASCII. Numbers that JSON does not have become null."""
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else "null"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "null"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(name))}:{dumps(member)}" for name, member in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(dumps(item) for item in value) + "]"
    return json.dumps(value)


def _number(text: str) -> float | Decimal:
    number = float(text)
    if len(text) <= _ALWAYS_EXACT and math.isfinite(number):
        return number
    exact = Decimal(text)
    return number if math.isfinite(number) and Decimal(repr(number)) == exact else exact


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")
