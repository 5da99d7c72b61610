"""Damaged pastes: each is refused, or read as a plain second reader could read it as well."""

from __future__ import annotations

import random
import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pasted_texts import DECIMALS, EVERY
from second_reader import readings

from convcalc.errors import DataError, UsageError
from convcalc.matrix.text import parse_matrix

TEXTS = list((EVERY | DECIMALS).items())
PIECES = [*"0123456789-+.,;:|&[](){}=*/#%<>\"'\\ \n\teExLf", "1", "20", "-1", " 0", "\n\n", "...", "1 0 -1\n", "a "]
COUNT = 400


def damaged(text: str, draw: random.Random) -> str:
    """Return `text` with one to three characters, words or lines taken out, put in, changed or turned round."""
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        kind, at = draw.randrange(8), draw.randrange(len(text) + 1)
        lines, line = text.split("\n"), draw.randrange(text.count("\n") + 1)
        words = list(re.finditer(r"\S+", text))
        if kind == 0:
            text = text[:at] + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + draw.choice(PIECES) + text[at:]
        elif kind == 2:
            text = text[:at] + draw.choice(PIECES) + text[at + 1 :]
        elif kind == 3:
            text = text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
        elif kind == 4:
            text = "\n".join(lines[:line] + lines[line + 1 :])
        elif kind == 5:
            text = "\n".join([*lines[:line], lines[line], *lines[line:]])
        elif kind == 6 and words:
            word = draw.choice(words)
            text = text[: word.start()] + text[word.end() :]
        else:
            text = text[:at] if draw.random() < 0.5 else text[at:]
    return text


def agrees(array: NDArray[Any], text: str) -> bool:
    """Return whether a second reading of `text` has the numbers of `array`, in rows of its length."""
    values = np.array([float(value) for value in array.ravel().tolist()])
    for rows in readings(text):
        flat = np.array([number for row in rows for number in row])
        if flat.shape == values.shape and np.allclose(flat, values, rtol=1e-6, atol=0, equal_nan=True):
            widths = {len(row) for row in rows if row}
            if array.ndim < 2 or widths == {array.shape[-1]}:
                return True
    return False


@pytest.mark.parametrize(("name", "text"), TEXTS, ids=[name for name, _ in TEXTS])
def test_the_second_reader_reads_what_is_whole(name: str, text: str) -> None:
    assert agrees(parse_matrix(text, place="m").array, text)


def test_the_second_reader_sees_a_difference() -> None:
    assert not agrees(np.array([[1, 2], [4, 3]]), "1 2\n3 4\n")
    assert not agrees(np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), "1 2\n3 4\n5 6\n7 8\n")


@pytest.mark.parametrize("seed", range(4))
def test_damaged_texts_are_refused_or_read_alike(seed: int) -> None:
    draw = random.Random(seed)
    read = 0
    for _ in range(COUNT // 4):
        name, text = draw.choice(TEXTS)
        text = damaged(text, draw)
        try:
            array = parse_matrix(text, place="m").array
        except (DataError, UsageError):
            continue
        read += 1
        assert agrees(array, text), (name, text, array.tolist())
    assert read > 10
