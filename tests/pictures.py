"""The pictures of the README, made by the program itself: what `-o FILE.svg` writes.

    python tests/pictures.py

writes them anew.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".pictures"
CORRELATION = ("conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1")
COMMANDS = {
    "sizes.svg": ("shape", "3x224x224", "conv:64,k7,s2,p3", "bn", "relu", "maxpool:3,s2,p1", "conv:128,k3,p1"),
    "working.svg": (*CORRELATION, "--explain", "--at", "1,0"),
    "mistake.svg": ("conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 2; 0 3", "--check", "8 2; 7 6"),
    "window.svg": (*CORRELATION, "--watch"),
}


def draw(name: str, folder: Path) -> None:
    """Write one of the pictures into a folder."""
    command = [sys.executable, "-m", "convcalc", *COMMANDS[name], "-o", str(folder / name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for picture in COMMANDS:
        draw(picture, FOLDER)
