"""Asks OpenCV and Octave for the kernels that have their names here and writes `image_kernels.json`.

Run it as `python tests/data/make_image_kernels.py` where `pip install opencv-python-headless==5.0.0` has been done
and `octave-cli` with its package image is installed.
"""

from __future__ import annotations

import json
import platform
import subprocess
from typing import Any

import cv2
from case_file import write_case_file

GAUSSIANS = [(1, None), (3, None), (5, None), (7, None), (9, None), (11, None), (3, 1.25), (5, 2)]
OCTAVE = {
    "disk:1": "fspecial('disk', 1)",
    "disk:2": "fspecial('disk', 2)",
    "disk:5": "fspecial('disk', 5)",
    "disk:7": "fspecial('disk', 7)",
    "unsharp": "fspecial('unsharp')",
    "unsharp:0.7": "fspecial('unsharp', 0.7)",
    "sobel-y": "-fspecial('sobel')",
    "prewitt-y": "-fspecial('prewitt')",
}
NOTES = [
    "opencv: the line whose outer product with itself is the kernel, from getGaussianKernel in float64; odd sizes,"
    " as its documentation asks for",
    "octave: fspecial; its motion is not MATLAB's, as its own source says, and its log subtracts another mean",
]


def main() -> None:
    """Write the file."""
    script = "pkg load image; " + "; ".join(f"disp(jsonencode({code}))" for code in OCTAVE.values())
    done = subprocess.run(["octave-cli", "-q", "--eval", script], capture_output=True, text=True, check=False)
    kernels = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(kernels) == len(OCTAVE), done.stderr
    octave: list[Any] = [{"name": name, "kernel": kernel} for name, kernel in zip(OCTAVE, kernels, strict=True)]
    opencv = [
        {
            "name": f"gaussian:{size}" + (f":{sigma}" if sigma else ""),
            "line": cv2.getGaussianKernel(size, sigma or -1, cv2.CV_64F).ravel().tolist(),
        }
        for size, sigma in GAUSSIANS
    ]
    version = subprocess.run(["octave-cli", "--version"], capture_output=True, text=True, check=True).stdout
    made_by = {"opencv": cv2.__version__, "octave": version.split()[3], "python": platform.python_version()}
    write_case_file("image_kernels.json", made_by, NOTES, opencv=opencv, octave=octave)


if __name__ == "__main__":
    main()
