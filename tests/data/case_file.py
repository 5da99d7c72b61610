"""Writes reference data as JSON that is compact and yet shows its changes: one case a line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def write_case_file(name: str, made_by: Mapping[str, str], notes: Sequence[str], **sections: Sequence[Any]) -> None:
    """Write `name` beside this file: which versions made it, what to know, and the sections, a case a line."""
    parts = [f'"made_by": {_compact(made_by)}', f'"notes": {_list_of_lines(notes)}']
    parts += [f'"{section}": {_list_of_lines(cases)}' for section, cases in sections.items()]
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    (Path(__file__).parent / name).write_text(text, encoding="utf-8")


def _list_of_lines(cases: Sequence[Any]) -> str:
    return "[\n" + ",\n".join(_compact(case) for case in cases) + "\n]"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))


def plain_numbers(nested: Any) -> Any:
    """Return nested lists of floats as JSON has them: whole numbers without a point, NaN and infinities as words."""
    if isinstance(nested, list):
        return [plain_numbers(one) for one in nested]
    if isinstance(nested, float):
        if math.isnan(nested):
            return "nan"
        if math.isinf(nested):
            return "inf" if nested > 0 else "-inf"
        # Minus zero stays a float: as an integer it would lose its sign.
        return int(nested) if nested.is_integer() and (nested or math.copysign(1, nested) > 0) else nested
    return nested


def steady(message: str) -> str:
    """Return an error message with the words of its sets in order, which differs from run to run."""
    return re.sub(r"\{([^{}]*)\}", lambda found: "{" + ", ".join(sorted(found[1].split(", "))) + "}", message)
