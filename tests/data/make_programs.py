"""Convolves matrices in Octave (for MATLAB), NumPy, SciPy, OpenCV, PyTorch and Keras and writes `programs.json`.

Run it as `KERAS_BACKEND=torch python tests/data/make_programs.py` where `pip install scipy opencv-python-headless
torch keras` has been done and `octave-cli` with its package image is installed.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import cv2
import keras
import numpy as np
import scipy
import scipy.ndimage
import scipy.signal
import torch
from case_file import plain_numbers, write_case_file

NOTES = ["all numbers are whole; an error stands where the program refuses, and an empty output where it gives none"]
SEQUENCES = [(7, 4), (7, 3), (3, 5), (2, 5)]
PLANES = [((4, 5), (3, 2)), ((5, 4), (3, 3)), ((5, 4), (2, 4)), ((2, 3), (3, 4)), ((2, 3), (2, 5))]
SIZES = ("full", "same", "valid")
Method = Callable[[Any, Any], Any]


def main() -> None:
    """Write the file."""
    numbers = random.Random(22)
    cases = [case for sizes in SEQUENCES for case in _cases(numbers, (sizes[0],), (sizes[1],))]
    cases += [case for sizes in PLANES for case in _cases(numbers, *sizes)]
    semantics = ([-1, 2, 3, -2, 0, 1, 2], [2, 4, -1, 1])
    cases += list(_answers(*semantics))
    version = subprocess.run(["octave-cli", "--version"], capture_output=True, text=True, check=True).stdout
    made_by = {module.__name__: module.__version__ for module in (np, scipy, cv2, torch, keras)}
    write_case_file("programs.json", {"octave": version.split()[3], **made_by}, NOTES, cases=cases)


def _cases(numbers: random.Random, size: tuple[int, ...], kernel: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    yield from _answers(_draw(numbers, size), _draw(numbers, kernel))


def _draw(numbers: random.Random, shape: tuple[int, ...]) -> Any:
    return [_draw(numbers, shape[1:]) for _ in range(shape[0])] if shape else numbers.randint(-9, 9)


def _answers(x: Any, k: Any) -> Iterator[dict[str, Any]]:
    rank = np.ndim(x)
    names = {1: "conv", 2: "conv2"}
    octave: list[tuple[str, str, str, str | None]] = [
        (mode, f"{names[rank]}(x, k, '{mode}')", "matlab", None) for mode in SIZES
    ]
    if rank == 2:
        borders = {"zeros": "0", "symmetric": "'symmetric'", "replicate": "'replicate'", "circular": "'circular'"}
        octave += [("same", f"imfilter(x, k, {word})", "matlab imfilter", name) for name, word in borders.items()]
    for (mode, _, program, border), output in zip(octave, _octave(x, k, [row[1] for row in octave]), strict=True):
        yield _case(program, mode, border, x, k, output)
    for program, mode, border, method in _methods(rank):
        try:
            output = np.asarray(method(np.array(x, np.float64), np.array(k, np.float64))).tolist()
        except (ValueError, RuntimeError) as error:
            output = f"error: {str(error)[:40]}"
        yield _case(program, mode, border, x, k, output)


def _case(program: str, mode: str, border: str | None, x: Any, k: Any, output: Any) -> dict[str, Any]:
    return {
        "program": program,
        "mode": mode,
        "boundary": border,
        "input": x,
        "kernel": k,
        "output": output if isinstance(output, str) else plain_numbers(output),
    }


def _octave(x: Any, k: Any, calls: list[str]) -> list[Any]:
    """Ask Octave for all calls at once; a vector comes back as the row that it is."""
    shown = "; ".join(f"disp(jsonencode({call}))" for call in calls)
    script = f"pkg load image; x = jsondecode('{x}'); k = jsondecode('{k}'); "
    script += "x = x.'; k = k.'; " if np.ndim(x) == 1 else ""
    script += "if columns(k) == 1 && rows(k) > 1 && columns(x) > 1; k = k.'; end; " if np.ndim(x) == 2 else ""
    done = subprocess.run(["octave-cli", "-q", "--eval", script + shown], capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(calls), done.stderr
    return found


def _methods(rank: int) -> Iterator[tuple[str, str, str | None, Method]]:
    for mode in SIZES:
        if rank == 1:
            yield "numpy", mode, None, partial(np.convolve, mode=mode)
            yield "scipy", mode, None, partial(scipy.signal.convolve, mode=mode, method="direct")
        else:
            for name, word in {"zeros": "fill", "symmetric": "symm", "circular": "wrap"}.items():
                yield "scipy", mode, name, partial(scipy.signal.convolve2d, mode=mode, boundary=word)
    words = {"symmetric": "reflect", "reflect": "mirror", "replicate": "nearest"}
    words |= {"circular": "wrap", "zeros": "constant"}
    for name, word in words.items():
        yield "ndimage", "same", name, partial(scipy.ndimage.convolve, mode=word)
        yield "ndimage correlate", "same", name, partial(scipy.ndimage.correlate, mode=word)
    if rank == 2:
        borders = {"reflect": cv2.BORDER_REFLECT_101, "symmetric": cv2.BORDER_REFLECT}
        borders |= {"replicate": cv2.BORDER_REPLICATE, "zeros": cv2.BORDER_CONSTANT}
        for name, code in borders.items():
            yield "opencv", "same", name, partial(_opencv, code=code)
    for mode in ("valid", "same"):
        yield "pytorch", mode, None, partial(_pytorch, mode=mode)
        yield "keras", mode, None, partial(_keras, mode=mode)


def _opencv(x: Any, k: Any, code: int) -> Any:
    return cv2.filter2D(x, cv2.CV_64F, k, borderType=code)


def _pytorch(x: Any, k: Any, mode: str) -> Any:
    method = torch.nn.functional.conv1d if x.ndim == 1 else torch.nn.functional.conv2d
    return method(torch.tensor(x)[None, None], torch.tensor(k)[None, None], padding=mode)[0, 0].numpy()


def _keras(x: Any, k: Any, mode: str) -> Any:
    found = keras.ops.conv(x[None, ..., None], k[..., None, None], padding=mode, data_format="channels_last")
    return np.asarray(found.detach())[0, ..., 0]


if __name__ == "__main__":
    main()
