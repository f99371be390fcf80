"""Whether results are as a case says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def equal(found: Any, wanted: Any) -> bool:
    """Equal, numbers by their value."""
    if _is_number(found) and _is_number(wanted):
        return Decimal(str(found)) == Decimal(str(wanted))
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(equal, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(equal(found[name], wanted[name]) for name in wanted)
    return type(found) is type(wanted) and bool(found == wanted)


def has(found: Any, wanted: Any) -> bool:
    """Has these members, at any depth; of lists, these items at their beginning."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return all(name in found and has(found[name], wanted[name]) for name in wanted)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) >= len(wanted) and all(map(has, found, wanted))
    return equal(found, wanted)
