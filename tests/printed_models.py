"""Reads the reference data of printed models: what `data/make_printed_models.py` made, and prints of all ages."""

from __future__ import annotations

import json
import lzma
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "data" / "printed_models.json.xz"


@cache
def printed_models() -> list[dict[str, Any]]:
    """Return every record; the notes in the file explain the keys."""
    models: list[dict[str, Any]] = json.loads(lzma.decompress(FILE.read_bytes()))["models"]
    return models


def printed_model(name: str, library: str = "torchvision", **arguments: object) -> dict[str, Any]:
    """Return the record of one model.

    >>> printed_model("resnet18")["params"], printed_model("googlenet", aux_logits=False)["outputs"]
    (11689512, [[1000]])
    """
    wanted = (library, name, arguments)
    (found,) = (one for one in printed_models() if (one["library"], one["name"], one["arguments"]) == wanted)
    return found


@cache
def printed_ages() -> list[dict[str, Any]]:
    """Return every text of `data/printed_ages.toml` with its model's numbers, those of the text's own first."""
    data = tomllib.loads((FILE.parent / "printed_ages.toml").read_text(encoding="utf-8"))
    return [data["models"].get(text.get("model"), {}) | text for text in data["prints"]]
